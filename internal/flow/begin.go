package flow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/checkout"
	"github.com/stagegate/stagegate/internal/ledger"
)

// Begin decides whether the subject may enter the stage and, if so, begins a
// run: the record, the suites before the deploy, the steps or the deploy, and
// what the target serves then. The verdict is the entry verdict; without an
// allowing one no run has begun and nothing was touched.
func (g *Gate) Begin(ctx context.Context, stage string, shards int) (rec harness.RunRecord, v harness.Verdict, err error) {
	in, err := g.entry(ctx, stage)
	if err != nil {
		return rec, v, err
	}
	if v, _, err = g.settle(ctx, in); err != nil || !v.Allowed() {
		return rec, v, err
	}
	account, env, err := g.account(ctx, in.Target)
	if err != nil {
		return rec, v, err
	}
	if g.Whole { // the suites are going to need them: before anything is deployed in vain
		if _, err := g.secrets(ctx, in.Target); err != nil {
			return rec, v, err
		}
	}
	var past history
	if g.wantsHistory(shards) {
		past = g.history(ctx, in)
	}
	rec = harness.RunRecord{Service: in.Service, Stage: in.Stage, Subject: in.Subject, Target: in.Target, Account: account, Nonce: g.Nonce(),
		Suites: g.divide(in.Plan, past, shards), Artifacts: g.File.Artifacts, Shards: max(shards, 1), Order: g.Order.String(), Logic: in.Logic, Policy: in.Policy, Trust: v.Trust, Gate: g.Version}
	if rec.Lock, err = g.claim(ctx, &in, rec.Nonce); err != nil {
		return harness.RunRecord{}, v, err
	}
	rec, v, err = g.enter(ctx, in, rec)
	if rec.ID == "" {
		return rec, v, errors.Join(err, g.giveUp(ctx, in.Target, rec.Lock))
	}
	if err != nil {
		return rec, v, err
	}
	letGo, err := g.hold(ctx, rec)
	if err != nil {
		return rec, v, err
	}
	defer letGo()
	return rec, v, g.deploy(ctx, rec, env)
}

// enter decides again, now that nobody else has the target, and if the answer
// still is allow writes the record and the verdict. A record without an id is
// of a run that has not begun.
func (g *Gate) enter(ctx context.Context, in inputs, rec harness.RunRecord) (harness.RunRecord, harness.Verdict, error) {
	in.Now = g.Now().UTC()
	v, in, err := g.settle(ctx, in)
	if err != nil || !v.Allowed() {
		return rec, v, err
	}
	rec.Begun = g.Now().UTC()
	if err := g.wouldCount(ctx, rec); err != nil { // before anything is done in vain
		return rec, v, fmt.Errorf("begin a run on %s: %w", ledger.Place(in.Target), err)
	}
	if !in.Target.InProcess() {
		if err := g.restore(ctx, in.Subject.Source); err != nil {
			return rec, v, err
		}
	}
	if _, err := g.Ledger.PutBlob(ctx, g.File.Text); err != nil {
		return rec, v, err
	}
	begun, err := g.Ledger.Begin(ctx, rec)
	if err != nil {
		return rec, v, err
	}
	g.Say("run %s", begun.ID)
	v.Run, in.Run = begun.ID, begun.ID
	return begun, v, g.write(ctx, begun, &v, in)
}

// wouldCount says why what is going to be written of rec would count for nobody,
// or nil: the record, the evidence of suites before the deploy, and all the rest
// where this process writes it. A commit stage may run without any key.
func (g *Gate) wouldCount(ctx context.Context, rec harness.RunRecord) error {
	if err := g.Ledger.WouldCount(ctx, rec); err != nil {
		if rec.Target.InProcess() && errors.Is(err, ledger.ErrNotCounted) {
			err = nil
		}
		return err
	}
	const other = "\nhint: one key has to do all of it here; where each role has its own, each has its call: gate begin, gate test --run, gate decide --run"
	if g.Whole {
		if err := g.Ledger.WouldDecide(ctx, rec); err != nil {
			return fmt.Errorf("its end: %w%s", err, other)
		}
	}
	if !g.Whole && len(rec.Stage.Before) == 0 {
		return nil
	}
	err := g.Ledger.WouldTest(ctx, rec)
	switch {
	case !errors.Is(err, ledger.ErrNotCounted):
		return err
	case g.Whole:
		return fmt.Errorf("its evidence: %w%s", err, other)
	default:
		return fmt.Errorf("evidence of the suites before the deploy: %w\nhint: gate begin --test-key, or STAGEGATE_TEST_KEY, names a key that may test there", err)
	}
}

// account proves the target's account, if it has one, before anything runs.
func (g *Gate) account(ctx context.Context, t harness.Target) (string, []string, error) {
	if !t.Cloud() {
		return "", nil, nil
	}
	account, env, err := g.Account(ctx, t)
	if err != nil {
		return "", nil, fmt.Errorf("target %s: %w", t.Name, err)
	}
	g.Say("account %s proven for %s", account, t.Name)
	return account, env, nil
}

// deploy does everything between the record and the suites, and writes down
// how it went, also when it failed or was interrupted.
func (g *Gate) deploy(ctx context.Context, rec harness.RunRecord, env []string) error {
	var d harness.Deployment
	held, err := g.before(ctx, rec)
	if err != nil {
		return err
	}
	d.Held = held
	if held != "" {
		g.Say("nothing is deployed: %s", held)
	} else {
		d.Steps = g.commands(ctx, rec, env)
		if rec.Target.InProcess() && (harness.Run{Deployment: &d}).Ready() {
			if d.Artifact, err = g.keep(ctx); err != nil {
				return err
			}
		}
	}
	if !rec.Target.InProcess() {
		left, err := checkout.Artifact(g.File.Dir, g.File.Artifacts)
		if err != nil {
			return err
		}
		d.Artifact, d.Served = &left, g.readBack(ctx, rec, d)
		g.Say("%s serves %s", rec.Target.Name, d.Served)
	}
	d.At = g.Now().UTC()
	if err := g.Ledger.Deployed(context.WithoutCancel(ctx), rec, d); err != nil {
		return err
	}
	return ctx.Err()
}

// before runs the suites before the deploy and says why it must not begin.
func (g *Gate) before(ctx context.Context, rec harness.RunRecord) (held string, err error) {
	if !slices.ContainsFunc(rec.Suites, func(s harness.PlannedRun) bool { return s.When == harness.Before }) {
		return "", nil
	}
	on, err := g.ground(ctx, rec.Target)
	if err != nil {
		return "", err
	}
	for _, s := range rec.Suites {
		if s.When != harness.Before {
			continue
		}
		if err := g.suite(ctx, rec, s, 1, on); err != nil {
			return "", err
		}
	}
	runs, err := g.Ledger.Runs(ctx, ledger.Place(rec.Target), rec.Subject.Key())
	if err != nil {
		return "", err
	}
	return harness.Hold(harness.Case{Phase: harness.Exit, Stage: rec.Stage, Target: rec.Target, Subject: rec.Subject,
		Policy: rec.Policy, Now: g.Now(), Runs: runs, Run: rec.ID}), nil
}

// commands runs the stage's steps, or its deploy, up to the first that fails.
func (g *Gate) commands(ctx context.Context, rec harness.RunRecord, env []string) (done []harness.StepTime) {
	steps := rec.Stage.Steps
	if rec.Stage.Deploy {
		steps = append(steps[:len(steps):len(steps)], harness.Step{Name: "deploy", Run: rec.Logic.Command})
	}
	for _, s := range steps {
		g.Say("%s: %s", s.Name, s.Run)
		t := g.Shell(ctx, s.Name, s.Run, append(g.environ(rec), env...))
		done = append(done, t)
		if t.Interrupted {
			g.Say("%s was interrupted", s.Name)
			break
		}
		if t.Exit != 0 {
			g.Say("%s failed with exit code %d after %s", s.Name, t.Exit, time.Duration(t.Took).Round(time.Millisecond))
			break
		}
	}
	return done
}

// keep digests what the steps made and keeps the files in the store, so that
// later stages deploy these very bytes.
func (g *Gate) keep(ctx context.Context) (*harness.Artifact, error) {
	if len(g.File.Artifacts) == 0 {
		return nil, nil
	}
	a, err := checkout.Artifact(g.File.Dir, g.File.Artifacts)
	if err != nil {
		return nil, err
	}
	for _, f := range a.Files {
		b, err := os.ReadFile(filepath.Join(g.File.Dir, filepath.FromSlash(f.Name)))
		if err != nil {
			return nil, err
		}
		d, err := g.Ledger.PutBlob(ctx, b)
		if err != nil {
			return nil, fmt.Errorf("keep %s: %w", f.Name, err)
		}
		if d != f.Digest {
			return nil, fmt.Errorf("keep %s: it changed while it was read", f.Name)
		}
	}
	g.Say("artifact %s: %d files", a.Digest.Short(), len(a.Files))
	return &a, nil
}

// settle is how long a target may take after a deploy until it tells the new commit.
const settle = 30 * time.Second

// readBack reads which commit is served, patiently after a deploy.
func (g *Gate) readBack(ctx context.Context, rec harness.RunRecord, d harness.Deployment) harness.Reading {
	deployed := rec.Stage.Deploy && d.Held == "" && len(d.Steps) > 0 && d.Steps[len(d.Steps)-1].Exit == 0
	end := g.Now().Add(settle)
	for {
		r := g.Served(ctx, rec.Target)
		if r.Commit == rec.Subject.Source.Commit || !deployed || !g.Now().Before(end) || ctx.Err() != nil {
			return r
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}
