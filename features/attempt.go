package features

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"github.com/stagegate/stagegate/harness"
)

// A runner runs scenarios, whatever their world is.
type runner struct {
	*registry
	open   func(context.Context, *Env) (reflect.Value, error)
	target harness.Target
	now    func() time.Time
	step   *regexp.Regexp // of [inside]
}

// offline is the tag of a scenario that need not call a deployed target.
const offline = "@offline"

// maxReason bounds a row's reason, in bytes.
const maxReason = 16 << 10

// An attempt is what became of one try of a scenario.
type attempt struct {
	row   harness.Row
	parts []part // in the order in which they stand
}

// stack is that of the first panic or hang.
func (a *attempt) stack() []byte {
	for _, p := range a.parts {
		if len(p.stack) > 0 {
			return p.stack
		}
	}
	return nil
}

// attempt runs sc once, in a world of its own, and says how it went. A scenario
// that cannot pass runs as far as it goes, but never touches a deployed target.
func (r *runner) attempt(ctx context.Context, sc *scenario, n int) attempt {
	row := r.row(sc, n)
	w := &watch{runner: r, sc: sc, n: n, said: &record{}, ctx: ctx}
	w.parts, w.after = r.parts(sc)
	if sc.problem == "" || r.target.InProcess() && len(sc.steps) > 0 {
		ctx, span := r.begin(ctx, sc, n)
		w.root = span
		r.execute(ctx, w, &row)
		r.finish(ctx, span, &row)
	} else {
		row.Outcome, row.Reason = sc.problem, sc.detail
	}
	row.Took = harness.Duration(max(0, r.now().Sub(row.Started)))
	row.Reason = strings.ToValidUTF8(row.Reason, "\uFFFD")
	if len(row.Reason) > maxReason {
		row.Reason = strings.ToValidUTF8(row.Reason[:maxReason], "") + " [cut]"
	}
	w.mu.Lock() // a step that hangs may still write to w.parts
	defer w.mu.Unlock()
	return attempt{row: row, parts: append([]part(nil), w.parts...)}
}

// row is the row of an attempt that has not begun.
func (r *runner) row(sc *scenario, n int) harness.Row {
	return harness.Row{ID: sc.id, Name: sc.title, Kind: harness.Scenario, Mode: harness.ModeFor(harness.Scenario, r.target),
		Attempt: n, Where: sc.where, Tags: sc.tags, Hash: sc.hash, Started: r.now()}
}

func (r *runner) execute(ctx context.Context, w *watch, row *harness.Row) {
	env := newEnv(r.target, w.sc)
	defer func() { w.conceal(env, row) }()
	limited, cancel := context.WithTimeout(context.WithValue(ctx, recordKey{}, w.said), r.limit)
	defer cancel()
	if world, err := r.openWorld(limited, env); err != nil {
		w.opened(limited, err)
	} else {
		w.world = world
		w.all(limited)
	}
	cancel()
	closing := context.WithoutCancel(ctx)
	w.set(func() { row.Outcome, row.Reason, row.Steps = w.verdict() })
	if explained(row.Outcome) {
		if why := env.explanation(closing, r.limit); why != "" {
			row.Reason += "\n" + why
		}
	}
	if err := env.close(closing, r.limit); err != nil {
		w.around("clean up", harness.Failed, err.Error())
		judgeCleanup(row, fmt.Sprintf("%s: %v", w.sc.where, err))
	}
	created, cleans := env.made()
	row.Calls, row.Created = int(env.calls.Load()), created
	if why := r.proves(env, w.sc, row, cleans); why != "" && row.Outcome == harness.Passed {
		w.around("look back", harness.Failed, why)
		row.Outcome, row.Reason = harness.Failed, w.sc.where+": "+why
	}
}

// proves says why a scenario whose every step passed has proved nothing.
func (r *runner) proves(env *Env, sc *scenario, row *harness.Row, cleans bool) string {
	switch {
	case env.Target.Writable && !cleans:
		return fmt.Sprintf("may change %s, which is live, and does not clean up: call env.Cleanup for what it changes", r.target.Name)
	case !r.target.InProcess() && row.Calls == 0 && !sc.tagged(offline):
		return fmt.Sprintf("made no recorded call to the target %s: use env.HTTP, call env.Record, or tag the scenario %s", r.target.Name, offline)
	}
	return ""
}

// opened keeps that the world could not be opened.
func (w *watch) opened(ctx context.Context, err error) {
	o, reason := harness.Failed, w.explain(ctx, err).Error()
	if errors.Is(err, godog.ErrSkip) {
		o, reason = harness.Skipped, said(err, godog.ErrSkip)
	}
	w.around("open", o, reason)
	w.set(func() {
		last := len(w.parts) - 1
		var hung *hangError
		var panicked *panicError
		if errors.As(err, &hung) {
			w.parts[last].stack = hung.stack
		} else if errors.As(err, &panicked) {
			w.parts[last].stack = panicked.stack
		}
		w.parts = append(w.parts[last:], w.parts[:last]...) // it came first
	})
}

// around keeps a part that is no user's.
func (w *watch) around(name string, o harness.Outcome, reason string) {
	now := w.now()
	w.set(func() {
		w.parts = append(w.parts, part{hook: &hook{kind: around, name: name}, step: -1,
			result: result{outcome: o, reason: reason, began: now, ended: now, said: w.said.take()}})
	})
}

// verdict is what the parts that ran say together: the first that has not passed,
// and what went wrong after it.
func (w *watch) verdict() (o harness.Outcome, reason string, passed int) {
	row := harness.Row{Outcome: harness.Passed}
	interrupted := false
	for _, p := range w.parts {
		switch {
		case p.hook == nil && p.outcome == harness.Passed:
			passed++
		case p.outcome == "" || p.outcome == harness.Passed:
		case row.Outcome == harness.Passed:
			row.Outcome, row.Reason = w.judge(p)
			interrupted = p.interrupted
		case p.outcome != harness.Skipped:
			_, reason := w.judge(p)
			judgeCleanup(&row, reason)
		}
	}
	switch {
	case w.sc.problem != "":
		return w.sc.problem, strings.TrimSpace(w.sc.detail + "\n" + w.beside(row)), passed
	case interrupted:
		return harness.NotRun, row.Reason, passed
	case row.Outcome == harness.Passed && passed != len(w.sc.steps):
		return harness.Failed, fmt.Sprintf("%s: %d of %d steps passed", w.sc.where, passed, len(w.sc.steps)), passed
	}
	return row.Outcome, row.Reason, passed
}

// beside is what went wrong in a scenario that could not pass anyway.
func (w *watch) beside(row harness.Row) string {
	if row.Outcome == harness.Failed || row.Outcome == harness.HookFailed {
		return row.Reason
	}
	return ""
}

// judge says what one part that has not passed makes of the scenario.
func (w *watch) judge(p part) (harness.Outcome, string) {
	at := w.sc.where
	if p.step >= 0 {
		at = fmt.Sprintf("%s: %s", w.sc.place(p.step), w.sc.steps[p.step])
	}
	reason := fmt.Sprintf("%s: %s", at, p.reason)
	switch {
	case p.outcome == harness.Skipped:
		return harness.Skipped, p.reason
	case p.hook == nil:
		return p.outcome, reason
	}
	return harness.HookFailed, fmt.Sprintf("%s: %s: %s", at, p.hook, p.reason)
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

// explain adds to an error that came after the limit that this may be why.
func (r *runner) explain(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	switch {
	case ctx.Err() == nil:
		return err
	case errors.As(cause, new(errStepLimit)) || errors.Is(cause, errStopped):
		return fmt.Errorf("%w (%w)", err, cause)
	case errors.Is(cause, context.DeadlineExceeded):
		return fmt.Errorf("%w (the limit of a scenario is %v)", err, r.limit)
	}
	return fmt.Errorf("%w (the test was stopped)", err)
}

// conceal takes the secrets that were asked for out of everything that was said.
func (w *watch) conceal(env *Env, row *harness.Row) {
	row.Reason = env.conceal(row.Reason)
	for i, made := range row.Created {
		row.Created[i] = env.conceal(made)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.parts {
		w.parts[i].conceal(env.conceal)
	}
}

func (w *watch) scenarioInfo() ScenarioInfo {
	w.mu.Lock()
	defer w.mu.Unlock()
	info := ScenarioInfo{Feature: w.sc.in.name, Name: w.sc.name, Where: w.sc.where, Tags: w.sc.tags, Attempt: w.n}
	if w.current >= w.after && w.after > 0 {
		info.Outcome, info.Reason, _ = w.verdict()
	}
	return info
}

func (w *watch) stepInfo(step int) StepInfo {
	if step < 0 {
		return StepInfo{}
	}
	st := w.sc.steps[step]
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.parts {
		if p.hook == nil && p.step == step {
			return StepInfo{Keyword: st.keyword.text, Text: st.text, Where: w.sc.place(step), Outcome: p.outcome, Reason: p.reason}
		}
	}
	return StepInfo{}
}
