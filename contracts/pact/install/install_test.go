package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/contracts/pact"
)

// try runs the installer with a cache of its own, and returns that too.
func try(t *testing.T, args ...string) (code int, output, cache string) {
	t.Helper()
	cache = filepath.Join(t.TempDir(), "cache")
	code, output = tryIn(t.Context(), cache, args...)
	return code, output, cache
}

func tryIn(ctx context.Context, cache string, args ...string) (int, string) {
	var out bytes.Buffer
	code := run(ctx, args, func() (string, error) { return cache, nil }, &out, &out)
	return code, out.String()
}

func isEmpty(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("something was written below %s (%v)", dir, err)
	}
}

// realPackage is the npm package, from STAGEGATE_PACT_PACKAGE or by npm.
func realPackage(t *testing.T) string {
	t.Helper()
	if file := os.Getenv("STAGEGATE_PACT_PACKAGE"); file != "" {
		return file
	}
	file, err := fetch(t.Context(), t.TempDir())
	if err == nil {
		return file
	}
	if os.Getenv("STAGEGATE_REQUIRE") == "all" {
		t.Fatal(err)
	}
	t.Skipf("NOT TESTED: the engine's package cannot be had (STAGEGATE_PACT_PACKAGE may name it): %v", err)
	return ""
}

func TestRealPackage(t *testing.T) {
	file := realPackage(t)
	t.Run("install", func(t *testing.T) { testInstall(t, file) })
	t.Run("changed", func(t *testing.T) { testChanged(t, file) })
	t.Run("no cache", func(t *testing.T) { testNoCache(t, file) })
}

func testInstall(t *testing.T, file string) {
	code, output, cache := try(t, "--from", file)
	path := pact.CachePath(cache)
	if code != 0 || !strings.Contains(output, "installed libpact_ffi "+pact.Version+": "+path) {
		t.Fatalf("got exit %d: %s", code, output)
	}
	if err := pact.Check(path); err != nil {
		t.Error(err)
	}
	names, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(names) != 1 {
		t.Errorf("got %v, %v: want the library alone", names, err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if code, output := tryIn(t.Context(), cache, "--from", file); code != 0 || !strings.Contains(output, "installed already") {
		t.Errorf("again: got exit %d: %s", code, output)
	}
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("the second run wrote the library again (%v)", err)
	}

	if err := os.WriteFile(path, []byte("broken"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, output := tryIn(t.Context(), cache, "--from", file); code != 0 || pact.Check(path) != nil {
		t.Errorf("over a broken library: got exit %d: %s", code, output)
	}
}

func testChanged(t *testing.T, file string) {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func([]byte) []byte{
		"one byte":  func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"cut short": func(b []byte) []byte { return b[:len(b)-1] },
		"longer":    func(b []byte) []byte { return append(b, 0) },
	} {
		file := filepath.Join(t.TempDir(), "p.tgz")
		if err := os.WriteFile(file, change(bytes.Clone(b)), 0o600); err != nil {
			t.Fatal(err)
		}
		code, output, cache := try(t, "--from", file)
		if code != exitChecksum || !strings.Contains(output, "nothing was written") {
			t.Errorf("%s: got exit %d: %s", name, code, output)
		}
		isEmpty(t, cache)
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign.tgz") // right in form, with a library of its own
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: pact.PackageMember, Mode: 0o644, Size: 4}); err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "evil")
	w.Close()
	z.Close()
	if err := os.WriteFile(foreign, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args []string
		want int
		says string
	}{
		"foreign package": {[]string{"--from", foreign}, exitChecksum, "checksum differs"},
		"folder":          {[]string{"--from", dir}, exitFailed, "is a directory"},
		"missing":         {[]string{"--from", dir + "/no"}, exitFailed, "no such file"},
		"endless":         {[]string{"--from", "/dev/zero"}, exitFailed, "larger than"},
		"unknown flag":    {[]string{"--form", "x"}, exitUsage, "-form"},
		"argument":        {[]string{"x"}, exitUsage, `unexpected argument "x"`},
	} {
		code, output, cache := try(t, tt.args...)
		if code != tt.want || !strings.Contains(output, tt.says) {
			t.Errorf("%s: got exit %d, want %d: %s", name, code, tt.want, output)
		}
		isEmpty(t, cache)
	}
}

func TestWithoutNPM(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	code, output, cache := try(t)
	if code != exitFailed || !strings.Contains(output, "--from FILE") || !strings.Contains(output, "install Node.js") {
		t.Errorf("got exit %d: %s", code, output)
	}
	isEmpty(t, cache)
}

// What npm says is shown, and so is the way without a network. What it leaves is checked.
func TestNPMFails(t *testing.T) {
	for script, want := range map[string]struct {
		code int
		says string
	}{
		"echo no network >&2; exit 1":              {exitFailed, "no network"},
		"exit 0":                                   {exitFailed, "left 0 packages"},
		`echo x > a.tgz; echo x > b.tgz`:           {exitFailed, "left 2 packages"},
		`echo something else > "$PWD/the-fil.tgz"`: {exitChecksum, "nothing was written"},
	} {
		bin := t.TempDir()
		if err := os.WriteFile(filepath.Join(bin, "npm"), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", bin+":/bin:/usr/bin")
		code, output, cache := try(t)
		if code != want.code || !strings.Contains(output, want.says) {
			t.Errorf("%s: got exit %d, want %d with %q: %s", script, code, want.code, want.says, output)
		}
		isEmpty(t, cache)
	}
}

func testNoCache(t *testing.T, file string) {
	cache := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(cache, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, output := tryIn(t.Context(), cache, "--from", file); code != exitFailed || !strings.Contains(output, "write "+cache) {
		t.Errorf("got exit %d: %s", code, output)
	}
	var out bytes.Buffer
	if code := run(t.Context(), nil, func() (string, error) { return "", io.EOF }, &out, &out); code != exitFailed {
		t.Errorf("without a cache: got exit %d: %s", code, out.String())
	}
}
