package gotest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// selects reports whether a flag of go test leaves tests out, or runs none.
func selects(flag string) bool {
	switch flag {
	case "run", "skip", "short", "failfast", "list", "fuzz", "bench", "benchtime", "cpu", "c", "n", "o", "args":
		return true
	}
	return false
}

// replaces reports whether a flag of go test puts something else in the place
// of files of the commit, of the compiler or of the test binary.
func replaces(flag string) bool {
	switch flag {
	case "overlay", "modfile", "toolexec", "exec":
		return true
	}
	return false
}

// checkFlags refuses a GOFLAGS and a GOWORK, from the environment or from
// go env -w, with which not all tests would run, or not those of the commit.
func (r Runner) checkFlags(ctx context.Context) error {
	if r.Kit != nil { // it was done when the kit was built
		return nil
	}
	out, err := r.output(ctx, "env", "GOFLAGS", "GOWORK")
	if err != nil {
		return err
	}
	flags, rest, _ := strings.Cut(string(out), "\n")
	for flag := range strings.FieldsSeq(flags) {
		name, _, _ := strings.Cut(strings.TrimLeft(strings.Trim(flag, `'"`), "-"), "=")
		name = strings.TrimPrefix(name, "test.")
		const hint = "hint: take it out of the environment, or go env -u GOFLAGS"
		switch {
		case selects(name):
			return fmt.Errorf("GOFLAGS holds %s, which leaves tests out\n%s", flag, hint)
		case replaces(name):
			return fmt.Errorf("GOFLAGS holds %s: what is tested would not be the commit alone\n%s", flag, hint)
		}
	}
	return r.checkWorkspace(strings.TrimSpace(rest))
}

// checkWorkspace refuses a go.work that cannot be part of the commit.
func (r Runner) checkWorkspace(file string) error {
	if file == "" || file == "off" {
		return nil
	}
	dir, err := filepath.Abs(r.Dir)
	if err != nil {
		return fmt.Errorf("find the repository: %w", err)
	}
	top := repository(resolved(dir))
	rel, err := filepath.Rel(top, filepath.Join(resolved(filepath.Dir(file)), filepath.Base(file)))
	if err != nil || !filepath.IsLocal(rel) {
		return fmt.Errorf("go uses the workspace %s, which is not in %s: what is tested would not be the commit alone\nhint: GOWORK=off, or commit the go.work", file, top)
	}
	return nil
}

// repository is the nearest folder, from dir upwards, with .git in it, else dir.
func repository(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}
