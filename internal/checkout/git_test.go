package checkout_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/internal/checkout"
)

func TestSource(t *testing.T) {
	for _, tt := range []struct {
		name      string
		edit      func(r repo)
		committed bool
	}{
		{"as committed", func(repo) {}, true},
		{"an ignored file", func(r repo) { r.write("dist/x", "x"); r.write("sub/x.log", "x") }, true},
		{"an empty folder", func(r repo) { os.Mkdir(filepath.Join(r.dir, "empty"), 0o777) }, true},
		{"touched", func(r repo) { now := time.Now(); os.Chtimes(filepath.Join(r.dir, "a"), now, now) }, true},
		{"changed and changed back", func(r repo) { r.write("a", "x"); r.git("add", "a"); r.write("a", "1") }, true},
		{"changed", func(r repo) { r.write("a", "3") }, false},
		{"changed and staged", func(r repo) { r.write("a", "3"); r.git("add", "a") }, false},
		{"untracked", func(r repo) { r.write("new", "x") }, false},
		{"deleted", func(r repo) { os.Remove(filepath.Join(r.dir, "a")) }, false},
		{"executable", func(r repo) { os.Chmod(filepath.Join(r.dir, "a"), 0o777) }, false},
		{"changed, and git told not to look", func(r repo) { r.git("update-index", "--assume-unchanged", "a"); r.write("a", "3") }, false},
		{"changed, and git told to skip it", func(r repo) { r.git("update-index", "--skip-worktree", "a"); r.write("a", "3") }, false},
		{"deleted, and git told not to look", func(r repo) { r.git("update-index", "--assume-unchanged", "a"); os.Remove(filepath.Join(r.dir, "a")) }, false},
		{"deleted, and git told to skip it", func(r repo) { r.git("update-index", "--skip-worktree", "a"); os.Remove(filepath.Join(r.dir, "a")) }, false},
		{"an ignored file that was added by force", func(r repo) { r.write("dist/x", "x"); r.git("add", "-f", "dist/x") }, false},
		{"left out by a sparse checkout", func(r repo) { r.git("sparse-checkout", "set", "--no-cone", "/a", "/.gitignore") }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := committed(t)
			tt.edit(r)
			index, _ := os.ReadFile(filepath.Join(r.dir, ".git", "index"))
			for _, dir := range []string{r.dir, filepath.Join(r.dir, "sub")} {
				if _, err := os.Stat(dir); err != nil {
					continue
				}
				src, err := checkout.Tree{Dir: dir}.Source(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if src.Committed() != tt.committed || len(src.Tree) != 40 {
					t.Errorf("in %s: got %+v, want committed %v", dir, src, tt.committed)
				}
				if have := r.git("rev-parse", "HEAD^{tree}"); (src.Tree == have) != tt.committed {
					t.Errorf("in %s: tree %s, HEAD's is %s", dir, src.Tree, have)
				}
			}
			if now, _ := os.ReadFile(filepath.Join(r.dir, ".git", "index")); string(now) != string(index) {
				t.Error("the repository's own index was changed")
			}
		})
	}
}

// The tree of a commit names the commit of a submodule, not its files: what the
// tests would see is not what the tree says.
func TestSourceSeesIntoSubmodules(t *testing.T) {
	for _, tt := range []struct {
		name      string
		edit      func(r, sub repo)
		committed bool
	}{
		{"as committed", func(repo, repo) {}, true},
		{"an ignored file in it", func(_, sub repo) { sub.write("dist/x", "x") }, true},
		{"changed", func(_, sub repo) { sub.write("a", "3") }, false},
		{"changed and staged", func(_, sub repo) { sub.write("a", "3"); sub.git("add", "a") }, false},
		{"a new file", func(_, sub repo) { sub.write("new", "x") }, false},
		{"another commit", func(_, sub repo) { sub.write("a", "3"); sub.commit() }, false},
		{"changed, and git told to ignore it", func(r, sub repo) { r.git("config", "submodule.part.ignore", "all"); sub.write("a", "3") }, false},
		{"changed, and git told so for all", func(r, sub repo) { r.git("config", "diff.ignoreSubmodules", "all"); sub.write("a", "3") }, false},
		{"another commit, and git told to ignore it", func(r, sub repo) { r.git("config", "submodule.part.ignore", "all"); sub.write("a", "3"); sub.commit() }, false},
		{"changed, and git told not to look at the submodule", func(r, sub repo) { r.git("update-index", "--assume-unchanged", "part"); sub.write("a", "3") }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, origin := committed(t), committed(t)
			r.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", origin.dir, "part")
			r.commit()
			sub := repo{t, filepath.Join(r.dir, "part")}
			sub.git("config", "user.name", "test")
			sub.git("config", "user.email", "test@example.org")
			tt.edit(r, sub)
			src, err := r.tree().Source(t.Context())
			if err != nil || src.Committed() != tt.committed {
				t.Errorf("got %+v, %v; want committed %v", src, err, tt.committed)
			}
			hidden := strings.HasSuffix(tt.name, "look at the submodule") // from git status, not from Source
			changes, err := r.tree().Changes(t.Context())
			if want := []string{" M part"}; err != nil || !hidden && tt.committed != (changes == nil) || changes != nil && !slices.Equal(changes, want) {
				t.Errorf("got changes %q, %v", changes, err)
			}
		})
	}
}

// A new file in a submodule counts where the user's git does not show such.
func TestSubmoduleWithUntrackedFilesHidden(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte("[status]\n\tshowUntrackedFiles = no\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	r, origin := committed(t), committed(t)
	r.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", origin.dir, "part")
	r.commit()
	r.write("part/new", "x")
	if src, err := r.tree().Source(t.Context()); err != nil || src.Committed() {
		t.Errorf("got %+v, %v; want no commit", src, err)
	}
	if got, err := r.tree().Changes(t.Context()); err != nil || !slices.Equal(got, []string{" M part"}) {
		t.Errorf("got changes %q, %v", got, err)
	}
}

// Git trusts the timestamp of a file only if it is older than the index: a copy
// of the index must not look younger than it is.
func TestSourceSeesAChangeWithinTheSameSecond(t *testing.T) {
	r := empty(t)
	r.git("config", "core.trustctime", "false")
	r.git("config", "core.checkStat", "minimal")
	then := time.Now().Add(-time.Hour).Truncate(time.Second)
	file, index := filepath.Join(r.dir, "a"), filepath.Join(r.dir, ".git", "index")
	os.Chtimes(file, then, then)
	r.commit()
	os.Chtimes(index, then, then)
	r.write("a", "3")
	os.Chtimes(file, then, then)
	src, err := r.tree().Source(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if src.Committed() {
		t.Error("a file of another content counts as committed")
	}
}

func TestSourceBeforeTheFirstCommit(t *testing.T) {
	r := empty(t)
	src, err := r.tree().Source(t.Context())
	if err != nil || src.Committed() || len(src.Tree) != 40 {
		t.Errorf("got %+v, %v; want a tree without a commit", src, err)
	}
	if head, err := r.tree().Head(t.Context()); err == nil {
		t.Errorf("got HEAD %s, want an error", head)
	}
	commit := r.commit()
	after, err := r.tree().Source(t.Context())
	if err != nil || after.Commit != commit || after.Tree != src.Tree {
		t.Errorf("committed: got %+v, %v; want commit %s of tree %s", after, err, commit, src.Tree)
	}
}

func TestSourceWithoutGit(t *testing.T) {
	if src, err := (checkout.Tree{Dir: t.TempDir()}).Source(t.Context()); !errors.Is(err, checkout.ErrNoGit) {
		t.Errorf("got %+v, %v; want ErrNoGit", src, err)
	}
}

func TestIgnoreLeavesTheStoreOut(t *testing.T) {
	for _, tt := range []struct{ name, store string }{
		{"not ignored by git", "store"}, {"ignored by git", "dist"}, {"below an ignored folder", "dist/store"},
		{"in a subfolder", "sub/store"}, {"with magic in its name", "st[o]re*"}, {"with dots in its name", "..store"},
	} {
		for _, there := range []bool{true, false} {
			r := committed(t)
			want, err := r.tree().Source(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			tree := r.tree()
			tree.Ignore = []string{filepath.Join(r.dir, filepath.FromSlash(tt.store)), "/elsewhere/store"}
			if there {
				r.write(tt.store+"/runs/1", "x")
			}
			for _, dir := range []string{r.dir, filepath.Join(r.dir, "sub")} {
				tree.Dir = dir
				got, err := tree.Source(t.Context())
				if err != nil || got != want {
					t.Errorf("%s (there: %v): got %+v, %v; want %+v", tt.name, there, got, err, want)
				}
				if changes, err := tree.Changes(t.Context()); err != nil || len(changes) > 0 {
					t.Errorf("%s (there: %v): changes %q, %v", tt.name, there, changes, err)
				}
			}
			r.write("new", "x") // and nothing else is left out
			if got, err := tree.Source(t.Context()); err != nil || got.Committed() {
				t.Errorf("%s: a new file beside the store: got %+v, %v", tt.name, got, err)
			}
		}
	}
}

func TestIgnoreThroughALink(t *testing.T) {
	r := committed(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(r.dir, link); err != nil {
		t.Fatal(err)
	}
	tree := checkout.Tree{Dir: link, Ignore: []string{filepath.Join(link, "store")}}
	for range 2 { // before the store is there, and after
		if src, err := tree.Source(t.Context()); err != nil || !src.Committed() {
			t.Errorf("got %+v, %v; want the commit", src, err)
		}
		r.write("store/runs/1", "x")
	}
}

func TestEnvironmentDoesNotMatter(t *testing.T) {
	r, other := committed(t), committed(t)
	other.write("a", "other")
	other.commit()
	want, err := r.tree().Source(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_DIR", filepath.Join(other.dir, ".git"))
	t.Setenv("GIT_WORK_TREE", other.dir)
	t.Setenv("GIT_INDEX_FILE", filepath.Join(other.dir, ".git", "index"))
	t.Setenv("GIT_OBJECT_DIRECTORY", t.TempDir())
	t.Setenv("GIT_NAMESPACE", "x")
	if got, err := r.tree().Source(t.Context()); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	if head, err := r.tree().Head(t.Context()); err != nil || head != want.Commit {
		t.Errorf("got HEAD %s, %v; want %s", head, err, want.Commit)
	}
}

func TestChanges(t *testing.T) {
	r := committed(t)
	if got, err := r.tree().Changes(t.Context()); err != nil || got != nil {
		t.Errorf("clean: got %q, %v", got, err)
	}
	r.write("a", "3")
	r.write("new/file", "x")
	r.write("dist/x", "x")
	os.Remove(filepath.Join(r.dir, "sub", "b"))
	want := []string{" M a", " D sub/b", "?? new/"}
	for _, dir := range []string{r.dir, filepath.Join(r.dir, "sub")} {
		os.MkdirAll(dir, 0o777)
		got, err := checkout.Tree{Dir: dir}.Changes(t.Context())
		slices.SortFunc(got, func(a, b string) int { return strings.Compare(a[3:], b[3:]) })
		slices.SortFunc(want, func(a, b string) int { return strings.Compare(a[3:], b[3:]) })
		for i := range got {
			got[i] = strings.Replace(got[i], "../", "", 1)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("in %s: got %q, %v; want %q", dir, got, err, want)
		}
	}
}

func TestResolve(t *testing.T) {
	r := committed(t)
	first := r.git("rev-parse", "HEAD")
	r.git("tag", "-a", "v1", "-m", "v1")
	r.write("a", "3")
	second := r.commit()
	for name, want := range map[string]string{"HEAD": second, "HEAD~1": first, "v1": first, first[:8]: first, second: second} {
		if got, err := r.tree().Resolve(t.Context(), name); err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", name, got, err, want)
		}
	}
	for _, name := range []string{"", "nothing", "HEAD:a", "--all", strings.Repeat("0", 40)} {
		if got, err := r.tree().Resolve(t.Context(), name); err == nil {
			t.Errorf("%q: got %s, want an error", name, got)
		}
	}
}

func TestAt(t *testing.T) {
	r := committed(t)
	first := r.git("rev-parse", "HEAD")
	r.write("sub/b", "3")
	r.commit()
	broken := errors.New("broken")
	for _, fails := range []error{nil, broken} {
		var was string
		tree := checkout.Tree{Dir: filepath.Join(r.dir, "sub")}
		err := tree.At(t.Context(), first, func(dir string) error {
			was = dir
			b, err := os.ReadFile(filepath.Join(dir, "b"))
			if err != nil || string(b) != "2" {
				t.Errorf("got b %q, %v; want that of the first commit", b, err)
			}
			src, err := checkout.Tree{Dir: dir}.Source(t.Context())
			if err != nil || src.Commit != first {
				t.Errorf("got %+v, %v; want commit %s", src, err, first)
			}
			os.WriteFile(filepath.Join(dir, "left"), nil, 0o666)
			return fails
		})
		if !errors.Is(err, fails) {
			t.Errorf("got %v, want %v", err, fails)
		}
		gone(t, r, was)
	}
	if b, _ := os.ReadFile(filepath.Join(r.dir, "sub", "b")); string(b) != "3" {
		t.Errorf("the work tree itself was changed: b is %q", b)
	}
}

func TestAtIsTidyWhenItCannot(t *testing.T) {
	r := committed(t)
	t.Setenv("TMPDIR", t.TempDir())
	err := r.tree().At(t.Context(), strings.Repeat("0", 40), func(string) error { t.Error("called for a commit that is not there"); return nil })
	if err == nil {
		t.Error("a commit that is not there: want an error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	var was string
	err = r.tree().At(ctx, r.git("rev-parse", "HEAD"), func(dir string) error { was = dir; cancel(); return ctx.Err() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: got %v", err)
	}
	gone(t, r, was)
	if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// gone checks that no second work tree is left, on the disk or in git's list.
func gone(t *testing.T, r repo, dir string) {
	t.Helper()
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", dir, err)
	}
	if list := strings.Split(r.git("worktree", "list"), "\n"); len(list) != 1 {
		t.Errorf("work trees: %q, want the first alone", list)
	}
}
