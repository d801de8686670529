package lock_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/internal/lock"
)

// does is something that an actor can do.
type does struct {
	name string
	do   func(*actor)
}

// Processes do something at once, a while after a took the place, in each order
// in which their calls can reach the store: never do two hold it.
func TestInterleaved(t *testing.T) {
	renew := does{"renew", func(a *actor) { a.renew(1) }}
	release := does{"release", func(a *actor) { a.release(1) }}
	take := does{"take", func(a *actor) { a.take() }}
	wait := does{"wait", func(a *actor) { a.wait(0) }}
	const alive, ended, future = 30 * time.Minute, 2 * time.Hour, -1000 * time.Hour
	for _, tt := range []struct {
		after time.Duration // below zero: by how much its clock is wrong
		does  []does        // by a, or by b, c, d
		want  []string      // all that they can be told together
	}{
		{ended, []does{renew, take}, []string{"ok, a has it", "over, claim 2"}},
		{ended, []does{renew, wait}, []string{"ok, a has it", "over, claim 2"}},
		{ended, []does{release, take}, []string{"ok, claim 2"}},
		{ended, []does{take, take}, []string{"c has it, claim 2", "claim 2, b has it"}},
		{ended, []does{wait, take}, []string{"superseded by c, claim 2", "c has it, claim 2", "claim 2, b has it"}},
		{ended, []does{wait, wait}, []string{"superseded by c, claim 2", "c has it, claim 2", "claim 2, b has it"}},
		{ended, []does{renew, renew}, []string{"ok, ok"}},
		{ended, []does{renew, take, take}, []string{"ok, a has it, a has it", "over, claim 2, c has it", "over, d has it, claim 2"}},
		{ended, []does{renew, renew, take}, []string{"ok, ok, a has it", "over, over, claim 2"}},
		{future, []does{take, take, wait}, []string{"a has it, a has it, a has it"}},
		{future, []does{take, renew}, []string{"a has it, ok"}},
		{alive, []does{renew, take}, []string{"ok, a has it"}},
		{alive, []does{release, take}, []string{"ok, a has it", "ok, claim 2"}},
		{alive, []does{release, renew}, []string{"ok, ok", "ok, over"}},
		{alive, []does{release, renew, take}, []string{"ok, ok, a has it", "ok, ok, claim 2", "ok, over, a has it", "ok, over, claim 2"}},
		{alive, []does{release, take, take}, []string{"ok, a has it, a has it", "ok, a has it, claim 2", "ok, claim 2, a has it", "ok, claim 2, c has it", "ok, d has it, claim 2"}},
	} {
		var names []string
		for _, d := range tt.does {
			names = append(names, d.name)
		}
		t.Run(fmt.Sprintf("%s after %v", strings.Join(names, " "), tt.after), func(t *testing.T) {
			got, runs := map[string]int{}, 0
			every(func(choose func(int) int) {
				c := newCourt()
				a := newActor("a", c.clock, c.store)
				a.ahead = max(-tt.after, 0)
				a.take()
				c.heard(a, "take")
				c.clock.pass(max(tt.after, 0))
				if said, ok := c.atOnce(a, tt.does, choose); ok {
					got[said]++
					runs++
				}
				c.dense()
				for _, w := range c.wrong {
					t.Fatal(w)
				}
			})
			if all := slices.Sorted(maps.Keys(got)); !slices.Equal(all, slices.Sorted(slices.Values(tt.want))) {
				t.Errorf("in %d orders they are told %q, want %q", runs, all, tt.want)
			}
			t.Logf("%d orders: %v", runs, got)
		})
	}
}

// What is released while it is renewed is not renewed.
func TestReleasedMeanwhile(t *testing.T) {
	s := newScene(t)
	a := newActor("a", s.clock, s.store)
	a.fine = true
	for a.renew(1); a.next.op != "put"; {
		a.step()
	}
	check(t, s.holder.Release(t.Context(), place, 1))
	for a.at != "" {
		a.step()
	}
	s.want(a, "over")
}

// Who overtakes and crashes before it has claimed leaves the place free, also
// for those by whose clock the lease has not ended.
func TestOvertakenAndCrashed(t *testing.T) {
	s := newScene(t)
	s.clock.pass(time.Hour + 90*time.Second)
	b := newActor("b", s.clock, s.store)
	b.ahead, b.fine = time.Minute, true
	for b.take(); b.next != (call{"put", "locks/staging/000002/claim"}); {
		b.step()
	}
	b.crash()
	if claim, free, err := s.holder.Latest(t.Context(), place); err != nil || claim.Number != 1 || !free {
		t.Errorf("got claim %d, free %v, %v", claim.Number, free, err)
	}
	if err := s.holder.Renew(t.Context(), place, 1); !errors.Is(err, lock.ErrOvertaken) {
		t.Errorf("the old holder renews: %v", err)
	}
	if got := told(s.holder.Take(t.Context(), place, who("c"))); got != "claim 2" {
		t.Errorf("got %q", got)
	}
}

// atOnce lets processes do something at once, in the order of choose, and
// returns what they were told. Those that renew and release are a's. It is not ok if another order has shown the same.
func (c *court) atOnce(a *actor, all []does, choose func(n int) int) (said string, ok bool) {
	actors, answers := make([]*actor, len(all)), make([]string, len(all))
	for i, d := range all {
		actors[i] = newActor(string(rune('b'+i)), c.clock, c.store)
		switch held, ok := c.beliefs[a]; {
		case d.name == "release":
			clear(c.beliefs) // it has stopped, in all its processes
		case d.name == "renew" && ok:
			c.beliefs[actors[i]] = held
		}
		actors[i].fine = true
		c.clock.pass(time.Millisecond)
		d.do(actors[i])
	}
	delete(c.beliefs, a)        // those hold it for a
	asleep := map[*actor]bool{} // whose next call was tried here before, and is as good now
	for {
		var awake []*actor
		busy := 0
		for i, x := range actors {
			switch {
			case x.at != "" && !asleep[x]:
				awake = append(awake, x)
				busy++
			case x.at != "":
				busy++
			case answers[i] == "":
				answers[i] = c.heard(x, all[i].name)
			}
		}
		c.sees()
		if len(awake) == 0 {
			for _, x := range actors {
				x.crash()
			}
			return strings.Join(answers, ", "), busy == 0
		}
		k := choose(len(awake))
		for _, x := range awake[:k] {
			asleep[x] = true
		}
		for x := range asleep {
			if meet(x.next, awake[k].next) {
				delete(asleep, x)
			}
		}
		awake[k].step()
	}
}

// meet reports whether it can matter which of two calls is first.
func meet(a, b call) bool {
	switch {
	case a.op == "list" && b.op == "put":
		return strings.HasPrefix(b.key, a.key+"/")
	case a.op == "put" && b.op == "list":
		return strings.HasPrefix(a.key, b.key+"/")
	default:
		return a.key == b.key && (a.op == "put" || b.op == "put")
	}
}

// every runs with each sequence of choices that there is. choose(n) is one of n.
func every(run func(choose func(n int) int)) {
	type choice struct{ made, of int }
	for path := []choice{}; ; {
		depth := 0
		run(func(n int) int {
			if depth == len(path) {
				path = append(path, choice{0, n})
			}
			depth++
			return path[depth-1].made
		})
		for len(path) > 0 && path[len(path)-1].made == path[len(path)-1].of-1 {
			path = path[:len(path)-1]
		}
		if len(path) == 0 {
			return
		}
		path[len(path)-1].made++
	}
}
