package lock_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/lock"
)

var errBroken = errors.New("the store is broken")

// The store fails at each call in turn, before it has done anything or after
// it has done all: whose call that was is told, and never do two hold the place.
func TestStoreFails(t *testing.T) {
	for _, after := range []bool{false, true} {
		calls, saved := 0, 0
		for n := 1; ; n++ {
			c := newCourt()
			f := &fault{court: c, at: n, after: after}
			f.story(t)
			if len(c.wrong) > 0 {
				t.Fatalf("at call %d, %s: %s", n, f.hit, strings.Join(c.wrong, "; "))
			}
			if f.hit == "" {
				break // past the last call
			}
			calls++
			if f.saved {
				saved++
			}
		}
		if calls < 60 || (saved > 0) != after {
			t.Errorf("after %v: %d calls failed, of %d the answer was found out: this test shows nothing", after, calls, saved)
		}
	}
}

// A fault is the failure of one call of a story.
type fault struct {
	*court
	at    int
	after bool
	calls int
	hit   string // the call that failed
	saved bool   // it was a claim, found to stand all the same
}

func (f *fault) around(op, key string, do func() error) error {
	f.calls++
	if f.calls != f.at {
		return do()
	}
	f.hit = op + " " + key
	if f.after {
		do()
	}
	return errBroken
}

// do lets a do something. Where the fault hits, it has to be told.
func (f *fault) do(does string, a *actor, what func(lock.Locks) (lock.Claim, error)) {
	l := f.clock.locks(watched{f.store, f.around})
	l.Now = func() time.Time { a.read = f.clock.now(); return a.read }
	before := f.hit
	claim, err := what(l)
	switch {
	case f.hit == before:
	case errors.Is(err, errBroken):
		held, newer := new(lock.HeldError), new(lock.SupersededError)
		if errors.Is(err, lock.ErrOvertaken) || errors.As(err, &newer) || errors.As(err, &held) && does != "wait" {
			f.accuse("%s %ss: %v, as if that could be known", a.name, does, err)
		}
		return
	case err == nil && f.after && strings.HasPrefix(f.hit, "put ") && strings.HasSuffix(f.hit, "/claim"):
		f.saved = true
	default:
		f.accuse("%s %ss: claim %d, %v, want that the store failed", a.name, does, claim.Number, err)
	}
	a.result <- outcome{claim, err}
	f.heard(a, does)
	f.sees()
}

// story is what happens to a place in a long day.
func (f *fault) story(t *testing.T) {
	ctx := t.Context()
	a, b, c, d := f.process("a"), f.process("b"), f.process("c"), f.process("d")
	take := func(a *actor) {
		f.do("take", a, func(l lock.Locks) (lock.Claim, error) { return l.Take(ctx, place, a.candidate()) })
	}
	renew := func(a *actor) {
		if n := f.beliefs[a].number; n > 0 {
			f.do("renew", a, func(l lock.Locks) (lock.Claim, error) { return lock.Claim{}, l.Renew(ctx, place, n) })
		}
	}
	wait := func(a *actor, patience time.Duration) {
		f.do("wait", a, func(l lock.Locks) (lock.Claim, error) { return l.Wait(ctx, place, a.candidate(), patience, nil) })
	}
	release := func(a *actor) {
		if n := f.beliefs[a].number; n > 0 {
			delete(f.beliefs, a)
			f.do("release", a, func(l lock.Locks) (lock.Claim, error) { return lock.Claim{}, l.Release(ctx, place, n) })
		}
	}
	take(a)
	f.clock.pass(30 * time.Minute)
	renew(a)
	take(b)
	f.clock.pass(2 * time.Hour)
	take(b)
	renew(a)
	renew(b)
	wait(c, 10*time.Second)
	f.newer(t)
	wait(c, time.Minute)
	release(b)
	f.clock.pass(time.Hour)
	f.ahead(t)
	take(d)
	f.clock.pass(time.Hour + time.Minute)
	take(d)
	f.clock.pass(24 * time.Hour)
	if got := told(f.clock.locks(f.store).Take(ctx, place, who("next-day"))); !strings.HasPrefix(got, "claim ") {
		f.accuse("a day later: %s", got)
	}
	f.dense()
}

func (f *fault) process(name string) *actor { return newActor(name, f.clock, f.store) }

// newer is somebody else who waits, and comes a little later than now.
func (f *fault) newer(t *testing.T) {
	claim, _, err := f.clock.locks(f.store).Latest(t.Context(), place)
	check(t, err)
	f.clock.pass(time.Second)
	at := f.clock.at.Add(time.Second)
	put(t, f.store, fmt.Sprintf("locks/staging/%06d/waiting/%s", claim.Number, arrival(at, "z")),
		fmt.Sprintf(`{"who":{"stage":"z","subject":"s","commit":"c","nonce":"z","at":%q},"until":%q}`, at.Format(time.RFC3339), at.Add(time.Hour).Format(time.RFC3339)))
}

// ahead is somebody from the future, who takes the place if it is free.
func (f *fault) ahead(t *testing.T) {
	l := f.clock.locks(f.store)
	l.Now = func() time.Time { return f.clock.at.Add(1000 * time.Hour) }
	l.Take(t.Context(), place, who("future"))
}

// failing is a store that fails to write keys with that ending, after other has
// had its chance.
func failing(s *memory, ending string, other func()) watched {
	return watched{s, func(op, key string, do func() error) error {
		if op == "put" && strings.HasSuffix(key, ending) {
			other()
			return errBroken
		}
		return do()
	}}
}

// The store fails, and what stands there is somebody else's.
func TestFailedClaimOfAnother(t *testing.T) {
	c, store := &clock{noon}, newMemory()
	l := c.locks(failing(store, "/claim", func() {
		_, err := c.locks(store).Take(t.Context(), place, who("other"))
		check(t, err)
	}))
	if claim, err := l.Take(t.Context(), place, who("b")); !errors.Is(err, errBroken) || claim.Number != 0 {
		t.Errorf("got %+v, %v, want that the store is broken", claim, err)
	}
}

// One that cannot claim what it has waited for does not wait any more.
func TestFailedClaimAfterWaiting(t *testing.T) {
	s := newScene(t)
	l := s.clock.locks(failing(s.store, "000002/claim", func() {}))
	l.Sleep = func(context.Context, time.Duration) error { return s.holder.Release(t.Context(), place, 1) }
	if _, err := l.Wait(t.Context(), place, who("b"), time.Hour, nil); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want that the store is broken", err)
	}
	b := newActor("b", s.clock, s.store)
	b.candidate()
	s.wantSkipped(b, "000001", "")
}

// A store that says that everything is written, and has nothing, keeps nobody for ever.
func TestContradictingStore(t *testing.T) {
	s := newScene(t)
	l := s.clock.locks(watched{s.store, func(op, _ string, do func() error) error {
		if op == "put" {
			return harness.ErrExists
		}
		return do()
	}})
	s.clock.pass(2 * time.Hour)
	_, take := l.Take(t.Context(), place, who("b"))
	_, wait := l.Wait(t.Context(), place, who("b"), time.Hour, nil)
	for call, err := range map[string]error{"Take": take, "Wait": wait, "Renew": l.Renew(t.Context(), place, 1)} {
		if err == nil || !strings.Contains(err.Error(), "somebody else was faster 100 times") {
			t.Errorf("%s: %v, want that somebody else was always faster", call, err)
		}
	}
}
