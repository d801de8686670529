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
	v, r, err := g.exit(ctx, id)
	if err != nil {
		return v, err
	}
	return v, g.Ledger.Verdict(ctx, r, v)
}

// Explain recomputes the exit verdict of a run, as far as it has come.
func (g *Gate) Explain(ctx context.Context, id string) (harness.Verdict, error) {
	v, _, err := g.exit(ctx, id)
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

// damaged decides a run whose record is lost, as far as that goes: its place
// is in its id, and nothing else is known of it.
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
	c := harness.Closing{At: g.Now().UTC()}
	var err error
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
		c.Artifact = left.Digest
	}
	if !r.Record.Target.InProcess() {
		c.Served = g.Served(ctx, r.Record.Target)
	}
	return g.Ledger.Close(ctx, r, c)
}

// exit gathers everything that the exit decision depends on, and decides.
func (g *Gate) exit(ctx context.Context, id string) (harness.Verdict, harness.Run, error) {
	r, runs, err := g.find(ctx, id)
	if errors.Is(err, ledger.ErrDamaged) {
		v, err := g.damaged(id, runs)
		return v, r, err
	}
	if err != nil {
		return harness.Verdict{}, r, err
	}
	s, t, err := g.stage(r.Record.Stage.Name)
	if err != nil {
		return harness.Verdict{}, r, err
	}
	c := harness.Case{Phase: harness.Exit, Service: g.File.Service, Stage: s, Target: t, Subject: r.Record.Subject,
		Policy: g.File.Digest, Gate: g.Version, Now: g.Now(), Trust: g.Trust, Runs: runs, Run: id}
	if s.Deploy {
		if c.Last, err = g.recovery(ctx, s, t, r); err != nil {
			return harness.Verdict{}, r, err
		}
	}
	return harness.Decide(c), r, nil
}

// recovery finds the artifact that the target was last allowed to serve: the
// latest run of the stage, of another subject, that passes when it is decided
// anew.
func (g *Gate) recovery(ctx context.Context, s harness.Stage, t harness.Target, now harness.Run) (*harness.Recovery, error) {
	serves := now.Closing().Served
	if serves.Commit == "" && now.Deployment != nil {
		serves = now.Deployment.Served
	}
	rec := &harness.Recovery{Serves: serves.Commit}
	subjects, err := g.Ledger.Subjects(ctx, ledger.Place(t))
	if err != nil {
		return nil, err
	}
	var best *harness.RunRecord
	for _, key := range subjects {
		runs, err := g.Ledger.Runs(ctx, ledger.Place(t), key)
		if err != nil {
			return nil, err
		}
		for _, r := range runs {
			if key == now.Record.Subject.Key() || r.Record == nil || r.Record.Stage.Name != s.Name || best != nil && r.Record.Begun.Before(best.Begun) {
				continue
			}
			v := harness.Decide(harness.Case{Phase: harness.Exit, Service: g.File.Service, Stage: r.Record.Stage, Target: r.Record.Target,
				Subject: r.Record.Subject, Policy: r.Record.Policy, Now: g.Now(), Runs: runs, Run: r.Record.ID})
			if v.Allowed() {
				best = r.Record
			}
		}
	}
	if best != nil {
		rec.Commit, rec.Artifact = best.Subject.Source.Commit, best.Subject.Artifact
		rec.Command = fmt.Sprintf("gate run %s --commit %s --artifact %s", s.Name, rec.Commit, rec.Artifact)
	}
	return rec, nil
}

// LastRun is the id of the newest run of a stage for the subject here, or ""
// if there is none.
func (g *Gate) LastRun(ctx context.Context, stage string) (string, error) {
	s, t, err := g.stage(stage)
	if err != nil {
		return "", err
	}
	c := harness.Case{Stage: s, Target: t}
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

// Rows are all rows of a run, for a report; none for the id "".
func (g *Gate) Rows(ctx context.Context, id string) (rows []harness.Row, err error) {
	if id == "" {
		return nil, nil
	}
	r, _, err := g.Ledger.Find(ctx, id)
	if errors.Is(err, ledger.ErrDamaged) {
		return nil, nil
	}
	for _, e := range r.Evidence {
		rows = append(rows, e.Rows...)
	}
	return rows, err
}
