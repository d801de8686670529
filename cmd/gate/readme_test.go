package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestReadme runs the first gate of README.md line by line, as a new user does
// in an empty folder. Stagegate comes from a module proxy in a folder, made of
// the work tree.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	steps, quotes, err := readSteps(string(text), "A first gate")
	if err != nil {
		t.Fatal(err)
	}
	user := newcomer(t)
	for _, s := range steps {
		out, code := user.types(t, s.command)
		if code != s.exit {
			t.Fatalf("%s: got exit code %d, README says %d\n%s", s.command, code, s.exit, out)
		}
		if missing := s.missing(out); len(missing) > 0 {
			t.Errorf("%s: README shows what is not printed:\n\t%s\ngot:\n%s", s.command, strings.Join(missing, "\n\t"), out)
		}
	}
	for _, q := range quotes {
		if !quoted(t, user.dir, q) {
			t.Errorf("README quotes what is in no file of the new repository:\n%s", q)
		}
	}
}

// A step is a line of the README's shell: the exit code that its comment says
// ("# exit 10"), and the output that a text block after it shows.
type step struct {
	command string
	exit    int
	shows   []string
}

var exitComment = regexp.MustCompile(`\s+# exit (\d+)\b.*$`)

// readSteps reads the shell lines of the section whose heading begins with
// title, and the files that it quotes. A section without any lines is an error.
func readSteps(markdown, title string) (steps []step, quotes []string, err error) {
	_, section, ok := strings.Cut(markdown, "\n## "+title)
	if !ok {
		return nil, nil, fmt.Errorf("there is no section %q", title)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	fence := ""
	for line := range strings.SplitSeq(section, "\n") {
		switch kind, isFence := strings.CutPrefix(line, "```"); {
		case isFence && fence == "":
			if fence = kind; kind != "sh" && kind != "text" {
				quotes = append(quotes, "")
			}
		case isFence:
			fence = ""
		case fence == "sh" && strings.TrimSpace(line) != "":
			s := step{command: line}
			if m := exitComment.FindStringSubmatchIndex(line); m != nil {
				s.command = line[:m[0]]
				s.exit, _ = strconv.Atoi(line[m[2]:m[3]])
			}
			steps = append(steps, s)
		case fence == "text" && len(steps) > 0:
			last := &steps[len(steps)-1]
			last.shows = append(last.shows, line)
		case fence != "" && fence != "sh":
			quotes[len(quotes)-1] += line + "\n"
		}
	}
	if len(steps) == 0 {
		return nil, nil, fmt.Errorf("section %q has no ```sh block", title)
	}
	return steps, quotes, nil
}

// quoted reports whether a file below dir holds text.
func quoted(t *testing.T, dir, text string) (found bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(name)
		found = found || strings.Contains(string(b), text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var (
	hexNumber = regexp.MustCompile(`\b[0-9a-f]{12}\b`)
	took      = regexp.MustCompile(`\b[0-9.]+(µs|ms|s)\b`)
)

// ended is how much of a suite has ended: which of two that run at once is first, is chance.
var ended = regexp.MustCompile(`\b\d+/\d+\b`)

// missing are the lines that the README shows and out does not have. Names of
// commits, times and the width of columns are not compared; "..." stands for
// anything.
func (s step) missing(out string) (all []string) {
	same := func(line string) string {
		line = hexNumber.ReplaceAllString(ended.ReplaceAllString(line, "N/M"), "HEX")
		return strings.Join(strings.Fields(took.ReplaceAllString(line, "TIME")), " ")
	}
	var have string
	for line := range strings.SplitSeq(out, "\n") {
		have += same(line) + "\n"
	}
	for _, line := range s.shows {
		want := strings.ReplaceAll(regexp.QuoteMeta(same(line)), `\.\.\.`, ".*")
		if !regexp.MustCompile(`(?m)^` + want + `$`).MatchString(have) {
			all = append(all, line)
		}
	}
	return all
}

func TestReadSteps(t *testing.T) {
	const text = "# x\n\n## First\n\n```sh\nfalse   # exit 1: no\necho a # b\n```\n\n```text\nout\n```\n\n```go\nx\n```\n\n## Second\n\n```sh\nexit 7\n```\n"
	got, quotes, err := readSteps(text, "First")
	if err != nil {
		t.Fatal(err)
	}
	if len(quotes) != 1 || quotes[0] != "x\n" {
		t.Errorf("got quotes %q, want one of x", quotes)
	}
	want := []step{{command: "false", exit: 1}, {command: "echo a # b", shows: []string{"out"}}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	shown := step{shows: []string{"  ok   abcdef012345 (80ms)", "a ... z", "..."}}
	if m := shown.missing("x\n ok 0123456789ab (1.5s)\na b z\n"); m != nil {
		t.Errorf("got %q missing, want none", m)
	}
	if m := shown.missing("not ok 0123456789ab (1.5s)\na\nz\n"); len(m) != 2 {
		t.Errorf("got %q missing, want the first two", m)
	}
	for _, bad := range []string{"", "## First\n", "\n## First\n", "\n## First\n```go\nx\n```\n"} {
		if got, _, err := readSteps(bad, "First"); err == nil {
			t.Errorf("%q: got %v, want an error", bad, got)
		}
	}
}

// TestInitKeptGitignore: gate init does not touch a .gitignore, and says what
// it lacks.
func TestInitKeptGitignore(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("*.log\n/dist/\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	a := &app{stdout: &out}
	a.ignored(dir, ".gitignore", "/.gate/\n/dist/\n")
	a.ignored(dir, "gate.yaml", "service: x\n")
	if got, want := out.String(), "         hint: add /.gate/ to it, unless it ignores that in another way\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
