package gotest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/stagegate/stagegate/harness"
)

// These packages run scenarios and interactions inside of a Go test.
const (
	featuresPath  = "github.com/stagegate/stagegate/features"
	contractsPath = "github.com/stagegate/stagegate/contracts"
	pactgoPath    = contractsPath + "/pactgo"
)

// A listed is one package as go list describes it.
type listed struct {
	Dir            string
	ImportPath     string
	Match          []string // the patterns that it matches
	TestGoFiles    []string
	XTestGoFiles   []string
	IgnoredGoFiles []string
	TestImports    []string
	XTestImports   []string

	tests map[string]string // that its source declares; of a kit alone
}

func (p listed) tested() bool { return len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 }

func (p listed) imports(path string) bool {
	return slices.Contains(p.TestImports, path) || slices.Contains(p.XTestImports, path)
}

// hosts reports whether tests of p answer over the protocol.
func (p listed) hosts() bool {
	return p.imports(featuresPath) || p.imports(contractsPath) || p.imports(pactgoPath)
}

// hidden are the test files of p that build constraints leave out.
func (p listed) hidden() (all []string) {
	for _, f := range p.IgnoredGoFiles {
		if strings.HasSuffix(f, "_test.go") {
			all = append(all, filepath.Join(p.Dir, f))
		}
	}
	return all
}

// packages are the packages of suite that have tests, by import path. A pattern
// that matches no package, or brings no test, is an error: whoever wrote it
// expected some.
func (r Runner) packages(ctx context.Context, suite harness.Suite) ([]listed, error) {
	if len(suite.Run) == 0 {
		return nil, fmt.Errorf("suite %s: no package patterns to run", suite.Name)
	}
	if r.Kit != nil {
		return r.Kit.packages(r.Dir, suite)
	}
	all, err := r.list(ctx, suite.Run)
	if err != nil {
		return nil, fmt.Errorf("suite %s: %w", suite.Name, err)
	}
	excepted := map[string]bool{}
	if len(suite.Except) > 0 {
		except, err := r.list(ctx, suite.Except)
		if err != nil {
			return nil, fmt.Errorf("suite %s: except: %w", suite.Name, err)
		}
		for _, p := range except {
			excepted[p.ImportPath] = true
		}
	}
	var pkgs []listed
	brings := map[string]bool{}
	var hidden []string
	for _, p := range all {
		switch {
		case excepted[p.ImportPath]:
		case p.tested():
			pkgs = append(pkgs, p)
			for _, m := range p.Match {
				brings[m] = true
			}
		default:
			hidden = append(hidden, p.hidden()...)
		}
	}
	for _, pattern := range suite.Run {
		if !brings[pattern] {
			return nil, fmt.Errorf("suite %s: %s has no tests to run%s", suite.Name, pattern, hint(hidden))
		}
	}
	sort.Slice(pkgs, func(i, j int) bool { return pkgs[i].ImportPath < pkgs[j].ImportPath })
	return pkgs, nil
}

func hint(hidden []string) string {
	if len(hidden) == 0 {
		return ""
	}
	return fmt.Sprintf("\nhint: build constraints hide %s; set GOFLAGS=-tags=... if they are meant to run", strings.Join(hidden, ", "))
}

// list is go list for patterns. A pattern that matches nothing is an error.
func (r Runner) list(ctx context.Context, patterns []string) ([]listed, error) {
	for _, p := range patterns {
		if p == "" || strings.HasPrefix(p, "-") {
			return nil, fmt.Errorf("%q is not a package pattern", p)
		}
	}
	out, err := r.output(ctx, append([]string{"list", "-json=Dir,ImportPath,Match,TestGoFiles,XTestGoFiles,IgnoredGoFiles,TestImports,XTestImports", "--"}, patterns...)...)
	if err != nil {
		return nil, err
	}
	var all []listed
	matched := map[string]bool{}
	dec := jsontext.NewDecoder(bytes.NewReader(out))
	for {
		var p listed
		err := json.UnmarshalDecode(dec, &p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read go list: %w", err)
		}
		all = append(all, p)
		for _, m := range p.Match {
			matched[m] = true
		}
	}
	for _, p := range patterns {
		if !matched[p] {
			return nil, fmt.Errorf("%s matches no package", p)
		}
	}
	return all, nil
}

// folders maps each folder, as it is and with links resolved, to its package.
func folders(pkgs []listed) map[string]string {
	m := map[string]string{}
	for _, p := range pkgs {
		m[p.Dir] = p.ImportPath
		m[resolved(p.Dir)] = p.ImportPath
	}
	return m
}

func resolved(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	return filepath.Clean(dir)
}

// Select is what a [protocol.Session] holds as Only or Order for planned:
// package folder to names under go test, in the order of planned. A planned
// thing of a package that the suite does not have is an error.
func (r Runner) Select(ctx context.Context, suite harness.Suite, planned []harness.Planned) (map[string][]string, error) {
	pkgs, err := r.packages(ctx, suite)
	if err != nil {
		return nil, err
	}
	byPath := map[string]listed{}
	for _, p := range pkgs {
		byPath[p.ImportPath] = p
	}
	only := map[string][]string{}
	for _, p := range planned {
		path, name, ok := split(byPath, p.ID)
		if !ok {
			return nil, fmt.Errorf("suite %s: no package has %s", suite.Name, p.ID)
		}
		dir := byPath[path].Dir
		only[dir] = append(only[dir], name)
		if real := resolved(dir); real != dir {
			only[real] = append(only[real], name)
		}
	}
	return only, nil
}

// split cuts an ID into the import path of its package and its name under go
// test. Both may hold dots: the longest path that is a package wins.
func split(pkgs map[string]listed, id string) (path, name string, ok bool) {
	for i, c := range id {
		if c == '.' {
			if _, is := pkgs[id[:i]]; is && i+1 < len(id) {
				path, name, ok = id[:i], id[i+1:], true
			}
		}
	}
	return path, name, ok
}
