package lock_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/internal/lock"
)

// A scene is a place that several want; a has it.
type scene struct {
	*testing.T
	clock  *clock
	store  *memory
	holder lock.Locks
}

func newScene(t *testing.T) *scene {
	s := &scene{T: t, clock: &clock{noon}, store: newMemory()}
	s.holder = s.clock.locks(s.store)
	_, err := s.holder.Take(t.Context(), place, who("a"))
	check(t, err)
	return s
}

// waiter comes a second later than the last, and has looked once.
func (s *scene) waiter(name string, patience time.Duration) *actor {
	s.clock.pass(time.Second)
	a := newActor(name, s.clock, s.store)
	a.wait(patience)
	return a
}

func (s *scene) want(a *actor, want string) {
	s.Helper()
	if got := a.said(); got != want {
		s.Fatalf("%s at %s: got %q, want %q", a.name, s.clock.at.Format(time.TimeOnly), got, want)
	}
}

// skipped is what is written of a having been skipped at a claim.
func (s *scene) skipped(a *actor, number string) string {
	b, err := s.store.Get(s.Context(), "locks/staging/"+number+"/skipped/"+a.arrival)
	if err != nil {
		return ""
	}
	return string(b)
}

func (s *scene) wantSkipped(a *actor, number, want string) {
	s.Helper()
	if got := s.skipped(a, number); !strings.Contains(got, `"nonce":"`+a.name+`"`) || !strings.Contains(got, want) || (want == "") == strings.Contains(got, `"for"`) {
		s.Errorf("of %s is written at %s: %q, want %q", a.name, number, got, want)
	}
}

func TestWaitForRelease(t *testing.T) {
	s := newScene(t)
	b := s.waiter("b", time.Hour)
	for range 5 {
		b.step()
		s.want(b, "")
	}
	check(t, s.holder.Release(t.Context(), place, 1))
	b.step()
	s.want(b, "claim 2")
	if got := s.skipped(b, "000001"); got != "" {
		t.Errorf("it was skipped: %s", got)
	}
}

func TestWaitForLease(t *testing.T) {
	s := newScene(t)
	b := s.waiter("b", 5*time.Hour)
	s.clock.pass(time.Hour)
	check(t, s.holder.Renew(t.Context(), place, 1))
	b.step()
	s.want(b, "")
	s.clock.pass(time.Hour + 2*time.Minute)
	b.step()
	s.want(b, "")
	s.clock.pass(time.Nanosecond)
	b.step()
	s.want(b, "claim 2")
	if err := s.holder.Renew(t.Context(), place, 1); !errors.Is(err, lock.ErrOvertaken) || !strings.Contains(err.Error(), "overtaken by b of ") {
		t.Errorf("the old holder renews: %v", err)
	}
}

// A claim from the future keeps those who wait no longer than one of now.
func TestWaitForTheFuture(t *testing.T) {
	s := &scene{T: t, clock: &clock{noon}, store: newMemory()}
	a := newActor("a", s.clock, s.store)
	a.ahead = 1000 * time.Hour
	a.take()
	s.want(a, "claim 1")
	b := s.waiter("b", 5*time.Hour)
	s.clock.pass(time.Hour + 2*time.Minute)
	b.step()
	s.want(b, "")
	s.clock.pass(time.Second)
	b.step()
	s.want(b, "claim 2")
}

// Patience ends when it ends, and what is told is told once for each claim.
func TestPatience(t *testing.T) {
	for _, tt := range []struct {
		patience time.Duration
		says     int
		skipped  bool
	}{{0, 0, false}, {-time.Hour, 0, false}, {time.Nanosecond, 1, true}, {3 * time.Second, 1, true}, {time.Minute, 1, true}} {
		s := newScene(t)
		says := 0
		say := func(held lock.Claim, until time.Time) {
			says++
			if held.Number != 1 || held.By.Nonce != "a" || !until.Equal(noon.Add(time.Hour+2*time.Minute)) {
				t.Errorf("told of %+v until %v", held, until)
			}
		}
		got := told(s.holder.Wait(t.Context(), place, who("b"), tt.patience, say))
		took := s.clock.at.Sub(noon)
		keys, err := s.store.List(t.Context(), "locks/staging/000001/skipped")
		check(t, err)
		if got != "a has it until 13:02:00" || took != max(tt.patience, 0) || says != tt.says || (len(keys) == 1) != tt.skipped {
			t.Errorf("patience %v: got %q after %v, told %d times, skipped %q; want %+v", tt.patience, got, took, says, keys, tt)
		}
	}
}

// Who waits and sees the place taken by somebody older waits for that too, and says so.
func TestWaitAgain(t *testing.T) {
	s := newScene(t)
	var told []int
	l := s.clock.locks(s.store)
	l.Sleep = func(context.Context, time.Duration) error {
		old := who(fmt.Sprint("old", len(told)))
		old.At = noon.Add(-time.Hour)
		check(t, s.holder.Release(t.Context(), place, len(told)))
		if len(told) < 3 {
			_, err := s.holder.Take(t.Context(), place, old)
			check(t, err)
		}
		return nil
	}
	claim, err := l.Wait(t.Context(), place, who("b"), time.Hour, func(c lock.Claim, _ time.Time) { told = append(told, c.Number) })
	if err != nil || claim.Number != 4 || !slices.Equal(told, []int{1, 2, 3}) {
		t.Errorf("got claim %d, %v, told of %v", claim.Number, err, told)
	}
	for _, n := range told {
		if keys, err := s.store.List(t.Context(), fmt.Sprintf("locks/staging/%06d/waiting", n)); err != nil || len(keys) != 1 {
			t.Errorf("for the end of claim %d wait %q, %v", n, keys, err)
		}
	}
}

// Without a clock of its own, Wait sleeps by that of the machine, and ends with ctx.
func TestRealTime(t *testing.T) {
	store := newMemory()
	l := lock.Locks{Store: store, Poll: time.Hour}
	_, err := l.Take(t.Context(), place, who("a"))
	check(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := l.Wait(ctx, place, who("b"), time.Hour, func(lock.Claim, time.Time) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
	l.Poll = time.Millisecond
	claim, err := l.Wait(t.Context(), place, who("c"), time.Hour, func(lock.Claim, time.Time) {
		go func() { l.Release(context.WithoutCancel(ctx), place, 1) }()
	})
	if err != nil || claim.Number != 2 || time.Since(claim.At) > time.Hour {
		t.Errorf("got %+v, %v", claim, err)
	}
}
