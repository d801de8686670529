package features

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

	"github.com/cucumber/godog"
	"go.opentelemetry.io/otel/trace"

	"github.com/stagegate/stagegate/harness"
)

// A watch sees every step of one attempt from both sides: what godog says of
// it, and whether its function really returned. A step passed where both agree.
type watch struct {
	sc   *scenario
	defs []definition

	root trace.Span // the scenario's
	span trace.Span // the current step's

	mu       sync.Mutex // the scenario's goroutine may be left behind
	current  int        // steps begun
	called   bool       // the function of the current step was called
	returned bool       // and has returned
	err      error      // of the current step, where its function had no way to return it
	stack    []byte     // of a panic
	passed   int
	outcome  harness.Outcome // of the first step that did not pass
	reason   string
}

// register gives godog the definitions that the scenario uses, bound to world.
func (w *watch) register(g *godog.ScenarioContext, world reflect.Value) {
	g.StepContext().Before(func(ctx context.Context, st *godog.Step) (context.Context, error) {
		return w.stepSpan(ctx, st.Text), w.begin(st.Text)
	})
	g.StepContext().After(func(ctx context.Context, _ *godog.Step, status godog.StepResultStatus, err error) (context.Context, error) {
		wrong := w.end(ctx, status, err)
		return w.endSpan(ctx, errors.Join(wrong, err)), wrong
	})
	for _, i := range w.sc.uses {
		d := &w.defs[i]
		f := reflect.MakeFunc(d.godog, func(args []reflect.Value) []reflect.Value { return w.call(d, world, args) })
		g.Step(d.re, f.Interface())
	}
}

func (w *watch) begin(text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.current++
	w.called, w.returned, w.err, w.stack = false, false, nil, nil
	if n := len(w.sc.steps); w.current > n || w.sc.steps[w.current-1].text != text {
		return fmt.Errorf("godog runs another step than was planned: %q", text)
	}
	return nil
}

// call runs the function of d. A panic goes on, with its stack, to godog, which
// makes it the step's error.
func (w *watch) call(d *definition, world reflect.Value, args []reflect.Value) (out []reflect.Value) {
	w.set(func() { w.called = true })
	in, err := d.arguments(world, args)
	if err != nil {
		w.set(func() { w.err, w.returned = err, true })
		for i := range d.fn.Type().NumOut() {
			out = append(out, reflect.Zero(d.fn.Type().Out(i)))
		}
		return out
	}
	defer func() {
		if v := recover(); v != nil {
			if err, ok := v.(error); !ok || !stopNow(err) {
				v = &panicError{v, debug.Stack()}
			}
			panic(v)
		}
	}()
	out = d.fn.Call(in)
	w.set(func() { w.returned = true })
	return out
}

// stopNow reports the panic by which godog's own T stops a step; godog knows
// it by a value that it does not export.
func stopNow(err error) bool { return err.Error() == "FailNow or SkipNow called" }

func (w *watch) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// end judges the current step. Its error makes godog skip the rest.
func (w *watch) end(ctx context.Context, status godog.StepResultStatus, err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.outcome != "":
		return nil
	case w.err != nil:
		w.fail(harness.Failed, w.err)
		return w.err
	case status == godog.StepPassed && w.returned:
		w.passed++
		return nil
	case status == godog.StepPassed && w.called: // runtime.Goexit: godog counts it as passed
		w.fail(harness.Failed, errExit)
		return errExit
	case status == godog.StepPassed:
		w.fail(harness.Failed, errors.New("its function was never called"))
		return errExit
	}
	switch status {
	case godog.StepSkipped:
		w.outcome, w.reason = harness.Skipped, skipReason(ctx, err)
	case godog.StepPending:
		w.fail(harness.Pending, errors.New("is not written yet"))
	case godog.StepUndefined:
		w.fail(harness.Undefined, err)
	case godog.StepAmbiguous:
		w.fail(harness.Ambiguous, err)
	default:
		w.fail(harness.Failed, withLog(ctx, err))
	}
	return nil
}

// withLog adds what was said before FailNow: godog's T keeps the text of
// Fatal in its log alone.
func withLog(ctx context.Context, err error) error {
	t := godog.T(ctx)
	if said := godog.LoggedMessages(ctx); t != nil && len(said) > 0 && err != nil && err.Error() == "fail called on TestingT" {
		return errors.New(said[len(said)-1])
	}
	return err
}

func (w *watch) fail(o harness.Outcome, err error) {
	var p *panicError
	if errors.As(err, &p) {
		w.stack = p.stack
	}
	w.outcome, w.reason = o, fmt.Sprintf("%s: %v", w.step(), err)
}

// step names the current step for people.
func (w *watch) step() string {
	if w.current < 1 || w.current > len(w.sc.steps) {
		return w.sc.where
	}
	st := w.sc.steps[w.current-1]
	return fmt.Sprintf("%s: %s", st.where, st)
}

// skipReason is what was said beside "skipped"; a skip without a reason has none.
func skipReason(ctx context.Context, err error) string {
	if err != nil && err.Error() != godog.ErrSkip.Error() {
		return strings.TrimSuffix(err.Error(), ": "+godog.ErrSkip.Error())
	}
	if t := godog.T(ctx); t != nil && t.Skipped() {
		if said := godog.LoggedMessages(ctx); len(said) > 0 {
			return said[len(said)-1]
		}
	}
	return ""
}

// arguments puts the world in front and makes what godog does not convert.
func (d *definition) arguments(world reflect.Value, args []reflect.Value) ([]reflect.Value, error) {
	t := d.fn.Type()
	in := make([]reflect.Value, 0, t.NumIn())
	if d.world {
		in = append(in, world)
	}
	for _, a := range args {
		if t.In(len(in)) == boolType {
			b, err := strconv.ParseBool(a.String())
			if err != nil {
				return nil, fmt.Errorf("%q is not a bool", a.String())
			}
			a = reflect.ValueOf(b)
		}
		in = append(in, a)
	}
	return in, nil
}
