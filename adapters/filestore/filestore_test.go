package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/filestore"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) harness.Store {
		return filestore.New(filepath.Join(t.TempDir(), "not", "yet"))
	})
}

func containsAll(s string, words ...string) bool {
	for _, w := range words {
		if !strings.Contains(s, w) {
			return false
		}
	}
	return true
}

// plant is a store with one value and something else planted beside it.
func plant(t *testing.T) (dir string, s *filestore.Store) {
	dir = filepath.Join(t.TempDir(), "store")
	s = filestore.New(dir)
	if err := put(s, "a/value", "x"); err != nil {
		t.Fatal(err)
	}
	return dir, s
}

func TestSymbolicLinksAreRefused(t *testing.T) {
	elsewhere := t.TempDir()
	if err := os.WriteFile(filepath.Join(elsewhere, "value"), []byte("planted"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, link := range map[string]struct{ name, to string }{
		"a value, outside":     {"a/planted", filepath.Join(elsewhere, "value")},
		"a value, inside":      {"a/planted", "value"},
		"a directory, outside": {"b", elsewhere},
		"a directory, inside":  {"b", "a"},
		"to nothing":           {"b", "nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, s := plant(t)
			if err := os.Symlink(link.to, filepath.Join(dir, link.name)); err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{link.name, link.name + "/value"} {
				if got, err := s.Get(t.Context(), key); err == nil {
					t.Errorf("Get(%q) = %q", key, got)
				}
				if err := put(s, key, "mine"); err == nil || errors.Is(err, harness.ErrExists) {
					t.Errorf("Put(%q) = %v, want an error that is not ErrExists", key, err)
				}
			}
			if keys, err := s.List(t.Context(), ""); err == nil {
				t.Errorf("List = %q over a symbolic link", keys)
			}
			if keys, err := s.List(t.Context(), "b"); link.name == "b" && err == nil {
				t.Errorf("List = %q through a symbolic link", keys)
			}
		})
	}
}

func TestStoreThatIsASymbolicLink(t *testing.T) {
	dir, _ := plant(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	s := filestore.New(link)
	if _, err := s.Get(t.Context(), "a/value"); err == nil {
		t.Error("Get followed it")
	}
	if _, err := s.List(t.Context(), ""); err == nil {
		t.Error("List followed it")
	}
	if err := put(s, "b", "x"); err == nil {
		t.Error("Put followed it")
	}
}

func TestModes(t *testing.T) {
	dir, _ := plant(t)
	for name, want := range map[string]os.FileMode{"": 0o700, "a": 0o700, "a/value": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q has mode %v, %v, want %v", name, info.Mode().Perm(), err, want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "a", ".*")); len(left) != 0 {
		t.Errorf("left over: %q", left)
	}
}

// A value where a directory would be, and the other way round.
func TestValueInTheWay(t *testing.T) {
	_, s := plant(t)
	if err := put(s, "a", "x"); err == nil || errors.Is(err, harness.ErrExists) {
		t.Errorf("Put where keys are below: %v, want an error that is not ErrExists", err)
	}
	if err := put(s, "a/value/below", "x"); err == nil || errors.Is(err, harness.ErrExists) {
		t.Errorf("Put below a value: %v, want an error that is not ErrExists", err)
	}
	if _, err := s.Get(t.Context(), "a/value/below"); !errors.Is(err, harness.ErrNotFound) {
		t.Errorf("Get below a value: %v, want ErrNotFound", err)
	}
}

func TestTooBig(t *testing.T) {
	dir, s := plant(t)
	if err := os.Truncate(filepath.Join(dir, "a/value"), 256<<20+1); err != nil { // sparse
		t.Fatal(err)
	}
	if b, err := s.Get(t.Context(), "a/value"); err == nil {
		t.Errorf("Get = %d bytes", len(b))
	}
}

func ExampleStore() {
	dir, _ := os.MkdirTemp("", "store")
	defer os.RemoveAll(dir)
	s, ctx := filestore.New(dir), context.Background()

	fmt.Println(s.Put(ctx, "runs/1/record.json", []byte("{}")))
	fmt.Println(errors.Is(s.Put(ctx, "runs/1/record.json", []byte("{}")), harness.ErrExists))
	fmt.Println(s.List(ctx, "runs"))
	// Output:
	// <nil>
	// true
	// [runs/1/record.json] <nil>
}
