package features

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// Everything that godog leaves green is red, and what is wrong is said.
func TestGodogIsRed(t *testing.T) {
	for _, c := range []struct {
		name string
		child
		want []string
	}{
		{"no folder", child{}, []string{"features"}},
		{"an empty folder", child{files: map[string]string{"features/readme.md": ""}}, []string{"features selects no scenario"}},
		{"a feature of nothing", child{files: map[string]string{"features/a.feature": "# nothing\n"}}, []string{"has no Feature"}},
		{"no scenario", child{files: map[string]string{"features/a.feature": "Feature: f\n"}}, []string{"features selects no scenario"}},
		{"no such tag", child{files: inFeatures(godogGreen), how: "tags", environ: []string{"GODOG_SAMPLE_TAGS=@wip"}}, []string{"no scenario", "@wip"}},
		{"a comma too many", child{files: inFeatures(godogGreen), how: "tags", environ: []string{"GODOG_SAMPLE_TAGS=@a,"}}, []string{"want a tag, have \"\""}},
		{"two syntaxes", child{files: inFeatures(godogGreen), how: "tags", environ: []string{"GODOG_SAMPLE_TAGS=@a and ~@b"}}, []string{"want a tag"}},
		{"no such line", child{files: inFeatures(godogGreen), how: "paths", environ: []string{"GODOG_SAMPLE_PATHS=features/a.feature:3"}}, []string{"features/a.feature:3 selects no scenario"}},
		{"no such file", child{files: inFeatures(godogGreen), how: "paths", environ: []string{"GODOG_SAMPLE_PATHS=features/b.feature"}}, []string{"b.feature"}},
		{"asked for tags that nothing has", child{files: inFeatures(godogGreen), tags: "@wip"}, []string{"no scenario"}},
		{"undefined and lax", child{files: inFeatures("  Scenario: s\n    When I fly"), how: "lax"}, []string{"undefined: I fly"}},
		{"pending and lax", child{files: inFeatures("  Scenario: s\n    When it is pending"), how: "lax"}, []string{"pending"}},
		{"ambiguous and lax", child{files: inFeatures("  Scenario: s\n    When it is twice"), how: "lax"}, []string{"ambiguous"}},
		{"events", child{files: inFeatures("  Scenario: s\n    Given I have 1\n    Then there are 2"), how: "events"}, []string{"there are 1"}},
		{"failed", child{files: inFeatures("  Scenario: s\n    Given I have 1\n    Then there are 2", godogGreen)}, []string{"features/a.feature:2: there are 2: there are 1"}},
		{"goexit", child{files: inFeatures("  Scenario: s\n    When it exits\n    Then there are 4")}, []string{"left its goroutine"}},
		{"goexit at the end", child{files: inFeatures("  Scenario: s\n    When it exits", godogGreen)}, []string{"left its goroutine", "1 scenarios did not run"}},
		{"skipped", child{files: inFeatures("  Scenario: s\n    When it skips\n    Then there are 4")}, []string{"no printer"}},
		{"before skips", child{files: inFeatures("  @before-skips\n" + godogGreen)}, []string{"no printer"}},
		{"panic", child{files: inFeatures("  Scenario: s\n    When it panics")}, []string{"it panics: oops"}},
		{"before fails", child{files: inFeatures("  @before-fails\n" + godogGreen)}, []string{"hook-failed", "no luck before"}},
		{"before panics", child{files: inFeatures("  @before-panics\n" + godogGreen)}, []string{"no luck before"}},
		{"after fails", child{files: inFeatures("  @after-fails\n" + godogGreen)}, []string{"hook-failed", "no luck after"}},
		{"after says", child{files: inFeatures("  @after-says\n" + godogGreen)}, []string{"hook-failed", "no luck after"}},
		{"after panics", child{files: inFeatures("  @after-panics\n"+godogGreen, "  Scenario: t\n    Given I have 1")}, []string{"hook-failed", "no luck after", "did not run"}},
		{"skip and a failing after", child{files: inFeatures("  @after-fails\n  Scenario: s\n    When it skips")}, []string{"hook-failed", "no luck after"}},
		{"skip, and after says", child{files: inFeatures("  @after-says\n  Scenario: s\n    When it skips")}, []string{"hook-failed", "no luck after"}},
		{"skip, then a failing after", child{files: inFeatures("  @after-fails\n  Scenario: s\n    When it skips\n    Then there are 3")}, []string{"hook-failed", "no luck after"}},
		{"step hook fails", child{files: inFeatures("  Scenario: s\n    When its hook fails")}, []string{"hook-failed", "no luck after it"}},
		{"step hook fails after a skip", child{files: inFeatures("  Scenario: s\n    When it skips and its hook fails")}, []string{"hook-failed", "no luck after it"}},
		{"step hook says so", child{files: inFeatures("  Scenario: s\n    When its hook says so")}, []string{"hook-failed", "no luck after it"}},
		{"T told", child{files: inFeatures("  Scenario: s\n    When T is told")}, []string{"oops told"}},
		{"T fatal", child{files: inFeatures("  Scenario: s\n    When T is fatal")}, []string{"oops fatal"}},
		{"steps of steps", child{files: inFeatures("  Scenario: s\n    When it is two steps")}, []string{"there are 1"}},
		{"without steps", child{files: inFeatures("  Scenario: s", godogGreen)}, []string{"a scenario without steps"}},
		{"without rows", child{files: inFeatures(godogGreen, "  Scenario Outline: o\n    Given I have <n>\n    Examples:\n      | n |")}, []string{"examples without a row"}},
		{"one name twice", child{files: inFeatures(godogGreen), how: "same name"}, []string{`two of Options.FeatureContents are called "a"`}},
		{"help", child{files: inFeatures(godogGreen), how: "help"}, []string{"run nothing"}},
		{"definitions", child{files: inFeatures(godogGreen), how: "definitions"}, []string{"run nothing"}},
		{"no formatter", child{files: inFeatures(godogGreen), how: "no formatter"}, []string{"1 scenarios did not run"}},
		{"stop", child{files: inFeatures("  Scenario: s\n    When it panics", godogGreen), how: "stop"}, []string{"Options.StopOnFailure"}},
		{"no options", child{files: inFeatures(godogGreen), how: "nothing"}, []string{"undefined: I have 1"}},
		{"no steps", child{files: inFeatures(godogGreen), how: "no steps"}, []string{"undefined: I have 1"}},
		{"initial panic", child{files: inFeatures(godogGreen), how: "initial panic"}, []string{"panic: no start"}},
		{"before suite", child{files: inFeatures(godogGreen), how: "before suite panics"}, []string{"panic: no suite", "1 scenarios did not run"}},
		{"after suite", child{files: inFeatures(godogGreen), how: "after suite panics"}, []string{"panic: a mess"}},
		{"after suite exits", child{files: inFeatures(godogGreen), how: "after suite exits"}, []string{"left its goroutine"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := godogChild(t, c.child)
			if got.exit != 1 {
				t.Errorf("exit %d:\n%s", got.exit, got.output)
			}
			for _, want := range c.want {
				if !strings.Contains(got.output, want) {
					t.Errorf("want %q:\n%s", want, got.output)
				}
			}
		})
	}
}

// What is all right is green, in the suite's own way.
func TestGodogIsGreen(t *testing.T) {
	outline := "  Scenario Outline: o <n>\n    Given I have <n>\n    Then there are <n>\n    And a table:\n      | a |\n      | b |\n    Examples:\n      | n |\n      | 1 |\n      | 2 |"
	for name, c := range map[string]child{
		"plainly":     {files: inFeatures(godogGreen, outline)},
		"concurrency": {files: inFeatures(godogGreen, outline), how: "concurrency"},
		"random":      {files: inFeatures(godogGreen, godogGreen, outline), how: "random"},
		"events":      {files: inFeatures(godogGreen), how: "events"},
		"contents":    {how: "contents"},
		"suite hooks": {files: inFeatures(godogGreen, "  Scenario: t\n    Given the whole suite has it"), how: "suite hooks"},
	} {
		t.Run(name, func(t *testing.T) {
			got := godogChild(t, c)
			if got.exit != 0 || !strings.Contains(got.output, "--- PASS: TestGodogSample/") {
				t.Errorf("exit %d:\n%s", got.exit, got.output)
			}
			if c.how == "suite hooks" && (strings.Count(got.output, "hello suite") != 1 || strings.Count(got.output, "goodbye suite") != 1) {
				t.Errorf("hooks of the suite did not run once:\n%s", got.output)
			}
		})
	}
}

// Tags and paths select what they say, in godog's syntax and as expressions, and
// nothing else runs.
func TestGodogSelects(t *testing.T) {
	text := strings.Join([]string{
		"  @a\n  Scenario: s1\n    Given I have 1\n",
		"  @b\n  # about the second\n  Scenario: s2\n    Given I have 1\n    \"\"\"\n    x\n    \"\"\"", // undefined in its way: nothing takes a doc string
		"  @a @b\n  Scenario Outline: o\n    Given I have <n>\n    Examples:\n      | n |\n      | 1 |\n      | 2 |",
		"  Rule: r\n    Background:\n      Given I have 1\n\n    Example: s3\n      Then there are 1\n\n    @c\n    Example: s4\n      Then there are 1",
	}, "\n")
	for _, c := range []struct{ tags, paths, want string }{
		{"@a", "", "s1 o/1 o/2"},
		{"@a && @b", "", "o/1 o/2"},
		{"@a && ~@b", "", "s1"},
		{"a", "", "s1 o/1 o/2"},
		{"@c,@a && ~@b", "", "s1 s4"},
		{"@a and not @b", "", "s1"},
		{"not (@a or @b)", "", "s3 s4"},
		{"", "features/a.feature:3", "s1"},
		{"", "features/a.feature:19 features/a.feature:24", "o/2 s3"},
		{"", "features/a.feature:14", "o/1 o/2"},
	} {
		how, vars := "tags", "GODOG_SAMPLE_TAGS="+c.tags
		if c.paths != "" {
			how, vars = "paths", "GODOG_SAMPLE_PATHS="+c.paths
		}
		got := godogChild(t, child{files: inFeatures(text), how: how, environ: []string{vars}, session: session(protocol.Exec)})
		var ran []string
		for _, a := range got.answers {
			for _, r := range a.Rows {
				ran = append(ran, strings.TrimPrefix(r.ID, "TestGodogSample/f/"))
			}
		}
		if got.exit != 0 || strings.Join(ran, " ") != c.want {
			t.Errorf("%+v: exit %d, ran %q:\n%s", c, got.exit, ran, got.output)
		}
	}
}

// Rows and plan agree in name, place and hash; a shard runs its own alone.
func TestGodogSession(t *testing.T) {
	files := inFeatures(godogGreen, godogGreen, "  Scenario: t\n    When it skips", "  Scenario: u", "  Scenario: v\n    Given I have 1\n    When T is told")
	plan := godogChild(t, child{files: files, session: session(protocol.Plan)})
	got := godogChild(t, child{files: files, session: session(protocol.Exec)})
	if plan.exit != 0 || plan.broken != nil || got.exit != 1 || got.broken != nil || len(got.answers) != 1 {
		t.Fatalf("exit %d and %d, %v %v:\n%s", plan.exit, got.exit, plan.broken, got.broken, got.output)
	}
	var rows []string
	for _, r := range got.answers[0].Rows {
		i := slices.IndexFunc(plan.answers[0].Planned, func(p harness.Planned) bool { return p.ID == r.ID && p.Hash == r.Hash && p.Where == r.Where })
		if i < 0 {
			t.Errorf("not planned: %+v", r)
		}
		rows = append(rows, fmt.Sprintf("%s %s %d", r.ID, r.Outcome, r.Steps))
	}
	slices.Sort(rows)
	want := []string{"TestGodogSample/f/s passed 3", "TestGodogSample/f/s#01 passed 3", "TestGodogSample/f/t skipped 0", "TestGodogSample/f/u empty 0", "TestGodogSample/f/v failed 1"}
	if !slices.Equal(rows, want) || len(plan.answers[0].Planned) != 5 {
		t.Errorf("got  %q\nwant %q", rows, want)
	}
	dir := t.TempDir()
	shard := godogChild(t, child{files: files, dir: dir, session: session(protocol.Exec, func(s *protocol.Session) {
		s.Only = map[string][]string{dir: {"TestGodogSample/f/s#01"}}
	})})
	if r := shard.answers[0].Rows; shard.exit != 0 || len(r) != 1 || r[0].Where != "features/a.feature:6" {
		t.Errorf("exit %d, %+v:\n%s", shard.exit, r, shard.output)
	}
	live := godogChild(t, child{files: files, session: session(protocol.Exec, func(s *protocol.Session) {
		s.Target = harness.Target{Name: "prod", Mode: harness.Deployed, URL: "http://127.0.0.1:1"}
	})})
	if live.exit != 1 || !strings.Contains(live.output, "nobody sees whether a godog suite reached the target prod") {
		t.Errorf("a deployed target: exit %d:\n%s", live.exit, live.output)
	}
}

// A hang and a signal end with a row for every scenario; none has passed that
// did not run.
func TestGodogStops(t *testing.T) {
	for step, want := range map[string][]string{
		"it hangs":           {"passed", "failed", "not-run"},
		"it is told to stop": {"passed", "not-run", "not-run"},
	} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			files := inFeatures(godogGreen, "  Scenario: t\n    When "+step, "  Scenario: u\n    Given I have 1")
			got := godogChild(t, child{files: files, args: []string{"-test.timeout=10s"}, session: session(protocol.Exec)})
			if got.exit != 1 || got.broken != nil || len(got.answers) != 1 {
				t.Fatalf("exit %d, %v:\n%s", got.exit, got.broken, got.output)
			}
			var outcomes []string
			for _, r := range got.answers[0].Rows {
				outcomes = append(outcomes, string(r.Outcome))
			}
			if !slices.Equal(outcomes, want) {
				t.Errorf("got %q, want %q:\n%s", outcomes, want, got.output)
			}
			if step == "it hangs" && !strings.Contains(got.output, "godogSteps") {
				t.Errorf("no stack:\n%s", got.output)
			}
		})
	}
}
