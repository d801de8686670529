//go:build unix

package moto_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/moto"
	"github.com/stagegate/stagegate/internal/need"
)

func TestStartAndStop(t *testing.T) {
	path, err := moto.Find(os.Getenv, ".")
	if err != nil {
		need.Missing(t, "moto_server", "make setup")
	}
	s, err := moto.Start(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	s.Stop()
	if answer, err := http.Get(s.Endpoint + "/moto-api/data.json"); err == nil {
		t.Errorf("it answers %s after Stop", answer.Status)
	}
}

func TestServerThatDoesNotStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "moto_server")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho no module named moto\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := moto.Start(t.Context(), path); err == nil || !strings.Contains(err.Error(), "no module named moto") {
		t.Errorf("error %v, want what it said", err)
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	nothing := func(string) string { return "" }
	if path, err := moto.Find(nothing, dir); !errors.Is(err, moto.ErrMissing) || !strings.Contains(err.Error(), "make setup") {
		t.Errorf("Find = %q, %v, want ErrMissing and a hint", path, err)
	}
	program := func(elements ...string) string {
		t.Helper()
		path := filepath.Join(append([]string{dir}, elements...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	want := program(".venv", "bin", "moto_server")
	below := filepath.Join(dir, "a", "b")
	if path, err := moto.Find(nothing, below); path != want || err != nil {
		t.Errorf("Find = %q, %v, want %q", path, err, want)
	}
	want = program("moto_server")
	if path, err := moto.Find(nothing, below); path != want || err != nil {
		t.Errorf("Find = %q, %v, want PATH's %q", path, err, want)
	}
	want = program("elsewhere", "m")
	if path, err := moto.Find(func(string) string { return want }, below); path != want || err != nil {
		t.Errorf("Find = %q, %v, want STAGEGATE_MOTO's %q", path, err, want)
	}
	if path, err := moto.Find(func(string) string { return filepath.Join(dir, "no") }, below); !errors.Is(err, moto.ErrMissing) {
		t.Errorf("Find = %q, %v although STAGEGATE_MOTO names nothing", path, err)
	}
}
