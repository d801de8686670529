package features

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// The plan has the names, hashes and problems of everything, and runs nothing.
func TestPlan(t *testing.T) {
	files := map[string]string{"a.feature": green, "below/b.feature": "Feature: f\n  Scenario: s\n    When it panics\n  Scenario: u\n    When I fly\n  Scenario Outline: o <n>\n    When I add <n>\n    Examples:\n      | n | what | \n      | 1 | a/b  |\n      | 2 |      |\n"}
	got := child{files: files, session: session(protocol.Plan)}.run(t)
	if got.exit != 0 || got.broken != nil || len(got.answers) != 1 || strings.Contains(got.output, "TestSample/") {
		t.Fatalf("exit %d, %v:\n%s", got.exit, got.broken, got.output)
	}
	a := got.answers[0]
	var names []string
	for _, p := range a.Planned {
		names = append(names, fmt.Sprintf("%s at %s %s %s%s", p.ID, p.Where, p.Name, p.Tags, p.Problem))
		if len(p.Hash) != 64 || p.Kind != harness.Scenario || (p.Problem == "") != (p.Detail == "") {
			t.Errorf("%+v", p)
		}
	}
	want := []string{
		"TestSample/f/s at a.feature:3 f: s [@smoke]",
		"TestSample/f/other at a.feature:6 f: other []",
		"TestSample/f/s#01 at below/b.feature:2 f: s []",
		"TestSample/f/u at below/b.feature:4 f: u []undefined",
		"TestSample/f/o_<n>/1,_a/b at below/b.feature:10 f: o 1 (1, a/b) []",
		"TestSample/f/o_<n>/2,_\"\" at below/b.feature:11 f: o 2 (2, \"\") []",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(names, "\n     "), strings.Join(want, "\n     "))
	}
	if a.Test != "TestSample" || len(a.Rows) != 0 {
		t.Errorf("answer %+v", a)
	}
	none := child{files: files, session: session(protocol.Plan, func(s *protocol.Session) { s.Tags = "@none" })}.run(t)
	if none.exit != 1 || none.broken != nil || len(none.answers) != 1 || len(none.answers[0].Planned) != 0 {
		t.Errorf("a plan of nothing: exit %d, %v, %+v", none.exit, none.broken, none.answers)
	}
	smoke := child{files: files, session: session(protocol.Plan, func(s *protocol.Session) { s.Tags = "@smoke" })}.run(t)
	if p := smoke.answers[0].Planned; len(p) != 1 || p[0].ID != a.Planned[0].ID || p[0].Hash != a.Planned[0].Hash {
		t.Errorf("smoke is not a part of all: %+v", p)
	}
}

// What ran is what was planned, by name, hash and place, for names that package
// testing would change and for two that are equal.
func TestRowsAgreeWithPlan(t *testing.T) {
	var b strings.Builder
	b.WriteString("Feature: a  b\u00a0c/d #01\n")
	for _, name := range []string{"x", "x", "x#01", "x", "X", "", "", "#00", "tab\u200b\u3000é", "/", "a_b", "a b", "a/b", "a (b|c)*", "日本"} {
		fmt.Fprintf(&b, "  Scenario: %s\n    When nothing happens\n", name)
	}
	for range 2 {
		b.WriteString("  Scenario Outline: x\n    When nothing happens\n    Examples:\n      | n |\n      | 1 |\n      | 1 |\n")
	}
	plan := child{files: one(b.String()), session: session(protocol.Plan)}.run(t)
	got := child{files: one(b.String()), session: session(protocol.Exec)}.run(t)
	if plan.exit != 0 || got.exit != 0 || got.broken != nil || len(got.answers) != 1 {
		t.Fatalf("exit %d and %d, %v:\n%s", plan.exit, got.exit, got.broken, got.output)
	}
	rows := map[string]harness.Row{}
	for _, r := range got.answers[0].Rows {
		rows[r.ID] = r
	}
	if len(rows) != 19 || len(got.answers[0].Rows) != 19 {
		t.Errorf("%d rows, %d names, want 19", len(got.answers[0].Rows), len(rows))
	}
	for _, p := range plan.answers[0].Planned {
		r, ok := rows[p.ID]
		if !ok || r.Hash != p.Hash || r.Where != p.Where || r.Outcome != harness.Passed || r.Mode != harness.InProcess {
			t.Errorf("planned %+v\nran     %+v", p, r)
		}
		if !strings.Contains(got.output, "--- PASS: "+p.ID+" (") {
			t.Errorf("go test has no %s", p.ID)
		}
	}
}

// One scenario is run by its name, alone.
func TestRunOne(t *testing.T) {
	got := child{files: one(strings.ReplaceAll(green, "f\n", "Placing orders\n") + "  Scenario: bad\n    When it fails\n"),
		args: []string{"-test.run=TestSample/Placing_orders/other"}}.run(t)
	if got.exit != 0 || !strings.Contains(got.output, "--- PASS: TestSample/Placing_orders/other") || strings.Contains(got.output, "orders/s") {
		t.Errorf("exit %d:\n%s", got.exit, got.output)
	}
	// under gate the rows that -run took away are missing, not passed
	cut := child{files: one(green), session: session(protocol.Exec), args: []string{"-test.run=TestSample/f/other"}}.run(t)
	if len(cut.answers) != 1 || len(cut.answers[0].Rows) != 1 || cut.answers[0].Rows[0].ID != "TestSample/f/other" {
		t.Errorf("%+v", cut.answers)
	}
}

// A shard runs what it was given, and nothing else; nothing is not an error.
func TestShard(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, only := range []map[string][]string{
		{dir: {"TestSample/f/other"}},
		{dir: {}},
		{"/elsewhere": {"TestSample/f/s"}},
		{},
	} {
		got := child{dir: dir, files: one(green), session: session(protocol.Exec, func(s *protocol.Session) { s.Only = only })}.run(t)
		if got.exit != 0 || got.broken != nil || len(got.answers) != 1 {
			t.Fatalf("exit %d, %v:\n%s", got.exit, got.broken, got.output)
		}
		var names []string
		for _, r := range got.answers[0].Rows {
			names = append(names, r.ID)
		}
		if !slices.Equal(names, only[dir]) {
			t.Errorf("got %q, want %q", names, only[dir])
		}
	}
}

// Scenarios begin in the order that gate gives, with one worker also the rows are
// in it. An order leaves nothing out: what it does not name comes last.
func TestOrderOfASession(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	files := one("Feature: f\n  Scenario: a\n    When nothing happens\n  Scenario: b\n    When nothing happens\n  Scenario: c\n    When nothing happens\n")
	names := func(letters ...string) map[string][]string {
		all := map[string][]string{dir: {}}
		for _, l := range letters {
			all[dir] = append(all[dir], "TestSample/f/"+l)
		}
		return all
	}
	for _, c := range []struct {
		name        string
		only, order map[string][]string
		want        []string
	}{
		{"a shard", names("c", "a"), nil, names("c", "a")[dir]},
		{"all", nil, names("c", "a", "b"), names("c", "a", "b")[dir]},
		{"some are not named", nil, names("b"), names("b", "a", "c")[dir]},
		{"others are named", nil, names("gone", "b"), names("b", "a", "c")[dir]},
		{"another package is named", nil, map[string][]string{"/elsewhere": {"TestSample/f/c"}}, names("a", "b", "c")[dir]},
		{"one is named twice", nil, names("b", "b"), names("b", "a", "c")[dir]},
	} {
		got := child{dir: dir, files: files, session: session(protocol.Exec, func(s *protocol.Session) { s.Only, s.Order = c.only, c.order }), args: []string{"-test.parallel=1"}}.run(t)
		if got.exit != 0 || got.broken != nil || len(got.answers) != 1 {
			t.Fatalf("%s: exit %d, %v:\n%s", c.name, got.exit, got.broken, got.output)
		}
		var ran []string
		for _, r := range got.answers[0].Rows {
			ran = append(ran, r.ID)
		}
		if !slices.Equal(ran, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, ran, c.want)
		}
	}
}

// A process that dies leaves what it had seen, and no end.
func TestKilled(t *testing.T) {
	got := child{files: one("Feature: f\n  Scenario: s\n    When nothing happens\n  Scenario: h\n    When it dies\n"),
		session: session(protocol.Exec), args: []string{"-test.parallel=1"}}.run(t)
	if got.exit != -1 || !errors.Is(got.broken, protocol.ErrTruncated) {
		t.Fatalf("exit %d, %v:\n%s", got.exit, got.broken, got.output)
	}
	if rows := got.answers[0].Rows; len(rows) != 1 || rows[0].ID != "TestSample/f/s" {
		t.Errorf("rows %+v, want that of s alone", rows)
	}
}

// A run that is stopped, or whose time is nearly over, says what did not run; what
// was interrupted has not passed, and what hangs is shown with its stack.
func TestStopped(t *testing.T) {
	const rest = "\n  Scenario: never\n    When nothing happens\n"
	for _, c := range []struct {
		name, text, arg, reason, said string
	}{
		{"SIGTERM", "it is told to stop", "-test.timeout=1m", "the run was stopped: terminated", "1 scenarios did not run, the first is a.feature:4"},
		{"deadline", "it hangs", "-test.timeout=3s", "the time of go test (-timeout) is nearly over", "sample_test.go"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := child{files: one("Feature: f\n  Scenario: s\n    When " + c.text + rest), session: session(protocol.Exec),
				args: []string{"-test.parallel=1", c.arg}}.run(t)
			if got.exit != 1 || got.broken != nil || !strings.Contains(got.output, c.said) {
				t.Fatalf("exit %d, %v, want %q in:\n%s", got.exit, got.broken, c.said, got.output)
			}
			rows := map[string]harness.Row{}
			for _, r := range got.answers[0].Rows {
				rows[r.ID] = r
			}
			for _, id := range []string{"TestSample/f/s", "TestSample/f/never"} {
				if r := rows[id]; r.Outcome != harness.NotRun || !strings.Contains(r.Reason, c.reason) {
					t.Errorf("%s: %s: %s, want not-run and %q", id, r.Outcome, r.Reason, c.reason)
				}
			}
		})
	}
}

// Attempts are rows of their own, as many as the session allows, and one on a
// live target.
func TestAttempts(t *testing.T) {
	for _, c := range []struct {
		name, text string
		live       bool
		want       []harness.Outcome
	}{
		{"failed", failing, false, []harness.Outcome{harness.Failed, harness.Failed, harness.Failed}},
		{"live", failing, true, []harness.Outcome{harness.Failed}},
		{"pending", "Feature: f\n  Scenario: s\n    When it pends\n", false, []harness.Outcome{harness.Pending}},
		{"passed", "Feature: f\n  Scenario: s\n    When it calls\n", false, []harness.Outcome{harness.Passed}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := child{files: one(c.text), session: session(protocol.Exec, staging, func(s *protocol.Session) { s.Attempts, s.Target.Live = 3, c.live })}.run(t)
			if got.broken != nil || len(got.answers) != 1 {
				t.Fatalf("%v:\n%s", got.broken, got.output)
			}
			var outcomes []harness.Outcome
			for i, r := range got.answers[0].Rows {
				outcomes = append(outcomes, r.Outcome)
				if r.Attempt != i+1 || r.Mode != harness.Deployed {
					t.Errorf("%+v", r)
				}
			}
			if !slices.Equal(outcomes, c.want) {
				t.Errorf("got %v, want %v", outcomes, c.want)
			}
		})
	}
}

// A secret is in no row, nor in what go test shows.
func TestSecret(t *testing.T) {
	text := "Feature: f\n  Scenario: s\n    When it tells\n"
	got := child{files: one(text), session: session(protocol.Exec), environ: []string{"SAMPLE_SECRET=tok_1"}}.run(t)
	if got.broken != nil || len(got.answers) != 1 || len(got.answers[0].Rows) != 1 {
		t.Fatalf("%v:\n%s", got.broken, got.output)
	}
	r := got.answers[0].Rows[0]
	if !strings.HasSuffix(r.Reason, "the secret is [SAMPLE_SECRET]") || r.Created[0] != "[SAMPLE_SECRET]" || strings.Contains(got.output, "tok_1") {
		t.Errorf("row %+v\n%s", r, got.output)
	}
	none := child{files: one(text), session: session(protocol.Exec), environ: []string{"SAMPLE_SECRET="}}.run(t)
	if r := none.answers[0].Rows[0]; !strings.Contains(r.Reason, "SAMPLE_SECRET is not set in the environment\nhint: targets.NAME.secrets.SAMPLE_SECRET") {
		t.Errorf("row %+v", r)
	}
}

// A failure is explained by who was asked to, and no explanation harms.
func TestExplain(t *testing.T) {
	for _, c := range []struct{ tag, step, says string }{
		{"@explains", "it fails", "it failed\uFFFD\nlog of the printer: no paper"},
		{"@explain-panics", "it fails", "it failed\uFFFD\nexplain: "},
		{"@explains", "it calls", ""},
	} {
		got := child{files: one("Feature: f\n  " + c.tag + "\n  Scenario: s\n    When " + c.step + "\n"), session: session(protocol.Exec)}.run(t)
		if got.broken != nil || len(got.answers) != 1 || len(got.answers[0].Rows) != 1 {
			t.Fatalf("%v:\n%s", got.broken, got.output)
		}
		if r := got.answers[0].Rows[0]; !strings.Contains(r.Reason, c.says) || c.says == "" && r.Reason != "" {
			t.Errorf("%s, %s: got %q, want %q", c.tag, c.step, r.Reason, c.says)
		}
	}
}

// A skip without a reason stays one: what is said beside a failure is no reason
// for a skip, which gate would let through within the limit.
func TestNoReasonIsLent(t *testing.T) {
	for _, tag := range []string{"@explains", "@traced"} {
		got := child{files: one("Feature: f\n  " + tag + "\n  Scenario: s\n    When it skips\n"), session: session(protocol.Exec), environ: []string{"SAMPLE_TRACED=" + tag}}.run(t)
		if got.broken != nil || len(got.answers) != 1 || len(got.answers[0].Rows) != 1 {
			t.Fatalf("%v:\n%s", got.broken, got.output)
		}
		if r := got.answers[0].Rows[0]; r.Outcome != harness.Skipped || r.Reason != "" || (r.Trace != "") != (tag == "@traced") {
			t.Errorf("%s: got %s, %q, trace %q", tag, r.Outcome, r.Reason, r.Trace)
		}
	}
}

// Many at once: nothing is lost or mixed up.
func TestMany(t *testing.T) {
	var b strings.Builder
	b.WriteString("Feature: f\n")
	for i := range 500 {
		fmt.Fprintf(&b, "  Scenario: s%d\n    Given I have %d\n    When I add 2\n    And nothing happens\n    Then I count %d\n", i, i, i+2)
	}
	got := child{files: one(b.String()), session: session(protocol.Exec), args: []string{"-test.parallel=64"}}.run(t)
	if got.exit != 0 || got.broken != nil || len(got.answers) != 1 || harness.CountRows(got.answers[0].Rows)[harness.Passed] != 500 {
		t.Fatalf("exit %d, %v:\n%.2000s", got.exit, got.broken, got.output)
	}
	for _, r := range got.answers[0].Rows {
		if r.Steps != 4 {
			t.Errorf("%+v", r)
		}
	}
}
