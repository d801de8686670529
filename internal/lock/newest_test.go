package lock_test

import (
	"context"
	"errors"
	"testing"
	"time"
)

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
