package gotest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/testjson"
)

// A Kit is suites that were built before, for a machine without Go: what the go
// command would say of their packages, and a test binary for each. Names of
// files are relative to [Runner.Dir], with slashes.
type Kit struct {
	Test2json string              `json:"test2json"` // turns what a test binary prints into events
	Packages  []KitPackage        `json:"packages"`  // by import path
	Suites    map[string][]string `json:"suites"`    // name -> import paths of its packages
}

// A KitPackage is one package of a [Kit].
type KitPackage struct {
	ImportPath string            `json:"importPath"`
	Dir        string            `json:"dir"`
	Binary     string            `json:"binary"`
	Features   bool              `json:"features,omitempty"`  // imports features
	Contracts  bool              `json:"contracts,omitempty"` // imports contracts
	Tests      map[string]string `json:"tests"`               // as its source declares them -> file:line
}

// kitFolder is where a kit has what is not in the repository.
const kitFolder = ".bundle"

// Build builds the test binaries of suites into the folder called into, for this system and processor, without cgo and so that the same commit gives the same bytes.
func (r Runner) Build(ctx context.Context, suites []harness.Suite, into string) (Kit, error) {
	k := Kit{Suites: map[string][]string{}, Test2json: kitFolder + "/test2json"}
	if err := r.checkFlags(ctx); err != nil {
		return k, err
	}
	r.Env = append(slices.Clone(r.Env), "CGO_ENABLED=0", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	if _, err := r.output(ctx, "build", "-trimpath", "-buildvcs=false", "-o", filepath.Join(into, k.Test2json), "cmd/test2json"); err != nil {
		return k, err
	}
	built := map[string]bool{}
	for _, suite := range suites {
		pkgs, err := r.packages(ctx, suite)
		if err != nil {
			return k, err
		}
		for _, p := range pkgs {
			k.Suites[suite.Name] = append(k.Suites[suite.Name], p.ImportPath)
			if built[p.ImportPath] {
				continue
			}
			built[p.ImportPath] = true
			q, err := r.buildPackage(ctx, p, into, len(built))
			if err != nil {
				return k, fmt.Errorf("suite %s: %w", suite.Name, err)
			}
			k.Packages = append(k.Packages, q)
		}
	}
	slices.SortFunc(k.Packages, func(a, b KitPackage) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	return k, nil
}

func (r Runner) buildPackage(ctx context.Context, p listed, into string, n int) (KitPackage, error) {
	q := KitPackage{ImportPath: p.ImportPath, Dir: relative(r.Dir, p.Dir), Binary: fmt.Sprintf("%s/%d.test", kitFolder, n),
		Features: p.imports(featuresPath), Contracts: p.imports(contractsPath) || p.imports(pactgoPath)}
	if !filepath.IsLocal(q.Dir) {
		return q, fmt.Errorf("%s is in %s, which is not below gate.yaml: it cannot be bundled", p.ImportPath, p.Dir)
	}
	var err error
	if q.Tests, err = declared(r.Dir, p); err != nil {
		return q, err
	}
	_, err = r.output(ctx, "test", "-c", "-trimpath", "-buildvcs=false", "-o", filepath.Join(into, q.Binary), p.ImportPath)
	return q, err
}

// packages are the packages of suite in k.
func (k *Kit) packages(root string, suite harness.Suite) (pkgs []listed, err error) {
	for _, path := range k.Suites[suite.Name] {
		i := slices.IndexFunc(k.Packages, func(p KitPackage) bool { return p.ImportPath == path })
		if i < 0 {
			return nil, fmt.Errorf("suite %s: the bundle has no package %s", suite.Name, path)
		}
		p := k.Packages[i]
		if p.Tests == nil {
			p.Tests = map[string]string{}
		}
		l := listed{Dir: filepath.Join(root, filepath.FromSlash(p.Dir)), ImportPath: path, tests: p.Tests}
		if p.Features {
			l.TestImports = append(l.TestImports, featuresPath)
		}
		if p.Contracts {
			l.TestImports = append(l.TestImports, contractsPath)
		}
		pkgs = append(pkgs, l)
	}
	if len(pkgs) == 0 {
		return nil, fmt.Errorf("suite %s is not in the bundle\nhint: gate bundle packs the Go suites of all stages with a target", suite.Name)
	}
	return pkgs, nil
}

// stream does for the packages of k what go test -json does: a test binary
// after the other, each in its own folder. args are those of go test: -run or
// -list, then import paths.
func (k *Kit) stream(ctx context.Context, r Runner, session string, into *testjson.Stream, on func(testjson.Event), args []string) (s streamed, err error) {
	flags := []string{"-test.v=test2json", "-test.paniconexit0", "-test.count=1", "-test.timeout=" + r.timeout().String()}
	for _, arg := range args {
		if flag, is := strings.CutPrefix(arg, "-"); is {
			flags = append(flags, "-test."+flag)
			continue
		}
		i := slices.IndexFunc(k.Packages, func(p KitPackage) bool { return p.ImportPath == arg })
		if i < 0 {
			return s, fmt.Errorf("the bundle has no package %s", arg)
		}
		if ctx.Err() != nil {
			s.exit = -1
			return s, nil
		}
		p := k.Packages[i]
		binary := filepath.Join(r.Dir, filepath.FromSlash(p.Binary))
		if _, err := os.Stat(binary); err != nil {
			return s, err
		}
		cmd := r.process(ctx, session, filepath.Join(r.Dir, filepath.FromSlash(k.Test2json)), append([]string{"-t", "-p", arg, binary}, flags...)...)
		cmd.Dir = filepath.Join(r.Dir, filepath.FromSlash(p.Dir))
		cmd.Env = append(cmd.Env, "PWD="+cmd.Dir)
		exit, err := r.events(ctx, cmd, &s, into, on)
		if err != nil {
			return s, errors.Join(fmt.Errorf("run the tests of %s", arg), err)
		}
		if s.exit == 0 || exit < 0 {
			s.exit = exit
		}
	}
	return s, nil
}
