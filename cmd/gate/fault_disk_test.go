//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/need"
)

// unshareAt is where unshare is, if it may mount in a namespace of its own.
func unshareAt(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("unshare")
	if err != nil {
		need.Missing(t, "unshare", "apt-get install util-linux")
	}
	if out, err := exec.Command(path, "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt").CombinedOutput(); err != nil {
		need.Missing(t, fmt.Sprintf("unshare -rm that may mount (%v: %s)", err, out), "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1")
	}
	return path
}

// A disk with room for ever more of a run: 70 or inconclusive until it has room
// for all of it, and what fitted is the old state or the new one.
func TestDiskOfEverySize(t *testing.T) {
	unshare := unshareAt(t)
	g := newGround(t, builtStatic(t), groundYAML, nil)
	const script = `mount -t tmpfs -o size=$1k tmpfs .gate || exit 99
"$0" run commit
code=$?
cp -r .gate place/left || exit 98
exit $code`
	sizes(t, g, 4, func(size int) ending {
		g.clear(t)
		if err := os.Mkdir(filepath.Join(g.dir, ".gate"), 0o700); err != nil {
			t.Fatal(err)
		}
		e := g.ends(t, unshare, "-rm", "sh", "-c", script, g.gate, fmt.Sprint(size))
		if err := os.Remove(filepath.Join(g.dir, ".gate")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(g.dir, "place", "left"), filepath.Join(g.dir, ".gate")); err != nil {
			t.Fatal(err)
		}
		return e
	}, "no space left on device")
}

// No file may be longer than so many blocks: the same.
func TestFilesOfEverySize(t *testing.T) {
	g := newGround(t, builtStatic(t), groundYAML, nil)
	sizes(t, g, 1, func(size int) ending {
		g.clear(t)
		return g.ends(t, "sh", "-c", `ulimit -f $1 && exec "$0" run commit`, g.gate, fmt.Sprint(size))
	}, "file too large")
}

// sizes tries a run with ever more room until it is allowed.
func sizes(t *testing.T, g *ground, step int, try func(size int) ending, says string) {
	t.Helper()
	said := 0
	for size, tries := step, 1; ; size, tries = size+step, tries+1 {
		e := try(size)
		about := fmt.Sprintf("size %d", size)
		switch {
		case tries > 100:
			t.Fatalf("%s: still %d:\n%s", about, e.code, e.stderr)
		case e.code != 0 && e.code != exitInternal && e.code != exitInconclusive:
			t.Errorf("%s: gate ended with %d:\n%s%s", about, e.code, e.stdout, e.stderr)
		case e.code == exitInternal && e.stdout != "":
			t.Errorf("%s: a verdict was shown, which is not in the store:\n%s", about, e.stdout)
		}
		if strings.Contains(e.stderr, says) {
			said++
		}
		g.goesOn(t, about, "commit", e, g.stored(t))
		if e.code != 0 {
			continue
		}
		t.Logf("%d sizes, the last one is enough; %d said %q", tries, said, says)
		if said < 3 {
			t.Error("too few: this test shows nothing")
		}
		return
	}
}

// A store that can only be read takes no run and answers what it has, whether
// it was so from the beginning or has become so while a run went on.
func TestStoreThatCannotBeWritten(t *testing.T) {
	unshare := unshareAt(t)
	g := newGround(t, builtStatic(t), groundYAML, nil)
	if e := g.does(t, "run", "commit"); e.code != 0 {
		t.Fatalf("run commit: %d:\n%s%s", e.code, e.stdout, e.stderr)
	}
	before := g.stored(t)
	const mount = `mount --bind .gate .gate || exit 99
`
	const readOnly = mount + `mount -o remount,bind,ro .gate || exit 99
exec "$0" "$@"`
	for _, tt := range []struct {
		script string
		args   string
		want   int
		says   string
	}{
		{readOnly, "run commit", exitInternal, "read-only file system"},
		{readOnly, "run acceptance", exitInternal, "read-only file system"},
		{readOnly, "begin acceptance", exitInternal, "read-only file system"},
		{readOnly, "check acceptance", exitAllow, ""},
		{readOnly, "explain commit", exitAllow, ""},
		{readOnly, "explain --replay commit", exitAllow, ""},
		{readOnly, "check acceptance --verdict place/verdict", exitInternal, "read-only file system"},
	} {
		e := g.ends(t, append([]string{unshare, "-rm", "sh", "-c", tt.script, g.gate}, strings.Fields(tt.args)...)...)
		if e.code != tt.want || !strings.Contains(e.stderr, tt.says) {
			t.Errorf("gate %s: %d, want %d and %q:\n%s%s", tt.args, e.code, tt.want, tt.says, e.stdout, e.stderr)
		}
		if now := g.stored(t); !slices.Equal(now, before) {
			t.Errorf("gate %s: the store has %q", tt.args, now)
		}
	}
	for _, name := range []string{"staging.commit", "verdict"} {
		if _, err := os.Stat(filepath.Join(g.dir, "place", name)); err == nil {
			t.Errorf("there is %s: something was deployed, or decided", name)
		}
	}
	step := filepath.Join(g.dir, "place", "step")
	if err := os.WriteFile(step, []byte("mount -o remount,bind,ro .gate"), 0o666); err != nil {
		t.Fatal(err)
	}
	g.clear(t)
	if err := os.Mkdir(filepath.Join(g.dir, ".gate"), 0o700); err != nil {
		t.Fatal(err)
	}
	e := g.ends(t, unshare, "-rm", "sh", "-c", mount+`exec "$0" "$@"`, g.gate, "run", "commit")
	if e.code != exitInternal || e.stdout != "" || !strings.Contains(e.stderr, "keep dist/commit: write blob") || !strings.Contains(e.stderr, "closings: read-only file system") {
		t.Errorf("read-only in mid-run: %d, want %d and both errors:\n%s%s", e.code, exitInternal, e.stdout, e.stderr)
	}
	if err := os.Remove(step); err != nil {
		t.Fatal(err)
	}
	g.goesOn(t, "read-only in mid-run", "commit", e, g.stored(t))
}
