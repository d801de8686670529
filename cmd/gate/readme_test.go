package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// TestReadme runs the first gate of README.md line by line, as a new user does
// in an empty folder. Stagegate comes from a module proxy in a folder, made of
// the work tree.
func TestReadme(t *testing.T) {
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

// missing are the lines that the README shows and out does not have. Names of
// commits, times and the width of columns are not compared; "..." stands for
// anything.
func (s step) missing(out string) (all []string) {
	same := func(text string) string {
		text = hexNumber.ReplaceAllString(text, "HEX")
		text = took.ReplaceAllString(text, "TIME")
		return regexp.MustCompile(`[ \t]+`).ReplaceAllString("\n"+text+"\n", " ")
	}
	have := strings.ReplaceAll(same(out), "\n ", "\n")
	for _, line := range s.shows {
		want := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(same(line))), `\.\.\.`, ".*")
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

// A person at a keyboard.
type person struct {
	dir string
	env []string
}

// newcomer has a machine with Go and git, an empty folder, and the module
// cache of this machine.
func newcomer(t *testing.T) *person {
	t.Helper()
	home := t.TempDir()
	git := filepath.Join(home, "gitconfig")
	if err := os.WriteFile(git, []byte("[user]\n\tname = test\n\temail = test@example.org\n[init]\n\tdefaultBranch = main\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(home, "work")
	if err := os.Mkdir(work, 0o777); err != nil {
		t.Fatal(err)
	}
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + os.TempDir(), "XDG_CACHE_HOME=" + cache,
		"STAGEGATE_PACT_LIB=" + os.Getenv("STAGEGATE_PACT_LIB"),
		"GIT_CONFIG_GLOBAL=" + git, "GOFLAGS=-modcacherw", "GONOSUMDB=" + modulePath,
	}
	set := goEnv(t, "GOCACHE", "GOMODCACHE", "GOSUMDB", "GOPROXY", "GOTOOLCHAIN")
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOSUMDB", "GOTOOLCHAIN"} {
		env = append(env, name+"="+set[name])
	}
	env = append(env, "GOPROXY="+proxies(folderProxy(t, set["GOMODCACHE"]), set))
	return &person{dir: work, env: env}
}

// proxies are the places of modules, nearest first: the work tree's, what this
// machine has downloaded before, and its own proxy. Nobody has stagegate's
// repository at hand, so "direct" is left out where there is another proxy.
func proxies(folder string, set map[string]string) string {
	all := "file://" + filepath.ToSlash(folder) + ",file://" + filepath.ToSlash(set["GOMODCACHE"]) + "/cache/download"
	for _, p := range strings.FieldsFunc(set["GOPROXY"], func(r rune) bool { return r == ',' || r == '|' }) {
		if p != "direct" && p != "off" {
			all += "," + p
		}
	}
	return all
}

// types runs a line in a shell. A folder that the line changes to stays.
func (p *person) types(t *testing.T, line string) (output string, code int) {
	t.Helper()
	where := filepath.Join(t.TempDir(), "pwd")
	cmd := exec.CommandContext(t.Context(), "bash", "-c", line+"\ncode=$?\npwd >\"$WHERE\"\nexit $code")
	cmd.Dir, cmd.Env = p.dir, append(p.env[:len(p.env):len(p.env)], "WHERE="+where)
	started := time.Now()
	out, err := cmd.CombinedOutput()
	t.Logf("$ %s\n%s(%s)", line, out, time.Since(started).Round(time.Millisecond))
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(where); err == nil {
		p.dir = strings.TrimSpace(string(b))
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// folderProxy makes a module proxy that has stagegate as it is in the work
// tree, in the layout of `go help goproxy`. The version is named after the
// content: what the build cache holds of another is not taken for this one.
func folderProxy(t *testing.T, modcache string) (folder string) {
	t.Helper()
	forget(t, modcache)
	files := moduleFiles(t)
	var content bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&content, "%s %s\n", f.name, harness.DigestOf(f.content))
	}
	version := "v0.1.0-" + testVersion + harness.DigestOf(content.Bytes()).Short()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	var mod []byte
	for _, f := range files {
		if f.name == "go.mod" {
			mod = f.content
		}
		z, err := w.Create(modulePath + "@" + version + "/" + f.name)
		if err == nil {
			_, err = z.Write(f.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	at := filepath.Join(folder, filepath.FromSlash(modulePath), "@v")
	err := os.MkdirAll(at, 0o777)
	for name, b := range map[string][]byte{
		"list": []byte(version + "\n"), version + ".mod": mod, version + ".zip": archive.Bytes(),
		version + ".info": fmt.Appendf(nil, `{"Version":%q,"Time":"2026-01-01T00:00:00Z"}`, version),
	} {
		err = errors.Join(err, os.WriteFile(filepath.Join(at, name), b, 0o666))
	}
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// testVersion begins the pre-release part of versions that this test makes; a
// letter, because the hash alone could be a number with a leading zero.
const testVersion = "readme.h"

// forget removes what earlier tests have left in the module cache. Those of
// the last hour may still be in use.
func forget(t *testing.T, modcache string) {
	t.Helper()
	for _, pattern := range []string{modulePath + "@v0.1.0-" + testVersion + "*", "cache/download/" + modulePath + "/@v/v0.1.0-" + testVersion + "*"} {
		old, err := filepath.Glob(filepath.Join(modcache, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range old {
			if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > time.Hour {
				if err := os.RemoveAll(name); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

type moduleFile struct {
	name    string
	content []byte
}

// moduleFiles are the files that git would have of the module, without those
// of modules below it.
func moduleFiles(t *testing.T) (files []moduleFile) {
	t.Helper()
	root := filepath.Join("..", "..")
	out, err := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if inner(root, name) {
			continue
		}
		b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and git does not know yet
		}
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, moduleFile{name, b})
	}
	return files
}

// inner reports whether name is in a module below root.
func inner(root, name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(dir), "go.mod")); err == nil {
			return true
		}
	}
	return false
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
