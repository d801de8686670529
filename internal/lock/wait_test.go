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

func TestNewestWins(t *testing.T) {
	s := newScene(t)
	b, c, d := s.waiter("b", time.Hour), s.waiter("c", time.Hour), s.waiter("d", time.Hour)
	c.step()
	s.want(c, "superseded by d")
	s.wantSkipped(c, "000001", `"for":{"stage":"d"`)
	d.step()
	s.want(d, "") // nobody is newer
	check(t, s.holder.Release(t.Context(), place, 1))
	b.step() // first, and yet
	s.want(b, "superseded by d")
	s.wantSkipped(b, "000001", `"for":{"stage":"d"`)
	d.step()
	s.want(d, "claim 2")
}

// One that comes when the place has just become free is the newest.
func TestNewestNeedNotWait(t *testing.T) {
	s := newScene(t)
	b := s.waiter("b", time.Hour)
	check(t, s.holder.Release(t.Context(), place, 1))
	c := s.waiter("c", 0)
	s.want(c, "claim 2")
	b.step()
	s.want(b, "superseded by c")
	s.wantSkipped(b, "000002", `"for":{"stage":"c"`)
}

// Two that want a place which has just become free: wherever the older one is
// faster, the newer one waits for it.
func TestOlderIsFaster(t *testing.T) {
	older := 0
	for calls := range 8 {
		s := newScene(t)
		b := s.waiter("b", time.Hour)
		check(t, s.holder.Release(t.Context(), place, 1))
		s.clock.pass(time.Second)
		c := newActor("c", s.clock, s.store)
		c.fine = true
		c.wait(time.Hour)
		for range calls {
			if c.at == "call" {
				c.step()
			}
		}
		b.step()
		for c.at == "call" {
			c.step()
		}
		switch said := b.said(); said {
		case "claim 2":
			older++
			s.want(c, "")
			if c.waitsOn != 2 {
				t.Errorf("after %d calls: c waits for the end of claim %d", calls, c.waitsOn)
			}
			c.crash()
		case "superseded by c":
			s.want(c, "claim 2")
		default:
			t.Errorf("after %d calls: the older one is told %q", calls, said)
		}
	}
	if older < 3 || older == 8 {
		t.Errorf("the older one was faster in %d of 8: this test shows nothing", older)
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

// Those who are dead, have left or have no patience make nobody give way, nor
// do those from the future.
func TestWhoDoesNotWait(t *testing.T) {
	for _, tt := range []struct {
		name  string
		other func(*scene) *actor
		want  string
	}{
		{"nobody", func(s *scene) *actor { return nil }, "claim 2"},
		{"alive", func(s *scene) *actor { return s.waiter("z", 10*time.Minute) }, "superseded by z"},
		{"has left", func(s *scene) *actor {
			z := s.waiter("z", time.Second)
			s.clock.pass(2 * time.Second)
			z.step()
			s.want(z, "a has it until 13:02:00")
			s.wantSkipped(z, "000001", "")
			return z
		}, "claim 2"},
		{"dead, and might be waiting", func(s *scene) *actor {
			z := s.waiter("z", 10*time.Minute)
			z.crash()
			s.clock.pass(11 * time.Minute)
			return z
		}, "superseded by z"},
		{"dead, and would not wait any more", func(s *scene) *actor {
			z := s.waiter("z", 10*time.Minute)
			z.crash()
			s.clock.pass(13 * time.Minute)
			return z
		}, "claim 2"},
		{"without patience", func(s *scene) *actor {
			z := s.waiter("z", 0)
			s.want(z, "a has it until 13:02:00")
			return z
		}, "claim 2"},
		{"from the future", func(s *scene) *actor {
			z := newActor("z", s.clock, s.store)
			z.ahead = time.Hour
			z.wait(10 * time.Minute)
			return z
		}, "claim 2"},
		{"cancelled", func(s *scene) *actor {
			ctx, cancel := context.WithCancel(s.Context())
			l := s.holder
			l.Sleep = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
			s.clock.pass(time.Second)
			if _, err := l.Wait(ctx, place, who("z"), time.Hour, nil); !errors.Is(err, context.Canceled) {
				s.Errorf("got %v, want that it was cancelled", err)
			}
			return nil
		}, "claim 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			b := s.waiter("b", time.Hour)
			other := tt.other(s)
			check(t, s.holder.Release(t.Context(), place, 1))
			b.step()
			s.want(b, tt.want)
			if other != nil {
				other.crash()
			}
		})
	}
}

// Those who come at the same millisecond have an order too.
func TestSameTime(t *testing.T) {
	s := newScene(t)
	var all []*actor
	for _, name := range []string{"x", "b", "y"} {
		a := newActor(name, s.clock, s.store)
		a.wait(time.Hour)
		all = append(all, a)
	}
	s.want(all[1], "superseded by x")
	check(t, s.holder.Release(t.Context(), place, 1))
	all[0].step()
	s.want(all[0], "superseded by y")
	all[2].step()
	s.want(all[2], "claim 2")
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
