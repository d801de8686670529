package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/adapters/gotest"
	"github.com/stagegate/stagegate/harness"
)

func TestRerun(t *testing.T) {
	row := func(id string) harness.Row { return harness.Row{ID: id, Outcome: harness.Failed, Attempt: 1} }
	staging := harness.Target{Name: "staging", Mode: harness.Deployed}
	for _, c := range []struct {
		name   string
		rows   []harness.Row
		target harness.Target
		want   []string
	}{
		{"none", nil, harness.InProcessTarget(), nil},
		{"two of one package", []harness.Row{row("example.org/a/features.TestFeatures/f/s"), row("example.org/a/features.TestFeatures/g/it's_(1)")}, harness.InProcessTarget(),
			[]string{`go test -count=1 -run '^TestFeatures$/^f$/^s$|^TestFeatures$/^g$/^it'\''s_\(1\)$' example.org/a/features`}},
		{"two packages", []harness.Row{row("example.org/yaml.v3.TestA"), row("example.org/b.TestB")}, harness.InProcessTarget(),
			[]string{`go test -count=1 -run '^TestB$' example.org/b`, `go test -count=1 -run '^TestA$' example.org/yaml.v3`}},
		{"on a target", []harness.Row{row("m.TestA/x")}, staging, []string{`gate exec staging -- go test -count=1 -run '^TestA$/^x$' m`}},
		{"another tool's", []harness.Row{row("login works")}, staging, nil},
	} {
		if got := rerun(c.rows, c.target); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// However much has failed, a shell takes the commands, and people can read what is told.
func TestManyFailures(t *testing.T) {
	var seen gotest.Seen
	for i := range 3000 {
		seen.Rows = append(seen.Rows, harness.Row{ID: fmt.Sprintf("m.TestFeatures/a_feature/a_scenario_with_quite_a_long_name_%04d", i), Outcome: harness.Failed, Attempt: 1, Reason: "no"})
	}
	var out strings.Builder
	newView(&out, func(string) string { return "" }).failures("acceptance", seen, harness.InProcessTarget())
	named := 0
	for line := range strings.Lines(out.String()) {
		if len(line) > 20<<10 {
			t.Errorf("a line of %d bytes", len(line))
		}
		if strings.HasPrefix(line, "  go test") {
			named += strings.Count(line, "a_scenario")
		}
	}
	if lines := strings.Count(out.String(), "\n"); named != 3000 || lines > 200 || !strings.Contains(out.String(), "and 2950 more: gate explain") {
		t.Errorf("%d lines, %d in commands", lines, named)
	}
}

// A status line has no more columns than the terminal.
func TestWithin(t *testing.T) {
	for _, c := range []struct {
		s    string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"日本語", 4, "日本"}, {"日本語", 5, "日本"}, {"", 0, ""}} {
		if got := within(c.s, c.n); got != c.want {
			t.Errorf("%q in %d: got %q, want %q", c.s, c.n, got, c.want)
		}
	}
}

// Failures are told in full, each once, as its last attempt was; what passed later is not.
func TestFailures(t *testing.T) {
	var out strings.Builder
	v := newView(&out, func(string) string { return "" })
	v.failures("acceptance", gotest.Seen{Printed: map[string]string{
		"m.TestA/a": "not shown",
		"m.TestA/b": "undefined Given x\nfeatures.go:1: undefined: a.feature:3: undefined",
		"m.TestA/d": "passed    Given y",
	}, Rows: []harness.Row{
		{ID: "m.TestA/a", Name: "f: a", Outcome: harness.Failed, Attempt: 1, Reason: "first"},
		{ID: "m.TestA/a", Name: "f: a", Outcome: harness.Passed, Attempt: 2},
		{ID: "m.TestA/b", Name: "f: b", Outcome: harness.Undefined, Attempt: 1, Reason: "a.feature:3: undefined"},
		{ID: "m.TestA/c", Name: "f: c", Outcome: harness.Skipped, Attempt: 1, Reason: "no printer"},
		{ID: "m.TestA/d", Name: "f: d", Outcome: harness.NotRun, Attempt: 1, Reason: "interrupted"},
		{ID: "m.TestA/e", Name: "f: e", Outcome: harness.Failed, Attempt: 1, Reason: "one\n\ttwo\x1b[31m"},
	}}, harness.InProcessTarget())
	want := `gate: 3 not passed in acceptance:
  NO undefined f: b
      undefined Given x
      features.go:1: undefined: a.feature:3: undefined
  -- not-run  f: d
      interrupted
      passed    Given y
  NO failed   f: e
      one
      	two[31m
gate: to run just these:
  go test -count=1 -run '^TestA$/^b$|^TestA$/^d$|^TestA$/^e$' m
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// Elsewhere than on a terminal something is said now and then, however long a test takes.
func TestQuiet(t *testing.T) {
	var out strings.Builder
	now := time.Unix(0, 0)
	v := newView(&out, func(string) string { return "" })
	v.now = func() time.Time { return now }
	v.suite, v.total, v.started, v.said = "acceptance", 12, now, now
	for _, id := range []string{"TestA/a", "TestA/b"} {
		v.event(gotest.Event{Started: true, ID: id})
	}
	now = now.Add(29 * time.Second)
	v.tick()
	if out.Len() > 0 {
		t.Errorf("said %q after 29 seconds", out.String())
	}
	now = now.Add(2 * time.Second)
	v.tick()
	v.tick()
	v.event(gotest.Event{ID: "TestA/a", Row: harness.Row{Outcome: harness.Passed, Took: harness.Duration(31 * time.Second)}})
	want := "  .. 0 of 12, 31s: running TestA/a (31s) and 1 more\n  ok passed    1/12 TestA/a (31s)\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
