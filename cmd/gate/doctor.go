package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/checkout"
	"github.com/stagegate/stagegate/internal/gatefile"
	"github.com/stagegate/stagegate/internal/pactversion"
)

// A finding of gate doctor.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Says  string `json:"says"`
	Fix   string `json:"fix,omitempty"`
}

func (a *app) doctorCmd() *cobra.Command {
	return &cobra.Command{Use: "doctor", Short: "What is wrong on this machine or with this gate.yaml, and the fix", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			found := a.examine(c.Context())
			if a.json {
				if err := a.printJSON(found); err != nil {
					return err
				}
			} else {
				for _, f := range found {
					mark := "ok"
					if !f.OK {
						mark = "NO"
					}
					fmt.Fprintf(a.stdout, "%s  %-10s %s\n", mark, f.Check, clean(f.Says))
					if f.Fix != "" && !f.OK {
						fmt.Fprintf(a.stdout, "    %-10s hint: %s\n", "", f.Fix)
					}
				}
			}
			if slices.ContainsFunc(found, func(f finding) bool { return !f.OK }) {
				return errVerdict{harness.Block}
			}
			return nil
		}}
}

// examine looks at everything that a run needs, and goes on after what is wrong.
func (a *app) examine(ctx context.Context) (all []finding) {
	all = append(all, goTool(ctx))
	f, err := gatefile.Load(a.file)
	if err != nil {
		return append(all, finding{"gate.yaml", false, err.Error(), "gate init writes one that works"})
	}
	all = append(all, finding{"gate.yaml", true, fmt.Sprintf("service %s, stages %s", f.Service, strings.Join(f.StageNames(), ", ")), ""})
	s, err := a.archive(f)
	if err != nil {
		all = append(all, source(ctx, checkout.Tree{Dir: f.Dir}), broken("store", err, "gate --help says what --store takes"))
	} else {
		all = append(append(append(all, source(ctx, s.tree(f))), a.kept(ctx, s)...), a.trusted(ctx, s)...)
	}
	all = append(all, a.engine())
	for _, name := range slices.Sorted(maps.Keys(f.Targets)) {
		all = append(all, a.target(ctx, f.Targets[name])...)
	}
	return all
}

func goTool(ctx context.Context) finding {
	out, err := exec.CommandContext(ctx, "go", "version").Output()
	if err != nil {
		return finding{"go", false, err.Error(), "suites with run: are Go tests: install Go"}
	}
	return finding{"go", true, strings.TrimSpace(string(out)), ""}
}

func source(ctx context.Context, t checkout.Tree) finding {
	src, err := t.Source(ctx)
	switch {
	case err != nil:
		return finding{"git", false, err.Error(), "git init, and commit"}
	case !src.Committed():
		return finding{"git", true, src.String() + ": good for trying, no later stage accepts it", ""}
	default:
		return finding{"git", true, "commit " + src.String(), ""}
	}
}

// broken is an error as a finding: its own hint is the fix, if it has one.
func broken(check string, err error, fix string) finding {
	says, hint, ok := strings.Cut(err.Error(), "\nhint: ")
	if ok {
		fix = hint
	}
	return finding{check, false, says, fix}
}

// writable tries to write beside the evidence, not into it.
func writable(store string) finding {
	dir := store
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	f, err := os.CreateTemp(dir, ".stagegate-doctor-*")
	if err != nil {
		return finding{"store", false, err.Error(), "--store names another folder"}
	}
	err = errors.Join(f.Sync(), f.Close(), os.Remove(f.Name()))
	if err != nil {
		return finding{"store", false, err.Error(), "free the disk, or name another folder with --store"}
	}
	return finding{"store", true, store, ""}
}

// target proves the account of a target and reads which commit it serves.
func (a *app) target(ctx context.Context, t harness.Target) (all []finding) {
	if t.Cloud() {
		if id, _, err := a.account(ctx, t); err != nil {
			all = append(all, broken(t.Name, err, "sign in to account "+t.Account+", or mend account, role or profile of the target"))
		} else {
			all = append(all, finding{t.Name, true, "account " + id + " proven", ""})
		}
		if tests := t.ForTests(); t.Tests != nil {
			if id, _, err := a.account(ctx, tests); err != nil {
				all = append(all, broken(t.Name, fmt.Errorf("the tests' role: %w", err), "mend targets."+t.Name+".tests.role, or who may take it: gate init --bootstrap"))
			} else {
				all = append(all, finding{t.Name, true, "account " + id + " proven for the tests, as " + tests.Role, ""})
			}
		}
	}
	if t.Version != nil {
		r := served(ctx, t)
		if r.Error != "" {
			return append(all, finding{t.Name, false, "which commit is deployed cannot be read: " + r.Error, "nothing is deployed there yet, or url or version of the target is wrong"})
		}
		all = append(all, finding{t.Name, true, "serves " + r.String(), ""})
	}
	return all
}

// engine looks for the pinned release of the Pact engine. Its checksum is
// checked by the contracts at every load; gate itself never loads it.
func (a *app) engine() finding {
	const install = "go run github.com/stagegate/stagegate/contracts/pact/install"
	path := a.getenv(pactversion.Variable)
	if path != "" {
		if !filepath.IsAbs(path) {
			return finding{"pact", false, pactversion.Variable + ": " + path + " is not an absolute path", "unset " + pactversion.Variable + ", or give the whole path"}
		}
	} else {
		cache, err := os.UserCacheDir()
		if err != nil {
			return finding{"pact", false, err.Error(), "set HOME or XDG_CACHE_HOME"}
		}
		path = pactversion.CachePath(cache)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return finding{"pact", false, fmt.Sprintf("the Pact engine %s is not installed, contract tests will fail: %v", pactversion.Version, err), install}
	case !info.Mode().IsRegular():
		return finding{"pact", false, path + " is not a file: contract tests will fail", install}
	}
	return finding{"pact", true, path, ""}
}
