//go:build linux

package filestore_test

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stagegate/stagegate/adapters/filestore"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/need"
)

// inject runs a child that puts one value while strace breaks a system call of
// it, and returns how the child ended; -1 is by a signal.
func inject(t *testing.T, dir, key, fault string) (exit int, said string) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		need.Missing(t, "strace", "apt-get install strace")
	}
	log := filepath.Join(t.TempDir(), "strace.log")
	cmd := command(t, "put", dir, key, strace, "-f", "-qq", "-o", log, "-e", "inject="+fault)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// A disk that fails in the middle of a Put: the caller hears of it and nothing
// is there, and once the disk is well again the same Put works.
func TestFailingDisk(t *testing.T) {
	const key = "runs/1/record.json"
	for _, fault := range []string{
		"fsync:error=EIO:when=1", // the store's parent
		"fsync:error=EIO:when=2", // runs
		"fsync:error=EIO:when=3", // runs/1
		"fsync:error=EIO:when=4", // the value
		"fsync:error=EIO:when=5", // the directory that names it
		"fsync:error=ENOSPC:when=5",
		"fsync:error=EIO:when=1+",
		"linkat:error=ENOSPC",
		"linkat:error=EIO",
		"mkdirat:error=ENOSPC",
		"mkdirat:error=EROFS:when=2",
	} {
		t.Run(fault, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "store")
			if exit, said := inject(t, dir, key, fault); exit != putFailed {
				t.Fatalf("the child ended %d, want %d: an error\n%s", exit, putFailed, said)
			}
			wantNothing(t, dir, key)
			wantPut(t, dir, key)
		})
	}
}

// No space for the value itself: write(2) is broken for the value alone, not
// for what the Go runtime writes, by the size of a file system.
func TestFullDisk(t *testing.T) {
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		need.Missing(t, "unshare", "apt-get install util-linux")
	}
	if out, err := exec.CommandContext(t.Context(), unshare, "-rm", "true").CombinedOutput(); err != nil {
		need.Missing(t, "unshare -rm ("+string(out)+")", "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1")
	}
	dir := t.TempDir()
	script := `mount -t tmpfs -o size=64k none "$FILESTORE_TEST_DIR" && { "$0"; echo "exit $?"; find "$FILESTORE_TEST_DIR" -type f | wc -l; }`
	cmd := command(t, "put", dir, "runs/1/record.json", unshare, "-rm", "sh", "-c", script)
	out, _ := cmd.CombinedOutput()
	want := fmt.Sprintf("no space left on device\nexit %d\n0\n", putFailed)
	if got := string(out); len(got) < len(want) || got[len(got)-len(want):] != want {
		t.Errorf("got\n%s\nwant it to end\n%s", out, want)
	}
}

// Errors that must not matter once the value is safe.
func TestLeftoverIsNoError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	if exit, said := inject(t, dir, "a/b", "unlinkat:error=EIO"); exit != putOK {
		t.Fatalf("the child ended %d\n%s", exit, said)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "a", ".tmp~*")); len(left) != 1 {
		t.Fatalf("left over: %q, want one: this test shows nothing", left)
	}
	s := filestore.New(dir)
	if keys, err := s.List(t.Context(), ""); err != nil || len(keys) != 1 || keys[0] != "a/b" {
		t.Errorf("List = %q, %v, want only a/b", keys, err)
	}
}

func TestNoHardLinks(t *testing.T) {
	for _, errno := range []string{"EPERM", "EOPNOTSUPP", "ENOSYS"} {
		dir := filepath.Join(t.TempDir(), "store")
		exit, said := inject(t, dir, "a/b", "linkat:error="+errno)
		if exit != putFailed || !containsAll(said, "hint:", "hard links") {
			t.Errorf("%s: the child ended %d: %s", errno, exit, said)
		}
		wantNothing(t, dir, "a/b")
	}
}

// The writer is killed at each step that touches the disk: the key has the
// whole value or none, and the next Put finds the place as it should be.
func TestKilledAtEachStep(t *testing.T) {
	const key = "runs/1/record.json"
	var whole, none int
	for _, at := range []string{
		"mkdirat:signal=KILL:when=1", "mkdirat:signal=KILL:when=2", "mkdirat:signal=KILL:when=3",
		"fsync:signal=KILL:when=1", "fsync:signal=KILL:when=2", "fsync:signal=KILL:when=3",
		"fsync:signal=KILL:when=4", "fsync:signal=KILL:when=5",
		"linkat:signal=KILL", "unlinkat:signal=KILL",
	} {
		t.Run(at, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "store")
			if exit, said := inject(t, dir, key, at); exit != -1 {
				t.Fatalf("the child ended %d, want it killed\n%s", exit, said)
			}
			keys, err := filestore.New(dir).List(t.Context(), "")
			switch {
			case err != nil:
				t.Fatal(err)
			case len(keys) == 0:
				none++
				wantNothing(t, dir, key)
				wantPut(t, dir, key)
			default:
				whole++
				wantWhole(t, dir, key)
			}
		})
	}
	if whole == 0 || none == 0 {
		t.Errorf("%d kills left a value and %d none, want some of both", whole, none)
	}
}

func wantNothing(t *testing.T, dir, key string) {
	t.Helper()
	s := filestore.New(dir)
	if got, err := s.Get(t.Context(), key); !errors.Is(err, harness.ErrNotFound) {
		t.Errorf("Get = %d bytes, %v, want ErrNotFound", len(got), err)
	}
	if keys, err := s.List(t.Context(), ""); err != nil || len(keys) != 0 {
		t.Errorf("List = %q, %v, want nothing", keys, err)
	}
}

func wantPut(t *testing.T, dir, key string) {
	t.Helper()
	if err := put(filestore.New(dir), key, whole(key)); err != nil {
		t.Errorf("the next Put: %v", err)
	}
	wantWhole(t, dir, key)
}

func wantWhole(t *testing.T, dir, key string) {
	t.Helper()
	if got, err := filestore.New(dir).Get(t.Context(), key); err != nil || string(got) != whole(key) {
		t.Errorf("Get = %d bytes, %v, want the whole value", len(got), err)
	}
}
