package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stagegate/stagegate/adapters/gotest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/bundle"
	"github.com/stagegate/stagegate/internal/checkout"
	"github.com/stagegate/stagegate/internal/flow"
	"github.com/stagegate/stagegate/internal/gatefile"
	"github.com/stagegate/stagegate/internal/pactversion"
)

func (a *app) bundleCmd() *cobra.Command {
	out := ""
	c := &cobra.Command{Use: "bundle -o FILE", Short: "Pack the Go suites of the stages with a target, for machines without Go", Args: cobra.NoArgs,
		Long: "Pack the Go suites of the stages with a target into one file: test binaries, the files that tests read, the Pact engine and gate.yaml.\n\nIt is meant for a step of the commit stage, with the file among the artifacts. gate test --bundle runs it.",
		RunE: func(c *cobra.Command, _ []string) error {
			f, err := load(a.file)
			if err != nil {
				return err
			}
			d, err := a.pack(c.Context(), f, out)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]any{"file": out, "digest": d})
			}
			_, err = fmt.Fprintln(a.stdout, d)
			return err
		}}
	c.Flags().StringVarP(&out, "output", "o", "", "the `file` to write")
	must(c.MarkFlagRequired("output"))
	return c
}

// pack writes a bundle of the commit that f is checked out of, whole or not at all.
func (a *app) pack(ctx context.Context, f *gatefile.File, out string) (harness.Digest, error) {
	suites := later(f)
	if len(suites) == 0 {
		return "", errConfig{fmt.Errorf("%s: no stage with a target has a Go suite: there is nothing to bundle", f.Path)}
	}
	s, err := a.archive(f)
	if err != nil {
		return "", err
	}
	tree := s.tree(f)
	m := bundle.Manifest{OS: runtime.GOOS, Arch: runtime.GOARCH}
	if m.Source, err = tree.Source(ctx); err != nil {
		return "", err
	}
	if !m.Source.Committed() {
		return "", errUsage{errors.New("files differ from the commit: a bundle is of a commit\nhint: git status; git add -A && git commit")}
	}
	staging, err := os.MkdirTemp("", "stagegate-bundle-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(staging)
	runner := gotest.Runner{Dir: f.Dir, Env: a.commandEnv()}
	if m.Kit, err = runner.Build(ctx, suites, staging); err != nil {
		return "", errConfig{err}
	}
	if err := a.gather(ctx, tree, f, m.Kit, staging); err != nil {
		return "", err
	}
	all, err := checkout.Artifact(staging, []string{"**"})
	if err != nil {
		return "", err
	}
	m.Files = all.Files
	if err := replaceFile(out, func(w io.Writer) error { return bundle.Pack(w, staging, m) }); err != nil {
		return "", fmt.Errorf("write the bundle: %w", err)
	}
	packed, err := checkout.Artifact(filepath.Dir(out), []string{filepath.Base(out)})
	if err != nil || len(packed.Files) != 1 {
		return "", cmp.Or(err, fmt.Errorf("%s cannot be read again", out))
	}
	return packed.Files[0].Digest, nil
}

// later are the Go suites of the stages with a target, by name.
func later(f *gatefile.File) (suites []harness.Suite) {
	for _, stage := range f.Stages {
		if f.Target(stage).InProcess() {
			continue
		}
		for _, p := range stage.Suites() {
			suite := f.Suites[p.Suite]
			if suite.Run != nil && !slices.ContainsFunc(suites, func(s harness.Suite) bool { return s.Name == suite.Name }) {
				suites = append(suites, suite)
			}
		}
	}
	slices.SortFunc(suites, func(a, b harness.Suite) int { return strings.Compare(a.Name, b.Name) })
	return suites
}

// gather copies what the tests of k read at run time: gate.yaml, the committed
// files of their packages but Go code, and the Pact engine.
func (a *app) gather(ctx context.Context, tree checkout.Tree, f *gatefile.File, k gotest.Kit, to string) error {
	names := []string{filepath.Base(f.Path)}
	engine := false
	for _, p := range k.Packages {
		engine = engine || p.Contracts
		files, err := tree.Files(ctx, p.Dir)
		if err != nil {
			return err
		}
		for _, name := range files {
			if filepath.Ext(name) != ".go" || strings.Contains("/"+name, "/testdata/") {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if err := copyFile(filepath.Join(f.Dir, name), filepath.Join(to, name)); err != nil {
			return fmt.Errorf("bundle %s: %w", name, err)
		}
	}
	if !engine {
		return nil
	}
	lib := a.getenv(pactversion.Variable)
	if lib == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return err
		}
		lib = pactversion.CachePath(cache)
	}
	if err := copyFile(lib, filepath.Join(to, filepath.FromSlash(bundle.Engine))); err != nil {
		return fmt.Errorf("bundle the Pact engine: %w\nhint: gate doctor says how to install it", err)
	}
	return nil
}

func copyFile(from, to string) error {
	info, err := os.Lstat(from)
	if err == nil && info.Mode()&os.ModeSymlink != 0 && !strings.HasSuffix(from, pactversion.Library) {
		return errors.New("it is a link: a bundle has regular files only")
	}
	if err != nil {
		return err
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600|info.Mode()&0o111)
}

// replaceFile writes file by a temporary one beside it.
func replaceFile(file string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".stagegate-bundle-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = errors.Join(write(f), f.Chmod(0o644), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// unpacked calls do with the gate of the bundle in file, in a folder of its own.
func (a *app) unpacked(ctx context.Context, file string, do func(context.Context, *flow.Gate) error) error {
	if a.commit != "" || a.artifact != "" {
		return errUsage{errors.New("--bundle: a bundle is of one commit and one artifact: leave --commit and --artifact out")}
	}
	dir, err := os.MkdirTemp("", "stagegate-bundle-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	from, err := os.Open(file)
	if err != nil {
		return errUsage{fmt.Errorf("--bundle: %w", err)}
	}
	defer from.Close()
	m, digest, err := bundle.Unpack(from, dir)
	if err != nil {
		return errConfig{fmt.Errorf("--bundle %s: %w", file, err)}
	}
	f, err := load(filepath.Join(dir, filepath.Base(a.file)))
	if err != nil {
		return err
	}
	if _, _, bucket := f.Store.Bucket(); a.store == "" && !bucket && !filepath.IsAbs(f.Store.URL) {
		return errUsage{fmt.Errorf("--bundle: the store, %s, is a folder of the checkout\nhint: --store names it", f.Store.URL)}
	}
	s, err := a.archive(f)
	if err != nil {
		return err
	}
	sign, err := a.notary(ctx, s)
	if err != nil {
		return err
	}
	a.kit = &m.Kit
	g, err := a.gate(f, s, sign)
	if err != nil {
		return err
	}
	g.Bundle = &flow.Bundle{Digest: digest, Source: m.Source}
	return do(ctx, g)
}

// kitEnv is the environment that suites of a bundle get besides a suite's.
func (a *app) kitEnv(dir string) []string {
	engine := filepath.Join(dir, filepath.FromSlash(bundle.Engine))
	if _, err := os.Stat(engine); a.kit == nil || err != nil {
		return nil
	}
	return []string{pactversion.Variable + "=" + engine}
}
