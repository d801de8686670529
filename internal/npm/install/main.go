// Command install puts the npm packages that the tests of stagegate run on Node
// into the user's cache, where package npm looks for them:
//
//	go run ./internal/npm/install
//
// npm ci checks each package against the digest in package-lock.json; scripts
// of packages are not run.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"github.com/stagegate/stagegate/internal/npm"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.UserCacheDir, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes, as gate's: 0 installed, 64 usage, 70 everything else.
const (
	exitUsage  = 64
	exitFailed = 70
)

func run(ctx context.Context, args []string, cacheDir func() (string, error), stdout, stderr io.Writer) int {
	if len(args) > 0 {
		fmt.Fprintf(stderr, "install: unexpected argument %q\n", args[0])
		return exitUsage
	}
	dir, err := cacheDir()
	if err != nil {
		fmt.Fprintf(stderr, "install: find the user's cache: %v\n", err)
		return exitFailed
	}
	home := npm.Home(dir)
	if npm.Installed(home) == nil {
		fmt.Fprintf(stdout, "the npm packages are installed already: %s\n", home)
		return 0
	}
	if err := install(ctx, home); err != nil {
		fmt.Fprintf(stderr, "install: %v\n", err)
		return exitFailed
	}
	fmt.Fprintf(stdout, "installed the npm packages: %s\n", home)
	return 0
}

// install lets npm work in a folder beside home and renames it, so that no
// other process ever sees half of it.
func install(ctx context.Context, home string) error {
	tool, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("%w\nhint: install Node.js 20 or later with npm, then run make setup again", err)
	}
	above := filepath.Dir(home)
	if err := os.MkdirAll(above, 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(above, ".new-npm-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // after the rename there is nothing to remove
	for name, text := range npm.Files() {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, tool, "ci")
	cmd.Dir = dir
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w: %s\nhint: npm needs a registry that has these versions (npm config get registry)", err, said)
	}
	if err := npm.Installed(dir); err != nil {
		return errors.Join(errors.New("npm ci left nothing"), err)
	}
	err = os.Rename(dir, home)
	if err != nil && npm.Installed(home) == nil {
		return nil // another process was faster
	}
	return err
}
