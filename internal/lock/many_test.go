package lock_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// The newest of thousands is found in a few reads, and who waits reads fewer.
func TestManyClaims(t *testing.T) {
	const n, renewals = 5000, 300
	c, store := &clock{noon}, newMemory()
	l := c.locks(store)
	for i := range n {
		claim, err := l.Take(t.Context(), place, who(fmt.Sprint("candidate-", i)))
		if err != nil || claim.Number != i+1 {
			t.Fatalf("got claim %d, %v, want %d", claim.Number, err, i+1)
		}
		if i < n-1 {
			check(t, l.Release(t.Context(), place, claim.Number))
		}
	}
	look := func(what string, most int) {
		s, count := counted(store)
		claim, free, err := c.locks(s).Latest(t.Context(), place)
		if err != nil || claim.Number != n || free {
			t.Errorf("%s: got claim %d, free %v, %v, want %d", what, claim.Number, free, err, n)
		}
		if count["get"] > most || count["list"] > 0 || count["put"] > 0 {
			t.Errorf("%s: %v, want at most %d gets and nothing else", what, count, most)
		}
	}
	look("no renewals", 39)
	for range renewals {
		c.pass(5 * time.Minute)
		check(t, l.Renew(t.Context(), place, n))
	}
	look("many renewals", 39+20)
	s, count := counted(store)
	looks := 0
	waits := c.locks(s)
	waits.Sleep = func(_ context.Context, d time.Duration) error {
		if looks++; looks == 1 {
			clear(count)
		}
		c.pass(d)
		return nil
	}
	if got := told(waits.Wait(t.Context(), place, who("b"), 20*time.Second, nil)); !strings.HasPrefix(got, "candidate-4999 has it") {
		t.Errorf("got %q", got)
	}
	if looks != 10 || count["get"] > 4*looks || count["list"] > looks {
		t.Errorf("%d looks: %v, want 4 gets and a list for each", looks, count)
	}
}
