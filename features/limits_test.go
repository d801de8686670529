package features

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cucumber/godog"

	"github.com/stagegate/stagegate/harness"
)

// A step that takes longer than a step, or its scenario, may has failed, and says so:
// also one that comes back after all. What follows it is not blamed.
func TestStepLimit(t *testing.T) {
	for _, how := range []string{"it hangs", "it waits", "somebody dawdles"} {
		for says, limit := range map[string]func(*runner){
			"the limit of a step is 20ms":     func(r *runner) { r.stepLimit = 20 * time.Millisecond },
			"the limit of a scenario is 20ms": short,
		} {
			t.Run(how+", "+says, func(t *testing.T) {
				t.Parallel()
				reg, all := planned(t, func(s *Steps[*world]) {
					sampleSteps(s)
					s.Step("^somebody dawdles$", func() { time.Sleep(40 * time.Millisecond) })
				}, one("Feature: f\n  Scenario: s\n    When "+how+"\n    Then I count 0\n"))
				r := testRunner(reg)
				limit(r)
				got := r.attempt(t.Context(), all[0], 1).row
				if got.Outcome != harness.Failed || !strings.Contains(got.Reason, says) || !strings.Contains(got.Reason, "When "+how) {
					t.Errorf("got %s: %s", got.Outcome, got.Reason)
				}
			})
		}
	}
}

// A hook that comes back too late has failed as well, and so has what opens a world.
func TestOverdue(t *testing.T) {
	late := func() { time.Sleep(40 * time.Millisecond) }
	for name, define := range map[string]func(*Steps[*world]){
		"before":     func(s *Steps[*world]) { s.Before(late) },
		"after":      func(s *Steps[*world]) { s.After(late) },
		"after step": func(s *Steps[*world]) { s.AfterStep(late) },
	} {
		reg, all := planned(t, func(s *Steps[*world]) { sampleSteps(s); define(s) }, one("Feature: f\n  Scenario: s\n    When nothing happens\n"))
		r := testRunner(reg)
		short(r)
		if got := r.attempt(t.Context(), all[0], 1).row; got.Outcome != harness.HookFailed || !strings.Contains(got.Reason, "came back after its limit") {
			t.Errorf("%s: got %s: %s", name, got.Outcome, got.Reason)
		}
	}
}

// A hook after a step that was skipped or has failed has a result of its own, and
// what it says by godog's T counts.
func TestHookAfterTrouble(t *testing.T) {
	for _, c := range []struct {
		step string
		hook func(godog.TestingT)
		want harness.Outcome // of the scenario
		own  harness.Outcome // of the hook
	}{
		{"skips", func(t godog.TestingT) { t.Errorf("a mess") }, harness.HookFailed, harness.Failed},
		{"skips", func(t godog.TestingT) { t.FailNow() }, harness.HookFailed, harness.Failed},
		{"skips", func(t godog.TestingT) { t.Log("all is well") }, harness.Skipped, harness.Passed},
		{"skips by T", func(t godog.TestingT) { t.Errorf("a mess") }, harness.HookFailed, harness.Failed},
		{"skips by T", func(t godog.TestingT) { t.SkipNow() }, harness.Skipped, harness.Skipped},
		{"fails", func(t godog.TestingT) { t.Errorf("a mess") }, harness.Failed, harness.Failed},
		{"fails by T", func(t godog.TestingT) { t.FailNow() }, harness.Failed, harness.Failed},
		{"fails by T", func(t godog.TestingT) { t.Log("all is well") }, harness.Failed, harness.Passed},
	} {
		reg, all := planned(t, func(s *Steps[*world]) {
			s.Step("^skips$", func() error { return godog.ErrSkip })
			s.Step("^skips by T$", func(ctx context.Context) { godog.T(ctx).Skip("no printer") })
			s.Step("^fails$", func() error { return errors.New("no luck") })
			s.Step("^fails by T$", func(ctx context.Context) { godog.T(ctx).Errorf("no luck") })
			s.AfterStep(func(ctx context.Context) { c.hook(godog.T(ctx)) })
		}, one("Feature: f\n  Scenario: s\n    * "+c.step+"\n"))
		got := testRunner(reg).attempt(t.Context(), all[0], 1)
		if got.row.Outcome != c.want || got.parts[1].outcome != c.own {
			t.Errorf("%s: got %s (%s), the hook %s, want %s and %s", c.step, got.row.Outcome, got.row.Reason, got.parts[1].outcome, c.want, c.own)
		}
	}
}

// The name of a scenario is not read as Gherkin once more, whatever a row brings.
func TestNameOfManyLines(t *testing.T) {
	for _, cell := range []string{`a\n* parts`, `a\n* foo`, `a\n@x`, `a\nScenario: b`, `"""`, `| x |`, `# no`} {
		var d diary
		reg, all := planned(t, func(s *Steps[*world]) { s.Step("^one$", d.hook("one")) },
			one("Feature: f\n  Scenario Outline: <n>\n    * one\n    Examples:\n      | n |\n      | "+strings.ReplaceAll(cell, "|", `\|`)+" |\n"))
		if got := testRunner(reg).attempt(t.Context(), all[0], 1).row; got.Outcome != harness.Passed || !slices.Equal(d.all, []string{"one"}) {
			t.Errorf("%s: got %s (%s), and %q ran", cell, got.Outcome, got.Reason, d.all)
		}
	}
}

// A step that hangs and goes on talking, and an explanation that hangs, disturb
// nothing (run it with -race).
func TestHangsAndTalks(t *testing.T) {
	reg, all := planned(t, func(s *Steps[*world]) {
		s.Step("^it talks$", func(ctx context.Context) {
			for range 200 {
				godog.T(ctx).Log("still here")
				time.Sleep(time.Millisecond)
			}
		})
	}, one("Feature: f\n  Scenario: s\n    * it talks\n"))
	r := testRunner(reg)
	short(r)
	if got := r.attempt(t.Context(), all[0], 1).row; got.Outcome != harness.Failed {
		t.Errorf("got %s: %s", got.Outcome, got.Reason)
	}
	env := newEnv(harness.InProcessTarget(), all[0])
	env.Explain(func(context.Context) string { time.Sleep(200 * time.Millisecond); return "too late" })
	env.Explain(func(context.Context) string { return "in time" })
	if got := env.explanation(t.Context(), 40*time.Millisecond); !strings.Contains(got, "still running") || !strings.Contains(got, "in time") || strings.Contains(got, "too late") {
		t.Errorf("got %q", got)
	}
	time.Sleep(300 * time.Millisecond) // what was left behind ends
}

// Where there is no T of godog's, who asks for it is told.
func TestNoT(t *testing.T) {
	reg, all := planned(t, sampleSteps, one("Feature: f\n  Scenario: s\n    When nothing happens\n"))
	r := testRunner(reg)
	r.open = func(ctx context.Context, _ *Env) (reflect.Value, error) {
		godog.T(ctx).Log("starting")
		return reflect.Value{}, nil
	}
	if got := r.attempt(t.Context(), all[0], 1).row; got.Outcome != harness.HookFailed || !strings.Contains(got.Reason, "open: godog.T is for steps") {
		t.Errorf("got %s: %s", got.Outcome, got.Reason)
	}
}

// A cleanup that takes all of its time leaves some for the others, however many there are.
func TestCleanupsShareTime(t *testing.T) {
	env := newEnv(harness.InProcessTarget(), &scenario{})
	well := 0
	for range 4 {
		env.Cleanup(func(ctx context.Context) error {
			if ctx.Err() == nil {
				well++
			}
			return nil
		})
		env.Cleanup(func(ctx context.Context) error { <-ctx.Done(); return nil })
	}
	began := time.Now()
	if err := env.close(t.Context(), 100*time.Millisecond); err == nil || well != 4 {
		t.Errorf("got %v, and %d of 4 had time", err, well)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}
