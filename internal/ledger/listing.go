package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/harness"
)

// blobSize is about how long a blob of a listing is, in bytes: what is read at
// a time.
const blobSize = 8 << 20

// putList writes values as one JSON object a line, in blobs.
func putList[T any](ctx context.Context, l Ledger, values harness.Stream[T]) (at harness.Listing, err error) {
	at.Blobs = []harness.Digest{}
	var b bytes.Buffer
	flush := func() error {
		if b.Len() == 0 {
			return nil
		}
		d, err := l.PutBlob(ctx, b.Bytes())
		at.Blobs = append(at.Blobs, d)
		b.Reset()
		return err
	}
	if values == nil {
		return at, nil
	}
	for v, err := range values {
		if err != nil {
			return at, err
		}
		line, err := json.Marshal(v, json.Deterministic(true))
		if err != nil {
			return at, err
		}
		b.Write(line)
		b.WriteByte('\n')
		at.Count++
		if b.Len() < blobSize {
			continue
		}
		if err := flush(); err != nil {
			return at, err
		}
	}
	return at, flush()
}

// openList reads the listing at: what fits into one blob at once, a longer one
// while it is gone through. Every blob is checked here, so that what is damaged
// or missing is an error now; what fails later is a [harness.UnreadError].
func openList[T any](ctx context.Context, l Ledger, at harness.Listing, compare func(a, b T) int) (harness.Stream[T], error) {
	var only []byte
	for _, d := range at.Blobs {
		b, err := l.Blob(ctx, d)
		if err != nil {
			return nil, err
		}
		only = b
	}
	if len(at.Blobs) > 1 {
		return pages[T](ctx, l, at), nil
	}
	all, err := decodeLines[T](only, 0)
	if err != nil {
		return nil, err
	}
	if len(all) != at.Count {
		err = fmt.Errorf("has %d lines, and %d were written", len(all), at.Count)
	}
	for i := 1; err == nil && i < len(all); i++ {
		if compare(all[i-1], all[i]) > 0 {
			err = fmt.Errorf("line %d is out of order", i+1)
		}
	}
	return harness.StreamOf(all...), err
}

// pages reads a listing blob by blob, each time that it is gone through. The
// next lines are decoded while somebody looks at those before them.
func pages[T any](ctx context.Context, l Ledger, at harness.Listing) harness.Stream[T] {
	return func(yield func(T, error) bool) {
		pages, done := make(chan chan page[T], ahead), make(chan struct{})
		go func() {
			defer close(pages)
			decodeAhead(ctx, l, at, func(next chan page[T]) bool {
				select {
				case pages <- next:
					return true
				case <-done:
					return false
				}
			})
		}()
		defer func() {
			close(done)
			for range pages { // until the reader has ended
			}
		}()
		var none T
		n := 0
		for next := range pages {
			p := <-next
			for _, v := range p.values {
				if !yield(v, nil) {
					return
				}
			}
			if n += len(p.values); p.err != nil {
				yield(none, p.err)
				return
			}
		}
		if n != at.Count {
			yield(none, fmt.Errorf("has %d lines, and %d were written", n, at.Count))
		}
	}
}

// A page is what some lines of a listing say, and why there are no more.
type page[T any] struct {
	values []T
	err    error
}

const (
	pageSize = 64 << 10 // about how long the lines of a page are, in bytes
	ahead    = 4        // how many pages are decoded before somebody asks for them
)

// decodeAhead hands over the pages of a listing in their order, each in a
// channel of its own, which has it when it is decoded. It ends with the first
// error of the store, or when hand returns false.
func decodeAhead[T any](ctx context.Context, l Ledger, at harness.Listing, hand func(chan page[T]) bool) {
	n := 0
	for _, d := range at.Blobs {
		rest, err := l.Blob(ctx, d)
		if err != nil {
			next := make(chan page[T], 1)
			next <- page[T]{err: &harness.UnreadError{Err: err}} // it was there, and right, a moment ago
			hand(next)
			return
		}
		for len(rest) > 0 {
			var lines []byte
			lines, rest = cutPage(rest)
			next, before, count := make(chan page[T], 1), n, bytes.Count(lines, []byte("\n"))
			if !hand(next) {
				return
			}
			go func() {
				values, err := decodeLines[T](lines, before)
				next <- page[T]{values, err}
			}()
			n += count
		}
	}
}

// cutPage takes whole lines from the beginning of b.
func cutPage(b []byte) (lines, rest []byte) {
	from := min(pageSize, len(b))
	end := bytes.IndexByte(b[from:], '\n')
	if end < 0 {
		return b, nil
	}
	return b[:from+end+1], b[from+end+1:]
}

// decodeLines reads the lines of b, before which there are n. With an error it
// returns what stands before it.
func decodeLines[T any](b []byte, n int) ([]T, error) {
	all := make([]T, 0, min(bytes.Count(b, []byte("\n")), 1024)) // a blob may be nothing but line feeds
	for len(b) > 0 {
		n++
		line, rest, ok := bytes.Cut(b, []byte("\n"))
		if !ok {
			return all, fmt.Errorf("line %d was cut short", n)
		}
		var zero T
		all = append(all, zero)
		if err := json.Unmarshal(line, &all[len(all)-1], json.RejectUnknownMembers(true)); err != nil {
			return all[:len(all)-1], fmt.Errorf("line %d: %w", n, err)
		}
		b = rest
	}
	return all, nil
}

// KeepPlan writes what s plans, and says in the copy that it returns where.
func (l Ledger) KeepPlan(ctx context.Context, s harness.PlannedRun) (harness.PlannedRun, error) {
	all, err := s.Inventory.All()
	if err != nil {
		return s, err
	}
	s.Inventory = harness.PlanOf(all)
	if s.Listed, err = putList(ctx, l, s.Inventory); err != nil {
		return s, fmt.Errorf("the plan of suite %s: %w", s, err)
	}
	return s, nil
}

// OpenPlan is the inverse of [Ledger.KeepPlan].
func (l Ledger) OpenPlan(ctx context.Context, s harness.PlannedRun) (harness.PlannedRun, error) {
	same := fmt.Sprint(s.Listed)
	if l.plans != nil {
		if opened, ok := l.plans.Load(same); ok {
			s.Inventory = opened.(harness.Stream[harness.Planned])
			return s, nil
		}
	}
	var err error
	if s.Inventory, err = openList(ctx, l, s.Listed, harness.ComparePlanned); err != nil {
		return s, fmt.Errorf("the plan of suite %s: %w", s, err)
	}
	if l.plans != nil {
		l.plans.Store(same, s.Inventory)
	}
	return s, nil
}

// putManifest writes the files of an artifact in a blob and returns the
// artifact with its digest.
func (l Ledger) putManifest(ctx context.Context, a *harness.Artifact) (*harness.Artifact, error) {
	if a == nil {
		return nil, nil
	}
	b, err := json.Marshal(a.Files, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	listed := *a
	listed.Manifest, err = l.PutBlob(ctx, b)
	return &listed, err
}

// openManifest reads the files of an artifact.
func (l Ledger) openManifest(ctx context.Context, a *harness.Artifact) error {
	if a == nil {
		return nil
	}
	b, err := l.Blob(ctx, a.Manifest)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &a.Files, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("the list of files cannot be read: %w", err)
	}
	if harness.NewArtifact(a.Files).Digest != a.Digest {
		return errors.New("the list of files is another artifact's")
	}
	return nil
}

// failed reports whether err is the store's, and says nothing about what it keeps.
func failed(err error) bool {
	var unread *harness.UnreadError
	return errors.As(err, &unread)
}
