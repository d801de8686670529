package features

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Tags that say what a scenario cannot run beside. They hold in one process:
// shards are others.
const (
	serial = "@serial" // nothing
	lock   = "@lock:"  // another scenario with the same tag
)

// A queue gives out scenarios in their order, but none beside which it cannot run:
// serial ones come last, one after the other.
type queue struct {
	mu      sync.Mutex
	changed sync.Cond
	waiting []*scenario
	locked  map[string]bool
	running int
	stopped bool
}

func newQueue(all []*scenario) *queue {
	q := &queue{waiting: slices.Clone(all), locked: map[string]bool{}}
	q.changed.L = &q.mu
	slices.SortStableFunc(q.waiting, func(a, b *scenario) int { return cmp.Compare(alone(a), alone(b)) })
	return q
}

func alone(sc *scenario) int {
	if sc.tagged(serial) {
		return 1
	}
	return 0
}

// next waits for a scenario that may run now; nil means that none is left.
func (q *queue) next() *scenario {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if q.stopped || len(q.waiting) == 0 {
			return nil
		}
		if i := slices.IndexFunc(q.waiting, q.free); i >= 0 {
			sc := q.waiting[i]
			if i == 0 { // the usual case, which moves nothing
				q.waiting = q.waiting[1:]
			} else {
				q.waiting = slices.Delete(q.waiting, i, i+1)
			}
			q.running++
			for _, l := range locks(sc) {
				q.locked[l] = true
			}
			return sc
		}
		q.changed.Wait()
	}
}

func (q *queue) free(sc *scenario) bool {
	if sc.tagged(serial) {
		return q.running == 0
	}
	return !slices.ContainsFunc(locks(sc), func(l string) bool { return q.locked[l] })
}

func locks(sc *scenario) (all []string) {
	for _, t := range sc.tags {
		if strings.HasPrefix(t, lock) {
			all = append(all, t)
		}
	}
	return all
}

func (q *queue) done(sc *scenario) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running--
	for _, l := range locks(sc) {
		delete(q.locked, l)
	}
	q.changed.Broadcast()
}

// halt gives out no more scenarios.
func (q *queue) halt() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stopped = true
	q.changed.Broadcast()
}

// giveBack takes a scenario back that did not run because of halt.
func (q *queue) giveBack(sc *scenario) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stopped {
		q.waiting = append(q.waiting, sc)
	}
	return q.stopped
}

// stop gives out no more scenarios, and returns those that are left.
func (q *queue) stop() []*scenario {
	q.halt()
	q.mu.Lock()
	defer q.mu.Unlock()
	left := q.waiting
	q.waiting = nil
	return left
}

// work calls f for the scenarios of q, each in a subtest of t, by as many workers.
// For one that go test's -run leaves out it calls f with t itself.
func (q *queue) work(t *testing.T, workers int, f func(t *testing.T, sc *scenario, chosen bool)) {
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for sc := q.next(); sc != nil; sc = q.next() {
				ran := false
				ok := t.Run(sc.sub, func(t *testing.T) { ran = true; f(t, sc, true) })
				q.done(sc)
				switch {
				case !ok && flagged("test.failfast"):
					q.halt()
				case !ran && !q.giveBack(sc):
					f(t, sc, false)
				}
			}
		})
	}
	all.Wait()
}

// flagged reports whether a flag of package testing is set.
func flagged(name string) bool {
	f := flag.Lookup(name)
	return f != nil && f.Value.String() == "true"
}

// workers is how many scenarios run at once: what Parallel says, else go test's
// -parallel.
func (r *registry) workers() int {
	if r.parallel > 0 {
		return r.parallel
	}
	if f := flag.Lookup("test.parallel"); f != nil {
		if n, err := strconv.Atoi(f.Value.String()); err == nil && n > 0 {
			return n
		}
	}
	return runtime.GOMAXPROCS(0)
}

// shuffle changes the order as go test's -shuffle asks for it, and says with
// which seed.
func shuffle(t *testing.T, all []*scenario) {
	f := flag.Lookup("test.shuffle")
	if f == nil || f.Value.String() == "off" {
		return
	}
	seed, err := strconv.ParseInt(f.Value.String(), 10, 64)
	if err != nil { // "on"
		seed = time.Now().UnixNano()
	}
	t.Logf("scenarios are in a random order: -shuffle=%d gives the same again", seed)
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	r.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
}

var (
	errStopped  = errors.New("the run was stopped")
	errFailFast = errors.New("go test's -failfast")
	errDeadline = fmt.Errorf("%w: the time of go test (-timeout) is nearly over", errStopped)
)
