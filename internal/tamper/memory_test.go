package tamper

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/storetest"
)

// A memory is a [harness.Store] that forgets everything with the process. Its
// values can be damaged, which no other store offers.
type memory struct {
	mu     sync.Mutex
	values map[string][]byte
}

func newMemory() *memory { return &memory{values: map[string][]byte{}} }

// Put implements [harness.Store].
func (m *memory) Put(ctx context.Context, key string, b []byte) error {
	if err := cmpErr(ctx.Err(), harness.CheckKey(key)); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.values[key]; ok {
		return fmt.Errorf("%s: %w", key, harness.ErrExists)
	}
	m.values[key] = bytes.Clone(b)
	return nil
}

// Get implements [harness.Store].
func (m *memory) Get(ctx context.Context, key string) ([]byte, error) {
	if err := cmpErr(ctx.Err(), harness.CheckKey(key)); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.values[key]
	if !ok {
		return nil, fmt.Errorf("%s: %w", key, harness.ErrNotFound)
	}
	return bytes.Clone(b), nil
}

// List implements [harness.Store].
func (m *memory) List(ctx context.Context, prefix string) (all []string, err error) {
	if prefix != "" {
		err = harness.CheckKey(prefix)
	}
	if err := cmpErr(ctx.Err(), err); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for k := range m.values {
		if prefix == "" || strings.HasPrefix(k, prefix+"/") {
			all = append(all, k)
		}
	}
	slices.Sort(all)
	return all, nil
}

// copied is a store with the same values, in which others can be put.
func (m *memory) copied() *memory { return &memory{values: maps.Clone(m.values)} }

// keys are all keys below prefix, sorted.
func (m *memory) keys(prefix string) (all []string) {
	for k := range m.values {
		if strings.HasPrefix(k, prefix) {
			all = append(all, k)
		}
	}
	slices.Sort(all)
	return all
}

// cmpErr is the first error that is one.
func cmpErr(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestMemoryIsAStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) harness.Store { return newMemory() })
}

// A restless store lists its keys in another order each time.
type restless struct {
	*memory
	mix func([]string)
}

// List implements [harness.Store], but for the order.
func (r restless) List(ctx context.Context, prefix string) ([]string, error) {
	keys, err := r.memory.List(ctx, prefix)
	r.mix(keys)
	return keys, err
}
