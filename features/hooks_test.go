package features

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cucumber/godog"

	"github.com/stagegate/stagegate/harness"
)

// A diary keeps what ran, in order.
type diary struct {
	mu  sync.Mutex
	all []string
}

func (d *diary) add(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, what)
}

func (d *diary) hook(what string) func() { return func() { d.add(what) } }

// Hooks run around what they are for: before in the order in which they were
// defined, after backwards, and what has to run does, whatever became of the rest.
func TestHookOrder(t *testing.T) {
	const all = "before1 before2 bs1 bs2 step as2 as1 bs1 bs2 step as2 as1 after2 after1"
	for _, c := range []struct {
		name, text, want string
		outcome          harness.Outcome
	}{
		{"passed", "* one\n    * one", all, harness.Passed},
		{"failed", "* fails\n    * one", "before1 before2 bs1 bs2 as2 as1 after2 after1", harness.Failed},
		{"panicked", "* panics\n    * one", "before1 before2 bs1 bs2 as2 as1 after2 after1", harness.Failed},
		{"skipped", "* skips\n    * one", "before1 before2 bs1 bs2 as2 as1 after2 after1", harness.Skipped},
		{"failed by T", "* fails by T\n    * one", "before1 before2 bs1 bs2 as2 as1 after2 after1", harness.Failed},
		{"undefined", "* nobody\n    * one", "before1 before2 bs1 bs2 as2 as1 after2 after1", harness.Undefined},
		{"exits", "* exits\n    * one", "before1 before2 bs1 bs2 as2 as1 after2 after1", harness.Failed},
		{"hangs", "* hangs\n    * one", "before1 before2 bs1 bs2 as2 as1 after2 after1", harness.Failed},
		{"waits", "* waits\n    * one", "before1 before2 bs1 bs2 as2 as1 after2 after1", harness.Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var d diary
			reg, all := planned(t, func(s *Steps[*world]) {
				s.Before(d.hook("before1"))
				s.Before(d.hook("before2"))
				s.BeforeStep(d.hook("bs1"))
				s.BeforeStep(d.hook("bs2"))
				s.AfterStep(d.hook("as1"))
				s.AfterStep(d.hook("as2"))
				s.After(d.hook("after1"))
				s.After(d.hook("after2"))
				s.Step("^one$", d.hook("step"))
				s.Step("^fails$", func() error { return errors.New("no") })
				s.Step("^fails by T$", func(ctx context.Context) { godog.T(ctx).Fail() })
				s.Step("^skips$", func() error { return godog.ErrSkip })
				s.Step("^panics$", func() { panic("no") })
				s.Step("^exits$", func() { runtime.Goexit() })
				s.Step("^hangs$", func() { select {} })
				s.Step("^waits$", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
			}, one("Feature: f\n  Scenario: s\n    "+c.text+"\n"))
			r := testRunner(reg)
			if c.name == "hangs" || c.name == "waits" {
				short(r)
			}
			if got := r.attempt(t.Context(), all[0], 1).row; got.Outcome != c.outcome {
				t.Errorf("got %s: %s, want %s", got.Outcome, got.Reason, c.outcome)
			}
			if got := strings.Join(d.all, " "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// A hook that goes wrong is no pass, however it does.
func TestHooksRed(t *testing.T) {
	ways := map[string]any{
		"error":    func() error { return errors.New("no hook today") },
		"panic":    func() { panic("no hook today") },
		"Goexit":   func() { runtime.Goexit() },
		"T.Errorf": func(ctx context.Context) { godog.T(ctx).Errorf("no hook today") },
		"T.Fatal":  func(ctx context.Context) { godog.T(ctx).Fatal("no hook today") },
		"hang":     func() { select {} },
		"pending":  func() error { return godog.ErrPending },
	}
	kinds := map[string]func(*Steps[*world], any) Hook{
		"Before": func(s *Steps[*world], fn any) Hook { return s.Before(fn) }, "After": func(s *Steps[*world], fn any) Hook { return s.After(fn) },
		"BeforeStep": func(s *Steps[*world], fn any) Hook { return s.BeforeStep(fn) }, "AfterStep": func(s *Steps[*world], fn any) Hook { return s.AfterStep(fn) },
	}
	for kind, add := range kinds {
		for way, fn := range ways {
			t.Run(kind+" "+way, func(t *testing.T) {
				t.Parallel()
				reg, all := planned(t, func(s *Steps[*world]) {
					sampleSteps(s)
					add(s, fn).Named("odd")
				}, one("Feature: f\n  Scenario: s\n    When nothing happens\n"))
				r := testRunner(reg)
				if way == "hang" {
					short(r)
				}
				got := r.attempt(t.Context(), all[0], 1).row
				if got.Outcome != harness.HookFailed || !strings.Contains(got.Reason, `hook "odd"`) {
					t.Errorf("got %s: %s, want hook-failed by its name", got.Outcome, got.Reason)
				}
			})
		}
	}
}

// What a hook may know, and that what it puts into the context is there for the steps.
func TestHookArguments(t *testing.T) {
	type key struct{}
	var seen []string
	reg, all := planned(t, func(s *Steps[*world]) {
		s.Before(func(w *world, ctx context.Context, info ScenarioInfo) context.Context {
			w.n = 7
			seen = append(seen, fmt.Sprint(info.Feature, info.Name, info.Tags, info.Attempt, info.Outcome))
			return context.WithValue(ctx, key{}, "from before")
		}).Tagged("@a and not @b")
		s.Step("^I look$", func(w *world, ctx context.Context) (context.Context, error) {
			seen = append(seen, fmt.Sprint(w.n, ctx.Value(key{})))
			return context.WithValue(ctx, key{}, "from step"), errors.New("odd")
		})
		s.AfterStep(func(info StepInfo) { seen = append(seen, fmt.Sprint(info.Text, info.Outcome, info.Reason)) })
		s.After(func(ctx context.Context, info ScenarioInfo) {
			seen = append(seen, fmt.Sprint(ctx.Value(key{}), info.Outcome, ctx.Err()))
		})
		s.After(func() { seen = append(seen, "not for us") }).Tagged("@b")
	}, one("Feature: f\n  @a\n  Scenario: s\n    When I look\n"))
	testRunner(reg).attempt(t.Context(), all[0], 3)
	want := []string{"fs[@a] 3", "7from before", "I lookfailedodd", "from stepfailed<nil>"}
	if !slices.Equal(seen, want) {
		t.Errorf("got %q, want %q", seen, want)
	}
}

// A hook that is not defined well is told with its place, before anything runs.
func TestHooksRefused(t *testing.T) {
	for name, define := range map[string]func(*Steps[*world]){
		"no function":         func(s *Steps[*world]) { s.Before(3) },
		"nil":                 func(s *Steps[*world]) { s.Before((func())(nil)) },
		"another world":       func(s *Steps[*world]) { s.Before(func(int) {}) },
		"order":               func(s *Steps[*world]) { s.Before(func(context.Context, *world) {}) },
		"step's in scenario":  func(s *Steps[*world]) { s.After(func(StepInfo) {}) },
		"world before a run":  func(s *Steps[*world]) { s.BeforeRun(func(*world) {}) },
		"results":             func(s *Steps[*world]) { s.After(func() int { return 1 }) },
		"context of a run":    func(s *Steps[*world]) { s.BeforeRun(func(ctx context.Context) context.Context { return ctx }) },
		"bad tags":            func(s *Steps[*world]) { s.Before(func() {}).Tagged("@a and") },
		"empty tags":          func(s *Steps[*world]) { s.Before(func() {}).Tagged("") },
		"tags of a run":       func(s *Steps[*world]) { s.AfterRun(func() {}).Tagged("@a") },
		"variadic":            func(s *Steps[*world]) { s.Before(func(...context.Context) {}) },
		"no workers":          func(s *Steps[*world]) { s.Parallel(0) },
		"no time for a step":  func(s *Steps[*world]) { s.StepLimit(-time.Second) },
		"two worlds are many": func(s *Steps[*world]) { s.Before(func(*world, *world) {}) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSteps[*world]()
			define(s)
			if err := s.err(); err == nil || !strings.Contains(err.Error(), "hooks_test.go:") {
				t.Errorf("got %v, want an error with its place", err)
			}
		})
	}
}

// A step that comes back after it was given up is followed by nothing.
func TestLateStep(t *testing.T) {
	var d diary
	reg, all := planned(t, func(s *Steps[*world]) {
		s.Step("^one$", d.hook("step"))
		s.AfterStep(d.hook("after step"))
	}, one("Feature: f\n  Scenario: s\n    * one\n"))
	w := &watch{runner: testRunner(reg), sc: all[0], said: &record{}}
	w.parts, w.after = reg.parts(all[0])
	gone := true
	if err := w.each(t.Context(), 0, w.after, func(error) {}, &gone); err == nil || len(d.all) > 0 {
		t.Errorf("got %v, and %q ran", err, d.all)
	}
}
