package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/npm"
)

func try(ctx context.Context, cache string, args ...string) (int, string) {
	var out bytes.Buffer
	code := run(ctx, args, func() (string, error) { return cache, nil }, &out, &out)
	return code, out.String()
}

// Half an installation is none: what npm leaves behind when it fails is removed.
func TestInstall(t *testing.T) {
	for name, tt := range map[string]struct {
		npm  string
		code int
		says string
	}{
		"works":         {"mkdir node_modules", 0, "installed the npm packages: "},
		"no network":    {"mkdir node_modules; echo no network >&2; exit 1", exitFailed, "no network"},
		"leaves naught": {"exit 0", exitFailed, "npm ci left nothing"},
		"another call":  {`test "$*" = ci && test -f package-lock.json && test -f .npmrc && mkdir node_modules`, 0, "installed the npm packages: "},
	} {
		t.Run(name, func(t *testing.T) {
			bin, cache := t.TempDir(), t.TempDir()
			if err := os.WriteFile(filepath.Join(bin, "npm"), []byte("#!/bin/sh\n"+tt.npm+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", bin+":/bin:/usr/bin")
			code, output := try(t.Context(), cache)
			if code != tt.code || !strings.Contains(output, tt.says) {
				t.Errorf("got exit %d, want %d with %q: %s", code, tt.code, tt.says, output)
			}
			left, err := os.ReadDir(filepath.Join(cache, "stagegate"))
			if err != nil || len(left) > 1 || (len(left) == 1) != (tt.code == 0) {
				t.Errorf("got %v, %v", left, err)
			}
			if tt.code == 0 {
				if code, output := try(t.Context(), cache); code != 0 || !strings.Contains(output, "installed already: "+npm.Home(cache)) {
					t.Errorf("again: got exit %d: %s", code, output)
				}
			}
		})
	}
}

func TestRefused(t *testing.T) {
	if code, output := try(t.Context(), t.TempDir(), "x"); code != exitUsage || !strings.Contains(output, `unexpected argument "x"`) {
		t.Errorf("got exit %d: %s", code, output)
	}
	var out bytes.Buffer
	if code := run(t.Context(), nil, func() (string, error) { return "", io.EOF }, &out, &out); code != exitFailed {
		t.Errorf("without a cache: got exit %d: %s", code, out.String())
	}
	t.Setenv("PATH", t.TempDir())
	if code, output := try(t.Context(), t.TempDir()); code != exitFailed || !strings.Contains(output, "hint: install Node.js") {
		t.Errorf("without npm: got exit %d: %s", code, output)
	}
}
