package checkout_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/checkout"
)

// A repo is a real git repository in a folder of its own.
type repo struct {
	*testing.T
	dir string
}

// empty is a repository without a commit, with file "a" in it.
func empty(t *testing.T) repo {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := repo{t, dir}
	r.git("init", "-q")
	r.git("config", "user.name", "test")
	r.git("config", "user.email", "test@example.org")
	r.write("a", "1")
	return r
}

// committed is a repository with one commit of "a", "sub/b" and a .gitignore.
func committed(t *testing.T) repo {
	t.Helper()
	r := empty(t)
	r.write("sub/b", "2")
	r.write(".gitignore", "/dist/\n*.log\n")
	r.commit()
	return r
}

func (r repo) tree() checkout.Tree { return checkout.Tree{Dir: r.dir} }

func (r repo) git(args ...string) string {
	r.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.Fatalf("git %s: %v: %s", args[0], err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r repo) commit() string {
	r.Helper()
	r.git("add", "-A")
	r.git("commit", "-q", "-m", "change")
	return r.git("rev-parse", "HEAD")
}

func (r repo) write(name, text string) {
	r.Helper()
	file := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		r.Fatal(err)
	}
}
