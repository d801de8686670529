package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// Test runs the suites of a run that has begun, or one shard of them. What has
// evidence already is not run again: so a lost shard can be run alone.
func (g *Gate) Test(ctx context.Context, id string, shard int) error {
	r, err := g.open(ctx, id)
	if err != nil {
		return err
	}
	rec := *r.Record
	if shard < 1 || shard > max(rec.Shards, 1) {
		return marked{fmt.Errorf("run %s: there is no shard %d, the run has %d", id, shard, rec.Shards), ErrState}
	}
	if !r.Ready() {
		g.Say("nothing to test: the steps or the deploy did not succeed")
		return nil
	}
	on, err := g.ground(ctx, rec.Target)
	if err != nil {
		return err
	}
	letGo, err := g.hold(ctx, rec)
	if err != nil {
		return err
	}
	defer letGo()
	if strings.HasPrefix(rec.Order, "random:") {
		g.Say("order %s: --order %s when a run begins repeats it", rec.Order, rec.Order)
	}
	ran := 0
	for _, s := range rec.Suites {
		if s.When != harness.After || shard > s.Divided() || s.Definition.Record {
			continue
		}
		if has(r, s.Placed, shard) {
			g.Say("suite %s has its evidence already", s)
			continue
		}
		ran++
		if err := g.suite(ctx, rec, s, shard, on); err != nil {
			return err
		}
	}
	if ran == 0 && len(rec.Suites) > 0 && !slices.ContainsFunc(rec.Suites, func(s harness.PlannedRun) bool { return s.Definition.Record }) {
		return marked{fmt.Errorf("run %s: every suite has its evidence already: evidence is written once\nhint: begin a new run", id), ErrState}
	}
	return nil
}

// open reads a run that is going to be added to, and checks that this checkout
// is the one that it is about.
func (g *Gate) open(ctx context.Context, id string) (harness.Run, error) {
	r, _, err := g.find(ctx, id)
	if err != nil {
		return r, err
	}
	if r.Record.Policy != g.File.Digest {
		return r, marked{fmt.Errorf("run %s: began under another %s: begin a new run", id, g.File.Path), ErrState}
	}
	if g.Bundle != nil {
		return r, g.bundled(ctx, *r.Record)
	}
	src, err := g.Tree.Source(ctx)
	if err != nil {
		return r, err
	}
	if src != r.Record.Subject.Source {
		return r, marked{fmt.Errorf("run %s: is about %s, checked out is %s", id, r.Record.Subject.Source, src), ErrState}
	}
	return r, nil
}

func has(r harness.Run, p harness.Placed, shard int) bool {
	return slices.ContainsFunc(r.Evidence, func(e harness.Evidence) bool { return e.Placed == p && e.Shard == shard })
}

// Record adds results that another tool wrote to a run, for a suite that
// gate.yaml declares with record: true.
func (g *Gate) Record(ctx context.Context, id, suite string, e harness.Evidence) error {
	r, err := g.open(ctx, id)
	if err != nil {
		return err
	}
	for _, s := range r.Record.Suites {
		if s.Suite != suite {
			continue
		}
		if !s.Definition.Record {
			return marked{fmt.Errorf("suite %s is run by gate test: only a suite with record: true takes results", suite), ErrStage}
		}
		if err := foreign(&e, r.Record.Target); err != nil {
			return err
		}
		e.Placed, e.Shard, e.Source = s.Placed, 1, harness.Recorded
		_, err := g.Ledger.Add(ctx, *r.Record, e)
		if errors.Is(err, harness.ErrExists) {
			return marked{fmt.Errorf("run %s: suite %s has its evidence already: evidence is written once\nhint: begin a new run", id, suite), ErrState}
		}
		return err
	}
	return marked{fmt.Errorf("run %s has no suite %q", id, suite), ErrStage}
}

// Shards is into how many parts a run is divided: at least one.
func (g *Gate) Shards(ctx context.Context, id string) (int, error) {
	r, _, err := g.find(ctx, id)
	if err != nil {
		return 0, err
	}
	return max(r.Record.Shards, 1), nil
}

// foreign gives the rows of another tool the mode of plain tests on t.
func foreign(e *harness.Evidence, t harness.Target) error {
	rows, err := e.Rows.All()
	for i := range rows {
		rows[i].Mode = harness.ModeFor(harness.Test, t)
	}
	e.Rows = harness.RowsOf(rows)
	return err
}
