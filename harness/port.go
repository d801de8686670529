package harness

import (
	"context"
	"errors"
)

// ErrExists is returned by [Store.Put] for a key that has a value already.
var ErrExists = errors.New("already written")

// ErrNotFound is returned by [Store.Get] for a key without a value.
var ErrNotFound = errors.New("not found")

// A Store keeps what runs write. Everything is written once: there is no
// update and no delete.
//
// Keys are slash-separated elements of letters, digits, ".", "_", "-" and "=";
// an adapter refuses any other. When Put returns nil the value survives a
// crash of the machine; when it returns an error nothing can be read at key
// that was not there before, nor ever half of b. A store behind a network may
// lose the answer to a Put: when it cannot find out what became of it, its error
// says so, and the value may stand at key later.
type Store interface {
	// Put writes b at key, or returns [ErrExists] if there is a value, even
	// an equal one. Of several writers at once exactly one succeeds.
	Put(ctx context.Context, key string, b []byte) error
	// Get returns the value at key, or [ErrNotFound].
	Get(ctx context.Context, key string) ([]byte, error)
	// List returns the keys below prefix (whole elements), sorted; none is not an error.
	List(ctx context.Context, prefix string) ([]string, error)
}
