package hello

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Module makes dir a Go module that uses the stagegate in root, with the
// versions of root: nothing has to be asked for.
func Module(dir, root string) error {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return err
	}
	_, requires, ok := strings.Cut(string(mod), "\nrequire")
	if !ok {
		return fmt.Errorf("%s/go.mod requires nothing", root)
	}
	const path = "github.com/stagegate/stagegate"
	text := "module example.org/hello\n\ngo 1.26.0\n\nrequire " + path + " v0.0.0\n\nreplace " + path + " => " + root + "\n\nrequire" + requires
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o666)
}

// Commit commits everything in dir, which becomes a git repository.
func Commit(ctx context.Context, dir string) error {
	steps := [][]string{{"add", "-A"}, {"-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "-q", "-m", "change"}}
	if _, err := os.Stat(filepath.Join(dir, ".git")); err != nil {
		steps = append([][]string{{"init", "-q"}}, steps...)
	}
	for _, args := range steps {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("git %s: %w: %s", args[0], err, out)
		}
	}
	return nil
}
