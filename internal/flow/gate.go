package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/schedule"
	"github.com/stagegate/stagegate/internal/checkout"
	"github.com/stagegate/stagegate/internal/gatefile"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/protocol"
)

// Ports are what a Gate needs of the world.
type Ports struct {
	// Plan says what a Go suite would run, and which step definitions nothing
	// uses, without touching a target.
	Plan func(ctx context.Context, s protocol.Session, suite harness.Suite) ([]harness.Planned, []protocol.Unused, error)
	// Run runs a shard of a Go suite and returns its rows, exit code, doubts and times.
	Run func(ctx context.Context, s protocol.Session, p harness.PlannedRun, shard int, env []string) (harness.Evidence, error)
	// Tool runs a suite of another tool and reads its results.
	Tool func(ctx context.Context, t harness.Target, suite harness.Suite, env []string) (harness.Evidence, error)
	// Shell runs one command of a stage.
	Shell func(ctx context.Context, name, command string, env []string) harness.StepTime
	// Account proves which account the credentials for t are of, and returns
	// the variables that hand them to child processes.
	Account func(ctx context.Context, t harness.Target) (account string, env []string, err error)
	// Secrets reads the values of t's secrets, by name.
	Secrets func(ctx context.Context, t harness.Target) (map[string]string, error)
	// Alarms watches alarms of t's account, and ends early with ctx.
	Alarms func(ctx context.Context, t harness.Target, want harness.Alarms) (harness.Watch, error)
	// Served reads which commit t says it serves.
	Served func(ctx context.Context, t harness.Target) harness.Reading
	Now    func() time.Time
	Nonce  func() string
	// Say tells people what is going on, a line at a time.
	Say func(format string, args ...any)
}

// A Gate takes the artifacts of one checkout through the stages of File.
type Gate struct {
	File    *gatefile.File
	Ledger  ledger.Ledger
	Tree    checkout.Tree
	Bundle  *Bundle        // what takes the place of Tree; nil for a checkout
	Version string         // of this gate
	Trust   *harness.Trust // what the verifier holds against File; nil: nothing is attested
	Want    harness.Digest // the artifact that was asked for; empty: the commit's last one
	// Keep says that the verdict of Check is going to be handed on: what it
	// rests on is kept, so that it can be decided anew.
	Keep bool
	// Whole says that this process tests and decides what it begins, with its one key.
	Whole bool
	// Order is in which order the scenarios of what it begins begin.
	Order schedule.Order
	// Patience is how long Begin waits for a target that somebody else has.
	Patience time.Duration
	Ports
}

// TargetOf is where the stage called name runs; the zero Target for none.
func (g *Gate) TargetOf(name string) harness.Target {
	_, t, _ := g.stage(name)
	return t
}

// Errors on which a caller acts, by errors.Is.
var (
	// ErrStage says that gate.yaml has no such stage, or that it cannot do this.
	ErrStage = errors.New("not a request that this gate.yaml can answer")
	// ErrState says that the run is not in a state for this: nothing was changed.
	ErrState = errors.New("not a run that can do this now")
	// ErrPolicy says that gate.yaml and what it runs do not make a plan.
	ErrPolicy = errors.New("no plan")
)

// A marked error is err, and is one of the errors above to errors.Is. Its text
// is that of err alone.
type marked struct {
	error
	mark error
}

func (m marked) Unwrap() error        { return m.error }
func (m marked) Is(target error) bool { return target == m.mark }

// stage returns the stage called name and its target.
func (g *Gate) stage(name string) (harness.Stage, harness.Target, error) {
	s, ok := g.File.Stage(name)
	if !ok {
		return s, harness.Target{}, marked{g.File.Unknown(name), ErrStage}
	}
	return s, g.File.Target(s), nil
}

// session is what the test processes of a suite are told.
func (g *Gate) session(phase protocol.Phase, rec harness.RunRecord, suite harness.Suite) protocol.Session {
	return protocol.Session{Phase: phase, Run: rec.ID, Nonce: rec.Nonce, Service: rec.Service, Stage: rec.Stage.Name,
		Suite: suite.Name, Tags: suite.Tags, Target: rec.Target, Attempts: rec.Stage.Limits.Attempts}
}

// plan asks every Go suite of a stage what it would run.
func (g *Gate) plan(ctx context.Context, s harness.Stage, t harness.Target) ([]harness.PlannedRun, error) {
	var all []harness.PlannedRun
	done := map[string][]harness.Planned{}
	rec := g.planning(s, t)
	for _, p := range s.Suites() {
		suite := g.File.Suites[p.Suite]
		run := harness.PlannedRun{Placed: p, Definition: suite, Shards: 1}
		if suite.Run != nil {
			inventory, ok := done[suite.Name]
			if !ok {
				var err error
				if inventory, _, err = g.ask(ctx, rec, suite); err != nil {
					return nil, err
				}
				done[suite.Name] = inventory
			}
			run.Inventory = harness.StreamOf(inventory...)
		}
		all = append(all, run)
	}
	return all, nil
}

// planning is the run that is told to processes which only say what they would do.
func (g *Gate) planning(s harness.Stage, t harness.Target) harness.RunRecord {
	return harness.RunRecord{ID: "plan", Nonce: "plan", Service: g.File.Service, Stage: s, Target: t}
}

func (g *Gate) ask(ctx context.Context, rec harness.RunRecord, suite harness.Suite) ([]harness.Planned, []protocol.Unused, error) {
	g.Say("planning %s", suite.Name)
	planned, unused, err := g.Plan(ctx, g.session(protocol.Plan, rec, suite), suite)
	if err != nil {
		return nil, nil, marked{err, ErrPolicy}
	}
	return planned, unused, nil
}

// logic digests how the stage deploys to t.
func (g *Gate) logic(s harness.Stage, t harness.Target) (harness.Logic, error) {
	if !s.Deploy {
		return harness.Logic{}, nil
	}
	inputs, err := checkout.Artifact(g.File.Dir, g.File.Deploy.Inputs)
	if err != nil {
		return harness.Logic{}, fmt.Errorf("deploy.inputs: %w", err)
	}
	config, err := checkout.Artifact(g.File.Dir, g.File.Deploy.ConfigFor(t.Name))
	if err != nil {
		return harness.Logic{}, fmt.Errorf("deploy.config: %w", err)
	}
	if len(g.File.Deploy.Inputs) > 0 && len(inputs.Files) == 0 {
		return harness.Logic{}, marked{fmt.Errorf("deploy.inputs: %v names no file", g.File.Deploy.Inputs), ErrPolicy}
	}
	if want := len(g.File.Deploy.Config); len(config.Files) != want {
		return harness.Logic{}, marked{fmt.Errorf("deploy.config: of %v %d files are there", g.File.Deploy.ConfigFor(t.Name), len(config.Files)), ErrPolicy}
	}
	return harness.Logic{Command: g.File.Deploy.Run, Inputs: inputs.Digest, Config: config.Digest}, nil
}

// environ are the variables that a command of the stage gets besides the
// session's.
func (g *Gate) environ(rec harness.RunRecord) []string {
	return []string{
		"STAGEGATE_SERVICE=" + rec.Service,
		"STAGEGATE_STAGE=" + rec.Stage.Name,
		"STAGEGATE_TARGET=" + rec.Target.Name,
		"STAGEGATE_URL=" + rec.Target.URL,
		"STAGEGATE_ACCOUNT=" + rec.Account,
		"STAGEGATE_REGION=" + rec.Target.Region,
		"STAGEGATE_COMMIT=" + rec.Subject.Source.Commit,
		"STAGEGATE_ARTIFACT=" + string(rec.Subject.Artifact),
	}
}
