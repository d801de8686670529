package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/checkout"
	"github.com/stagegate/stagegate/internal/ledger"
)

// Decide ends a run and decides whether its subject passed the stage. The
// verdict is written to the store before it is returned, each time anew.
func (g *Gate) Decide(ctx context.Context, id string) (harness.Verdict, error) {
	r, runs, err := g.find(ctx, id)
	if errors.Is(err, ledger.ErrDamaged) {
		return g.damaged(id, runs)
	}
	if err != nil {
		return harness.Verdict{}, err
	}
	if !r.Closed() || r.Grown() {
		// A closing that is there and was not read is another gate's, or damaged: the verdict will say so.
		if err := g.close(ctx, r); err != nil && !errors.Is(err, harness.ErrExists) {
			return harness.Verdict{}, err
		}
	}
	v, in, r, err := g.exit(ctx, id)
	if err != nil || r.Record == nil {
		return v, err
	}
	if err := g.write(ctx, *r.Record, &v, in); err != nil {
		return harness.Verdict{}, err
	}
	return v, g.release(ctx, *r.Record)
}

// write writes a verdict on a run and all that it depends on.
func (g *Gate) write(ctx context.Context, rec harness.RunRecord, v *harness.Verdict, in inputs) error {
	if err := g.keepInputs(ctx, v, in); err != nil {
		return err
	}
	switch err := g.Ledger.Verdict(ctx, rec, *v); {
	case errors.Is(err, ledger.ErrNotCounted) && v.Phase == harness.Entry:
		g.Say("the entry verdict is not kept: who begins a run here may not decide") // nor is it needed: it is decided anew
	case err != nil:
		return err
	}
	if v.Phase == harness.Exit && v.Allowed() {
		return g.Ledger.Allowed(ctx, rec)
	}
	return nil
}

// Explain recomputes the exit verdict of a run, as far as it has come.
func (g *Gate) Explain(ctx context.Context, id string) (harness.Verdict, error) {
	v, _, _, err := g.exit(ctx, id)
	return v, err
}

// find is the ledger's Find; an id that nothing has is the caller's mistake.
func (g *Gate) find(ctx context.Context, id string) (harness.Run, []harness.Run, error) {
	r, runs, err := g.Ledger.Find(ctx, id)
	if errors.Is(err, ledger.ErrNoRun) {
		err = marked{err, ErrState}
	}
	return r, runs, err
}

// damaged is what is decided of a run whose record is lost, as far as that
// goes: its place is in its id, and its subject is that of its number.
func (g *Gate) damaged(id string, runs []harness.Run) (harness.Verdict, error) {
	place, _, _ := strings.Cut(id, "/")
	for _, s := range g.File.Stages {
		if t := g.File.Target(s); ledger.Place(t) == place {
			return harness.Decide(harness.Case{Phase: harness.Exit, Service: g.File.Service, Stage: s, Target: t,
				Policy: g.File.Digest, Gate: g.Version, Now: g.Now(), Trust: g.Trust, Runs: runs, Run: id}), nil
		}
	}
	return harness.Verdict{}, marked{fmt.Errorf("run %s: gate.yaml has no stage on %s", id, place), ErrState}
}

// close writes how the run ended: what the checkout, the artifact's files and
// the target are now. It has to be said in the checkout of the run.
func (g *Gate) close(ctx context.Context, r harness.Run) error {
	var c harness.Closing
	err := g.monitor(ctx, r, &c)
	if err != nil {
		return err
	}
	c.At = g.Now().UTC()
	if c.Overtaken, err = g.overtaken(ctx, *r.Record); err != nil {
		return err
	}
	if c.Source, err = g.Tree.Source(ctx); err != nil {
		return err
	}
	if want := r.Record.Subject.Source.Commit; c.Source.Committed() && want != "" && c.Source.Commit != want {
		return marked{fmt.Errorf("run %s is about commit %s, checked out is %s\nhint: gate decide --run %s --commit %s",
			r.Record.ID, r.Record.Subject.Source, c.Source, r.Record.ID, want), ErrState}
	}
	if len(g.File.Artifacts) > 0 && r.Deployment != nil && r.Deployment.Artifact != nil {
		left, err := checkout.Artifact(g.File.Dir, g.File.Artifacts)
		if err != nil {
			return err
		}
		if left, _, err = g.fill(ctx, left, *r.Deployment.Artifact); err != nil { // who decides need not have built it
			return err
		}
		c.Artifact = left.Digest
	}
	if !r.Record.Target.InProcess() {
		c.Served = g.Served(ctx, r.Record.Target)
	}
	return g.Ledger.Close(ctx, r, c)
}

// exit decides a run as far as it has come, and returns what that rests on; a
// run without a record where there is nothing to write it to.
func (g *Gate) exit(ctx context.Context, id string) (harness.Verdict, inputs, harness.Run, error) {
	r, runs, err := g.find(ctx, id)
	if errors.Is(err, ledger.ErrDamaged) {
		v, err := g.damaged(id, runs)
		return v, inputs{}, r, err
	}
	if err != nil {
		return harness.Verdict{}, inputs{}, r, err
	}
	s, t, err := g.stage(r.Record.Stage.Name)
	if err != nil {
		return harness.Verdict{}, inputs{}, r, err
	}
	in := inputs{Phase: harness.Exit, Service: g.File.Service, Stage: s, Target: t, Subject: r.Record.Subject,
		Policy: g.File.Digest, Suites: g.File.Suites, Now: g.Now().UTC(), Run: id}
	if s.Deploy {
		if in.Last, err = g.recovery(ctx, s, t, r); err != nil {
			return harness.Verdict{}, in, r, err
		}
	}
	v, in, err := g.settle(ctx, in)
	return v, in, r, err
}

// LastRun is the id of the newest run of a stage for the subject here, or ""
// if there is none.
func (g *Gate) LastRun(ctx context.Context, stage string) (string, error) {
	s, t, err := g.stage(stage)
	if err != nil {
		return "", err
	}
	c := inputs{Stage: s, Target: t}
	if err := g.subject(ctx, &c); err != nil {
		return "", err
	}
	runs, err := g.Ledger.Runs(ctx, ledger.Place(t), c.Subject.Key())
	if err != nil {
		return "", err
	}
	for _, r := range slices.Backward(runs) {
		if r.Record != nil && r.Record.Stage.Name == stage && r.Record.Subject == c.Subject {
			return r.Record.ID, nil
		}
	}
	return "", nil
}

// Rows are all rows of a run, for a report, as far as they can be read; none
// for the id "".
func (g *Gate) Rows(ctx context.Context, id string) (rows []harness.Row, err error) {
	if id == "" {
		return nil, nil
	}
	r, _, err := g.Ledger.Find(ctx, id)
	if errors.Is(err, ledger.ErrDamaged) {
		return nil, nil
	}
	for _, e := range r.Evidence {
		some, _ := e.Rows.All() // the verdict says what could not be read
		rows = append(rows, some...)
	}
	return rows, err
}
