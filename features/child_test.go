package features

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// A child is a run of TestSample in a process of its own, in a folder with
// these files: what a user sees of go test.
type child struct {
	files   map[string]string
	tags    string
	args    []string
	session *protocol.Session // its folder is made here
	how     string            // see TestSample
	dir     string            // a new one if empty
	environ []string
}

type ending struct {
	exit    int
	output  string
	answers []protocol.Answer
	broken  error // what was wrong with the answers
}

func (c child) run(t *testing.T) ending {
	t.Helper()
	dir := c.dir
	if dir == "" {
		dir = t.TempDir()
	}
	if c.how == "" {
		c.how = "plainly"
	}
	for name, text := range c.files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-test.run=^TestSample$", "-test.v", "-test.timeout=1m"}, c.args...)
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), childVariable+"="+c.how, "STAGEGATE_TAGS="+c.tags, protocol.Variable+"=", selectVariable+"=", rerunVariable+"=")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if c.session != nil {
		c.session.Out = t.TempDir()
		path := filepath.Join(t.TempDir(), "run.json")
		if err := protocol.WriteSession(path, *c.session); err != nil {
			t.Fatal(err)
		}
		cmd.Env = append(cmd.Env, protocol.Variable+"="+path)
	}
	cmd.Env = append(cmd.Env, c.environ...)
	e := ending{}
	var exit *exec.ExitError
	if err := cmd.Run(); errors.As(err, &exit) {
		e.exit = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	e.output = out.String()
	if c.session != nil {
		e.answers, e.broken = protocol.ReadDir(c.session.Out)
	}
	return e
}

func session(phase protocol.Phase, edit ...func(*protocol.Session)) *protocol.Session {
	s := &protocol.Session{Phase: phase, Run: "r", Nonce: "n", Service: "s", Stage: "commit", Suite: "acceptance", Target: harness.InProcessTarget()}
	for _, f := range edit {
		f(s)
	}
	return s
}

func staging(s *protocol.Session) {
	s.Target = harness.Target{Name: "staging", Mode: harness.Deployed, URL: "http://127.0.0.1:1"}
}

func one(text string) map[string]string { return map[string]string{"a.feature": text} }

const (
	green   = "Feature: f\n  @smoke\n  Scenario: s\n    Given I have 1\n    Then I count 1\n  Scenario: other\n    When nothing happens\n"
	failing = "Feature: f\n  Scenario: s\n    When it fails\n"
)

// Each of these must end red, and say why.
func TestRed(t *testing.T) {
	for _, c := range []struct {
		name  string
		child child
		want  string
	}{
		{"no files", child{}, "there are no *.feature files"},
		{"files in testdata alone", child{files: map[string]string{"testdata/a.feature": green, ".x/a.feature": green, "_x/a.feature": green}}, "there are no *.feature files"},
		{"files of another module", child{files: map[string]string{"m/a.feature": green, "m/go.mod": "module m\n"}}, "there are no *.feature files"},
		{"feature without scenarios", child{files: one("Feature: f\n")}, "there are no *.feature files with scenarios"},
		{"empty file", child{files: one("\n# nothing\n")}, "a.feature: has no Feature"},
		{"broken file", child{files: one("Feature: f\n  Scenario: s\n    When nothing happens\n    nonsense\n")}, "a.feature: (4:5)"},
		{"not UTF-8", child{files: one("Feature: \xff\n")}, "a.feature: is not UTF-8"},
		{"tag typo", child{files: one(green), tags: "@smoek"}, "no scenario is tagged @smoek: did you mean @smoke?; there are @smoke"},
		{"tag without @", child{files: one(green), tags: "not smoke"}, `"smoke" is no tag: tags begin with @: did you mean @smoke?`},
		{"godog's syntax", child{files: one(green), tags: "~@slow"}, `write "not @slow"`},
		{"godog's and", child{files: one(green), tags: "@smoke && ~@slow"}, `write "@a and @b"`},
		{"failed", child{files: one(failing)}, "failed: a.feature:3: When it fails"},
		{"undefined", child{files: one("Feature: f\n  Scenario: s\n    When I do what nobody wrote\n")}, "s.Step(`I do what nobody wrote`, func(w *world, ctx context.Context) error {"},
		{"ambiguous", child{files: one("Feature: f\n  Scenario: s\n    When twice meant\n")}, "ambiguous: a.feature:3"},
		{"pending", child{files: one("Feature: f\n  Scenario: s\n    When it pends\n")}, "pending: a.feature:3"},
		{"skipped", child{files: one("Feature: f\n  Scenario: s\n    When it skips with a reason\n")}, "skipped: no printer here"},
		{"exits", child{files: one("Feature: f\n  Scenario: s\n    When it exits\n    Then I count 9\n")}, "left its goroutine"},
		{"panics", child{files: one("Feature: f\n  Scenario: s\n    When it panics\n")}, "sample_test.go"}, // the stack
		{"empty scenario", child{files: one("Feature: f\n  Scenario: s\n")}, "empty: a.feature:2"},
		{"no rows", child{files: one("Feature: f\n  Scenario: g\n    When nothing happens\n  Scenario Outline: s\n    When nothing happens\n    Examples:\n      | n |\n")}, "empty: a.feature:6"},
		{"cleanup", child{files: one("Feature: f\n  @close-fails\n  Scenario: s\n    When nothing happens\n")}, "hook-failed: a.feature:3: clean up: left a mess"},
		{"second of two with one name", child{files: map[string]string{"a.feature": green, "b.feature": "Feature: f\n  Scenario: s\n    When it fails\n"}}, "--- FAIL: TestSample/f/s#01"},
		{"bad steps", child{files: one(green), how: "bad steps"}, "features/sample_test.go:"},
		{"bad regexp", child{files: one(green), how: "bad steps"}, "missing closing )"},
		{"no function", child{files: one(green), how: "bad steps"}, "want a function, have int"},
		{"too many parameters", child{files: one(green), how: "bad steps"}, "takes 1 values, the expression captures 0"},
		{"no limit", child{files: one(green), how: "bad steps"}, "leaves no time"},
		{"Run twice in one test", child{files: one(green), how: "twice"}, "call features.Run once in a test"},
		{"Run twice under gate", child{files: one(green), how: "twice", session: session(protocol.Exec)}, "call features.Run once in a test"},
		{"Run of nothing", child{files: one(green), how: "nil"}, "open and define must not be nil"},
		{"Errorf of the test", child{files: one("Feature: f\n  Scenario: s\n    Then the test has failed\n"), how: "outer"}, "--- FAIL: TestSample ("},
		{"Fatalf of the test", child{files: one("Feature: f\n  Scenario: s\n    Then the test has stopped\n"), how: "outer"}, "--- FAIL: TestSample/f/s"},
		{"no session file", child{files: one(green), environ: []string{protocol.Variable + "=/nowhere/run.json"}}, "STAGEGATE_RUN"},
		{"session's tags match nothing", child{files: one(green), session: session(protocol.Exec, func(s *protocol.Session) { s.Tags = "@smok" })}, "did you mean @smoke?"},
		{"nothing to plan", child{files: one(green), session: session(protocol.Plan, func(s *protocol.Session) { s.Tags = "@smok" })}, "did you mean @smoke?"},
		{"deployed without a call", child{files: one(green), session: session(protocol.Exec, staging)}, "made no recorded call to the target"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := c.child.run(t)
			if got.exit != 1 || !strings.Contains(got.output, c.want) {
				t.Errorf("exit %d, want 1 and %q in:\n%s", got.exit, c.want, got.output)
			}
		})
	}
}

func TestOtherVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.json")
	for name, text := range map[string]string{"another version": `{"version":99}`, "not JSON": "version: 1"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got := child{files: one(green), environ: []string{protocol.Variable + "=" + path}}.run(t)
		if got.exit != 1 || !strings.Contains(got.output, "run.json") || strings.Contains(got.output, "=== RUN   TestSample/") {
			t.Errorf("%s: exit %d:\n%s", name, got.exit, got.output)
		}
	}
}
