package features

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/cucumber/godog"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// tracedOnly gives spans that have ids and go nowhere.
type tracedOnly struct{ noop.TracerProvider }

func (tracedOnly) Tracer(string, ...trace.TracerOption) trace.Tracer { return idsOnly{} }

type idsOnly struct{ noop.Tracer }

func (idsOnly) Start(ctx context.Context, _ string, _ ...trace.SpanStartOption) (context.Context, trace.Span) {
	ctx = trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}}))
	return ctx, trace.SpanFromContext(ctx)
}

// world is what the sample's steps share.
type world struct {
	n    int
	said string
	env  *Env
}

func openWorld(_ context.Context, env *Env) (*world, error) {
	for _, tag := range env.Tags {
		switch tag {
		case "@open-fails":
			return nil, errors.New("no world today")
		case "@open-panics":
			panic("no world at all")
		case "@open-skips":
			return nil, fmt.Errorf("not on this target: %w", godog.ErrSkip)
		case "@open-hangs":
			select {}
		case "@explains":
			env.Explain(func(context.Context) string { return "log of the printer: no paper" })
		case "@explain-panics":
			env.Explain(func(context.Context) string { panic("no words") })
		case "@close-fails":
			env.Cleanup(func(context.Context) error { return errors.New("left a mess") })
		case "@close-panics":
			env.Cleanup(func(context.Context) error { panic("left a mess") })
		case "@close-exits":
			env.Cleanup(func(context.Context) error { runtime.Goexit(); return nil })
		case "@close-hangs":
			env.Cleanup(func(context.Context) error { select {} })
		case "@close-nil":
			env.Cleanup(nil)
		}
	}
	return &world{env: env}, nil
}

func (w *world) have(_ context.Context, n int) { w.n = n }
func (w *world) add(n int) error               { w.n += n; return nil }

func (w *world) count(n int) error {
	if w.n != n {
		return fmt.Errorf("have %d, want %d", w.n, n)
	}
	return nil
}

func (w *world) addAll(ctx context.Context, t *godog.Table) (context.Context, error) {
	for _, row := range t.Rows[1:] {
		n, err := strconv.Atoi(row.Cells[0].Value)
		if err != nil {
			return ctx, err
		}
		w.n += n
	}
	if got := t.Rows[1].Cells[1].Value + t.Rows[2].Cells[1].Value; got != `a | bc\d # no` {
		return ctx, fmt.Errorf("read the table as %q", got)
	}
	return ctx, nil
}

func (w *world) say(doc *godog.DocString) error {
	w.said = doc.Content
	if doc.MediaType != "markdown" {
		return fmt.Errorf("media type %q", doc.MediaType)
	}
	return nil
}

func (w *world) saidText(text string) error {
	if w.said != text || text == "" {
		return fmt.Errorf("said %q, not %q", w.said, text)
	}
	return nil
}

// it does whatever can go wrong in a step.
func (w *world) it(ctx context.Context, how string) error {
	switch how {
	case "skips":
		return godog.ErrSkip
	case "skips with a reason":
		return fmt.Errorf("no printer here: %w", godog.ErrSkip)
	case "skips by T":
		godog.T(ctx).Skip("T has no printer")
	case "pends":
		return godog.ErrPending
	case "fails":
		return errors.New("it failed\xff")
	case "fails by T":
		godog.T(ctx).Errorf("T failed")
	case "stops by T":
		godog.T(ctx).Fatal("T stopped")
	case "exits":
		runtime.Goexit()
	case "panics":
		panic("it panicked")
	case "panics nil":
		panic(nil)
	case "hangs":
		select {}
	case "dies":
		return syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "is told to stop":
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	case "waits":
		<-ctx.Done()
		return ctx.Err()
	case "tells":
		v, err := w.env.Secret("SAMPLE_SECRET")
		if err != nil {
			return err
		}
		w.env.Created(v)
		return errors.New("the secret is " + v)
	case "says a secret":
		secret := os.Getenv("SAMPLE_SECRET") // not asked for by env.Secret
		Attach(ctx, Attachment{Name: secret + ".txt", MediaType: "text/plain", Text: "text " + secret})
		Attach(ctx, Attachment{MediaType: "text/plain", Body: []byte("body " + secret)})
		w.env.Record(harness.Call{Service: "test"})
		return errors.New("it was " + secret)
	case "says something":
		Log(ctx, "about Ada")
		w.env.Record(harness.Call{Service: "test"})
	case "calls":
		w.env.Record(harness.Call{Service: "test"})
	case "is changed":
		return w.change(ctx)
	case "is changed for good":
		w.env.Record(harness.Call{Service: "test"})
	default:
		return errors.New("what?")
	}
	return nil
}

// change posts to the target, and takes back what it made.
func (w *world) change(ctx context.Context) error {
	w.env.Created("thing " + w.env.ID)
	w.env.Cleanup(func(context.Context) error { return nil })
	resp, err := w.env.HTTP.Post(w.env.Target.URL, "text/plain", nil)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func sampleSteps(s *Steps[*world]) {
	s.Given(`^I have (\d+)$`, (*world).have)
	s.When(`^I add (\d+)$`, (*world).add)
	s.Then(`^I count (\d+)$`, (*world).count)
	s.When(`^I add all of$`, (*world).addAll)
	s.When(`^I say$`, (*world).say)
	s.Then(`^I said$`, (*world).saidText)
	s.When(`^it (.*)$`, (*world).it)
	s.When(`^all is changed$`, (*world).change).Mutates()
	s.Step(`^(\w+) is true, ([\d.]+) is 1.5 and "([^"]*)" are bytes$`, func(yes bool, f float32, b []byte) error {
		if !yes || f != 1.5 || string(b) != "b" {
			return fmt.Errorf("got %v %v %q", yes, f, b)
		}
		return nil
	})
	s.When(`^nothing happens$`, func() {})
	s.When(`^twice .*$`, func() {})
	s.When(`^.* meant$`, func() {})
}

// TestSample runs testdata/sample, or, in a child, the folder that it was
// started in, in the way that the child asks for.
func TestSample(t *testing.T) {
	if os.Getenv("SAMPLE_TRACED") == "@traced" {
		otel.SetTracerProvider(tracedOnly{})
	}
	switch os.Getenv(childVariable) {
	case "":
		t.Setenv(protocol.Variable, "") // under gate only the promises answer
		t.Chdir("testdata/sample")
		Run(t, openWorld, sampleSteps)
	case "bad steps":
		Run(t, openWorld, func(s *Steps[*world]) {
			sampleSteps(s)
			s.Given(`^(unclosed$`, (*world).have)
			s.When(`^no function$`, 3)
			s.Then(`^too many$`, (*world).count)
			s.Limit(0)
		})
	case "twice":
		Run(t, openWorld, sampleSteps)
		Run(t, openWorld, sampleSteps)
	case "outer":
		Run(t, openWorld, func(s *Steps[*world]) {
			sampleSteps(s)
			s.Then(`^the test has failed$`, func() { t.Errorf("said in a step") })
			s.Then(`^the test has stopped$`, func() { t.Fatalf("said in a step") })
		})
	case "hooks":
		var d *diary
		Run(t, openWorld, func(s *Steps[*world]) { d = hookedSteps(s, os.Getenv("SAMPLE_HOOKS")) })
		fmt.Println("diary: " + strings.Join(d.all, " "))
	case "suite", "suite without files", "suite without features", "suite without open":
		embedded(os.Getenv(childVariable)).Run(t)
	case "nil":
		Run[*world](t, nil, nil)
	default:
		Run(t, openWorld, sampleSteps)
	}
}
