package ledger

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/stagegate/stagegate/harness"
)

// A Ledger keeps runs in Store.
type Ledger struct {
	Store  harness.Store
	Notary Notary // nil: nothing is signed, and nobody's signature is asked for

	plans *sync.Map // that were opened for this reading, by where they are listed; nil: none is kept
}

// Place is the name under which runs of a stage are numbered: its target's,
// or "commit" where it has none.
func Place(t harness.Target) string { return harness.PlaceOf(t) }

func dir(place, subject string, number int) string {
	return path.Join("runs", place, subject, fmt.Sprintf("%04d", number))
}

func dirOf(r harness.RunRecord) string { return dir(Place(r.Target), r.Subject.Key(), r.Number) }

// Begin gives rec the next number of its subject on its place, and its id, and
// writes it. Of several that begin at once each gets a number of its own.
func (l Ledger) Begin(ctx context.Context, rec harness.RunRecord) (harness.RunRecord, error) {
	place, key := Place(rec.Target), rec.Subject.Key()
	rec.Suites = slices.Clone(rec.Suites)
	for i, s := range rec.Suites {
		var err error
		if rec.Suites[i], err = l.KeepPlan(ctx, s); err != nil {
			return rec, err
		}
	}
	if err := l.name(ctx, place, key); err != nil {
		return rec, err
	}
	for range 100 {
		runs, err := l.Runs(ctx, place, key)
		if err != nil {
			return rec, err
		}
		rec.Number, rec.Previous = 1, ""
		if n := len(runs); n > 0 {
			rec.Number, rec.Previous = runs[n-1].Number+1, runs[n-1].Digest
		}
		rec.Format, rec.ID = harness.RunFormat, idOf(rec)
		_, err = l.put(ctx, dirOf(rec)+"/record", object(rec, rec))
		if !errors.Is(err, harness.ErrExists) {
			return rec, err
		}
	}
	return rec, fmt.Errorf("begin a run of %s on %s: others took every number", key, place)
}

// name makes the subject's key known by its short form, which run ids have.
func (l Ledger) name(ctx context.Context, place, key string) error {
	at := path.Join("ids", place, short(key), key)
	if err := l.Store.Put(ctx, at, []byte(key)); err != nil && !errors.Is(err, harness.ErrExists) {
		return fmt.Errorf("write %s: %w", at, err)
	}
	return nil
}

// idOf is the id of a run: its place, the beginning of its subject's name, and
// its number.
func idOf(r harness.RunRecord) string {
	return fmt.Sprintf("%s/%s/%d", Place(r.Target), short(r.Subject.Key()), r.Number)
}

// short is the part of a subject's key that an id shows.
func short(key string) string {
	_, hex, _ := strings.Cut(key, "-")
	return hex[:min(12, len(hex))]
}

// Deployed writes what happened before the suites, and the index by which an
// artifact finds the run that made it.
func (l Ledger) Deployed(ctx context.Context, rec harness.RunRecord, d harness.Deployment) error {
	if d.Artifact != nil && rec.Target.InProcess() {
		key := path.Join("made", d.Artifact.Digest.Hex(), fmt.Sprintf("%s-%d", rec.Subject.Key(), rec.Number))
		if _, err := l.put(ctx, key, object(rec, made{Subject: rec.Subject, Run: rec.ID})); err != nil {
			return err
		}
	}
	var err error
	if d.Artifact, err = l.putManifest(ctx, d.Artifact); err != nil {
		return err
	}
	d.Run, d.Nonce = rec.ID, rec.Nonce
	_, err = l.put(ctx, dirOf(rec)+"/deployment", object(rec, d))
	return err
}

// made is what stands at made/ARTIFACT/...
type made struct {
	Subject harness.Subject `json:"subject"`
	Run     string          `json:"run"`
}

// Makers are the sources from which commit stages made an artifact.
func (l Ledger) Makers(ctx context.Context, artifact harness.Digest) ([]harness.Source, error) {
	keys, err := l.Store.List(ctx, path.Join("made", artifact.Hex()))
	if err != nil {
		return nil, err
	}
	var all []harness.Source
	for _, k := range keys {
		b, err := l.Store.Get(ctx, k)
		if err != nil {
			return nil, err
		}
		var m made
		if _, err := l.open(b, &Object{Value: &m}); err != nil {
			return nil, fmt.Errorf("%s %w", k, err)
		}
		if !slices.Contains(all, m.Subject.Source) {
			all = append(all, m.Subject.Source)
		}
	}
	return all, nil
}

// Add writes evidence for rec. A shard's evidence is written once: a second
// one is refused with [harness.ErrExists].
func (l Ledger) Add(ctx context.Context, rec harness.RunRecord, e harness.Evidence) (harness.Digest, error) {
	rows, err := e.Rows.All()
	if err != nil {
		return "", err
	}
	if e.Listed, err = putList(ctx, l, harness.RowsOf(rows)); err != nil {
		return "", err
	}
	e.Format, e.Run, e.Nonce, e.Subject = harness.EvidenceFormat, rec.ID, rec.Nonce, rec.Subject
	e.Target, e.Account, e.Counts = rec.Target.Name, rec.Account, harness.CountRows(rows)
	o := object(rec, e)
	if o.Record, err = l.recordDigest(ctx, rec); err != nil {
		return "", err
	}
	return l.put(ctx, evidenceKey(rec, e.Placed, e.Shard), o)
}

func evidenceKey(rec harness.RunRecord, p harness.Placed, shard int) string {
	return path.Join(dirOf(rec), "evidence", string(p.When), p.Suite, strconv.Itoa(shard))
}

// Close writes that the run has ended, naming all evidence that is there.
func (l Ledger) Close(ctx context.Context, r harness.Run, c harness.Closing) error {
	c.Run, c.Nonce = r.Record.ID, r.Record.Nonce
	for _, e := range r.Evidence {
		c.Evidence = append(c.Evidence, e.Digest)
	}
	slices.Sort(c.Evidence)
	_, err := l.put(ctx, path.Join(dirOf(*r.Record), "closings", strconv.Itoa(len(r.Closings)+1)), object(*r.Record, c))
	return err
}

// object is v as part of the run that rec began.
func object(rec harness.RunRecord, v any) Object {
	return Object{Service: rec.Service, Place: Place(rec.Target), Subject: rec.Subject, Value: v}
}

// recordDigest is the digest of rec as it is stored.
func (l Ledger) recordDigest(ctx context.Context, rec harness.RunRecord) (harness.Digest, error) {
	key := dirOf(rec) + "/record"
	b, err := l.Store.Get(ctx, key)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", key, err)
	}
	var stored harness.RunRecord
	o := object(rec, nil)
	o.Value = &stored
	d, err := l.open(b, &o)
	if err != nil {
		return "", fmt.Errorf("%s %w", key, err)
	}
	return d, nil
}

func (l Ledger) put(ctx context.Context, key string, o Object) (harness.Digest, error) {
	b, d, err := l.seal(ctx, o)
	if err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	if err := l.Store.Put(ctx, key, b); err != nil {
		return "", fmt.Errorf("write %s: %w", key, err)
	}
	return d, nil
}

// PutBlob writes b under its digest; a blob that is there already is fine.
func (l Ledger) PutBlob(ctx context.Context, b []byte) (harness.Digest, error) {
	d := harness.DigestOf(b)
	if err := l.Store.Put(ctx, "blobs/"+d.Hex(), b); err != nil && !errors.Is(err, harness.ErrExists) {
		return "", fmt.Errorf("write blob %s: %w", d.Short(), err)
	}
	return d, nil
}

// Blob reads a blob, and checks that it is what its digest says. It returns an
// error that wraps [harness.ErrNotFound] where it is missing, and a
// [harness.UnreadError] where the store did not answer.
func (l Ledger) Blob(ctx context.Context, d harness.Digest) ([]byte, error) {
	if !d.Valid() {
		return nil, fmt.Errorf("%q is not a digest", d)
	}
	b, err := l.Store.Get(ctx, "blobs/"+d.Hex())
	if err != nil && !errors.Is(err, harness.ErrNotFound) {
		err = &harness.UnreadError{Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("blob %s: %w", d.Short(), err)
	}
	if harness.DigestOf(b) != d {
		return nil, fmt.Errorf("blob %s was changed: its digest does not match", d.Short())
	}
	return b, nil
}
