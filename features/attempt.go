package features

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/cucumber/godog"
	"go.opentelemetry.io/otel/trace"

	"github.com/stagegate/stagegate/harness"
)

// A runner runs scenarios, whatever their world is.
type runner struct {
	*registry
	open   func(context.Context, *Env) (reflect.Value, error)
	target harness.Target
	now    func() time.Time
}

// offline is the tag of a scenario that need not call a deployed target.
const offline = "@offline"

// maxReason bounds a row's reason, in bytes.
const maxReason = 16 << 10

// attempt runs sc once, in a world of its own, and says how it went. The stack
// is that of a step's panic.
func (r *runner) attempt(ctx context.Context, sc *scenario, n int) (row harness.Row, stack []byte) {
	row = harness.Row{ID: sc.id, Name: sc.title, Kind: harness.Scenario, Mode: harness.ModeFor(harness.Scenario, r.target),
		Attempt: n, Where: sc.where, Tags: sc.tags, Hash: sc.hash, Started: r.now()}
	if sc.problem != "" {
		row.Outcome, row.Reason = sc.problem, sc.detail
	} else {
		ctx, span := r.begin(ctx, sc, n)
		stack = r.execute(ctx, sc, &row)
		r.finish(ctx, span, &row)
	}
	row.Took = harness.Duration(max(0, r.now().Sub(row.Started)))
	row.Reason = strings.ToValidUTF8(row.Reason, "\uFFFD")
	if len(row.Reason) > maxReason {
		row.Reason = strings.ToValidUTF8(row.Reason[:maxReason], "") + " [cut]"
	}
	return row, stack
}

func (r *runner) execute(ctx context.Context, sc *scenario, row *harness.Row) []byte {
	limited, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	env := newEnv(r.target, sc)
	w := &watch{sc: sc, defs: r.defs, root: trace.SpanFromContext(ctx)}
	world, err := r.openWorld(limited, env)
	switch {
	case errors.Is(err, godog.ErrSkip):
		row.Outcome, row.Reason = harness.Skipped, skipReason(limited, err)
	case err != nil:
		row.Outcome, row.Reason = harness.HookFailed, fmt.Sprintf("%s: open: %v", sc.where, r.explain(limited, err))
	default:
		row.Outcome, row.Reason = r.steps(limited, w, world)
	}
	cancel()
	closing, stop := context.WithTimeout(context.WithoutCancel(ctx), r.limit)
	defer stop()
	if explained(row.Outcome) {
		if why := env.explanation(closing); why != "" {
			row.Reason += "\n" + why
		}
	}
	if err := env.close(closing); err != nil {
		judgeCleanup(row, fmt.Sprintf("%s: %v", sc.where, err))
	}
	var stack []byte
	w.set(func() { row.Steps, stack = w.passed, w.stack })
	created, cleans := env.made()
	row.Calls, row.Created = int(env.calls.Load()), created
	if row.Outcome == harness.Passed && env.Target.Writable && !cleans {
		row.Outcome = harness.Failed
		row.Reason = fmt.Sprintf("%s: may change %s, which is live, and does not clean up: call env.Cleanup for what it changes", sc.where, r.target.Name)
	}
	if row.Outcome == harness.Passed && !r.target.InProcess() && row.Calls == 0 && !sc.tagged(offline) {
		row.Outcome = harness.Failed
		row.Reason = fmt.Sprintf("%s: made no recorded call to the target %s: use env.HTTP, call env.Record, or tag the scenario %s", sc.where, r.target.Name, offline)
	}
	row.Reason = env.conceal(row.Reason)
	for i, made := range row.Created {
		row.Created[i] = env.conceal(made)
	}
	return stack
}

// explained reports whether something may be said beside an outcome. A skip is not:
// whatever stood there would pass for its reason.
func explained(o harness.Outcome) bool { return o != harness.Passed && o != harness.Skipped }

// openWorld calls open. The world is handed over by a channel: after a hang
// nobody else may look at it.
func (r *runner) openWorld(ctx context.Context, env *Env) (reflect.Value, error) {
	opened := make(chan reflect.Value, 1)
	err := contain(ctx, func() error {
		world, err := r.open(ctx, env)
		opened <- world
		return err
	})
	if err != nil {
		return reflect.Value{}, err
	}
	return <-opened, nil
}

// judgeCleanup keeps a failure, which is the cause more often than not, and
// turns everything else into hook-failed.
func judgeCleanup(row *harness.Row, reason string) {
	switch row.Outcome {
	case harness.Failed, harness.HookFailed:
		row.Reason += "\n" + reason
	default:
		row.Outcome, row.Reason = harness.HookFailed, reason
	}
}

// steps lets godog run the scenario and says what became of it.
func (r *runner) steps(ctx context.Context, w *watch, world reflect.Value) (harness.Outcome, string) {
	suite := godog.TestSuite{
		Name:                w.sc.title,
		ScenarioInitializer: func(g *godog.ScenarioContext) { w.register(g, world) },
		Options: &godog.Options{Format: "progress", NoColors: true, Strict: true, Concurrency: 1, Output: io.Discard,
			DefaultContext: ctx, FeatureContents: []godog.Feature{{Name: w.sc.id, Contents: w.sc.source}}},
	}
	var code int
	err := contain(ctx, func() error { code = suite.Run(); return nil })
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.outcome != "":
		if w.outcome == harness.Failed {
			w.reason = r.explain(ctx, errors.New(w.reason)).Error()
		}
		return w.outcome, w.reason
	case err != nil:
		return harness.Failed, fmt.Sprintf("%s: %v", w.step(), r.explain(ctx, err))
	case w.passed != len(w.sc.steps) || code != 0: // the count decides; the code may only take away
		return harness.Failed, fmt.Sprintf("%s: %d of %d steps passed, and godog ended with %d", w.sc.where, w.passed, len(w.sc.steps), code)
	}
	return harness.Passed, ""
}

// explain adds to an error that came after the limit that this may be why.
func (r *runner) explain(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return fmt.Errorf("%w (the limit of a scenario is %v)", err, r.limit)
	}
	return fmt.Errorf("%w (the test was stopped)", err)
}
