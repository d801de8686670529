package flow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/lock"
)

// How the call at which a store fails ends, and what becomes of those after it.
type fault int

const (
	refused fault = iota // nothing was done
	lost                 // it was done, and the answer is lost
	dead                 // nothing was done, and nothing is any more: the process or the store is gone
	killed               // it was done, and nothing is any more
)

func (f fault) String() string { return [...]string{"refused", "lost", "dead", "killed"}[f] }

var errStore = errors.New("the store is broken")

// memory is a store; its copies are what was stored at a time.
type memory map[string][]byte

// keys are those of everything below prefix but blobs, sorted.
func (m memory) keys(prefix string) []string {
	all := slices.Sorted(maps.Keys(m))
	return slices.DeleteFunc(all, func(k string) bool { return !strings.HasPrefix(k, prefix) || strings.HasPrefix(k, "blobs/") })
}

// flaky is a store of which the call number at fails; 0: none does.
type flaky struct {
	memory
	at  int
	how fault

	mu    sync.Mutex
	calls []string
}

func (f *flaky) call(op, key string, do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, op+" "+key)
	n := len(f.calls)
	first, gone := n == f.at, n > f.at && f.at > 0 && f.how >= dead
	if gone || first && (f.how == refused || f.how == dead) {
		return errStore
	}
	if err := do(); !first {
		return err
	}
	return errStore
}

func (f *flaky) Put(_ context.Context, key string, b []byte) error {
	return f.call("put", key, func() error {
		if _, ok := f.memory[key]; ok {
			return harness.ErrExists
		}
		f.memory[key] = bytes.Clone(b)
		return nil
	})
}

func (f *flaky) Get(_ context.Context, key string) (b []byte, err error) {
	err = f.call("get", key, func() error {
		var ok bool
		if b, ok = f.memory[key]; !ok {
			return harness.ErrNotFound
		}
		return nil
	})
	return bytes.Clone(b), err
}

func (f *flaky) List(_ context.Context, prefix string) (keys []string, err error) {
	err = f.call("list", prefix, func() error {
		all := slices.Sorted(maps.Keys(f.memory))
		keys = slices.DeleteFunc(all, func(k string) bool { return prefix != "" && !strings.HasPrefix(k, prefix+"/") })
		return nil
	})
	return keys, err
}

// An operation is what a person asks gate for.
type operation struct {
	name string
	do   func(h *house, stage, run string) (id string, v harness.Verdict, err error)
}

var operations = []operation{
	{"check", func(h *house, stage, run string) (string, harness.Verdict, error) {
		v, err := h.Check(h.Context(), stage)
		return run, v, err
	}},
	{"begin", func(h *house, stage, _ string) (string, harness.Verdict, error) {
		rec, v, err := h.Begin(h.Context(), stage, 1)
		return rec.ID, v, err
	}},
	{"test", func(h *house, _, run string) (string, harness.Verdict, error) {
		return run, harness.Verdict{Verdict: harness.Allow}, h.Test(h.Context(), run, 1)
	}},
	{"decide", func(h *house, _, run string) (string, harness.Verdict, error) {
		v, err := h.Decide(h.Context(), run)
		return run, v, err
	}},
	{"explain", func(h *house, _, run string) (string, harness.Verdict, error) {
		v, err := h.Explain(h.Context(), run)
		return run, v, err
	}},
}

// A moment is all that an operation starts from.
type moment struct {
	store  memory
	run    string // that has begun
	now    time.Time
	nonces int
	serves map[string]string
	dist   string // what is in dist/app; "": no such file
}

// A trial tries out a stage with a broken store.
type trial struct {
	*testing.T
	stage      string
	mine       *house // whose promotion meets the faults
	other      *house // another checkout, with the next commit
	faults     int
	recovered  map[string]bool
	unfinished int
}

func newTrial(t *testing.T, stage string) *trial {
	a := newHouse(t)
	b := &house{T: t, dir: filepath.Join(t.TempDir(), "clone"), store: a.store, world: a.world}
	a.git("clone", "-q", a.dir, b.dir)
	for _, h := range []*house{b, a} {
		h.git("config", "user.name", "test")
		h.git("config", "user.email", "test@example.org")
	}
	b.change("2")
	b.load()
	return &trial{T: t, stage: stage, mine: a, other: b, recovered: map[string]bool{}}
}

// at makes h continue from m with a store that fails there.
func (t *trial) at(h *house, m moment, n int, how fault) *flaky {
	w := h.world
	w.dir, w.now, w.nonces, w.serves, w.commands = h.dir, m.now, m.nonces, maps.Clone(m.serves), nil
	app := filepath.Join(h.dir, "dist", "app")
	if m.dist == "" {
		must(t, os.RemoveAll(filepath.Dir(app)))
	} else {
		must(t, write(app, m.dist, 0o755))
	}
	f := &flaky{memory: maps.Clone(m.store), at: n, how: how}
	h.Ledger.Store = f
	return f
}

// since is the moment after an operation of h.
func (t *trial) since(h *house, f *flaky, run string) moment {
	b, _ := os.ReadFile(filepath.Join(h.dir, "dist", "app"))
	return moment{store: f.memory, run: run, now: h.world.now, nonces: h.world.nonces, serves: maps.Clone(h.world.serves), dist: string(b)}
}

// A store that fails at any of its calls, once or from then on, before or after
// what it was to do: whoever asked hears of it, nothing half is left, nothing
// goes to production without its evidence, and the next run finds its way.
func TestStoreFails(t *testing.T) {
	for _, stage := range []string{"commit", "acceptance", "production"} {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			s := newTrial(t, stage)
			now := moment{store: memory{}, now: s.mine.world.now, serves: map[string]string{}}
			for _, before := range []string{"commit", "acceptance", "production"} {
				if before == stage {
					break
				}
				for _, h := range []*house{s.other, s.mine} {
					f := s.at(h, now, 0, refused)
					h.allowed(before)
					now = s.since(h, f, "")
					now.dist = "" // that is another checkout's
				}
			}
			for _, op := range operations {
				now.dist = map[bool]string{true: now.dist}[op.name != "begin" && op.name != "check"] // as in a fresh clone
				now = s.operation(op, now)
			}
			t.Logf("%d faults; after them %d states to go on from, %d with a run to be given up", s.faults, len(s.recovered), s.unfinished)
			if s.faults < 150 || len(s.recovered) < 10 || s.unfinished == 0 {
				t.Error("too few: this test shows nothing")
			}
		})
	}
}

// operation tries op from m with each fault at each call, and returns the
// moment after it went well.
func (t *trial) operation(op operation, m moment) moment {
	t.Helper()
	f := t.at(t.mine, m, 0, refused)
	run, v, err := op.do(t.mine, t.stage, m.run)
	if err != nil || !v.Allowed() {
		t.Fatalf("%s of a store in order: %s, %v: %+v", op.name, v.Verdict, err, v.Failing())
	}
	after := t.since(t.mine, f, run)
	for n, call := range f.calls {
		for _, how := range []fault{refused, lost, dead, killed} {
			write := strings.HasPrefix(call, "put ")
			if write || how == refused || how == dead && n%4 == 0 { // who reads nothing any more fails soon
				t.fault(op, m, after, n+1, how, call)
			}
		}
	}
	return after
}

func (t *trial) fault(op operation, m, well moment, n int, how fault, call string) {
	t.Helper()
	t.faults++
	f := t.at(t.mine, m, n, how)
	run, v, err := op.do(t.mine, t.stage, m.run)
	about := fmt.Sprintf("%s, call %d %s (%s)", op.name, n, how, call)
	if err == nil && (!v.Allowed() || !slices.Equal(f.keys(""), well.store.keys(""))) {
		t.Errorf("%s: no error, %s: %+v", about, v.Verdict, v.Failing())
	}
	if err != nil && !errors.Is(err, errStore) {
		t.Errorf("%s: got %v, want the store's error", about, err)
	}
	target := t.mine.TargetOf(t.stage)
	if t.mine.world.deployed(target.Name) > 0 && !begun(f.memory, target) {
		t.Errorf("%s: deployed without a record", about)
	}
	now := t.since(t.mine, f, run)
	begins := op.name == "begin" && !begun(f.memory, target) && how < dead && !strings.HasSuffix(call, "/release")
	f.at = 0
	if _, free, err := (lock.Locks{Store: f, Now: t.mine.Now}).Latest(t.Context(), ledger.Place(target)); begins && (!free || err != nil) {
		t.Errorf("%s: no run has begun, and its claim stays: %v", about, err)
	}
	state := fmt.Sprint(op.name, f.keys(""), len(f.memory), now.serves)
	if !t.recovered[state] {
		t.recovered[state] = true
		t.whole(about, now)
		t.goesOn(about, now)
	}
}

// begun reports whether a run of the first commit has begun on a target.
func begun(m memory, target harness.Target) bool {
	return slices.ContainsFunc(m.keys("runs/"+ledger.Place(target)+"/"), func(k string) bool { return strings.HasSuffix(k, "/record") })
}
