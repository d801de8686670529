package lock

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// Wait claims a place as [Locks.Take] does, and while somebody has it looks
// again until its patience ends: then a [HeldError] says who. say, which may be
// nil, is told of each claim that it waits for.
//
// Of several that wait the newest wins: when a newer candidate waits, or has
// got the place since c came, Wait writes that c was skipped and returns a
// [SupersededError]. One without patience makes nobody give way.
func (l Locks) Wait(ctx context.Context, place string, c Candidate, patience time.Duration, say func(held Claim, until time.Time)) (Claim, error) {
	c, err := l.check(place, c)
	if err != nil {
		return Claim{}, err
	}
	w := waiter{Locks: l, place: place, who: c, deadline: l.now().Add(patience), arrived: -1, say: say}
	for range tries {
		v, err := w.free(ctx)
		if err != nil {
			return Claim{}, w.leave(ctx, err)
		}
		claim, err := l.claim(ctx, place, v, c)
		switch {
		case err == nil:
			return claim, nil
		case !errors.Is(err, harness.ErrExists):
			return Claim{}, w.leave(ctx, err)
		}
	}
	return Claim{}, w.leave(ctx, tooFast(place))
}

// A waiter is a candidate that waits.
type waiter struct {
	Locks
	place    string
	who      Candidate
	deadline time.Time
	say      func(Claim, time.Time)
	seen     view // what it saw last
	arrived  int  // the newest claim when it came; -1 before it has looked
	waits    int  // the claim whose end it has written that it waits for; 0: none
}

// free waits until the place is free, and w the newest that wants it.
func (w *waiter) free(ctx context.Context) (view, error) {
	for {
		v, err := w.look(ctx, w.place, w.seen)
		if err != nil {
			return v, err
		}
		w.seen = v
		if w.arrived < 0 {
			w.arrived = v.claim.Number
		}
		by, err := w.newer(ctx)
		switch {
		case err != nil:
			return v, err
		case by != nil:
			return v, &SupersededError{Place: w.place, By: *by}
		case v.free:
			return v, nil
		}
		if err := w.pause(ctx); err != nil {
			return v, err
		}
	}
}

// newer is who came after w and waits too, or has claimed the place since; nil
// if nobody has.
func (w *waiter) newer(ctx context.Context) (*Candidate, error) {
	claim := w.seen.claim
	if claim.Number > w.arrived && w.before(claim.By) {
		return &claim.By, nil
	}
	if claim.Number == 0 {
		return nil, nil // nobody has waited yet
	}
	keys, err := w.Store.List(ctx, waitingDir(w.place, claim.Number))
	if err != nil {
		return nil, fmt.Errorf("list who waits for %s: %w", w.place, err)
	}
	for _, key := range slices.Backward(keys) {
		if path.Base(key) <= w.who.arrival() {
			break
		}
		if c, err := w.stillWaits(ctx, key); c != nil || err != nil {
			return c, err
		}
	}
	return nil, nil
}

// before reports whether w came before c. One from the future has not come.
func (w *waiter) before(c Candidate) bool {
	return w.who.arrival() < c.arrival() && !ahead(c.At, w.now())
}

// stillWaits is who wrote key to wait; nil if that is over.
func (w *waiter) stillWaits(ctx context.Context, key string) (*Candidate, error) {
	var there waiting
	err := w.read(ctx, key, &there, func() bool { return there.Who.arrival() == path.Base(key) && !there.Until.IsZero() })
	if err != nil {
		return nil, err
	}
	if !w.before(there.Who) || w.now().After(there.Until.Add(skew)) {
		return nil, nil
	}
	gone, err := w.has(ctx, skippedKey(w.place, w.seen.claim.Number, there.Who))
	if err != nil || gone {
		return nil, err
	}
	return &there.Who, nil
}

// pause writes that w waits, once for each claim, and sleeps. It is a
// [HeldError] when w has no patience left.
func (w *waiter) pause(ctx context.Context) error {
	left := w.deadline.Sub(w.now())
	if left <= 0 {
		return w.held(ctx, w.place, w.seen, w.who)
	}
	if err := w.note(ctx, w.place, w.seen, w.who); err != nil {
		return err
	}
	if n := w.seen.claim.Number; w.waits != n {
		w.waits = n
		if err := w.put(ctx, path.Join(waitingDir(w.place, n), w.who.arrival()), waiting{Who: w.who, Until: w.deadline}); err != nil {
			return err
		}
		if w.say != nil {
			w.say(w.seen.claim, w.seen.until)
		}
	}
	poll := w.Poll
	if poll <= 0 {
		poll = 2 * time.Second
	}
	if w.Sleep != nil {
		return w.Sleep(ctx, min(poll, left))
	}
	return sleep(ctx, min(poll, left))
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// leave writes that w does not wait any more, or that it was skipped, also when
// ctx has ended. It returns why, unless that could not be written.
func (w *waiter) leave(ctx context.Context, why error) error {
	s := skip{Who: w.who, At: w.now()}
	n := w.waits
	var newer *SupersededError
	if errors.As(why, &newer) {
		n, s.For = w.seen.claim.Number, &newer.By
	}
	if n == 0 {
		return why // nobody knows of it
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settle)
	defer cancel()
	err := w.put(ctx, skippedKey(w.place, n, w.who), s)
	switch {
	case err == nil, errors.Is(err, harness.ErrExists):
		return why
	case newer != nil:
		return fmt.Errorf("%v, and that could not be written: %w", why, err)
	default:
		return errors.Join(why, err)
	}
}
