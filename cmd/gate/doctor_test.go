package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/pactversion"
)

// Doctor looks for the release that the contracts load, at the place where they
// look for it, and for no other.
func TestDoctorFindsThePinnedEngine(t *testing.T) {
	cache, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "libpact_ffi.so")
	pinned := pactversion.CachePath(cache)
	older := filepath.Join(filepath.Dir(filepath.Dir(pinned)), "0.0.1", pactversion.Library)
	for _, tt := range []struct {
		name, variable string
		files          []string
		want           string
		ok             bool
	}{
		{"not installed", "", nil, pactversion.Version, false},
		{"another release", "", []string{older}, pactversion.Version, false},
		{"a folder in its place", "", []string{filepath.Join(pinned, "x")}, "not a file", false},
		{"the pinned release", "", []string{pinned}, pinned, true},
		{"beside another one", "", []string{older, pinned}, pinned, true},
		{"named, and not there", elsewhere, []string{pinned}, elsewhere, false},
		{"named", elsewhere, []string{elsewhere}, elsewhere, true},
		{"named by half a path", "libpact_ffi.so", []string{pinned}, "not an absolute path", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("XDG_CACHE_HOME", cache)
			for _, f := range tt.files {
				if err := os.MkdirAll(filepath.Dir(f), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(f, nil, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			t.Cleanup(func() { os.RemoveAll(filepath.Join(cache, "stagegate")); os.Remove(elsewhere) })
			a := &app{getenv: func(name string) string { return map[string]string{pactversion.Variable: tt.variable}[name] }}
			got := a.engine()
			if got.OK != tt.ok || !strings.Contains(got.Says, tt.want) || !got.OK && got.Fix == "" {
				t.Errorf("got %+v, want ok %v and %q", got, tt.ok, tt.want)
			}
		})
	}
}
