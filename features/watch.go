package features

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cucumber/godog"
	"go.opentelemetry.io/otel/trace"

	"github.com/stagegate/stagegate/harness"
)

// A watch lets godog run the parts of one attempt and sees each from both sides:
// what godog says of it, and whether its function really returned. A part passed
// where both agree.
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
	called   bool // the function of the current part was called
	returned bool // and has returned
	lost     bool // a part of this run of godog has not passed
	logged   int  // messages of godog's T that were taken
	timer    *time.Timer
	ctx      context.Context // of the part that ran last
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
	w.set(func() { ctx = w.ctx })
	for i := range w.parts {
		w.mu.Lock()
		p := w.parts[i]
		owed := p.hook != nil && p.began.IsZero() && (i >= w.after || p.hook.kind == afterStep && !w.stepOf(p).began.IsZero())
		w.mu.Unlock()
		if owed {
			later, stop := context.WithTimeout(context.WithoutCancel(ctx), w.limit)
			w.run(later, i, i+1)
			w.set(func() { ctx = w.ctx })
			stop()
		}
	}
}

// stepOf is the step that a step's hook belongs to.
func (w *watch) stepOf(hook part) part {
	for _, p := range w.parts {
		if p.hook == nil && p.step == hook.step {
			return p
		}
	}
	return part{}
}

// number is the text by which godog knows a part.
var number = regexp.MustCompile(`^(\d+)$`)

// run lets godog run the parts from from to to, as the steps of a scenario, in a
// goroutine of its own.
func (w *watch) run(ctx context.Context, from, to int) {
	if from == to {
		return
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w.set(func() { w.lost, w.logged, w.ctx = false, 0, ctx })
	suite := godog.TestSuite{
		Name: w.sc.title,
		ScenarioInitializer: func(g *godog.ScenarioContext) {
			g.StepContext().Before(func(ctx context.Context, st *godog.Step) (context.Context, error) {
				return w.begin(ctx, st.Text, cancel)
			})
			g.StepContext().After(func(ctx context.Context, st *godog.Step, status godog.StepResultStatus, err error) (context.Context, error) {
				return w.end(ctx, st.Text, status, err)
			})
			g.Step(number, w.call)
		},
		Options: &godog.Options{Format: "progress", NoColors: true, Strict: true, Concurrency: 1, Output: io.Discard,
			DefaultContext: ctx, FeatureContents: []godog.Feature{{Name: w.sc.id, Contents: numbered(w.sc.name, from, to)}}},
	}
	err := contain(ctx, func() error { suite.Run(); return nil }) // its exit code says less than the parts
	w.mu.Lock()
	defer w.mu.Unlock()
	switch p := &w.parts[w.current]; {
	case err != nil && !w.lost:
		if p.began.IsZero() { // nothing had begun
			p.began = w.now()
		}
		w.close(p, ctx, harness.Failed, err)
	case !w.lost && (w.current != to-1 || p.outcome != harness.Passed):
		w.close(p, ctx, harness.Failed, errors.New("godog ended early"))
	}
}

// numbered is a feature that has one scenario, whose steps are the numbers of parts.
func numbered(name string, from, to int) []byte {
	b := make([]byte, 0, 32+len(name)+8*(to-from))
	b = append(b, "Feature:\nScenario: "...)
	b = append(b, strings.TrimSpace(name)...)
	for i := from; i < to; i++ {
		b = strconv.AppendInt(append(b, "\n* "...), int64(i), 10)
	}
	return append(b, '\n')
}

// begin is called by godog before each part, also where it will not be run.
func (w *watch) begin(ctx context.Context, text string, cancel context.CancelCauseFunc) (context.Context, error) {
	i, err := strconv.Atoi(text)
	if err != nil {
		return ctx, fmt.Errorf("godog runs another step than was planned: %q", text)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lost {
		return ctx, nil
	}
	w.current, w.called, w.returned = i, false, false
	w.parts[i].began = w.now()
	if w.stepLimit > 0 {
		w.timer = time.AfterFunc(w.stepLimit, func() { cancel(errStepLimit{w.stepLimit}) })
	}
	if w.parts[i].hook == nil {
		ctx = w.stepSpan(ctx, w.sc.steps[w.parts[i].step].text)
	}
	return ctx, nil
}

type errStepLimit struct{ limit time.Duration }

func (e errStepLimit) Error() string { return fmt.Sprintf("the limit of a step is %v", e.limit) }

// call is the step function that godog knows. A panic goes on, with its stack,
// to godog, which makes it the step's error.
func (w *watch) call(ctx context.Context, i int) (context.Context, error) {
	p := &w.parts[i] // what does not change in it
	if p.hook == nil {
		switch w.sc.steps[p.step].problem() {
		case harness.Undefined:
			return ctx, godog.ErrUndefined
		case harness.Ambiguous:
			return ctx, godog.ErrAmbiguous
		}
	}
	w.set(func() { w.called = true })
	defer func() {
		if v := recover(); v != nil {
			if err, ok := v.(error); !ok || !stopNow(err) {
				v = &panicError{v, debug.Stack()}
			}
			panic(v)
		}
	}()
	var err error
	if p.hook != nil {
		ctx, err = p.hook.call(ctx, w.world, reflect.ValueOf(w.scenarioInfo()), reflect.ValueOf(w.stepInfo(p.step)))
	} else {
		st := &w.sc.steps[p.step]
		ctx, err = w.defs[st.hits[0]].call(ctx, w.world, st)
	}
	w.set(func() { w.returned = true })
	return ctx, err
}

// stopNow reports the panic by which godog's own T stops a step; godog knows
// it by a value that it does not export.
func stopNow(err error) bool { return err.Error() == "FailNow or SkipNow called" }

// end is called by godog after each part. Its error makes godog skip the rest.
func (w *watch) end(ctx context.Context, text string, status godog.StepResultStatus, err error) (context.Context, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i, wrong := strconv.Atoi(text); wrong != nil || w.lost || i != w.current {
		return ctx, err
	}
	p := &w.parts[w.current]
	switch {
	case status == godog.StepPassed && w.returned:
		w.close(p, ctx, harness.Passed, nil)
	case status == godog.StepPassed && w.called: // runtime.Goexit: godog counts it as passed
		w.close(p, ctx, harness.Failed, errExit)
	case status == godog.StepPassed:
		w.close(p, ctx, harness.Failed, errors.New("its function was never called"))
	case status == godog.StepSkipped:
		w.close(p, ctx, harness.Skipped, errors.New(skipReason(ctx, err)))
	case status == godog.StepPending:
		w.close(p, ctx, harness.Pending, pendingReason(err))
	case status == godog.StepUndefined && !w.called:
		w.close(p, ctx, harness.Undefined, godog.ErrUndefined)
	case status == godog.StepAmbiguous && !w.called:
		w.close(p, ctx, harness.Ambiguous, godog.ErrAmbiguous)
	default:
		w.close(p, ctx, harness.Failed, w.explain(ctx, withLog(ctx, err)))
	}
	ctx = w.endSpan(ctx, err)
	w.ctx = ctx
	if p.outcome != harness.Passed && err == nil {
		err = errExit
	}
	return ctx, err
}

// close ends a part: it did not run on, whatever its function still does.
func (w *watch) close(p *part, ctx context.Context, o harness.Outcome, err error) {
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
	p.ended, p.outcome = w.now(), o
	w.lost = o != harness.Passed
	if t := godog.T(ctx); t != nil {
		all := godog.LoggedMessages(ctx)
		for _, text := range all[min(w.logged, len(all)):] {
			w.said.add(Attachment{MediaType: logType, Text: text})
		}
		w.logged = len(all)
	}
	w.said.fromGodog(ctx)
	p.said = append(p.said, w.said.take()...)
	if err == nil {
		return
	}
	var panicked *panicError
	var hung *hangError
	switch {
	case errors.As(err, &panicked):
		p.stack = panicked.stack
	case errors.As(err, &hung):
		p.stack, err = hung.stack, w.explain(ctx, err)
	}
	p.reason = err.Error()
	p.interrupted = o == harness.Failed && errors.Is(context.Cause(ctx), errStopped)
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

// pendingReason is what was said beside "pending".
func pendingReason(err error) error {
	if said := strings.TrimSuffix(err.Error(), ": "+godog.ErrPending.Error()); said != err.Error() {
		return errors.New(said)
	}
	return errors.New("is not written yet")
}
