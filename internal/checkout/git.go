package checkout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/stagegate/stagegate/harness"
)

// A Tree is a git work tree.
type Tree struct {
	Dir    string   // any folder in it, absolute
	Ignore []string // absolute paths that are not part of it, such as the store
}

// ErrNoGit says that the folder is not in a git work tree.
var ErrNoGit = errors.New("is not in a git repository")

// Source names the files of the work tree as they are now. Where they are
// those of HEAD it has the commit; otherwise, or before the first commit, only
// the tree: git's hash of all files that are not ignored. Of a submodule the
// tree holds the commit alone: where its files differ there is no commit either.
func (t Tree) Source(ctx context.Context) (harness.Source, error) {
	at, err := t.git(ctx, nil, "rev-parse", "--show-toplevel", "--git-path", "index")
	if err != nil {
		return harness.Source{}, fmt.Errorf("%s %w\nhint: evidence is about a commit: git init", t.Dir, ErrNoGit)
	}
	top, index, _ := strings.Cut(at, "\n")
	tree, whole, err := t.write(ctx, filepath.FromSlash(top), index)
	if err != nil {
		return harness.Source{}, fmt.Errorf("read the work tree: %w", err)
	}
	src := harness.Source{Tree: tree}
	both, err := t.git(ctx, nil, "rev-parse", "HEAD^{commit}", "HEAD^{tree}")
	if err != nil {
		return src, nil // no commit yet
	}
	if head, have, _ := strings.Cut(both, "\n"); have == tree && whole {
		src.Commit = head
	}
	return src, nil
}

// Head is the commit that is checked out, whatever the files are now.
func (t Tree) Head(ctx context.Context) (string, error) {
	head, err := t.git(ctx, nil, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
	if err != nil {
		return "", errors.New("there is no commit yet\nhint: git add -A && git commit")
	}
	return head, nil
}

// SourceOf names the files of a commit.
func (t Tree) SourceOf(ctx context.Context, commit string) (harness.Source, error) {
	tree, err := t.git(ctx, nil, "rev-parse", "--verify", "--quiet", commit+"^{tree}")
	return harness.Source{Commit: commit, Tree: tree}, err
}

// Changes are the paths that differ from HEAD, as git status prints them.
func (t Tree) Changes(ctx context.Context) ([]string, error) {
	top, err := t.git(ctx, nil, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	out, err := t.git(ctx, untracked(), append([]string{"status", "--porcelain", "--untracked-files=normal", "--ignore-submodules=none", "--", ":/"}, t.excluded(ctx, top)...)...)
	if err != nil || out == "" {
		return nil, err
	}
	return strings.Split(out, "\n"), nil
}

// write makes a tree object of the files below top as they are, in a copy of the
// index. It is whole unless files in a submodule are not those of its commit.
func (t Tree) write(ctx context.Context, top, own string) (tree string, whole bool, err error) {
	index, err := os.CreateTemp("", "stagegate-index-*")
	if err != nil {
		return "", false, err
	}
	defer os.Remove(index.Name())
	index.Close()
	if err := t.copyIndex(own, index.Name()); err != nil {
		return "", false, err
	}
	env := append(untracked(), "GIT_INDEX_FILE="+index.Name())
	if err := (Tree{Dir: top}).unhide(ctx, env); err != nil {
		return "", false, err
	}
	files := append([]string{"--", ":/"}, t.excluded(ctx, top)...)
	if _, err := t.git(ctx, env, append([]string{"add", "-A"}, files...)...); err != nil {
		return "", false, err
	}
	// All that is still different from the index could not be added to it.
	left, err := t.git(ctx, env, append([]string{"diff", "--name-only", "--ignore-submodules=none"}, files...)...)
	if err != nil {
		return "", false, err
	}
	tree, err = t.git(ctx, env, "write-tree")
	return tree, left == "", err
}

// untracked lets git see new files in submodules, whatever the user's
// configuration is.
func untracked() []string {
	return []string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=status.showUntrackedFiles", "GIT_CONFIG_VALUE_0=normal"}
}

// copyIndex copies the index, own, to a file: what git knows already it need not
// hash again. The copy is as old as the original, because git trusts a file's
// timestamp only if it is older than the index.
func (t Tree) copyIndex(own, to string) error {
	if !filepath.IsAbs(own) {
		own = filepath.Join(t.Dir, own)
	}
	info, err := os.Stat(own)
	if errors.Is(err, os.ErrNotExist) {
		return os.Remove(to) // git makes one
	}
	if err != nil {
		return err
	}
	b, err := os.ReadFile(own)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		return err
	}
	return os.Chtimes(to, info.ModTime(), info.ModTime())
}

// unhide takes from the index of env the marks by which git is told not to
// look at a file: the tests see the file as it is. What a sparse checkout left
// out stays as committed. t is the top of the work tree.
func (t Tree) unhide(ctx context.Context, env []string) error {
	list, err := t.git(ctx, env, "ls-files", "-v", "-z")
	if err != nil {
		return err
	}
	sparse := sync.OnceValue(func() bool {
		set, _ := t.git(ctx, nil, "config", "--type=bool", "core.sparseCheckout") // an error: it is not set
		return set == "true"
	})
	for entry := range strings.SplitSeq(list, "\x00") {
		tag, name, ok := strings.Cut(entry, " ")
		if !ok || tag != "h" && tag != "s" && tag != "S" {
			continue
		}
		if _, err := os.Lstat(filepath.Join(t.Dir, filepath.FromSlash(name))); err != nil && tag != "h" && sparse() {
			continue
		}
		for _, mark := range []string{"--no-assume-unchanged", "--no-skip-worktree"} {
			if _, err := t.git(ctx, env, "update-index", mark, "--", name); err != nil {
				return err
			}
		}
	}
	return nil
}

// excluded are pathspecs that leave out what is not part of the tree.
func (t Tree) excluded(ctx context.Context, top string) (all []string) {
	for _, p := range t.Ignore {
		rel, err := filepath.Rel(top, resolved(p))
		if err != nil || rel == "." || !filepath.IsLocal(rel) {
			continue
		}
		if _, err := t.git(ctx, nil, "check-ignore", "--quiet", "--no-index", p); err != nil { // git add refuses to be told of what it ignores anyway
			all = append(all, ":(exclude,top,literal)"+filepath.ToSlash(rel))
		}
	}
	return all
}

// resolved is p without symbolic links, as far as it exists: git names folders so.
func resolved(p string) string {
	rest := ""
	for dir := p; ; dir, rest = filepath.Dir(dir), filepath.Join(filepath.Base(dir), rest) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest)
		}
		if dir == filepath.Dir(dir) {
			return p
		}
	}
}

// At checks commit out into a new folder and calls do with the folder that
// corresponds to t.Dir. The folder is removed again.
func (t Tree) At(ctx context.Context, commit string, do func(dir string) error) error {
	prefix, err := t.git(ctx, nil, "rev-parse", "--show-prefix")
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "stagegate-"+commit[:min(12, len(commit))]+"-*")
	if err != nil {
		return err
	}
	work := filepath.Join(tmp, "work")
	defer func() {
		ctx := context.WithoutCancel(ctx)
		t.git(ctx, nil, "worktree", "remove", "--force", work)
		os.RemoveAll(tmp)
		t.git(ctx, nil, "worktree", "prune")
	}()
	if _, err := t.git(ctx, nil, "worktree", "add", "--detach", "--quiet", work, commit); err != nil {
		return fmt.Errorf("check out %s: %w", commit, err)
	}
	return do(filepath.Join(work, filepath.FromSlash(prefix)))
}

// git runs git in the work tree and returns what it printed. Variables that
// point git at another repository do not reach it.
func (t Tree) git(ctx context.Context, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = t.Dir
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, "GIT_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(append(cmd.Env, "GIT_OPTIONAL_LOCKS=0"), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimRight(string(out), "\n"), nil
}

// Resolve is the full name of a commit.
func (t Tree) Resolve(ctx context.Context, name string) (string, error) {
	full, err := t.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("there is no commit %q here", name)
	}
	return full, nil
}
