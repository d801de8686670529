package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/internal/hello"
)

// groundYAML has no suite that the go command runs: a stage takes no time.
const groundYAML = `service: hello
artifacts: [dist/**]
targets:
  staging: {url: "$URL/staging", version: {path: /version, json: commit}}
suites:
  checks: {cmd: sh tool.sh, results: out/results.xml}
deploy: {run: sh deploy.sh, inputs: [deploy.sh]}
stages:
  commit: {steps: {dist: sh step.sh}, suites: [checks]}
  acceptance: {target: staging, needs: [commit], deploy: true, after: [checks]}
`

const groundTool = `set -e
mkdir -p out
echo '<testsuite name="t" tests="1"><testcase classname="t" name="one"/></testsuite>' >out/results.xml
`

// groundStep is dist.sh, and whatever a test has put into place/step.
const groundStep = `set -e
sh dist.sh
test ! -e place/step || sh place/step
`

// A ground is a repository, with a service, on which the real program runs.
type ground struct {
	gate, dir string
	env       []string
	more      []string // arguments of each call
}

// newGround makes one. yaml is its gate.yaml, with "$NAME" for values and $URL.
func newGround(t *testing.T, gate, yaml string, values map[string]string) *ground {
	t.Helper()
	g := &ground{gate: gate, dir: t.TempDir()}
	s := httptest.NewServer(hello.Handler(g.dir))
	t.Cleanup(s.Close)
	all := map[string]string{"URL": s.URL}
	for k, v := range values {
		all[k] = v
	}
	err := errors.Join(os.WriteFile(filepath.Join(g.dir, "gate.yaml"), []byte(yaml), 0o666),
		os.WriteFile(filepath.Join(g.dir, "tool.sh"), []byte(groundTool), 0o666),
		os.WriteFile(filepath.Join(g.dir, "step.sh"), []byte(groundStep), 0o666), hello.Write(g.dir, all))
	if err != nil {
		t.Fatal(err)
	}
	key, trust, err := hello.Keys(g.dir)
	if err == nil {
		err = hello.Commit(t.Context(), g.dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	g.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(g.dir, "place"), "TMPDIR=" + os.TempDir(),
		"GIT_CONFIG_GLOBAL=" + os.DevNull, "STAGEGATE_KEY=" + key, "STAGEGATE_TRUST=" + trust,
		"GODEBUG=asyncpreemptoff=1"} // each of its signals stops a traced process
	return g
}

// An ending is how a call of gate ended; code -1: by a signal.
type ending struct {
	code           int
	stdout, stderr string
}

// ends runs a command line in g to its end.
func (g *ground) ends(t *testing.T, line ...string) ending {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // it hangs
	defer cancel()
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Dir, cmd.Env = g.dir, g.env
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	if failed := cmd.Run(); cmd.ProcessState == nil || ctx.Err() != nil {
		t.Errorf("%q: %v, %v", line, failed, ctx.Err())
		return ending{-2, out.String(), err.String()}
	}
	return ending{cmd.ProcessState.ExitCode(), out.String(), err.String()}
}

// does runs gate in g.
func (g *ground) does(t *testing.T, args ...string) ending {
	t.Helper()
	return g.ends(t, slices.Concat([]string{g.gate}, args, g.more)...)
}

// clear takes away what runs have left in g.
func (g *ground) clear(t *testing.T) {
	t.Helper()
	for _, name := range []string{".gate", "dist", "out", "place/staging.commit", "place/staging.greeting"} {
		if err := os.RemoveAll(filepath.Join(g.dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// stored are the keys in the store.
func (g *ground) stored(t *testing.T) (all []string) {
	t.Helper()
	top := filepath.Join(g.dir, ".gate")
	err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.Contains(name, ".tmp~") {
			return err
		}
		key := filepath.ToSlash(strings.TrimPrefix(name, top+string(filepath.Separator)))
		info, err := d.Info()
		if err == nil && info.Size() == 0 {
			key += " (empty)"
		}
		all = append(all, key)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	return all
}

// damage is how a verdict tells of an object that is not whole.
var damage = regexp.MustCompile(`(?i)damaged|is missing|cut short|was changed|cannot be read|is lost|are lost|is gone|is not whole`)

// inTheWay is how a verdict tells of a run that has to be decided.
var inTheWay = regexp.MustCompile(`gate decide --run (\S+)`)

// goesOn checks that after a fault the stage has its old state or its new one,
// and that it can be taken again from there. ended is how gate ended in the
// fault, stored are the keys in the store after it.
func (g *ground) goesOn(t *testing.T, about, stage string, ended ending, stored []string) {
	t.Helper()
	allows := complete(stored, stage)
	why := g.does(t, "explain", stage)
	if why.code != 0 && why.code != exitInconclusive || damage.MatchString(why.stdout) {
		t.Errorf("%s: explained with %d:\n%s%s", about, why.code, why.stdout, why.stderr)
	}
	if why.code == 0 && !allows && ended.code != 0 { // code 0 without a run is the entry
		if !strings.Contains(why.stdout, "entry") {
			t.Errorf("%s: allowed by %q", about, stored)
		}
	}
	if ended.code == 0 {
		again := g.does(t, "explain", "--replay", stage)
		if !allows || why.code != 0 || again.code != 0 || !strings.Contains(again.stdout, "exit allow") {
			t.Errorf("%s: gate ended with 0, and the verdict cannot be read back: %s%s%q", about, why.stdout, again.stdout, stored)
		}
	}
	g.again(t, about, stage)
}

// again takes the stage once more, as people do.
func (g *ground) again(t *testing.T, about, stage string) {
	t.Helper()
	next := g.does(t, "run", stage)
	open := inTheWay.FindStringSubmatch(next.stdout)
	switch {
	case next.code == exitInconclusive && strings.Contains(next.stdout, "has staging, until"):
		return // its lease will end: package lock has the tests
	case next.code == exitInconclusive && open != nil:
		if end := g.does(t, "decide", "--run", open[1]); end.code != 0 && end.code != exitInconclusive {
			t.Errorf("%s: decided with %d:\n%s%s", about, end.code, end.stdout, end.stderr)
		}
		next = g.does(t, "run", stage)
	}
	if next.code != 0 && (next.code != exitBlock || !strings.Contains(next.stdout, "was given up")) {
		t.Errorf("%s: the next run ended with %d:\n%s%s", about, next.code, next.stdout, next.stderr)
	}
	if stage != "commit" {
		return
	}
	if check := g.does(t, "check", "acceptance"); (check.code == 0) != (next.code == 0) {
		t.Errorf("%s: the next run ended with %d, and acceptance may be entered with %d:\n%s", about, next.code, check.code, check.stdout)
	}
}

// complete reports whether the newest run of a stage has all that allows it.
func complete(stored []string, stage string) bool {
	place := map[string]string{"commit": "runs/commit/", "acceptance": "runs/staging/"}[stage]
	last := ""
	for _, k := range stored {
		if strings.HasPrefix(k, place) && strings.HasSuffix(k, "/record") {
			last = max(last, strings.TrimSuffix(k, "record"))
		}
	}
	for _, part := range []string{"deployment", "evidence/after/checks/1", "closings/1"} {
		if last == "" || !slices.Contains(stored, last+part) {
			return false
		}
	}
	return true
}

// anyTime is keys without what is different each time.
func anyTime(keys []string) (all []string) {
	for _, k := range keys {
		if strings.HasPrefix(k, "blobs/") {
			k = "blob"
		}
		all = append(all, regexp.MustCompile(`[0-9a-f]{40,}|[0-9]{8}T[0-9.]+Z`).ReplaceAllString(k, "*"))
	}
	return all
}
