package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stagegate/stagegate/harness"
)

const (
	writers = 64
	rounds  = 10
	size    = 64 << 10
)

// testRace has one winner each round, whatever the others write, and readers
// who see nothing or the winner's whole value.
func testRace(t *testing.T, s harness.Store) {
	for round := range rounds {
		key := fmt.Sprintf("race/%d", round)
		var won atomic.Int32
		var winner atomic.Value
		var start, done, reading sync.WaitGroup
		start.Add(1)
		stop := make(chan struct{})
		for range 2 {
			reading.Go(func() { read(t, s, key, &start, stop) })
		}
		for i := range writers {
			done.Go(func() {
				start.Wait()
				mine := value(i)
				switch err := s.Put(t.Context(), key, []byte(mine)); {
				case err == nil:
					won.Add(1)
					winner.Store(mine)
				case !errors.Is(err, harness.ErrExists):
					t.Errorf("writer %d: %v", i, err)
				}
			})
		}
		start.Done()
		done.Wait()
		close(stop)
		reading.Wait()
		if n := won.Load(); n != 1 {
			t.Fatalf("round %d: %d winners of %d, want 1", round, n, writers)
		}
		wantValue(t, s, key, winner.Load().(string))
	}
}

// value is a whole value of writer i: long enough to be seen half written, and
// all of one letter.
func value(i int) string { return strings.Repeat(string(rune('0'+i)), size) }

func read(t *testing.T, s harness.Store, key string, start *sync.WaitGroup, stop <-chan struct{}) {
	start.Wait()
	for {
		select {
		case <-stop:
			return
		default:
		}
		got, err := s.Get(t.Context(), key)
		switch {
		case errors.Is(err, harness.ErrNotFound):
		case err != nil:
			t.Errorf("a reader while it is written: %v", err)
			return
		case len(got) != size || bytes.Count(got, got[:1]) != size:
			t.Errorf("a reader saw a value that nobody wrote: %d bytes", len(got))
			return
		}
	}
}

// testMany loses none of many keys written at once into common and new places.
func testMany(t *testing.T, s harness.Store) {
	var done sync.WaitGroup
	for i := range writers {
		done.Go(func() {
			for j := range 4 {
				key := fmt.Sprintf("many/%d/%d/%02d", j, i%8, i)
				if err := s.Put(t.Context(), key, []byte(key)); err != nil {
					t.Errorf("Put(%q): %v", key, err)
				}
			}
		})
	}
	done.Wait()
	keys, err := s.List(t.Context(), "many")
	if err != nil || len(keys) != 4*writers {
		t.Errorf("List has %d keys, %v, want %d", len(keys), err, 4*writers)
	}
	for _, k := range keys {
		wantValue(t, s, k, k)
	}
}
