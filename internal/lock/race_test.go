package lock_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stagegate/stagegate/adapters/filestore"
	"github.com/stagegate/stagegate/internal/lock"
)

// Many want the place at once, on a disk; every second time the one who has it
// renews in many processes as they take it over: there is one winner each round.
func TestManyTakeAtOnce(t *testing.T) {
	const many, rounds = 32, 12
	dir := filepath.Join(t.TempDir(), "store")
	var passed atomic.Int64
	open := func() lock.Locks {
		return lock.Locks{Store: filestore.New(dir), Now: func() time.Time { return noon.Add(time.Duration(passed.Load())) }}
	}
	saved := 0
	for round, last := 1, 0; round <= rounds; round++ {
		said, renewed := make([]string, many), make([]error, many)
		var start, done sync.WaitGroup
		start.Add(1)
		for i := range many {
			l := open()
			done.Go(func() {
				start.Wait()
				said[i] = told(l.Take(context.Background(), place, who(fmt.Sprint("c", i))))
			})
			if renewed[i] = lock.ErrOvertaken; round%2 == 0 {
				done.Go(func() { start.Wait(); renewed[i] = open().Renew(context.Background(), place, last) })
			}
		}
		start.Done()
		done.Wait()
		winners := 0
		for _, s := range said {
			if s == fmt.Sprint("claim ", last+1) {
				winners++
			}
		}
		over := 0
		for _, err := range renewed {
			if errors.Is(err, lock.ErrOvertaken) {
				over++
			}
		}
		switch {
		case winners == 0 && errors.Join(renewed...) == nil:
			saved++
		case winners == 1 && over == many:
			last++
		default:
			t.Fatalf("round %d: %d winners, the holder is told %v: %q", round, winners, renewed, said)
		}
		claim, free, err := open().Latest(t.Context(), place)
		if err != nil || free || claim.Number != last {
			t.Fatalf("round %d: got %+v, free %v, %v, want claim %d", round, claim, free, err, last)
		}
		if round%2 == 0 {
			check(t, open().Release(t.Context(), place, last))
		} else {
			passed.Add(int64(2 * time.Hour))
		}
	}
	t.Logf("the holder was faster in %d of %d", saved, rounds/2)
	if g := gap(filestore.New(dir)); g != "" {
		t.Error(g)
	}
}

// Many wait at once: one after the other has the place, or is skipped for a
// newer one, and the newest of all gets it.
func TestManyWaitAtOnce(t *testing.T) {
	const many = 12
	dir := filepath.Join(t.TempDir(), "store")
	open := func() lock.Locks { return lock.Locks{Store: filestore.New(dir), Poll: time.Millisecond} }
	first, err := open().Take(t.Context(), place, who("first"))
	check(t, err)
	said := make([]string, many)
	var holders atomic.Int32
	var waiting, done sync.WaitGroup
	waiting.Add(many)
	for i := range many {
		c := who(fmt.Sprint("c", i))
		c.At = time.Now().Add(time.Duration(i) * time.Millisecond)
		once := sync.OnceFunc(waiting.Done)
		done.Go(func() {
			defer once()
			l := open()
			claim, err := l.Wait(context.Background(), place, c, time.Hour, func(lock.Claim, time.Time) { once() })
			said[i] = told(claim, err)
			if err != nil {
				return
			}
			if n := holders.Add(1); n != 1 {
				t.Errorf("%d hold the place", n)
			}
			holders.Add(-1)
			if err := l.Release(context.Background(), place, claim.Number); err != nil {
				t.Error(err)
			}
		})
	}
	waiting.Wait()
	check(t, open().Release(t.Context(), place, first.Number))
	done.Wait()
	got := 0
	for i, s := range said {
		var n int
		switch _, err := fmt.Sscanf(s, "claim %d", &n); {
		case err == nil:
			got++
		case len(s) < len("superseded by c") || s[:len("superseded by c")] != "superseded by c":
			t.Errorf("candidate %d is told %q", i, s)
		}
	}
	claim, free, err := open().Latest(t.Context(), place)
	if err != nil || !free || claim.By.Nonce != fmt.Sprint("c", many-1) || claim.Number != got+1 {
		t.Errorf("got %+v, free %v, %v, want the newest of %d: %q", claim, free, err, got, said)
	}
	t.Logf("%d of %d had the place", got, many)
}
