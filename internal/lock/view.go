package lock

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// A view is how a place was found.
type view struct {
	claim Claim     // the newest
	last  int       // how many signs follow it
	over  bool      // it was released or overtaken
	by    Candidate // who overtook it
	alive time.Time // its holder's last sign of life
	doubt bool      // that is from the future, and nobody has noted it: alive is now
	until time.Time // when its lease ends for others
	free  bool
}

// ended is an [ErrOvertaken] if the claim is over, and says how it ended.
func (v view) ended(place string) error {
	how := "it was released"
	switch {
	case !v.over:
		return nil
	case v.by.Nonce != "":
		how = "its lease had ended, and it was overtaken by " + v.by.String()
	}
	return fmt.Errorf("claim %d of %s: %w: %s", v.claim.Number, place, ErrOvertaken, how)
}

// look finds the newest claim of a place and what became of it. known is an
// earlier view of the place, or the zero one: it saves reads.
func (l Locks) look(ctx context.Context, place string, known view) (view, error) {
	n, err := l.newest(ctx, known.claim.Number, func(n int) string { return claimKey(place, n) })
	switch {
	case err != nil:
		return view{}, err
	case n == 0:
		return view{free: true}, nil
	case n != known.claim.Number:
		known = view{}
		if known.claim, err = l.readClaim(ctx, place, n); err != nil {
			return view{}, err
		}
	}
	return l.follow(ctx, place, known)
}

// follow finds out what became of the claim of v since.
func (l Locks) follow(ctx context.Context, place string, v view) (view, error) {
	v = view{claim: v.claim, last: v.last}
	n := v.claim.Number
	released, err := l.has(ctx, releaseKey(place, n))
	if err != nil {
		return view{}, err
	}
	if released {
		v.over, v.free = true, true
		return v, nil
	}
	v.last, err = l.newest(ctx, v.last, func(k int) string { return renewalKey(place, n, k) })
	if err != nil {
		return view{}, err
	}
	if err := l.signs(ctx, place, &v); err != nil {
		return view{}, err
	}
	v.until = v.alive.Add(time.Duration(v.claim.Lease) + skew)
	v.free = v.over || l.now().After(v.until)
	return v, nil
}

// signs reads what was written after v's claim, from the newest back to a sign
// of life.
func (l Locks) signs(ctx context.Context, place string, v *view) error {
	now := l.now()
	var noted time.Time // when the last sign of life was from the future
	v.alive = v.claim.At
	for k := v.last; k > 0; k-- {
		s, err := l.readSign(ctx, place, v.claim.Number, k)
		if err != nil {
			return err
		}
		if s.What == renewed {
			v.alive = s.At
			break
		}
		if s.What == overtaken {
			v.over, v.by = true, *s.By
		}
		if s.What == seen && !ahead(s.At, now) {
			noted = s.At
		}
	}
	if ahead(v.alive, now) {
		v.alive, v.doubt = noted, noted.IsZero()
	}
	if v.doubt {
		v.alive = now
	}
	return nil
}

// ahead reports whether t is further in the future than clocks may differ.
func ahead(t, now time.Time) bool { return t.After(now.Add(skew)) }

// held is the error for c, which finds the place of v held. It notes a sign of
// life from the future.
func (l Locks) held(ctx context.Context, place string, v view, c Candidate) error {
	if err := l.note(ctx, place, v, c); err != nil {
		return err
	}
	return &HeldError{Place: place, By: v.claim, Until: v.until}
}

// note writes that the last sign of life of v's claim was in the future now.
func (l Locks) note(ctx context.Context, place string, v view, c Candidate) error {
	if !v.doubt {
		return nil
	}
	err := l.put(ctx, renewalKey(place, v.claim.Number, v.last+1), sign{What: seen, At: l.now(), By: &c})
	if errors.Is(err, harness.ErrExists) {
		return nil // whatever was written there is newer than what was seen
	}
	return err
}

// newest is the highest n with a value at key(n), from known on; 0 if there is
// none. There are no gaps, so that it need not read them all.
func (l Locks) newest(ctx context.Context, known int, key func(int) string) (int, error) {
	low, high := known, 0 // there is a value at low, none at high
	for step := 1; high == 0; step *= 2 {
		switch there, err := l.has(ctx, key(low+step)); {
		case err != nil:
			return 0, err
		case there:
			low += step
		default:
			high = low + step
		}
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		switch there, err := l.has(ctx, key(middle)); {
		case err != nil:
			return 0, err
		case there:
			low = middle
		default:
			high = middle
		}
	}
	return low, nil
}

func (l Locks) has(ctx context.Context, key string) (bool, error) {
	_, err := l.Store.Get(ctx, key)
	if errors.Is(err, harness.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read %s: %w", key, err)
	}
	return true, nil
}
