package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/stagegate/stagegate/harness"
)

// Runs reads every run of a subject on a place, by number. An error means that
// the store failed; an object that is damaged is a Problem of its run.
func (l Ledger) Runs(ctx context.Context, place, subject string) ([]harness.Run, error) {
	base := path.Join("runs", place, subject)
	keys, err := l.Store.List(ctx, base)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	by := map[int][]string{}
	var odd []harness.Problem
	for _, k := range keys {
		num, _, _ := strings.Cut(strings.TrimPrefix(k, base+"/"), "/")
		n, err := strconv.Atoi(num)
		if err != nil || n < 1 {
			odd = append(odd, harness.Problem{Key: k, Reason: "is not part of any run"})
			continue
		}
		by[n] = append(by[n], k)
	}
	runs, err := l.several(ctx, place, subject, by)
	if err != nil {
		return nil, err
	}
	chain(runs)
	if len(odd) > 0 && len(runs) == 0 {
		runs = append(runs, harness.Run{}) // something is here, and it is not a run
	}
	if n := len(runs); n > 0 {
		runs[n-1].Problems = append(runs[n-1].Problems, odd...)
	}
	return runs, nil
}

// atOnce is how many runs are read at a time: a bucket is far away.
const atOnce = 4

// several reads runs from their keys, in the order of their numbers.
func (l Ledger) several(ctx context.Context, place, subject string, keys map[int][]string) ([]harness.Run, error) {
	l.plans = &sync.Map{} // runs of one artifact mostly have the same
	numbers := slices.Sorted(maps.Keys(keys))
	runs, errs := make([]harness.Run, len(numbers)), make([]error, len(numbers))
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, n := range numbers {
		slots <- struct{}{}
		wg.Go(func() {
			runs[i], errs[i] = l.run(ctx, dir(place, subject, n), n, keys[n])
			<-slots
		})
	}
	wg.Wait()
	return runs, cmp.Or(errs...) // the first: a store that is down says the same of each
}

// chain checks that each record names the one before it: a record that was
// written anew does not fit the runs after it.
func chain(runs []harness.Run) {
	before := harness.Run{}
	for i, r := range runs {
		if r.Record != nil && r.Number == before.Number+1 && (r.Number == 1 || before.Record != nil) && r.Record.Previous != before.Digest {
			runs[i].Problems = append(runs[i].Problems, harness.Problem{Key: dirOf(*r.Record) + "/record",
				Reason: fmt.Sprintf("follows record %q, and %q stands before it", r.Record.Previous.Short(), before.Digest.Short()), Lies: true})
		}
		before = r
	}
}

// run reads one run from its keys.
func (l Ledger) run(ctx context.Context, base string, number int, keys []string) (harness.Run, error) {
	r := harness.Run{Number: number}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(len(a)-len(b), cmp.Compare(a, b)) }) // 2 before 10
	// The record first: whatever else is there has to agree with it.
	var rec harness.RunRecord
	d, err := l.read(ctx, base+"/record", &Object{Value: &rec}, &r)
	if err != nil {
		return r, err
	}
	if d != "" {
		if reason := wrongRecord(rec, base, number); reason != "" {
			r.Problems = append(r.Problems, harness.Problem{Key: base + "/record", Reason: reason, Lies: true})
			return r, nil
		}
		r.Record, r.Digest = &rec, d
		if err := l.openPlans(ctx, base+"/record", &r); err != nil {
			return r, err
		}
	}
	if r.Record == nil {
		return r, nil
	}
	for _, k := range keys {
		kind, rest, nested := strings.Cut(strings.TrimPrefix(k, base+"/"), "/")
		switch {
		case kind == "record" && !nested, kind == "verdicts":
		case kind == "deployment" && !nested:
			err = l.deployment(ctx, k, &r)
		case kind == "closings":
			err = l.closing(ctx, k, rest, &r)
		case kind == "evidence":
			err = l.evidence(ctx, k, rest, &r)
		default:
			r.Problems = append(r.Problems, harness.Problem{Key: k, Reason: "is not part of a run"})
		}
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

// openPlans opens what each suite of r was going to run.
func (l Ledger) openPlans(ctx context.Context, key string, r *harness.Run) (err error) {
	for i := range r.Record.Suites {
		s := &r.Record.Suites[i]
		*s, err = l.OpenPlan(ctx, *s)
		if failed(err) {
			return err
		}
		if err != nil {
			r.Problems = append(r.Problems, harness.Problem{Key: key, Reason: "is not whole: " + err.Error()})
		}
	}
	return nil
}

// wrongRecord says how a record contradicts the key that it stands at.
func wrongRecord(rec harness.RunRecord, base string, number int) string {
	switch {
	case rec.Format != harness.RunFormat:
		return fmt.Sprintf("has format %d, this gate reads %d", rec.Format, harness.RunFormat)
	case rec.Number != number || dirOf(rec) != base || rec.ID != idOf(rec):
		return fmt.Sprintf("is the record of run %s", rec.ID)
	default:
		return ""
	}
}

// read reads the object at key into v. A damaged one becomes a problem of r,
// and no digest is returned.
func (l Ledger) read(ctx context.Context, key string, o *Object, r *harness.Run) (harness.Digest, error) {
	b, err := l.Store.Get(ctx, key)
	if errors.Is(err, harness.ErrNotFound) {
		r.Problems = append(r.Problems, harness.Problem{Key: key, Reason: "is missing"})
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", key, err)
	}
	o.Place, _, _ = strings.Cut(strings.TrimPrefix(key, "runs/"), "/")
	if r.Record != nil {
		o.Subject = r.Record.Subject
	}
	d, err := l.open(b, o)
	if err != nil {
		r.Problems = append(r.Problems, harness.Problem{Key: key, Reason: err.Error()})
		return "", nil
	}
	return d, nil
}

func (l Ledger) deployment(ctx context.Context, key string, r *harness.Run) error {
	var d harness.Deployment
	got, err := l.read(ctx, key, &Object{Value: &d}, r)
	switch {
	case err != nil || got == "":
		return err
	case d.Run != r.Record.ID || d.Nonce != r.Record.Nonce:
		r.Problems = append(r.Problems, harness.Problem{Key: key, Reason: "belongs to run " + d.Run, Lies: true})
		return nil
	}
	switch err := l.openManifest(ctx, d.Artifact); {
	case failed(err):
		return err
	case err != nil:
		r.Problems = append(r.Problems, harness.Problem{Key: key, Reason: "its artifact is lost: " + err.Error()})
	default:
		r.Deployment = &d
	}
	return nil
}

func (l Ledger) closing(ctx context.Context, key, rest string, r *harness.Run) error {
	var c harness.Closing
	got, err := l.read(ctx, key, &Object{Value: &c}, r)
	switch {
	case err != nil || got == "":
		return err
	case c.Run != r.Record.ID || c.Nonce != r.Record.Nonce:
		r.Problems = append(r.Problems, harness.Problem{Key: key, Reason: "belongs to run " + c.Run, Lies: true})
	case rest != strconv.Itoa(len(r.Closings)+1):
		r.Problems = append(r.Problems, harness.Problem{Key: key, Reason: "an earlier closing is missing"})
	default:
		r.Closings = append(r.Closings, c)
	}
	return nil
}

func (l Ledger) evidence(ctx context.Context, key, rest string, r *harness.Run) error {
	var e harness.Evidence
	o := Object{Value: &e}
	d, err := l.read(ctx, key, &o, r)
	if err != nil || d == "" {
		return err
	}
	reason := contradiction(e, *r.Record, rest)
	if reason == "" && o.Record != "" && o.Record != r.Digest {
		reason = "was signed for another run record"
	}
	if reason != "" {
		r.Problems = append(r.Problems, harness.Problem{Key: key, Reason: reason, Lies: true})
		return nil
	}
	e.Rows, err = openList(ctx, l, e.Listed, harness.CompareRows)
	if failed(err) {
		return err
	}
	if err != nil {
		r.Problems = append(r.Problems, harness.Problem{Key: key, Reason: "its rows are lost: " + err.Error()})
		return nil
	}
	e.Digest = d
	r.Evidence = append(r.Evidence, e)
	return nil
}

// contradiction says how e differs from the run that it is stored with, or
// from its place there.
func contradiction(e harness.Evidence, rec harness.RunRecord, rest string) string {
	want := path.Join(string(e.When), e.Suite, strconv.Itoa(e.Shard))
	switch {
	case e.Format != harness.EvidenceFormat:
		return fmt.Sprintf("has format %d, this gate reads %d", e.Format, harness.EvidenceFormat)
	case e.Run != rec.ID:
		return "is evidence of run " + e.Run
	case e.Nonce != rec.Nonce:
		return "has the nonce of another run"
	case e.Subject != rec.Subject:
		return "is evidence of " + e.Subject.Key()
	case e.Target != rec.Target.Name:
		return "is evidence of target " + e.Target
	case e.Account != rec.Account:
		return "is evidence of account " + e.Account
	case rest != want:
		return "is evidence of " + want
	case e.Shard < 1 || e.Shard > max(rec.Shards, 1):
		return fmt.Sprintf("is of shard %d, the run has %d", e.Shard, rec.Shards)
	default:
		return ""
	}
}
