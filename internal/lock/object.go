package lock

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/go-json-experiment/json"
)

func claimDir(place string, n int) string   { return fmt.Sprintf("locks/%s/%06d", place, n) }
func claimKey(place string, n int) string   { return claimDir(place, n) + "/claim" }
func releaseKey(place string, n int) string { return claimDir(place, n) + "/release" }
func renewalKey(place string, n, k int) string {
	return fmt.Sprintf("%s/renewals/%06d", claimDir(place, n), k)
}
func waitingDir(place string, n int) string { return claimDir(place, n) + "/waiting" }
func skippedKey(place string, n int, c Candidate) string {
	return path.Join(claimDir(place, n), "skipped", c.arrival())
}

// arrival is the last element of the keys of a candidate that waits. Sorted,
// who came later is later.
func (c Candidate) arrival() string {
	return c.At.UTC().Format("20060102T150405.000Z") + "-" + c.Nonce
}

// What a sign after a claim says.
const (
	renewed   = "renewed"   // its holder lives
	seen      = "seen"      // the sign of life before it was in the future then
	overtaken = "overtaken" // its lease had ended; nothing follows
)

// A sign is what stands at renewals/K.
type sign struct {
	What string     `json:"what"`
	At   time.Time  `json:"at"`
	By   *Candidate `json:"by,omitzero"` // who saw or overtook
}

// release is what stands at release.
type release struct {
	At time.Time `json:"at"`
}

// waiting is what stands at waiting/ARRIVAL-NONCE.
type waiting struct {
	Who   Candidate `json:"who"`
	Until time.Time `json:"until"` // its patience
}

// A skip is what stands at skipped/ARRIVAL-NONCE.
type skip struct {
	Who Candidate  `json:"who"`
	At  time.Time  `json:"at"`
	For *Candidate `json:"for,omitzero"` // the newer one; nil: it gave up
}

// put writes v at key, once.
func (l Locks) put(ctx context.Context, key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if err := l.Store.Put(ctx, key, b); err != nil {
		return fmt.Errorf("write %s: %w", key, err)
	}
	return nil
}

// read reads what stands at key into v. right says whether that is what put
// would have written there.
func (l Locks) read(ctx context.Context, key string, v any, right func() bool) error {
	b, err := l.Store.Get(ctx, key)
	if err != nil {
		return fmt.Errorf("read %s: %w", key, err)
	}
	err = json.Unmarshal(b, v, json.RejectUnknownMembers(true))
	if err == nil && !right() {
		err = errors.New("what it says cannot be")
	}
	if err != nil {
		return fmt.Errorf("%s is damaged: %w\nhint: whether the place is free cannot be told until a person has looked at that object", key, err)
	}
	return nil
}

func (l Locks) readClaim(ctx context.Context, place string, n int) (c Claim, err error) {
	err = l.read(ctx, claimKey(place, n), &c, func() bool {
		return c.Number == n && !c.At.IsZero() && c.Lease > 0 && element(c.By.Nonce)
	})
	return c, err
}

func (l Locks) readSign(ctx context.Context, place string, n, k int) (s sign, err error) {
	err = l.read(ctx, renewalKey(place, n, k), &s, func() bool {
		switch s.What {
		case renewed:
			return !s.At.IsZero() && s.By == nil
		case seen, overtaken:
			return !s.At.IsZero() && s.By != nil && element(s.By.Nonce)
		default:
			return false
		}
	})
	return s, err
}
