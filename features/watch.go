package features

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/cucumber/godog"
	"go.opentelemetry.io/otel/trace"

	"github.com/stagegate/stagegate/harness"
)

// A watch runs the parts of one attempt inside of a scenario of godog's, whose
// context, T and attachments they have, and keeps what becomes of each.
type watch struct {
	*runner
	sc    *scenario
	n     int // attempt
	after int // of parts: the first After hook
	root  trace.Span
	span  trace.Span // the current step's
	said  *record

	mu       sync.Mutex // the scenario's goroutine may be left behind
	world    reflect.Value
	parts    []part
	current  int  // of parts
	lost     bool // a part of this run of godog has not passed
	failed0  bool // godog's T had failed before the current part
	skipped0 bool // and had been skipped
	logged   int  // messages of godog's T that were taken
	attached int  // attachments in godog's context that were taken
	timer    *time.Timer
	ctx      context.Context // of the part that ran last
	base     context.Context // that godog's scenario began with: its T is in it; nil before
}

func (w *watch) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// all runs the parts: first everything but the After hooks, as one scenario of
// godog's; then what has to run whatever happened, each as one of its own.
func (w *watch) all(ctx context.Context) {
	w.run(ctx, 0, w.after)
	for _, i := range w.rest() {
		w.set(func() { ctx = w.ctx })
		later, stop := context.WithTimeout(context.WithoutCancel(ctx), w.limit)
		w.run(later, i, i+1)
		stop()
	}
}

// rest are the After hooks, and those hooks after the step that has not passed that
// could not run: it hung, left its goroutine, or its time was over.
func (w *watch) rest() (all []int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	failed := -1
	for i, p := range w.parts {
		switch {
		case p.hook == nil && p.outcome != "" && p.outcome != harness.Passed:
			failed = p.step
		case i >= w.after, p.hook != nil && p.hook.kind == afterStep && p.step == failed && p.outcome == "":
			all = append(all, i)
		}
	}
	return all
}

// The step by which godog runs parts: what takes most of its time for a scenario
// is a record of each step, which nobody reads here.
const (
	source = "Feature:\nScenario: %s\n* parts\n"
	inside = "^parts$"
)

// run lets godog run the parts from from to to, as a scenario of one step, in a
// goroutine of its own.
func (w *watch) run(ctx context.Context, from, to int) {
	if from == to {
		return
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w.set(func() { w.lost, w.logged, w.attached, w.ctx, w.base = false, 0, 0, ctx, nil })
	gone := false // godog's goroutine was left behind
	suite := godog.TestSuite{
		Name: w.sc.title,
		ScenarioInitializer: func(g *godog.ScenarioContext) {
			g.Step(w.step, func(ctx context.Context) error { return w.each(ctx, from, to, cancel, &gone) })
		},
		Options: &godog.Options{Format: "progress", NoColors: true, Strict: true, Concurrency: 1, Output: io.Discard,
			DefaultContext: ctx, FeatureContents: []godog.Feature{{Name: w.sc.id, Contents: fmt.Appendf(nil, source, strings.Join(strings.Fields(w.sc.name), " "))}}},
	}
	var code int
	err := contain(ctx, func() error { code = suite.Run(); return nil })
	w.mu.Lock()
	defer w.mu.Unlock()
	gone = true
	if w.lost {
		return
	}
	if err == nil && (code != 0 || w.current != to-1 || w.parts[to-1].outcome != harness.Passed) {
		err = fmt.Errorf("godog ended with %d", code)
	}
	if err != nil {
		p := &w.parts[max(w.current, from)]
		if p.began.IsZero() {
			p.began = w.now()
		}
		w.close(p, ctx, harness.Failed, err)
	}
}

// each runs the parts from from to to; after one that has not passed, only the
// hooks that have to run after its step, and none when it is gone. Its error is
// godog's.
func (w *watch) each(ctx context.Context, from, to int, cancel context.CancelCauseFunc, gone *bool) error {
	w.set(func() { w.base = ctx })
	failed := -1 // the step that has
	var wrong error
	for i := from; i < to; i++ {
		var p *part // what does not change in it
		late := false
		w.set(func() { p, late = &w.parts[i], *gone })
		if late {
			return errLost
		}
		if wrong != nil && ctx.Err() != nil {
			return wrong // what is left to run has a time of its own
		}
		if wrong != nil && (p.hook == nil || p.hook.kind != afterStep || p.step != failed) {
			continue
		}
		ctx = w.begin(ctx, i, cancel)
		next, err := w.protect(ctx, p)
		ctx = w.end(next, i, err)
		w.set(func() {
			if p.outcome != harness.Passed && wrong == nil {
				wrong, failed = errLost, -1
				if p.hook == nil {
					failed = p.step
				}
			}
		})
	}
	return wrong
}

// notWritten is the reason of a pending step that gives none.
const notWritten = "is not written yet"

// errLost tells godog that a scenario has not passed; why is in its parts.
var errLost = errors.New("a part has not passed")

// begin is called before each part that runs.
func (w *watch) begin(ctx context.Context, i int, cancel context.CancelCauseFunc) context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.current = i
	t := godog.T(w.base)
	w.failed0, w.skipped0 = failed(t), t.Skipped()
	w.parts[i].began = w.now()
	if w.stepLimit > 0 {
		w.timer = time.AfterFunc(w.stepLimit, func() { cancel(errStepLimit{w.stepLimit}) })
	}
	if w.parts[i].hook == nil {
		ctx = w.stepSpan(ctx, w.sc.steps[w.parts[i].step].text)
	}
	return ctx
}

type errStepLimit struct{ limit time.Duration }

func (e errStepLimit) Error() string { return fmt.Sprintf("the limit of a step is %v", e.limit) }

// protect calls the function of a part. A panic becomes its error; a goroutine
// that ends takes godog with it, and [contain] sees it.
func (w *watch) protect(ctx context.Context, p *part) (next context.Context, err error) {
	next = ctx
	defer func() {
		if v := recover(); v != nil {
			stop, ok := v.(error)
			if !ok || !stopNow(stop) {
				err = &panicError{v, debug.Stack()}
			} else if t := godog.T(w.base); !failed(t) && !t.Skipped() { // another scenario's T
				err = errExit
			} else {
				err = errTold
			}
		}
	}()
	return w.call(ctx, p)
}

func (w *watch) call(ctx context.Context, p *part) (context.Context, error) {
	if p.hook != nil {
		return p.hook.call(ctx, w.world, reflect.ValueOf(w.scenarioInfo()), reflect.ValueOf(w.stepInfo(p.step)))
	}
	st := &w.sc.steps[p.step]
	switch st.problem() {
	case harness.Undefined:
		return ctx, godog.ErrUndefined
	case harness.Ambiguous:
		return ctx, godog.ErrAmbiguous
	}
	return w.defs[st.hits()[0]].call(ctx, w.world, st)
}

// errTold says that godog's T ended a part: it failed or was skipped.
var errTold = errors.New("godog's T")

// stopNow reports the panic by which godog's own T stops a step; godog knows
// it by a value that it does not export.
func stopNow(err error) bool { return err.Error() == "FailNow or SkipNow called" }

// failed reports whether godog's T was told so. It keeps that to itself, and tells
// godog alone when the step is over: too late to know which part it was.
func failed(t godog.TestingT) bool {
	v := reflect.ValueOf(t)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return false
	}
	f := v.Elem().FieldByName("failed")
	return f.IsValid() && f.Bool()
}

// end judges a part that has come back.
func (w *watch) end(ctx context.Context, i int, err error) context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current != i || w.parts[i].outcome != "" { // it came back after it was given up
		return ctx
	}
	p, t := &w.parts[i], godog.T(w.base)
	skipped := t.Skipped() && !w.skipped0
	if err == nil && overdue(w.base) {
		err = errOverdue
	}
	switch {
	case errors.Is(err, godog.ErrSkip):
		w.close(p, ctx, harness.Skipped, errors.New(said(err, godog.ErrSkip)))
	case errors.Is(err, godog.ErrPending):
		w.close(p, ctx, harness.Pending, errors.New(cmp.Or(said(err, godog.ErrPending), notWritten)))
	case err == godog.ErrUndefined:
		w.close(p, ctx, harness.Undefined, err)
	case err == godog.ErrAmbiguous:
		w.close(p, ctx, harness.Ambiguous, err)
	case failed(t) && (!w.failed0 || err == errTold):
		w.close(p, ctx, harness.Failed, w.explain(w.base, w.told("it failed by godog's T, which says no more")))
	case skipped && err == nil, err == errTold:
		w.close(p, ctx, harness.Skipped, w.told(""))
	case err != nil:
		w.close(p, ctx, harness.Failed, w.explain(w.base, err))
	default:
		w.close(p, ctx, harness.Passed, nil)
	}
	ctx = w.endSpan(ctx, err)
	w.ctx = ctx
	return ctx
}

// close ends a part: it did not run on, whatever its function still does.
func (w *watch) close(p *part, ctx context.Context, o harness.Outcome, err error) {
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
	p.ended, p.outcome = w.now(), o
	w.lost = w.lost || o != harness.Passed
	var hung *hangError
	if !errors.As(err, &hung) && w.base != nil { // what hangs may still write there
		all := godog.LoggedMessages(w.base)
		for _, text := range all[min(w.logged, len(all)):] {
			w.said.add(Attachment{MediaType: logType, Text: text})
		}
		w.logged = len(all)
		w.attached = w.said.fromGodog(ctx, w.attached)
	}
	p.said = append(p.said, w.said.take()...)
	if err == nil {
		return
	}
	var panicked *panicError
	switch {
	case errors.As(err, &panicked):
		p.stack = panicked.stack
	case hung != nil:
		p.stack, err = hung.stack, w.explain(ctx, err)
	}
	p.reason = err.Error()
	p.interrupted = o == harness.Failed && errors.Is(context.Cause(ctx), errStopped)
}

// told is what the current part said to godog's T: the text of Fatal is there alone.
func (w *watch) told(nothing string) error {
	if said := godog.LoggedMessages(w.base)[w.logged:]; len(said) > 0 {
		return errors.New(withoutFrames(strings.Join(said, "\n")))
	}
	return errors.New(nothing)
}

// said is what an error says beside the one of godog's that it wraps.
func said(err, kind error) string {
	return strings.TrimSuffix(strings.TrimSuffix(err.Error(), kind.Error()), ": ")
}
