package features

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	messages "github.com/cucumber/messages/go/v34"

	"github.com/stagegate/stagegate/harness"
)

const childVariable = "STAGEGATE_FEATURES_CHILD"

// planned reads and plans one feature, as Run does it.
func planned(t *testing.T, steps func(*Steps[*world]), files map[string]string) (*registry, []*scenario) {
	t.Helper()
	s := newSteps[*world]()
	steps(s)
	if err := s.err(); err != nil {
		t.Fatal(err)
	}
	root := fstest.MapFS{}
	for name, text := range files {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	all, err := read(root, "TestX", (&messages.Incrementing{}).NewId, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.plan(all)
	return &s.registry, all
}

func testRunner(r *registry) *runner {
	return &runner{registry: r, target: harness.InProcessTarget(), now: time.Now, step: regexp.MustCompile(inside),
		open: func(ctx context.Context, env *Env) (reflect.Value, error) {
			w, err := openWorld(ctx, env)
			return reflect.ValueOf(w), err
		}}
}

// try runs the only scenario of a feature.
func try(t *testing.T, text string, edit func(*runner)) harness.Row {
	t.Helper()
	reg, all := planned(t, sampleSteps, map[string]string{"a.feature": "Feature: f\n" + text})
	if len(all) != 1 {
		t.Fatalf("%d scenarios", len(all))
	}
	r := testRunner(reg)
	if edit != nil {
		edit(r)
	}
	return r.attempt(t.Context(), all[0], 1).row
}

func short(r *runner) { r.limit = 20 * time.Millisecond }

// Every way to end that is not passed, and a word of the reason.
func TestOutcomes(t *testing.T) {
	const then = "\n    Then I count 1"
	for _, c := range []struct {
		name, text string
		want       harness.Outcome
		reason     string
		steps      int
		edit       func(*runner)
	}{
		{"passed", "Scenario: s\n    Given I have 1" + then, harness.Passed, "", 2, nil},
		{"failed", "Scenario: s\n    Given I have 1\n    When it fails" + then, harness.Failed, "a.feature:4: When it fails: it failed\uFFFD", 1, nil},
		{"assertion", "Scenario: s\n    Given I have 2" + then, harness.Failed, "have 2, want 1", 1, nil},
		{"last step fails", "Scenario: s\n    Given I have 1\n    When it fails", harness.Failed, "it failed", 1, nil},
		{"undefined", "Scenario: s\n    Given I have 1\n    When it is \"odd\" 3 times", harness.Failed, "what?", 1, nil},
		{"no definition", "Scenario: s\n    Given I have 1\n    When I eat 3 of \"them\"", harness.Undefined, "s.Step(`I eat {int} of {string}`, func(w *world, ctx context.Context, arg1 int, arg2 string) error {", 1, nil},
		{"no table wanted", "Scenario: s\n    Given I have 1\n      | 2 |", harness.Undefined, "takes no table", 0, nil},
		{"no doc string wanted", "Scenario: s\n    Given I have 1\n      ```\n      2\n      ```", harness.Undefined, "takes no doc string", 0, nil},
		{"table missing", "Scenario: s\n    Given I add all of", harness.Undefined, "takes a table, and the step has none", 0, nil},
		{"doc string missing", "Scenario: s\n    Given I said", harness.Undefined, "takes a doc string, and the step has none", 0, nil},
		{"ambiguous", "Scenario: s\n    Given twice meant", harness.Ambiguous, "sample_test.go:", 0, nil},
		{"empty", "Scenario: s", harness.Empty, "a.feature:2: a scenario without steps", 0, nil},
		{"background alone", "Background:\n    Given I have 1\n  Scenario: s", harness.Empty, "without steps", 0, nil},
		{"no rows", "Scenario Outline: s\n    Given I have <n>\n    Examples:\n      | n |", harness.Empty, "examples without a row", 0, nil},
		{"no header", "Scenario Outline: s\n    Given I have <n>\n    Examples: todo", harness.Empty, "examples without a row", 0, nil},
		{"no examples", "Scenario Outline: s\n    When nothing happens", harness.Empty, "an outline without examples", 0, nil},
		{"pending", "Scenario: s\n    When it pends" + then, harness.Pending, "When it pends: is not written yet", 0, nil},
		{"skipped", "Scenario: s\n    Given I have 1\n    When it skips" + then, harness.Skipped, "", 1, nil},
		{"skipped, reason", "Scenario: s\n    When it skips with a reason" + then, harness.Skipped, "no printer here", 0, nil},
		{"skipped by T", "Scenario: s\n    When it skips by T" + then, harness.Skipped, "T has no printer", 0, nil},
		{"T.Errorf", "Scenario: s\n    When it fails by T", harness.Failed, "T failed", 0, nil},
		{"T.Fatal", "Scenario: s\n    When it stops by T", harness.Failed, "T stopped", 0, nil},
		{"panic", "Scenario: s\n    When it panics", harness.Failed, "a.feature:3: When it panics: panic: it panicked", 0, nil},
		{"panic(nil)", "Scenario: s\n    When it panics nil", harness.Failed, "panic", 0, nil},
		{"Goexit first", "Scenario: s\n    When it exits" + then, harness.Failed, "When it exits: left its goroutine", 0, nil},
		{"Goexit last", "Scenario: s\n    Given I have 1\n    When it exits", harness.Failed, "left its goroutine", 1, nil},
		{"hang", "Scenario: s\n    Given I have 1\n    When it hangs", harness.Failed, "When it hangs: still running when its limit was over (the limit of a scenario is 20ms)", 1, short},
		{"too slow", "Scenario: s\n    When it waits", harness.Failed, "context deadline exceeded (the limit of a scenario is 20ms)", 0, short},
		{"bool", "Scenario: s\n    * perhaps is true, 1.5 is 1.5 and \"b\" are bytes", harness.Failed, `"perhaps" is not a bool`, 0, nil},
		{"float", "Scenario: s\n    * true is true, 1.5.1 is 1.5 and \"b\" are bytes", harness.Failed, "float32", 0, nil},
		{"open fails", "@open-fails\n  Scenario: s\n    When nothing happens", harness.HookFailed, "open: no world today", 0, nil},
		{"open panics", "@open-panics\n  Scenario: s\n    When nothing happens", harness.HookFailed, "open: panic: no world at all", 0, nil},
		{"open hangs", "@open-hangs\n  Scenario: s\n    When nothing happens", harness.HookFailed, "open: still running", 0, short},
		{"open skips", "@open-skips\n  Scenario: s\n    When nothing happens", harness.Skipped, "not on this target", 0, nil},
		{"cleanup fails", "@close-fails\n  Scenario: s\n    When nothing happens", harness.HookFailed, "clean up: left a mess", 1, nil},
		{"cleanup panics", "@close-panics\n  Scenario: s\n    When nothing happens", harness.HookFailed, "panic: left a mess", 1, nil},
		{"cleanup exits", "@close-exits\n  Scenario: s\n    When nothing happens", harness.HookFailed, "left its goroutine", 1, nil},
		{"cleanup hangs", "@close-hangs\n  Scenario: s\n    When nothing happens", harness.HookFailed, "still running", 1, short},
		{"cleanup nil", "@close-nil\n  Scenario: s\n    When nothing happens", harness.HookFailed, "nil function", 1, nil},
		{"skip, then cleanup fails", "@close-fails\n  Scenario: s\n    When it skips", harness.HookFailed, "left a mess", 0, nil},
		{"failure, then cleanup fails", "@close-fails\n  Scenario: s\n    When it fails", harness.Failed, "left a mess", 0, nil},
		{"deployed without a call", "Scenario: s\n    When nothing happens", harness.Failed, "made no recorded call to the target staging", 1, deployed},
		{"deployed with a call", "Scenario: s\n    When it calls", harness.Passed, "", 1, deployed},
		{"deployed, offline", "@offline\n  Scenario: s\n    When nothing happens", harness.Passed, "", 1, deployed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := try(t, "  "+c.text+"\n", c.edit)
			if got.Outcome != c.want || got.Steps != c.steps || !strings.Contains(got.Reason, c.reason) || (c.reason == "") != (got.Reason == "") {
				t.Errorf("got %s after %d steps: %s\nwant %s after %d: %s", got.Outcome, got.Steps, got.Reason, c.want, c.steps, c.reason)
			}
			if got.Hash == "" || got.Attempt != 1 || !strings.HasPrefix(got.Where, "a.feature:") || got.Kind != harness.Scenario || got.Mode == "" {
				t.Errorf("row %+v", got)
			}
		})
	}
}

func deployed(r *runner) {
	r.target = harness.Target{Name: "staging", Mode: harness.Deployed, URL: "http://127.0.0.1:1"}
}

// Cleaning up goes on after a failure, backwards, and is not cut short by the
// limit that the steps used up.
func TestCleanupOrder(t *testing.T) {
	for _, how := range []string{"nothing happens", "it fails", "it panics", "it exits", "it waits", "it hangs"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			var got []string
			try(t, "  Scenario: s\n    When "+how+"\n", func(r *runner) {
				short(r)
				if how == "nothing happens" {
					r.limit = time.Minute
				}
				open := r.open
				r.open = func(ctx context.Context, env *Env) (reflect.Value, error) {
					env.Cleanup(func(ctx context.Context) error { got = append(got, fmt.Sprint("first ", ctx.Err())); return nil })
					env.Cleanup(func(ctx context.Context) error {
						got = append(got, "second")
						env.Cleanup(func(context.Context) error { got = append(got, "late"); return nil })
						return errors.New("goes on")
					})
					return open(ctx, env)
				}
			})
			if want := []string{"second", "late", "first <nil>"}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestWorldsAreNotShared(t *testing.T) {
	reg, all := planned(t, sampleSteps, map[string]string{"a.feature": "Feature: f\n  Scenario: s\n    When I add 1\n    Then I count 1\n"})
	r := testRunner(reg)
	var opened atomic.Int32
	open := r.open
	r.open = func(ctx context.Context, env *Env) (reflect.Value, error) { opened.Add(1); return open(ctx, env) }
	for n := range 3 {
		if row := r.attempt(t.Context(), all[0], n+1).row; row.Outcome != harness.Passed || row.Attempt != n+1 {
			t.Errorf("attempt %d: %+v", n+1, row)
		}
	}
	if opened.Load() != 3 {
		t.Errorf("%d worlds, want 3", opened.Load())
	}
}
