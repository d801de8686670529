package features

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// However many workers there are: every scenario is given out once, none runs
// beside one that it must not, and in the order wherever that is possible.
func TestQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []*scenario
		for i := range rapid.IntRange(0, 40).Draw(t, "scenarios") {
			tags := rapid.SliceOfDistinct(rapid.SampledFrom([]string{serial, lock + "db", lock + "mail", "@other"}), rapid.ID[string]).Draw(t, "tags")
			all = append(all, &scenario{id: fmt.Sprint(i), tags: tags})
		}
		q := newQueue(all)
		var mu sync.Mutex
		running, given := map[*scenario]bool{}, map[*scenario]int{}
		var wrong []string
		var workers sync.WaitGroup
		for range rapid.IntRange(1, 8).Draw(t, "workers") {
			workers.Go(func() {
				for sc := q.next(); sc != nil; sc = q.next() {
					mu.Lock()
					given[sc]++
					for other := range running {
						if sc.tagged(serial) || other.tagged(serial) || slices.ContainsFunc(locks(sc), other.tagged) {
							wrong = append(wrong, fmt.Sprintf("%v beside %v", sc.tags, other.tags))
						}
					}
					running[sc] = true
					mu.Unlock()
					mu.Lock()
					delete(running, sc)
					mu.Unlock()
					q.done(sc)
				}
			})
		}
		workers.Wait()
		if len(wrong) > 0 || len(given) != len(all) {
			t.Fatalf("%d of %d given out; %v", len(given), len(all), wrong)
		}
		for sc, n := range given {
			if n != 1 {
				t.Fatalf("%s was given out %d times", sc.id, n)
			}
		}
	})
}

// Five hundred scenarios at once share what they share, and nothing else; run
// with -race.
func TestFiveHundredAtOnce(t *testing.T) {
	if os.Getenv(childVariable) != "" {
		t.Fatal("this test has no child")
	}
	t.Setenv(protocol.Variable, "")
	t.Chdir(t.TempDir())
	const n = 500
	var text strings.Builder
	text.WriteString("Feature: f\n")
	for i := range n {
		fmt.Fprintf(&text, "  Scenario: s%d\n    Given I have %d\n    When all are here\n    And I add 1\n    Then I count %d\n", i, i, i+1)
	}
	if err := os.WriteFile("a.feature", []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var here, runs, after atomic.Int64
	everybody := make(chan struct{})
	Run(t, func(ctx context.Context, env *Env) (*world, error) {
		env.Cleanup(func(context.Context) error { runs.Add(1); return nil })
		return &world{env: env}, nil
	}, func(s *Steps[*world]) {
		sampleSteps(s)
		s.Parallel(n)
		s.Before(func(ctx context.Context) { Log(ctx, "here") })
		s.After(func() { after.Add(1) })
		s.When("^all are here$", func(ctx context.Context) error {
			if here.Add(1) == n {
				close(everybody)
			}
			select {
			case <-everybody:
				return nil
			case <-ctx.Done():
				return fmt.Errorf("%d are here: %w", here.Load(), ctx.Err())
			}
		})
	})
	if runs.Load() != n || after.Load() != n {
		t.Errorf("%d worlds were cleaned up, %d After hooks ran, want %d", runs.Load(), after.Load(), n)
	}
}

// Hooks of the run and of its features go around everything, and what is wrong
// with them is in a row.
func TestRunHooks(t *testing.T) {
	two := map[string]string{"a.feature": "Feature: a\n  Scenario: s\n    When nothing happens\n  Scenario: t\n    When nothing happens\n",
		"b.feature": "@b\nFeature: b\n  Scenario: s\n    When nothing happens\n"}
	for _, c := range []struct {
		name, want string
		hooked     int // rows that are hook-failed
	}{
		{"all", "run a: s t : a b: s : b run", 0},
		{"before run fails", "", 3},
		{"before feature fails", "run a: : a b: s : b run", 2},
		{"after feature fails", "run a: s t : a b: s : b run", 1},
		{"after run fails", "", 1},
		{"stopped", "run a: s : a run", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := child{files: two, how: "hooks", session: session(protocol.Exec), args: []string{"-test.parallel=1"}, environ: []string{"SAMPLE_HOOKS=" + c.name}}.run(t)
			if stopped := c.name == "stopped"; got.broken != nil || len(got.answers) != 1 || (got.exit == 0) != (c.hooked == 0 && !stopped) {
				t.Fatalf("exit %d, %v\n%s", got.exit, got.broken, got.output)
			}
			hooked := 0
			for _, r := range got.answers[0].Rows {
				if r.Outcome == harness.HookFailed && strings.Contains(r.Reason, "no hook today") {
					hooked++
				} else if r.Outcome != harness.Passed && c.name != "stopped" {
					t.Errorf("%+v", r)
				}
			}
			if hooked != c.hooked || len(got.answers[0].Rows) != 3 {
				t.Errorf("%d of %d rows are hook-failed, want %d", hooked, len(got.answers[0].Rows), c.hooked)
			}
			if _, said, _ := strings.Cut(got.output, "diary: "); c.want != "" && !strings.HasPrefix(said, c.want+"\n") {
				t.Errorf("got %q, want %q", said, c.want)
			}
		})
	}
}

// What is there for all scenarios waits for the first one that runs.
func TestNobodyRuns(t *testing.T) {
	for pattern, want := range map[string]string{"^TestSample$/f/typo": "diary: \n", "^TestSample$/^f$/^s$": "diary: run f: s : f run\n"} {
		got := child{files: one(green), how: "hooks", args: []string{"-test.run=" + pattern}}.run(t)
		if got.exit != 0 || !strings.Contains(got.output, want) {
			t.Errorf("%s: exit %d, want %q:\n%s", pattern, got.exit, want, got.output)
		}
	}
}

// hookedSteps are the sample's steps between hooks that keep a diary; the one
// that which names fails.
func hookedSteps(s *Steps[*world], which string) *diary {
	var d diary
	hook := func(name, text string) func(FeatureInfo) error {
		return func(f FeatureInfo) error {
			d.add(strings.ReplaceAll(text, "NAME", f.Name))
			if which == name && f.Name != "b" {
				return fmt.Errorf("no hook today")
			}
			return nil
		}
	}
	sampleSteps(s)
	s.BeforeRun(func(ctx context.Context) error {
		if which == "says a secret" {
			Log(ctx, "about all: %s", os.Getenv("SAMPLE_SECRET"))
		}
		return hook("before run fails", "run")(FeatureInfo{})
	})
	s.AfterRun(func() error { return hook("after run fails", "run")(FeatureInfo{}) })
	s.BeforeFeature(hook("before feature fails", "NAME:"))
	s.AfterFeature(hook("after feature fails", ": NAME"))
	s.Before(func(ctx context.Context, info ScenarioInfo) error {
		d.add(info.Name)
		if which != "stopped" {
			return nil
		}
		err := syscall.Kill(os.Getpid(), syscall.SIGTERM)
		<-ctx.Done()
		return err
	})
	return &d
}

// go test's own flags do what they do for any test.
func TestFlags(t *testing.T) {
	many := one("Feature: f\n  Scenario: a\n    When it fails\n  Scenario: b\n    When nothing happens\n  Scenario: c\n    When nothing happens\n")
	calm := one(strings.ReplaceAll(many["a.feature"], "it fails", "nothing happens"))
	for _, c := range []struct {
		name  string
		child child
		exit  int
		want  []string // in the output
		not   string
	}{
		{"failfast", child{files: many, args: []string{"-test.failfast", "-test.parallel=1"}}, 1, []string{"-failfast: 2 scenarios did not run"}, "TestSample/f/b"},
		{"run", child{files: many, args: []string{"-test.run=^TestSample$/^f$/^b$"}}, 0, []string{"--- PASS: TestSample/f/b"}, "TestSample/f/a"},
		{"count", child{files: calm, args: []string{"-test.count=2"}}, 0, []string{"--- PASS: TestSample/f/a"}, "FAIL"},
		{"shuffle", child{files: calm, args: []string{"-test.shuffle=7", "-test.parallel=1"}}, 0, []string{"-shuffle=7 gives the same again"}, "FAIL"},
		{"v", child{files: many}, 1, []string{"    failed    When it fails", "    passed    When nothing happens"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := c.child.run(t)
			if got.exit != c.exit {
				t.Errorf("exit %d, want %d", got.exit, c.exit)
			}
			for _, want := range c.want {
				if !strings.Contains(got.output, want) {
					t.Errorf("no %q", want)
				}
			}
			if c.not != "" && strings.Contains(got.output, "=== RUN   "+c.not) {
				t.Errorf("%s ran", c.not)
			}
			if t.Failed() {
				t.Log(got.output)
			}
		})
	}
	order := func() string {
		got := child{files: calm, args: []string{"-test.shuffle=3", "-test.parallel=1"}}.run(t)
		return strings.Join(slices.DeleteFunc(strings.Split(got.output, "\n"), func(l string) bool { return !strings.HasPrefix(l, "=== RUN") }), "\n")
	}
	if a, b := order(), order(); a != b {
		t.Errorf("one seed, two orders:\n%s\n%s", a, b)
	}
}
