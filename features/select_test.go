package features

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stagegate/stagegate/internal/protocol"
)

// numbered is a feature of which the lines are counted below.
const numbered = `# language: en
@all
Feature: f
  Some words.

  Background:
    Given I have 1

  # about the first
  @smoke
  @slow
  Scenario: first
    When I say
      """markdown

      # words
      """

    Then I count 1 # now

  # about the outline
  Scenario Outline: add <n>
    When I add <n>

    @few
    Examples: few
      | n |
      | 1 |
      # two
      | 2 |

    Examples: none
      | n |

  Rule: of the house
    Background:
      Given I have 2

    Scenario: last
      When nothing happens
`

var twoFiles = fstest.MapFS{"a.feature": {Data: []byte(numbered)}, "below/b.feature": {Data: []byte("Feature: g\n  Scenario: first\n    When nothing happens\n  Scenario: Pay, then go\n    When nothing happens\n")}}

// Each form selects what it says, and several forms are a union.
func TestSelection(t *testing.T) {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	const all = "a:12 a:28 a:30 a:32 a:39"
	for _, c := range []struct{ text, want string }{
		{"a.feature", all},
		{"a.feature:3", all}, {"a.feature:2", all}, {"a.feature:4", all}, {"a.feature:6", all}, {"a.feature:7", all},
		{"a.feature:10", "a:12"}, {"a.feature:11", "a:12"}, {"a.feature:12", "a:12"}, {"a.feature:16", "a:12"}, {"a.feature:18", "a:12"}, {"a.feature:19", "a:12"},
		{"a.feature:22", "a:28 a:30 a:32"}, {"a.feature:23", "a:28 a:30 a:32"}, {"a.feature:24", "a:28 a:30 a:32"},
		{"a.feature:25", "a:28 a:30"}, {"a.feature:26", "a:28 a:30"}, {"a.feature:27", "a:28 a:30"},
		{"a.feature:28", "a:28"}, {"a.feature:29", "a:28 a:30"}, {"a.feature:30", "a:30"}, {"a.feature:31", "a:28 a:30 a:32"},
		{"a.feature:32", "a:32"}, {"a.feature:33", "a:32"},
		{"a.feature:35", "a:39"}, {"a.feature:37", "a:39"}, {"a.feature:40", "a:39"},
		{"a.feature:12:30", "a:12 a:30"}, {"./a.feature:30:30", "a:30"},
		{"below/b.feature:5", "b:4"}, {"features/below/b.feature:2", "b:2"}, {filepath.Join(dir, "below/b.feature:2"), "b:2"}, {filepath.Base(filepath.Dir(dir)) + "/features/a.feature:12", "a:12"},
		{"below/b.feature:2,a.feature:39", "a:39 b:2"}, {"a.feature:12\n\n below/b.feature ,", "a:12 b:2 b:4"},
		{"/first/", "a:12 b:2"}, {"/^add 2$/", "a:30"}, {"/Pay, then go/", "b:4"}, {"/Pay, .{4} go/,a.feature:30", "a:30 b:4"}, {"/(?i)LAST/", "a:39"},
		{"@/run", "a:12 a:30 b:4"}, {"@/run,a.feature:39", "a:12 a:30 a:39 b:4"},
	} {
		if got, err := selectIn(t, c.text); err != nil || got != c.want {
			t.Errorf("%q: got %q, %v, want %q", c.text, got, err, c.want)
		}
	}
}

// What selects nothing is an error, also beside what selects something.
func TestSelectionOfNothing(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a.feature:1", "line 1; near are a.feature:12 (first)"},
		{"a.feature:5:12", "no scenario at line 5"}, // blank: between the feature's words and its background
		{"a.feature:8", "no scenario at line 8; near are a.feature:12 (first)"},
		{"a.feature:20", "no scenario at line 20; near are a.feature:12 (first) and a.feature:28 (add 1)"},
		{"a.feature:21", "no scenario at line 21"},
		{"a.feature:99", "no scenario at line 99; near are a.feature:39 (last)"},
		{"a.feature:12:99", "no scenario at line 99"},
		{"a.feature:0", "lines are counted from 1"},
		{"a.feature:99999999999999999999", "no line 99999999999999999999"},
		{"a.feature:x", "want path.feature"}, {"a.feature:", "want path.feature"}, {"a.feature:-1", "want path.feature"}, {"below", "want path.feature"},
		{"b.feature", "no scenario is in such a file; there are a.feature, below/b.feature"},
		{"elsewhere/a.feature:12", "no scenario is in such a file"},
		{"below/b.feature,/nobody/", "/nobody/: no scenario has such a name; there are "},
		{"/frist/", "there are first, "},
		{"/(/", "missing closing )"}, {"/open", "want path.feature"}, {"//", "want path.feature"}, {"/open,a.feature", "no scenario is in such a file"}, {"/open,below", "want path.feature"},
		{" ", "selects nothing"}, {",\n,", "selects nothing"},
		{"@smoke", "tags go into STAGEGATE_TAGS"}, {"@/none", "STAGEGATE_RERUN=/none has a run write it"},
		{"@/empty", "@/empty is empty: there is nothing to run again"}, {"@/again", `"@/run": want path.feature`},
	} {
		if got, err := selectIn(t, c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %q, %v, want %q", c.text, got, err, c.want)
		}
	}
}

func selectIn(t *testing.T, text string) (string, error) {
	t.Helper()
	all, err := read(twoFiles, "T", (*stream)(nil).newID(), nil)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"/run": "a.feature:12:30\n\nbelow/b.feature:4\n", "/empty": "\n", "/again": "@/run\n"}
	forms, err := selection(text, func(name string) ([]byte, error) {
		if s, ok := files[name]; ok {
			return []byte(s), nil
		}
		return nil, os.ErrNotExist
	})
	if err != nil {
		return "", err
	}
	found, err := (&selector{root: twoFiles, all: all}).pick(forms)
	var names []string
	for _, sc := range found {
		names = append(names, strings.Replace(filepath.Base(sc.where), ".feature", "", 1))
	}
	return strings.Join(names, " "), err
}

// What was read is what is said again, whatever it is.
func FuzzSelection(f *testing.F) {
	for _, s := range []string{"a.feature:1:2,b.feature", "/a, b/\n/c/", "/w/a.feature:3,/x/", "@/f", "/,/,/", "a,.feature"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		forms, err := selection(text, func(string) ([]byte, error) { return nil, os.ErrNotExist })
		if err != nil {
			return
		}
		var said []string
		for _, f := range forms {
			if (f.name == nil) == (f.path == "") {
				t.Errorf("%+v", f)
			}
			said = append(said, f.text)
		}
		again, err := selection(strings.Join(said, "\n"), nil)
		if err != nil || !slices.EqualFunc(forms, again, func(a, b form) bool { return a.text == b.text }) {
			t.Errorf("%q: got %v, then %v, %v", text, forms, again, err)
		}
	})
}

// A selection runs just what it says; with tags, both hold.
func TestSelect(t *testing.T) {
	files := map[string]string{"a.feature": green, "b.feature": "Feature: g\n  @smoke\n  Scenario: bad\n    When it fails\n"}
	for _, c := range []struct {
		name, selection, tags string
		exit                  int
		want                  string
	}{
		{"line", "a.feature:7", "", 0, "1 of 3 scenarios"},
		{"name", "/^s$/", "", 0, "--- PASS: TestSample/f/s "},
		{"one that fails", "b.feature", "", 1, "--- FAIL: TestSample/g/bad "},
		{"with tags", "a.feature", "@smoke", 0, "--- PASS: TestSample/f/s "},
		{"tags that select none of it", "a.feature:7", "@smoke", 1, `tags "@smoke" select none of 1`},
		{"nothing", "c.feature", "", 1, "STAGEGATE_SELECT: c.feature: no scenario is in such a file; there are a.feature, b.feature"},
	} {
		got := child{files: files, tags: c.tags, environ: []string{selectVariable + "=" + c.selection}}.run(t)
		if ran := strings.Count(got.output, "=== RUN   TestSample/") - strings.Count(got.output, "=== RUN   TestSample/f\n"); got.exit != c.exit || !strings.Contains(got.output, c.want) || ran > 1 || c.exit == 0 && ran != 1 {
			t.Errorf("%s: exit %d, %d ran:\n%s", c.name, got.exit, ran, got.output)
		}
	}
}

// Where nobody decides, as with gate exec, a person may select.
func TestSelectLoosely(t *testing.T) {
	loose := func(s *protocol.Session) { s.Loose = true }
	got := child{files: one(green), session: session(protocol.Exec, loose), environ: []string{selectVariable + "=a.feature:3"}}.run(t)
	if got.exit != 0 || len(got.answers) != 1 || len(got.answers[0].Rows) != 1 {
		t.Errorf("exit %d, %+v:\n%s", got.exit, got.answers, got.output)
	}
}

// A part must never become evidence that looks whole: under gate there is no
// selection, in either phase, and the suite says so in red.
func TestSelectUnderGate(t *testing.T) {
	for _, phase := range []protocol.Phase{protocol.Plan, protocol.Exec} {
		for _, kv := range []string{selectVariable + "=a.feature:3", rerunVariable + "=" + filepath.Join(t.TempDir(), "failed")} {
			got := child{files: one(green), session: session(phase), environ: []string{kv}}.run(t)
			if got.exit != 1 || len(got.answers) != 0 || !strings.Contains(got.output, "elsewhere under gate the session says what runs") {
				t.Errorf("%s %s: exit %d, %d answers:\n%s", phase, kv, got.exit, len(got.answers), got.output)
			}
		}
	}
}

// A godog suite knows neither variable: all of it would run for a part.
func TestSelectGodog(t *testing.T) {
	for _, kv := range []string{selectVariable + "=a.feature:3", rerunVariable + "=" + filepath.Join(t.TempDir(), "failed")} {
		got := godogChild(t, child{files: inFeatures(godogGreen), how: "tags", environ: []string{kv}})
		if got.exit != 1 || !strings.Contains(got.output, "features.RunGodog does not know STAGEGATE_") || strings.Contains(got.output, "=== RUN   TestSample/") {
			t.Errorf("%s: exit %d:\n%s", kv, got.exit, got.output)
		}
	}
}

// What did not pass is run again, and nothing else, until nothing is left.
func TestRerun(t *testing.T) {
	dir, failed := t.TempDir(), filepath.Join(t.TempDir(), "failed")
	files := map[string]string{
		"a.feature": green + "  Scenario: bad\n    When it fails\n  Scenario Outline: it <does>\n    When it <does>\n    Examples:\n      | does  |\n      | skips |\n      | calls |\n      | pends |\n",
		"b.feature": "Feature: g\n  Scenario: new\n    When nobody wrote it\n",
	}
	if err := os.WriteFile(failed, []byte("stale.feature:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(exit int, want string, environ ...string) {
		t.Helper()
		got := child{dir: dir, files: files, environ: append(environ, rerunVariable+"="+failed)}.run(t)
		b, err := os.ReadFile(failed)
		if err != nil || got.exit != exit || string(b) != want {
			t.Fatalf("exit %d, %v, wrote %q, want %q:\n%s", got.exit, err, b, want, got.output)
		}
	}
	run(1, "a.feature:8:14:16\nb.feature:2\n")
	run(1, "a.feature:8:14:16\nb.feature:2\n", selectVariable+"=@"+failed)
	files["b.feature"] = "Feature: g\n  Scenario: new\n    When nothing happens\n"
	run(1, "a.feature:8:14:16\n", selectVariable+"=@"+failed)
	files["a.feature"] = strings.ReplaceAll(strings.ReplaceAll(files["a.feature"], "it fails", "it calls"), "When it <does>", "When nothing happens")
	run(0, "", selectVariable+"=@"+failed)
	if got := (child{dir: dir, environ: []string{selectVariable + "=@" + failed}}).run(t); got.exit != 1 || !strings.Contains(got.output, "is empty: there is nothing to run again") {
		t.Errorf("exit %d:\n%s", got.exit, got.output)
	}
}

// A file that says less than what happened must not be there.
func TestRerunFile(t *testing.T) {
	for _, c := range []struct {
		name   string
		before string
		child  child
		want   string // in the file
		there  bool
	}{
		{"not run", "", child{files: one(failing + "  Scenario: later\n    When nothing happens\n"), args: []string{"-test.failfast", "-test.parallel=1"}}, "a.feature:2:4\n", true},
		{"the test failed, not a scenario", "", child{files: one("Feature: f\n  Scenario: s\n    Then the test has failed\n"), how: "outer"}, "", false},
		{"the process died", "", child{files: one("Feature: f\n  Scenario: s\n    When it dies\n")}, "", false},
		{"nothing was selected", "a.feature:3\n", child{files: one(green), tags: "@none"}, "a.feature:3\n", true},
		{"nothing began", "a.feature:3\n", child{files: one(green), how: "bad steps"}, "a.feature:3\n", true},
	} {
		failed := filepath.Join(t.TempDir(), "failed")
		if err := os.WriteFile(failed, []byte(c.before), 0o600); err != nil {
			t.Fatal(err)
		}
		c.child.environ = []string{rerunVariable + "=" + failed}
		got := c.child.run(t)
		b, err := os.ReadFile(failed)
		if got.exit == 0 || (err == nil) != c.there || string(b) != c.want {
			t.Errorf("%s: exit %d, %v, wrote %q:\n%s", c.name, got.exit, err, b, got.output)
		}
	}
	if got := (child{files: one(green), environ: []string{rerunVariable + "=failed"}}).run(t); got.exit != 1 || !strings.Contains(got.output, "want an absolute path") {
		t.Errorf("a relative path: exit %d:\n%s", got.exit, got.output)
	}
}
