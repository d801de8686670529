package lock

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// Locks are the locks of all places. Store is required; the zero values of the
// rest work.
type Locks struct {
	Store harness.Store
	Now   func() time.Time                           // nil is time.Now
	Lease time.Duration                              // of new claims; 0 is an hour
	Poll  time.Duration                              // how often Wait looks; 0 is two seconds
	Sleep func(context.Context, time.Duration) error // between looks; nil is by the clock of this machine
}

// skew is how far the clocks of two candidates may be apart.
const skew = 2 * time.Minute

// settle is how long is tried to leave nothing open when a context has ended.
const settle = 10 * time.Second

// tries bounds how often somebody else may be faster.
const tries = 100

// A Candidate is who wants a place. Nonce is required: an element of a key, and
// another one for each candidate.
type Candidate struct {
	Stage   string    `json:"stage"`
	Subject string    `json:"subject"`
	Commit  string    `json:"commit"`
	Run     string    `json:"run,omitzero"`
	Nonce   string    `json:"nonce"`
	At      time.Time `json:"at"` // when it came: the order of those who wait; zero is now
}

// String names c for people.
func (c Candidate) String() string {
	s := c.Stage + " of " + short(c.Subject)
	if c.Commit != "" && !strings.HasSuffix(c.Subject, c.Commit) {
		s += " from commit " + short(c.Commit)
	}
	if c.Run != "" {
		s += ", run " + c.Run
	}
	return s
}

// short is a name with its digest cut to twelve digits.
func short(name string) string {
	kind, digest, ok := strings.Cut(name, "-")
	if !ok {
		kind, digest = "", name
	} else {
		kind += "-"
	}
	return kind + digest[:min(len(digest), 12)]
}

// A Claim is a place being somebody's. The zero Claim is nobody's.
type Claim struct {
	Number int              `json:"number"` // the fencing token
	By     Candidate        `json:"by"`
	At     time.Time        `json:"at"`
	Lease  harness.Duration `json:"lease"`
}

// A HeldError says who has the place, and when that ends if nothing renews it.
type HeldError struct {
	Place string
	By    Claim
	Until time.Time
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%s has %s, until %s if it does not renew that", e.By.By, e.Place, e.Until.Format(time.RFC3339))
}

// A SupersededError says which newer candidate gets the place instead.
type SupersededError struct {
	Place string
	By    Candidate
}

func (e *SupersededError) Error() string {
	return fmt.Sprintf("a newer candidate is before this one at %s: %s", e.Place, e.By)
}

// ErrOvertaken says that a claim is over: it was released, or somebody took the
// place when its lease had ended.
var ErrOvertaken = errors.New("the claim is over")

// Take claims a place that nobody has, or whose lease has ended. A [HeldError]
// says who has it. Take asks nobody who waits. When it returns another error
// the claim may stand all the same, as a lost answer leaves open; then it ends
// with its lease.
func (l Locks) Take(ctx context.Context, place string, c Candidate) (Claim, error) {
	c, err := l.check(place, c)
	if err != nil {
		return Claim{}, err
	}
	var v view
	for range tries {
		if v, err = l.look(ctx, place, v); err != nil {
			return Claim{}, err
		}
		if !v.free {
			return Claim{}, l.held(ctx, place, v, c)
		}
		claim, err := l.claim(ctx, place, v, c)
		if !errors.Is(err, harness.ErrExists) {
			return claim, err
		}
	}
	return Claim{}, tooFast(place)
}

func tooFast(place string) error {
	return fmt.Errorf("claim %s: somebody else was faster %d times", place, tries)
}

// check is c with what it may leave out.
func (l Locks) check(place string, c Candidate) (Candidate, error) {
	if !element(place) || c.Nonce == "" || !element(c.arrival()) {
		return c, fmt.Errorf("claim %q with nonce %q: each has to be an element of a key", place, c.Nonce)
	}
	if c.At.IsZero() {
		c.At = l.now()
	}
	c.At = c.At.UTC()
	return c, nil
}

// element reports whether s is one element of a key.
func element(s string) bool { return harness.CheckKey(s) == nil && !strings.Contains(s, "/") }

// claim takes the place that v found free. [harness.ErrExists] says that
// somebody else was faster.
func (l Locks) claim(ctx context.Context, place string, v view, c Candidate) (Claim, error) {
	if v.claim.Number > 0 && !v.over {
		if err := l.put(ctx, renewalKey(place, v.claim.Number, v.last+1), sign{What: overtaken, At: l.now(), By: &c}); err != nil {
			return Claim{}, err
		}
	}
	claim := Claim{Number: v.claim.Number + 1, By: c, At: l.now(), Lease: harness.Duration(l.Lease)}
	if l.Lease <= 0 {
		claim.Lease = harness.Duration(time.Hour)
	}
	err := l.put(ctx, claimKey(place, claim.Number), claim)
	if err == nil {
		return claim, nil
	}
	if !errors.Is(err, harness.ErrExists) && l.stands(ctx, place, claim) {
		return claim, nil
	}
	return Claim{}, err
}

// stands reports whether claim is there after all: a store may lose its answer
// to a Put, or ctx may have ended before it came.
func (l Locks) stands(ctx context.Context, place string, claim Claim) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settle)
	defer cancel()
	there, err := l.readClaim(ctx, place, claim.Number)
	return err == nil && there.By.Nonce == claim.By.Nonce
}

// Renew says that the holder of a claim lives. An error that wraps
// [ErrOvertaken] says that it holds nothing any more.
func (l Locks) Renew(ctx context.Context, place string, number int) error {
	claim, err := l.readClaim(ctx, place, number)
	if err != nil {
		return err
	}
	v := view{claim: claim}
	for range tries {
		if v, err = l.follow(ctx, place, v); err != nil {
			return err
		}
		if err := v.ended(place); err != nil {
			return err
		}
		at := l.now()
		if v.alive.After(at) {
			at = v.alive // by another process of the holder, with a clock that is ahead of ours
		}
		err = l.put(ctx, renewalKey(place, number, v.last+1), sign{What: renewed, At: at})
		if err == nil {
			v.over, err = l.has(ctx, releaseKey(place, number)) // it may have been, meanwhile
		}
		if !errors.Is(err, harness.ErrExists) {
			return errors.Join(err, v.ended(place))
		}
	}
	return tooFast(place)
}

// Release gives a claim up; a second time, and when it is over, it does nothing.
func (l Locks) Release(ctx context.Context, place string, number int) error {
	if _, err := l.readClaim(ctx, place, number); err != nil {
		return err // what is released before it is claimed would never be held
	}
	err := l.put(ctx, releaseKey(place, number), release{At: l.now()})
	if errors.Is(err, harness.ErrExists) {
		return nil
	}
	return err
}

// Latest is the newest claim of a place, and whether the place is free: never
// claimed, released, overtaken, or with a lease that has ended.
func (l Locks) Latest(ctx context.Context, place string) (claim Claim, free bool, err error) {
	v, err := l.look(ctx, place, view{})
	return v.claim, v.free, err
}

func (l Locks) now() time.Time {
	if l.Now == nil {
		return time.Now().UTC()
	}
	return l.Now().UTC()
}
