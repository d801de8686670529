package lock_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/storetest"
	"github.com/stagegate/stagegate/internal/lock"
)

const place = "staging"

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// memory is a right [harness.Store], as TestMemory says.
type memory struct {
	mu  sync.Mutex
	all map[string][]byte
}

func newMemory() *memory { return &memory{all: map[string][]byte{}} }

func TestMemory(t *testing.T) {
	storetest.Run(t, func(*testing.T) harness.Store { return newMemory() })
}

func (m *memory) Put(ctx context.Context, key string, b []byte) error {
	if err := errors.Join(ctx.Err(), harness.CheckKey(key)); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.all[key]; ok {
		return harness.ErrExists
	}
	m.all[key] = bytes.Clone(b)
	return nil
}

func (m *memory) Get(ctx context.Context, key string) ([]byte, error) {
	if err := errors.Join(ctx.Err(), harness.CheckKey(key)); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.all[key]
	if !ok {
		return nil, harness.ErrNotFound
	}
	return bytes.Clone(b), nil
}

func (m *memory) List(ctx context.Context, prefix string) ([]string, error) {
	if err := harness.CheckKey(prefix); prefix != "" && err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := slices.Sorted(maps.Keys(m.all))
	return slices.DeleteFunc(keys, func(k string) bool { return prefix != "" && !strings.HasPrefix(k, prefix+"/") }), ctx.Err()
}

// watched is a store of whose calls around does each, or does not.
type watched struct {
	harness.Store
	around func(op, key string, do func() error) error
}

func (w watched) Put(ctx context.Context, key string, b []byte) error {
	return w.around("put", key, func() error { return w.Store.Put(ctx, key, b) })
}

func (w watched) Get(ctx context.Context, key string) (b []byte, err error) {
	err = w.around("get", key, func() error {
		b, err = w.Store.Get(ctx, key)
		return err
	})
	return b, err
}

func (w watched) List(ctx context.Context, prefix string) (keys []string, err error) {
	err = w.around("list", prefix, func() error {
		keys, err = w.Store.List(ctx, prefix)
		return err
	})
	return keys, err
}

// counted counts the calls of a store, by "put", "get" and "list".
func counted(s harness.Store) (watched, map[string]int) {
	count := map[string]int{}
	return watched{s, func(op, _ string, do func() error) error { count[op]++; return do() }}, count
}

// clock is a clock that stands until it is moved.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

// locks are locks in s by c; where they sleep, time passes.
func (c *clock) locks(s harness.Store) lock.Locks {
	return lock.Locks{Store: s, Now: c.now, Sleep: func(ctx context.Context, d time.Duration) error {
		c.pass(d)
		return ctx.Err()
	}}
}

// who is a candidate by that name, that comes now.
func who(name string) lock.Candidate {
	return lock.Candidate{Stage: name, Subject: "commit-" + strings.Repeat("1", 40), Commit: strings.Repeat("1", 40), Nonce: name}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// put writes a value past the locks.
func put(t testing.TB, s harness.Store, key, value string) {
	t.Helper()
	check(t, s.Put(t.Context(), key, []byte(value)))
}

// told is what a call answered, in a few words.
func told(c lock.Claim, err error) string {
	var held *lock.HeldError
	var newer *lock.SupersededError
	switch {
	case errors.As(err, &held):
		return fmt.Sprintf("%s has it until %s", held.By.By.Nonce, held.Until.Format(time.TimeOnly))
	case errors.As(err, &newer):
		return "superseded by " + newer.By.Nonce
	case errors.Is(err, lock.ErrOvertaken):
		return "over"
	case err != nil:
		return "error: " + err.Error()
	default:
		return fmt.Sprintf("claim %d", c.Number)
	}
}

// gap says what is wrong with the numbers of the claims that are there, or is "".
func gap(s harness.Store) string {
	keys, err := s.List(context.Background(), "locks/"+place)
	if err != nil {
		return err.Error()
	}
	n := 0
	for _, k := range keys {
		if strings.HasSuffix(k, "/claim") {
			if n++; k != fmt.Sprintf("locks/%s/%06d/claim", place, n) {
				return fmt.Sprintf("claim %d of all is %s", n, k)
			}
		}
	}
	return ""
}
