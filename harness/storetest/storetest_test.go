package storetest_test

import (
	"bytes"
	"context"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/storetest"
)

// memory is a right store, but for what fault names.
type memory struct {
	fault string
	mu    sync.Mutex
	all   map[string][]byte
}

func (m *memory) Put(ctx context.Context, key string, b []byte) error {
	if err := harness.CheckKey(key); err != nil && m.fault != "any key" {
		return err
	}
	if err := ctx.Err(); err != nil && m.fault != "deaf to the context" {
		return err
	}
	if m.fault == "half written" {
		m.set(key, b[:len(b)/2])
	}
	m.mu.Lock()
	old, ok := m.all[key]
	if m.fault == "two winners" { // looks first, writes later
		m.mu.Unlock()
		runtime.Gosched()
		m.mu.Lock()
	}
	defer m.mu.Unlock()
	switch {
	case !ok, m.fault == "half written", m.fault == "overwrites":
	case m.fault == "equal is fine" && bytes.Equal(old, b):
		return nil
	default:
		return harness.ErrExists
	}
	if m.fault != "not a copy" {
		b = bytes.Clone(b)
	}
	m.all[key] = b
	return nil
}

func (m *memory) set(key string, b []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all[key] = b
}

func (m *memory) Get(_ context.Context, key string) ([]byte, error) {
	if err := harness.CheckKey(key); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.all[key]
	if !ok && m.fault != "never not found" {
		return nil, harness.ErrNotFound
	}
	if m.fault != "not a copy" {
		b = bytes.Clone(b)
	}
	return b, nil
}

func (m *memory) List(_ context.Context, prefix string) ([]string, error) {
	if err := harness.CheckKey(prefix); prefix != "" && err != nil {
		return nil, err
	}
	if prefix != "" && m.fault != "prefixes of bytes" {
		prefix += "/"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := slices.Sorted(maps.Keys(m.all))
	keys = slices.DeleteFunc(keys, func(k string) bool { return !strings.HasPrefix(k, prefix) })
	if m.fault == "not sorted" {
		slices.Reverse(keys)
	}
	return keys, nil
}

const variable = "STORETEST_FAULT"

// TestStore passes with a right store; TestGoesRed runs it with the others.
func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) harness.Store {
		return &memory{fault: os.Getenv(variable), all: map[string][]byte{}}
	})
}

func TestGoesRed(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range []string{
		"any key", "deaf to the context", "half written", "overwrites", "equal is fine",
		"not a copy", "never not found", "prefixes of bytes", "not sorted", "two winners",
	} {
		cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestStore$")
		cmd.Env = append(os.Environ(), variable+"="+fault, "GORACE=atexit_sleep_ms=0") // -race waits a second to end
		out, err := cmd.CombinedOutput()
		if err == nil || !bytes.Contains(out, []byte("--- FAIL: TestStore/")) {
			t.Errorf("a store with the fault %q: %v, want the suite to fail\n%s", fault, err, out)
		}
	}
}
