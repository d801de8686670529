package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/harness"
)

// Verdict writes what was decided of a run, after all that was decided before:
// the verdict whole in a blob, and the statement that names it.
func (l Ledger) Verdict(ctx context.Context, rec harness.RunRecord, v harness.Verdict) error {
	o, full, err := entire(object(rec, v), v)
	if err != nil {
		return err
	}
	if _, err := l.PutBlob(ctx, full); err != nil {
		return err
	}
	base := path.Join(dirOf(rec), "verdicts")
	for range 100 {
		written, err := l.Store.List(ctx, base)
		if err != nil {
			return fmt.Errorf("list verdicts: %w", err)
		}
		_, err = l.put(ctx, path.Join(base, strconv.Itoa(len(written)+1)), o)
		if !errors.Is(err, harness.ErrExists) {
			return err
		}
	}
	return fmt.Errorf("write the verdict on %s: others took every number", rec.ID)
}

// entire is v in JSON, and o with its digest.
func entire(o Object, v harness.Verdict) (Object, []byte, error) {
	if v.Unread != nil {
		return o, nil, fmt.Errorf("decide: %w", v.Unread)
	}
	full, err := json.Marshal(v, json.Deterministic(true))
	o.Full = harness.DigestOf(full)
	return o, full, err
}

// Signed is a verdict on subject as a person or a deploy job is handed it: the
// signed statement, and the verdict whole.
func (l Ledger) Signed(ctx context.Context, place string, subject harness.Subject, v harness.Verdict) (statement, full []byte, err error) {
	if l.Notary == nil {
		return nil, nil, errors.New("a verdict to hand on needs a key that signs it")
	}
	o, full, err := entire(Object{Service: v.Service, Place: place, Subject: subject, Value: v}, v)
	if err != nil {
		return nil, nil, err
	}
	statement, err = l.Notary.Sign(ctx, o)
	return statement, full, err
}

// Payload is what is signed of v, a verdict on the run of rec; the whole of it
// where nothing is signed.
func (l Ledger) Payload(ctx context.Context, rec harness.RunRecord, v harness.Verdict) ([]byte, error) {
	o, full, err := entire(object(rec, v), v)
	if err != nil || l.Notary == nil {
		return full, err
	}
	return l.Notary.Payload(o)
}

// A Written is a verdict in the store.
type Written struct {
	Key     string
	Verdict harness.Verdict
	Payload []byte // what was signed; the whole of it where nothing was
	Problem string // why it cannot be read
}

// Verdicts are the stored verdicts on a run, in the order they were written.
func (l Ledger) Verdicts(ctx context.Context, rec harness.RunRecord) (all []Written, err error) {
	keys, err := l.Store.List(ctx, path.Join(dirOf(rec), "verdicts"))
	if err != nil {
		return nil, fmt.Errorf("list verdicts: %w", err)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(len(a)-len(b), cmp.Compare(a, b)) })
	for _, k := range keys {
		b, err := l.Store.Get(ctx, k)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", k, err)
		}
		w := Written{Key: k}
		o := object(rec, &w.Verdict)
		o.Read = func(d harness.Digest) ([]byte, error) { return l.Blob(ctx, d) }
		if _, err := l.open(b, &o); err != nil {
			w.Problem = err.Error()
		}
		w.Payload = o.Payload
		all = append(all, w)
	}
	return all, nil
}
