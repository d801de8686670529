package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/checkout"
	"github.com/stagegate/stagegate/internal/ledger"
)

// pass writes a signed run of a stage in which everything passed.
func (w *world) pass(ctx context.Context, name string, subject harness.Subject) error {
	stage, ok := w.file.Stage(name)
	if !ok {
		return w.file.Unknown(name)
	}
	t := w.file.Target(stage)
	begun := w.begun
	w.begun = begun.Add(time.Minute)
	rec := harness.RunRecord{Service: w.file.Service, Stage: stage, Subject: subject, Target: t, Account: t.Account, Nonce: fmt.Sprint("nonce-", begun.Unix()),
		Begun: begun, Shards: 1, Policy: w.file.Digest, Gate: "bench"}
	d := harness.Deployment{Artifact: &w.made, At: begun.Add(10 * time.Second)}
	step := "deploy"
	if t.InProcess() {
		step = stage.Steps[0].Name
	} else {
		none, err := checkout.Artifact(w.dir, nil)
		if err != nil {
			return err
		}
		rec.Logic = harness.Logic{Command: w.file.Deploy.Run, Inputs: none.Digest, Config: none.Digest}
		d.Served = harness.Reading{Commit: w.source.Commit, At: d.At}
	}
	d.Steps = []harness.StepTime{{Name: step, Started: begun, Took: harness.Duration(10 * time.Second)}}
	for _, p := range stage.Suites() {
		s := harness.PlannedRun{Placed: p, Definition: w.file.Suites[p.Suite], Shards: 1}
		if s.Definition.Run != nil {
			s.Inventory = planned(p.Suite, w.scenarios)
		}
		rec.Suites = append(rec.Suites, s)
	}
	rec, err := w.ledger.Begin(ctx, rec)
	if err != nil {
		return err
	}
	if err := w.ledger.Deployed(ctx, rec, d); err != nil {
		return err
	}
	return w.test(ctx, rec, d)
}

// test writes the evidence of a run, and that it has ended.
func (w *world) test(ctx context.Context, rec harness.RunRecord, d harness.Deployment) error {
	for _, s := range rec.Suites {
		e := harness.Evidence{Placed: s.Placed, Shard: 1, Source: harness.Command, Started: d.At, Finished: d.At.Add(30 * time.Second),
			Rows: rows(s.Suite, toolTests, harness.Test, rec.Target, d.At)}
		if s.Definition.Run != nil {
			e.Source, e.Rows = harness.GoTest, rows(s.Suite, w.scenarios, harness.Scenario, rec.Target, d.At)
		}
		if _, err := w.ledger.Add(ctx, rec, e); err != nil {
			return err
		}
	}
	runs, err := w.ledger.Runs(ctx, ledger.Place(rec.Target), rec.Subject.Key())
	if err != nil {
		return err
	}
	last := runs[len(runs)-1]
	if last.Record == nil || last.Record.ID != rec.ID {
		return errors.New("the run is not read as it was written")
	}
	if err := w.ledger.Close(ctx, last, harness.Closing{At: d.At.Add(40 * time.Second), Served: d.Served, Source: w.source, Artifact: w.made.Digest}); err != nil {
		return err
	}
	return w.ledger.Allowed(ctx, rec)
}

// toolTests is how many tests a suite of another tool has.
const toolTests = 10

// planned is what a Go suite was going to run.
func planned(suite string, n int) harness.Stream[harness.Planned] {
	all := make([]harness.Planned, n)
	for i := range all {
		all[i] = harness.Planned{ID: id(suite, i), Name: fmt.Sprintf("An order of %d items is taken back", i), Kind: harness.Scenario,
			Where: fmt.Sprintf("%s/orders.feature:%d", suite, 5+4*i), Tags: []string{"@regression"}, Hash: harness.DigestOf(fmt.Append(nil, i)).Hex(), Shard: 1}
	}
	return harness.PlanOf(all)
}

// rows are the results of a suite, all passed.
func rows(suite string, n int, kind harness.Kind, t harness.Target, at time.Time) harness.Stream[harness.Row] {
	all := make([]harness.Row, n)
	for i := range all {
		all[i] = harness.Row{ID: id(suite, i), Name: fmt.Sprintf("An order of %d items is taken back", i), Kind: kind, Mode: harness.ModeFor(kind, t),
			Outcome: harness.Passed, Attempt: 1, Started: at.Add(time.Duration(i) * time.Millisecond), Took: harness.Duration(1234 * time.Microsecond)}
		if kind == harness.Scenario {
			all[i].Where, all[i].Tags = fmt.Sprintf("%s/orders.feature:%d", suite, 5+4*i), []string{"@regression"}
			all[i].Hash, all[i].Calls, all[i].Steps = harness.DigestOf(fmt.Append(nil, i)).Hex(), 3, 6
		}
	}
	return harness.RowsOf(all)
}

func id(suite string, i int) string {
	return fmt.Sprintf("example.org/orders/%s.TestFeatures/An_order_of_%d_items_is_taken_back", suite, i)
}
