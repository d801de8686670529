package tamper

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func byKind(all []cell) map[kind][]cell {
	some := map[kind][]cell{}
	for _, c := range all {
		some[c.kind] = append(some[c.kind], c)
	}
	return some
}

// kindOf is the kind of the n-th case in a world: of twenty one is idle, and
// eight are of bytes, of which there are fewer mutations.
func kindOf(n uint64) kind {
	switch {
	case n%20 == 19:
		return idleChanged
	case n%5 < 2:
		return bytesChanged
	default:
		return meaningChanged
	}
}

// run tries n cases, in a new world after every twenty, and then what few worlds
// have something for until all was tried a few times.
func (c *campaign) run(n uint64) {
	var next atomic.Uint64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for k := next.Add(perWorld) - perWorld; k < n && !c.failed.Load(); k = next.Add(perWorld) - perWorld {
				c.world(k/perWorld, func(w *inWorld) {
					for i := range min(perWorld, n-k) {
						w.next(i)
					}
				})
			}
		})
	}
	workers.Wait()
	worlds := (n + perWorld - 1) / perWorld
	for k := worlds; n >= enough && k < worlds+mostWorlds && len(c.lacking()) > 0 && !c.failed.Load(); k++ {
		c.world(k, func(w *inWorld) {
			for _, x := range c.lacking() {
				w.try(x)
			}
		})
	}
}

// mostWorlds are made to try again what was tried too seldom.
const mostWorlds = 1000

// few is how often everything is tried at least.
const few = 3

// lacking are the cells that were not tried often enough.
func (c *campaign) lacking() (all []cell) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range []kind{bytesChanged, meaningChanged, idleChanged} {
		all = append(all, filter(c.cells[k], func(x cell) bool { return c.done[x.String()] < few })...)
	}
	return all
}

// inWorld tries cases in one world.
type inWorld struct {
	*campaign
	world *proven
	n     uint64
	tried map[uint64]uint64 // by cell
}

// world makes world n, and does something in it.
func (c *campaign) world(n uint64, do func(*inWorld)) {
	p, err := prove(c.seed, n, c.both)
	if err != nil {
		c.escape("world", fmt.Sprintf("world %d of STAGEGATE_TAMPER_SEED=%d: %v", n, c.seed, err))
		return
	}
	c.mu.Lock()
	for _, s := range p.shapes() {
		c.shapes[s]++
	}
	c.mu.Unlock()
	do(&inWorld{c, p, n, map[uint64]uint64{}})
}

// next tries case i: worlds go on through the cells of a kind where the one
// before ended, and pass over those that they have nothing for.
func (w *inWorld) next(i uint64) {
	all := w.cells[kindOf(i)]
	before := uint64(0) // cases of this kind, in this world and in those before
	for k := range uint64(perWorld) {
		if kindOf(k) == kindOf(i) {
			if before += w.n; k < i {
				before++
			}
		}
	}
	for k := range uint64(len(all)) {
		if w.try(all[(before+k)%uint64(len(all))]) {
			return
		}
	}
}

// try tries one case, and reports whether the world had something to change.
func (w *inWorld) try(x cell) bool {
	turn := w.tried[x.id]
	w.tried[x.id]++
	t, ok, err := w.trial(w.world, w.n, x, turn)
	if err != nil {
		w.escape(x.name, fmt.Sprintf("%s: %s: %v\n\tSTAGEGATE_TAMPER_REPLAY=%d/%d/%d/%d", x, t.what, err, w.seed, w.n, x.id, turn))
	}
	if ok {
		w.mu.Lock()
		w.done[x.String()]++
		w.mu.Unlock()
	}
	return ok
}

// trial is one case, and the same for the same arguments.
func (c *campaign) trial(p *proven, n uint64, x cell, turn uint64) (*trial, bool, error) {
	t := newTrial(p, x.phase, newRand(c.seed^n<<20, x.id<<8|turn))
	ok, err := t.run(x.mutation, p.verdicts[x.phase])
	return t, ok, err
}

// replay tries one case again: SEED/WORLD/CELL/TURN.
func (c *campaign) replay(t *testing.T, text string) {
	var world, id, turn uint64
	if _, err := fmt.Sscanf(text, "%d/%d/%d/%d", &c.seed, &world, &id, &turn); err != nil {
		t.Fatalf("STAGEGATE_TAMPER_REPLAY=%s: want SEED/WORLD/CELL/TURN: %v", text, err)
	}
	p, err := prove(c.seed, world, c.both)
	if err != nil {
		t.Fatal(err)
	}
	x := cells()[id]
	trial, ok, err := c.trial(p, world, x, turn)
	t.Logf("%s: %s: changed %t", x, trial.what, ok)
	if err != nil {
		t.Error(err)
	}
}

// How many escapes of one mutation are told, and how many end a campaign.
const (
	escapesOfOne = 2
	mostEscapes  = 40
)

func (c *campaign) escape(name, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.found[name]++; c.found[name] <= escapesOfOne {
		c.escapes = append(c.escapes, text)
	}
	if len(c.escapes) >= mostEscapes {
		c.failed.Store(true)
	}
}

// wide checks that a campaign did not shrink to nothing: each mutation was
// tried in each phase, and each kind in thousands of cases.
func (c *campaign) wide(t *testing.T, n uint64) {
	t.Helper()
	kinds := map[kind]int{}
	for k, all := range c.cells {
		least := all[0].String()
		for _, x := range all {
			times := c.done[x.String()]
			if kinds[k] += times; times < c.done[least] {
				least = x.String()
			}
			if n >= enough && times < few {
				t.Errorf("%s was tried %d times", x, times)
			}
		}
		t.Logf("%s: %d cases, least %d of %s", k, kinds[k], c.done[least], least)
	}
	if int(n) > sum(c.done) || kinds[bytesChanged] < int(n)/3 || kinds[meaningChanged] < int(n)/2 {
		t.Errorf("%d cases, by kind %v: want %d, mostly of bytes and of meaning", sum(c.done), kinds, n)
	}
	var shapes []string
	for _, s := range slices.Sorted(maps.Keys(c.shapes)) {
		shapes = append(shapes, fmt.Sprintf("%d %s", c.shapes[s], s))
	}
	t.Logf("worlds with %s", strings.Join(shapes, ", "))
	for _, s := range wanted {
		if n >= enough && c.shapes[s] == 0 {
			t.Errorf("no world had: %s", s)
		}
	}
}

// wanted is what some worlds have to have.
var wanted = []string{"3 runs on commit", "3 runs on staging", "3 runs on prod", "run that failed", "run that given up", "run that broken", "run that held",
	"run in shards", "shard that came late", "evidence of cmd", "evidence of record", "passed row of attempt 2", "skipped row of attempt 1",
	"unreachable row of attempt 1", "manual gate of 2", "approval of outcomes", "approval of flakes", "approval of time", "approval of skips",
	"approval of logic", "approval of loosened", "something allowed before"}

func sum(all map[string]int) (n int) {
	for _, k := range all {
		n += k
	}
	return n
}

func TestMutationsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range cells() {
		if seen[c.String()] {
			t.Errorf("two mutations are called %s", c)
		}
		seen[c.String()] = true
	}
}
