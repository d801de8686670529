package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"

	"github.com/stagegate/stagegate/harness"
)

// ErrNotCounted says that what this call would sign counts for nobody.
var ErrNotCounted = errors.New("it would not count")

// Approve signs an approval and writes it, and returns it with the name of who
// gave it. One that would not count is [ErrNotCounted], and is not written.
func (l Ledger) Approve(ctx context.Context, a harness.Approval) (harness.Approval, error) {
	if l.Notary == nil {
		return a, fmt.Errorf("%w: an approval needs a key that signs it", ErrNotCounted)
	}
	a.Format = harness.ApprovalFormat
	o := Object{Service: a.Service, Place: a.Place, Subject: a.Subject, Value: a}
	var back harness.Approval
	b, d, by, err := l.proven(ctx, o, &back)
	if err != nil {
		return a, err
	}
	a.By, a.Digest = by, d
	base := path.Join("approvals", a.Place, a.Subject.Key())
	for range 100 {
		written, err := l.Store.List(ctx, base)
		if err != nil {
			return a, fmt.Errorf("list approvals: %w", err)
		}
		key := path.Join(base, strconv.Itoa(len(written)+1))
		if err = l.Store.Put(ctx, key, b); !errors.Is(err, harness.ErrExists) {
			return a, err
		}
	}
	return a, fmt.Errorf("write the approval of %s on %s: others took every number", a.Subject.Key(), a.Place)
}

// proven seals o and opens it again into back, as a reader will.
func (l Ledger) proven(ctx context.Context, o Object, back any) (b []byte, d harness.Digest, by string, err error) {
	b, d, err = l.seal(ctx, o)
	if err != nil {
		return nil, "", "", err
	}
	opened := Object{Place: o.Place, Subject: o.Subject, Value: back}
	if _, err := l.open(b, &opened); err != nil {
		return nil, "", "", fmt.Errorf("%w: what is written %w", ErrNotCounted, err)
	}
	return b, d, opened.Signer, nil
}

// WouldCount is an [ErrNotCounted] where the record of a run would be signed by
// somebody who may not begin it.
func (l Ledger) WouldCount(ctx context.Context, rec harness.RunRecord) error {
	_, _, _, err := l.proven(ctx, object(rec, rec), &harness.RunRecord{})
	return err
}

// WouldTest is an [ErrNotCounted] where the evidence of a run that is going to
// begin would be signed by somebody who may not test there.
func (l Ledger) WouldTest(ctx context.Context, rec harness.RunRecord) error {
	o := object(rec, harness.Evidence{Format: harness.EvidenceFormat, Nonce: rec.Nonce, Subject: rec.Subject, Target: rec.Target.Name,
		Account: rec.Account, Started: rec.Begun, Finished: rec.Begun})
	o.Record = harness.DigestOf([]byte(rec.Nonce)) // it has no record yet
	_, _, _, err := l.proven(ctx, o, &harness.Evidence{})
	return err
}

// WouldDecide is an [ErrNotCounted] where the end of a run that is going to begin
// would be signed by somebody who may not decide there.
func (l Ledger) WouldDecide(ctx context.Context, rec harness.RunRecord) error {
	_, _, _, err := l.proven(ctx, object(rec, harness.Closing{Nonce: rec.Nonce, At: rec.Begun, Source: rec.Subject.Source}), &harness.Closing{})
	return err
}

// Approvals are the approvals of a subject on a place that somebody signed who
// may. Others do not count: they are returned as problems.
func (l Ledger) Approvals(ctx context.Context, place string, subject harness.Subject) (all []harness.Approval, bad []harness.Problem, err error) {
	keys, err := l.Store.List(ctx, path.Join("approvals", place, subject.Key()))
	if err != nil {
		return nil, nil, fmt.Errorf("list approvals: %w", err)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(len(a)-len(b), cmp.Compare(a, b)) })
	for _, k := range keys {
		b, err := l.Store.Get(ctx, k)
		if err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", k, err)
		}
		var a harness.Approval
		o := Object{Place: place, Subject: subject, Value: &a}
		if l.Notary == nil {
			bad = append(bad, harness.Problem{Key: k, Reason: "nobody can prove who gave it: there is no trust file"})
			continue
		}
		if a.Digest, err = l.open(b, &o); err != nil {
			bad = append(bad, harness.Problem{Key: k, Reason: err.Error()})
			continue
		}
		a.By = o.Signer
		all = append(all, a)
	}
	return all, bad, nil
}
