package main

import (
	"context"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/internal/need"
)

// builtStatic is gate as it is shipped for Linux.
func builtStatic(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "gate")
	cmd := exec.Command("go", "build", "-trimpath", "-o", file, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build gate: %v\n%s", err, out)
	}
	return file
}

// dynamic says what a program needs besides the kernel: nothing, if it is static.
func dynamic(file string) (needs []string, err error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			needs = append(needs, "an interpreter")
		}
	}
	libs, err := f.ImportedLibraries()
	return append(needs, libs...), err
}

func TestGateIsStatic(t *testing.T) {
	needs, err := dynamic(builtStatic(t))
	if err != nil || len(needs) > 0 {
		t.Errorf("gate needs %q, %v; want nothing", needs, err)
	}
}

func TestStaticCheckGoesRed(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		need.Missing(t, "sh", "apt-get install dash")
	}
	needs, err := dynamic(sh)
	if err != nil || len(needs) < 2 {
		t.Errorf("sh needs %q, %v; want an interpreter and a library", needs, err)
	}
	if needs, err := dynamic("static_test.go"); err == nil {
		t.Errorf("a text needs %q; want an error", needs)
	}
}

// TestGateStartsFromScratch runs gate in an image with nothing else in it: no
// libc, no certificates, no shell, no network.
func TestGateStartsFromScratch(t *testing.T) {
	const install = "apt-get install -y docker.io iptables, then start dockerd"
	if _, err := exec.LookPath("docker"); err != nil {
		need.Missing(t, "docker", install)
	}
	if out, err := docker(t, "version", "--format", "{{.Server.Os}}"); err != nil || out != "linux" {
		need.Missing(t, fmt.Sprintf("a Docker daemon that answers (%q, %v)", out, err), install)
	}
	file := builtStatic(t)
	dir := filepath.Dir(file)
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY gate /gate\nENTRYPOINT [\"/gate\"]\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	image := fmt.Sprintf("stagegate-static-test:%d", os.Getpid())
	t.Cleanup(func() {
		if out, err := docker(t, "image", "rm", "--force", image); err != nil {
			t.Errorf("remove the image: %v\n%s", err, out)
		}
	})
	if out, err := docker(t, "build", "--quiet", "--force-rm", "--tag", image, dir); err != nil {
		t.Fatalf("build the image: %v\n%s", err, out)
	}
	out, err := docker(t, "run", "--rm", "--network", "none", "--read-only", image, "version")
	if err != nil || !strings.Contains(out, "gate") && !strings.Contains(out, "stagegate") {
		t.Errorf("gate version from scratch: %v\n%s", err, out)
	}
	if out, err := docker(t, "run", "--rm", "--network", "none", image, "run", "commit"); err == nil {
		t.Errorf("gate run without a gate.yaml passes: %s", out)
	}
}

// docker runs the command line client with its classic builder: the other one
// is a plugin that not every machine has.
func docker(t *testing.T, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.Env = append(os.Environ(), "DOCKER_BUILDKIT=0")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}
