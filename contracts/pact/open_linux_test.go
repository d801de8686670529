//go:build linux && amd64 && !android

package pact

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ebitengine/purego"
)

// cenv reads the environment that C code sees.
func cenv(t *testing.T, name string) string {
	t.Helper()
	sym, err := purego.Dlsym(purego.RTLD_DEFAULT, "getenv")
	if err != nil {
		t.Fatal(err)
	}
	var getenv func(string) string
	purego.RegisterFunc(&getenv, sym)
	return getenv(name)
}

func TestOpenSomethingElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lib.so")
	if err := os.WriteFile(path, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, "/nonexistent.so", "libc.so.6"} { // libc has none of the symbols
		if e, err := open(p, os.Getenv); err == nil || e != nil {
			t.Errorf("%s: opened", p)
		}
	}
}

// The filter is for one thread: there, nothing can be written to standard
// output; everywhere else, everything can.
func TestQuietly(t *testing.T) {
	var inside error
	quietly(func() { _, inside = syscall.Write(1, nil) })
	if !errors.Is(inside, syscall.EBADF) {
		t.Errorf("the engine can print: write returned %v", inside)
	}
	if _, err := syscall.Write(1, nil); err != nil {
		t.Errorf("nobody else can print: %v", err)
	}
}
