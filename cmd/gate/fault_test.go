//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/internal/need"
)

// oneThread is gate with its first goroutine on its first thread: strace counts
// system calls by thread, and those of children are none of this test's.
func oneThread(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	made := t.TempDir()
	added, overlay, program := filepath.Join(made, "thread.go"), filepath.Join(made, "overlay.json"), filepath.Join(made, "gate")
	b, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(dir, "thread.go"): added}})
	if err == nil {
		err = os.WriteFile(added, []byte("package main\n\nimport \"runtime\"\n\nfunc init() { runtime.LockOSThread() }\n"), 0o666)
	}
	if err == nil {
		err = os.WriteFile(overlay, b, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-overlay", overlay, "-buildvcs=false", "-o", program, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build gate: %v\n%s", err, out)
	}
	return program
}

// straceAt is where strace is, if it may trace.
func straceAt(t *testing.T) string {
	t.Helper()
	const install = "apt-get install strace; a container needs --cap-add SYS_PTRACE"
	path, err := exec.LookPath("strace")
	if err != nil {
		need.Missing(t, "strace", install)
	}
	if out, err := exec.Command(path, "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		need.Missing(t, fmt.Sprintf("strace that may trace (%v: %s)", err, out), install)
	}
	return path
}

// A kind is a system call and what becomes of it.
type kind struct {
	stage string
	call  string
	fault string // as strace says it
	on    bool   // it stays so
	step  int    // the 1st, the 1+step-th, ...
}

// kinds are the calls that change what is on the disk. Of those that only
// prepare it, or that package filestore breaks one by one, some are enough.
var kinds = []kind{
	{"commit", "fsync", "error=EIO", false, 1},
	{"commit", "fsync", "signal=KILL", false, 1},
	{"commit", "fsync", "error=ENOSPC", false, 5},
	{"commit", "fsync", "error=EIO", true, 5},
	{"commit", "linkat", "error=EIO", false, 1},
	{"commit", "linkat", "error=ENOSPC", false, 1},
	{"commit", "linkat", "signal=KILL", false, 1},
	{"commit", "linkat", "error=EROFS", true, 3},
	{"commit", "write", "error=ENOSPC", false, 1},
	{"commit", "write", "error=EIO", false, 2},
	{"commit", "write", "signal=KILL", false, 2},
	{"commit", "write", "error=ENOSPC", true, 3},
	{"commit", "mkdirat", "error=ENOSPC", false, 7},
	{"commit", "mkdirat", "signal=KILL", false, 7},
	{"commit", "unlinkat", "error=EIO", false, 7},
	{"commit", "unlinkat", "signal=KILL", false, 4},
	{"commit", "renameat", "signal=KILL", false, 1}, // there is none now
	{"acceptance", "fsync", "error=EIO", false, 5},
	{"acceptance", "fsync", "signal=KILL", false, 5},
	{"acceptance", "linkat", "error=EIO", false, 2},
	{"acceptance", "linkat", "signal=KILL", false, 1},
	{"acceptance", "write", "error=ENOSPC", false, 4},
}

// A breaker breaks system calls of gate, in a ground of its own.
type breaker struct {
	*testing.T
	*ground
	strace, base string // base is the store in which commit is allowed
	mu           *sync.Mutex
	gone         map[string]bool // states from which it was seen how it goes on
	broken       map[string]int
	untouched    map[string]bool
}

// TestBrokenSystemCalls lets each call of gate that changes the disk fail, or
// kills it there: it ends with 0 only if the verdict stands in the store, and
// once the disk is in order there is the old state or the new one.
func TestBrokenSystemCalls(t *testing.T) {
	strace, gate, started := straceAt(t), oneThread(t), time.Now()
	one := breaker{T: t, strace: strace, mu: &sync.Mutex{}, gone: map[string]bool{}, broken: map[string]int{}, untouched: map[string]bool{}}
	var all []breaker
	for range max(2, runtime.GOMAXPROCS(0)) {
		b := one
		b.ground, b.base = newGround(t, gate, groundYAML, nil), filepath.Join(t.TempDir(), "base")
		if e := b.does(t, "run", "commit"); e.code != 0 {
			t.Fatalf("run commit: %d:\n%s%s", e.code, e.stdout, e.stderr)
		}
		if err := os.CopyFS(b.base, os.DirFS(filepath.Join(b.dir, ".gate"))); err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	jobs := make(chan func(breaker))
	var wg sync.WaitGroup
	for _, b := range all {
		wg.Go(func() {
			for do := range jobs {
				do(b)
			}
		})
	}
	count := map[string]map[string]int{"commit": all[0].count("commit"), "acceptance": all[0].count("acceptance")}
	for _, k := range kinds {
		n := count[k.stage][k.call]
		for at := 1; at <= n+2; at += k.step { // two more, for those that go to a pipe now and then
			jobs <- func(b breaker) { b.breaks(k, at) }
		}
		jobs <- func(b breaker) { b.breaks(k, n+20) }
	}
	close(jobs)
	wg.Wait()
	total := 0
	for _, k := range kinds {
		total += one.broken[k.name()]
		if k.call != "renameat" && one.broken[k.name()] == 0 || !one.untouched[k.name()] {
			t.Errorf("%s: %d were broken; got through untouched: %t", k.name(), one.broken[k.name()], one.untouched[k.name()])
		}
		t.Logf("%4d of %3d  %s", one.broken[k.name()], count[k.stage][k.call], k.name())
	}
	t.Logf("%d system calls broken in %v; %d states to go on from", total, time.Since(started).Round(time.Second), len(one.gone))
	if total < 200 || len(one.gone) < 20 {
		t.Error("too few: this test shows nothing")
	}
}

func (k kind) name() string {
	return strings.Join([]string{k.stage, k.call, k.fault, map[bool]string{true: "and on"}[k.on]}, " ")
}

// reset makes the store what it was before a run of stage.
func (b breaker) reset(stage string) {
	b.clear(b.T)
	if stage == "commit" {
		return
	}
	if err := os.CopyFS(filepath.Join(b.dir, ".gate"), os.DirFS(b.base)); err != nil {
		b.Error(err)
	}
}

// traced runs a stage under strace, and returns what strace said.
func (b breaker) traced(stage string, options ...string) (ending, string) {
	log := filepath.Join(b.dir, "place", "strace.log")
	line := append([]string{b.strace, "-qq", "-y", "-e", "signal=none", "-o", log}, options...)
	e := b.ends(b.T, append(line, b.gate, "run", stage)...)
	text, err := os.ReadFile(log)
	if err != nil {
		b.Error(err)
	}
	return e, string(text)
}

// count counts the calls of a run in which nothing is broken.
func (b breaker) count(stage string) map[string]int {
	b.reset(stage)
	e, log := b.traced(stage, "-e", "trace=fsync,linkat,write,mkdirat,unlinkat,renameat,renameat2")
	if e.code != 0 {
		b.Errorf("%s: %d:\n%s%s", stage, e.code, e.stdout, e.stderr)
	}
	all := map[string]int{}
	for line := range strings.Lines(log) {
		call, _, _ := strings.Cut(line, "(")
		all[call]++
	}
	return all
}

// breaks breaks one call of a run and looks at what is left.
func (b breaker) breaks(k kind, at int) {
	b.reset(k.stage)
	when := fmt.Sprintf("%s:%s:when=%d", k.call, k.fault, at)
	if k.on {
		when += "+"
	}
	about := k.stage + " " + when
	e, log := b.traced(k.stage, "-e", "trace="+k.call, "-e", "inject="+when)
	kill := strings.HasPrefix(k.fault, "signal=")
	touched := strings.Contains(log, "(INJECTED)") || kill && e.code == -1
	switch {
	case !touched && e.code != 0:
		b.Errorf("%s: nothing was broken, and gate ended with %d:\n%s%s", about, e.code, e.stdout, e.stderr)
	case kill && touched && e.code != -1, !kill && !slices.Contains([]int{0, exitInconclusive, exitInternal}, e.code) && !wakes(log):
		b.Errorf("%s: gate ended with %d:\n%s%s", about, e.code, e.stdout, e.stderr)
	}
	stored := b.stored(b.T)
	state := fmt.Sprint(k.stage, e.code == 0, anyTime(stored))
	b.mu.Lock()
	if touched {
		b.broken[k.name()]++
	} else {
		b.untouched[k.name()] = true
	}
	seen := b.gone[state]
	b.gone[state] = true
	b.mu.Unlock()
	if !seen {
		b.goesOn(b.T, about, k.stage, e, stored)
	}
}

// wakes reports whether a call was broken by which Go wakes a thread: it ends
// the process as no disk can.
func wakes(log string) bool { return regexp.MustCompile(`eventfd\][^\n]*INJECTED`).MatchString(log) }
