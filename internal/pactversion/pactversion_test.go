package pactversion_test

import (
	"path/filepath"
	"testing"

	"github.com/stagegate/stagegate/internal/pactversion"
)

func TestCachePath(t *testing.T) {
	want := filepath.Join("cache", "stagegate", "pact", pactversion.Version, "libpact_ffi.so")
	if got := pactversion.CachePath("cache"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
