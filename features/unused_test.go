package features

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/protocol"
)

// A definition is unused if no scenario of the Go test uses it: what tags leave
// out, and what cannot run, uses its steps all the same.
func TestUnused(t *testing.T) {
	files := one("Feature: f\n  @smoke\n  Scenario: s\n    Given I have 1\n  Scenario: left out\n    When nothing happens\n  Scenario: broken\n    When I add 1\n    When nobody wrote this\n")
	for _, tags := range []string{"", "@smoke"} {
		got := child{files: files, session: session(protocol.Plan, func(s *protocol.Session) { s.Tags = tags })}.run(t)
		if got.exit != 0 || got.broken != nil || len(got.answers) != 1 {
			t.Fatalf("exit %d, %v:\n%s", got.exit, got.broken, got.output)
		}
		var names []string
		for _, u := range got.answers[0].Unused {
			names = append(names, u.Expression)
			if !strings.Contains(u.Where, "features/sample_test.go:") {
				t.Errorf("%s is at %s", u.Expression, u.Where)
			}
		}
		want := []string{`^I count (\d+)$`, `^I add all of$`, `^I say$`, `^I said$`, `^it (.*)$`, `^all is changed$`, `^(\w+) is true, ([\d.]+) is 1.5 and "([^"]*)" are bytes$`, `^twice .*$`, `^.* meant$`}
		if !slices.Equal(names, want) {
			t.Errorf("tags %q:\ngot  %q\nwant %q", tags, names, want)
		}
	}
	run := child{files: files, session: session(protocol.Exec)}.run(t)
	if len(run.answers) != 1 || len(run.answers[0].Unused) != 0 {
		t.Errorf("in the test phase: %+v", run.answers)
	}
}

// A ready-made step need not be used, one of another package is where it is.
func TestOrigin(t *testing.T) {
	r := newSteps[*world]()
	r.Step("mine", func() {})
	r.Step("ours", func() {})
	r.defs[1].from.ready = true
	if got := r.idle(); len(got) != 1 || got[0].expr.Source() != "mine" {
		t.Errorf("got %v", got)
	}
	for _, c := range []struct{ file, want string }{
		{"/w/features/steps_test.go", "steps_test.go:3"},
		{"/w/features/sub/steps.go", "sub/steps.go:3"},
		{"/w/shared/steps.go", "../shared/steps.go:3"},
		{"example.org/w/features/steps_test.go", "steps_test.go:3"}, // -trimpath
		{"example.org/w/shared/steps.go", "example.org/w/shared/steps.go:3"},
	} {
		if got := (origin{file: c.file, line: 3}).place("/w/features"); got != c.want {
			t.Errorf("%s: got %s, want %s", c.file, got, c.want)
		}
	}
	if got := fmt.Sprint(r.defs[0].from.line > 0, strings.HasSuffix(r.defs[0].from.file, "features/unused_test.go")); got != "true true" {
		t.Errorf("got %s: %+v", got, r.defs[0].from)
	}
}
