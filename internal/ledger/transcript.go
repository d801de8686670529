package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/stagegate/stagegate/harness"
)

// A Transcript is what was read from a store: which keys it listed, and the
// digests of what it gave. Blobs are not in it, whose names are their digests.
type Transcript struct {
	Lists map[string][]string       `json:"lists"`
	Gets  map[string]harness.Digest `json:"gets"` // empty: there was nothing
}

// A Recorder is a store that writes down what is read from it.
type Recorder struct {
	harness.Store
	mu   sync.Mutex
	seen Transcript
}

// Record begins a transcript of s.
func Record(s harness.Store) *Recorder {
	return &Recorder{Store: s, seen: Transcript{Lists: map[string][]string{}, Gets: map[string]harness.Digest{}}}
}

// Transcript is what has been read so far.
func (r *Recorder) Transcript() Transcript {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Transcript{Lists: maps.Clone(r.seen.Lists), Gets: maps.Clone(r.seen.Gets)}
}

// Get implements [harness.Store].
func (r *Recorder) Get(ctx context.Context, key string) ([]byte, error) {
	b, err := r.Store.Get(ctx, key)
	if err != nil && !errors.Is(err, harness.ErrNotFound) || isBlob(key) {
		return b, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen.Gets[key] = ""
	if err == nil {
		r.seen.Gets[key] = harness.DigestOf(b)
	}
	return b, err
}

// List implements [harness.Store].
func (r *Recorder) List(ctx context.Context, prefix string) ([]string, error) {
	keys, err := r.Store.List(ctx, prefix)
	if err == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.seen.Lists[prefix] = slices.Clone(keys)
	}
	return keys, err
}

func isBlob(key string) bool { return strings.HasPrefix(key, "blobs/") }

// A past is a store as a transcript saw it. It has no Put.
type past struct {
	harness.Store
	seen Transcript
}

// Past is s as it was when t was written: what has come since is not there,
// and what is not the same any more is an error, as is what t never read.
func Past(s harness.Store, t Transcript) harness.Store { return past{s, t} }

// Put implements [harness.Store]: nothing is added to the past.
func (p past) Put(context.Context, string, []byte) error {
	return errors.New("the past cannot be written to")
}

// Get implements [harness.Store].
func (p past) Get(ctx context.Context, key string) ([]byte, error) {
	if isBlob(key) {
		return p.Store.Get(ctx, key)
	}
	want, ok := p.seen.Gets[key]
	switch {
	case !ok:
		return nil, fmt.Errorf("%s: was not read then", key)
	case want == "":
		return nil, fmt.Errorf("%s: %w", key, harness.ErrNotFound)
	}
	b, err := p.Store.Get(ctx, key)
	if err == nil && harness.DigestOf(b) != want {
		return nil, fmt.Errorf("%s: is not what it was then", key)
	}
	if errors.Is(err, harness.ErrNotFound) {
		return nil, fmt.Errorf("%s: was there then, and is gone", key)
	}
	return b, err
}

// List implements [harness.Store].
func (p past) List(_ context.Context, prefix string) ([]string, error) {
	keys, ok := p.seen.Lists[prefix]
	if !ok {
		return nil, fmt.Errorf("%s: was not listed then", prefix)
	}
	return slices.Clone(keys), nil
}
