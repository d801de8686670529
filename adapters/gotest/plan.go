package gotest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
	"github.com/stagegate/stagegate/internal/testjson"
)

// Plan says everything that suite will run, sorted by ID, and the step
// definitions that no scenario of their Go test uses, sorted by place. It runs no
// scenario and no interaction; plain tests that share a package with them do run.
//
// Of session it uses what names the run and the target; phase, suite, tags,
// shard and folder are set here. Shard is left 0 in what is planned.
//
// Nothing to run, a pattern without tests, a build that fails, and features or
// contracts that cannot be planned are errors that carry what was printed.
func (r Runner) Plan(ctx context.Context, session protocol.Session, suite harness.Suite) (planned []harness.Planned, unused []protocol.Unused, err error) {
	if err := r.checkFlags(ctx); err != nil {
		return nil, nil, err
	}
	pkgs, err := r.packages(ctx, suite)
	if err != nil {
		return nil, nil, err
	}
	var plain, hosts []listed
	for _, p := range pkgs {
		switch {
		case suite.Tags != "" && !p.imports(featuresPath):
		case p.hosts():
			hosts = append(hosts, p)
		default:
			plain = append(plain, p)
		}
	}
	var all []harness.Planned
	if len(plain) > 0 {
		tests, err := r.listTests(ctx, plain)
		if err != nil {
			return nil, nil, fmt.Errorf("suite %s: %w", suite.Name, err)
		}
		all = append(all, tests...)
	}
	if len(hosts) > 0 {
		var asked []harness.Planned
		if asked, unused, err = r.ask(ctx, session, suite, hosts); err != nil {
			return nil, nil, fmt.Errorf("suite %s: %w", suite.Name, err)
		}
		all = append(all, asked...)
	}
	planned, err = inventory(suite, all)
	return planned, unused, err
}

// inventory is what of all belongs to suite.
func inventory(suite harness.Suite, all []harness.Planned) ([]harness.Planned, error) {
	var kept []harness.Planned
	seen := map[string]bool{}
	for _, p := range all {
		if suite.Tags != "" && p.Kind != harness.Scenario {
			continue
		}
		if seen[p.ID] {
			return nil, fmt.Errorf("suite %s: %s is planned twice", suite.Name, p.ID)
		}
		seen[p.ID] = true
		kept = append(kept, p)
	}
	if len(kept) == 0 {
		if suite.Tags != "" {
			return nil, fmt.Errorf("suite %s: no scenario matches %q: a suite with tags is its scenarios alone", suite.Name, suite.Tags)
		}
		return nil, fmt.Errorf("suite %s: %s: nothing to run", suite.Name, strings.Join(suite.Run, " "))
	}
	sort.Slice(kept, func(i, j int) bool { return kept[i].ID < kept[j].ID })
	return kept, nil
}

// listTests asks go test -list for the tests of pkgs, and compares the answer
// with the source.
func (r Runner) listTests(ctx context.Context, pkgs []listed) ([]harness.Planned, error) {
	var s testjson.Stream
	names := map[string][]string{}
	on := func(e testjson.Event) {
		line := strings.TrimSpace(e.Output)
		if e.Action == "output" && e.Test == "" && testName(line) {
			names[e.Package] = append(names[e.Package], line)
		}
	}
	quiet := r // what test binaries print while they list is not a test's output
	quiet.Log = nil
	call, err := quiet.stream(ctx, "", &s, on, slices.Concat(r.linked(pkgs), []string{"-list=."}, paths(pkgs))...)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := broken(&s, call, pkgs); err != nil {
		return nil, fmt.Errorf("list tests: %w", err)
	}
	var all []harness.Planned
	for _, p := range pkgs {
		tests, err := r.plainTests(p, names[p.ImportPath])
		if err != nil {
			return nil, err
		}
		all = append(all, tests...)
	}
	return all, nil
}

func testName(line string) bool {
	if strings.ContainsAny(line, " \t") {
		return false
	}
	return strings.HasPrefix(line, "Test") || strings.HasPrefix(line, "Fuzz") || strings.HasPrefix(line, "Example")
}

// plainTests are the tests called names. A test that the source of p declares
// and names does not hold is an error.
func (r Runner) plainTests(p listed, names []string) ([]harness.Planned, error) {
	where, err := declared(r.Dir, p)
	if err != nil {
		return nil, err
	}
	all := []harness.Planned{}
	known := map[string]bool{}
	for _, n := range names {
		known[n] = true
		all = append(all, harness.Planned{ID: p.ImportPath + "." + n, Name: n, Kind: harness.Test, Where: where[n]})
	}
	var lost []string
	for n, at := range where {
		if !known[n] {
			lost = append(lost, n+" ("+at+")")
		}
	}
	if sort.Strings(lost); len(lost) > 0 {
		return nil, fmt.Errorf("%s: declared, and not run by go test: %s\nhint: its TestMain has to call m.Run in every case", p.ImportPath, strings.Join(lost, ", "))
	}
	return all, nil
}

// ask runs the packages whose tests answer over the protocol in its planning
// phase.
func (r Runner) ask(ctx context.Context, session protocol.Session, suite harness.Suite, pkgs []listed) (all []harness.Planned, unused []protocol.Unused, err error) {
	session.Phase, session.Only, session.Order, session.Out = protocol.Plan, nil, nil, ""
	desk, err := newDesk(r.Dir, session, suite)
	if err != nil {
		return nil, nil, err
	}
	defer desk.clear()
	var s testjson.Stream
	call, err := r.stream(ctx, desk.file, &s, func(testjson.Event) {}, append(r.linked(pkgs), paths(pkgs)...)...)
	if err != nil {
		return nil, nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	answers, wrong := desk.answers(pkgs)
	if err := planFailure(&s, call, pkgs, answers); err != nil {
		return nil, nil, fmt.Errorf("plan: %w", err)
	}
	if len(wrong) > 0 {
		return nil, nil, fmt.Errorf("plan: %s", strings.Join(wrong, "; "))
	}
	for _, p := range pkgs {
		var names []string
		for _, t := range s.Package(p.ImportPath).Tests {
			if !answers.has(p.ImportPath, t.Name) {
				names = append(names, t.Name)
			}
		}
		hosted := answers.tests(p.ImportPath)
		tests, err := r.plainTests(p, append(names, hosted...))
		if err != nil {
			return nil, nil, err
		}
		all = append(all, tests[:len(names)]...)
		all = append(all, answers.planned(p.ImportPath)...)
		unused = append(unused, answers.unused(p.ImportPath)...)
	}
	return all, unused, nil
}

// planFailure says why the planning phase cannot be believed. A plain test
// that fails is no reason: it will have its say when the suite runs.
func planFailure(s *testjson.Stream, call streamed, pkgs []listed, got answers) error {
	if err := broken(s, call, pkgs); err != nil {
		return err
	}
	for _, p := range pkgs {
		var failed []string
		for _, t := range s.Package(p.ImportPath).Tests {
			o, reason := t.Judge()
			if o == harness.Passed {
				continue
			}
			text := fmt.Sprintf("%s.%s: %s: %s", p.ImportPath, t.Name, o, reason)
			if !t.Ended() || got.has(p.ImportPath, t.Name) {
				return errors.New(text)
			}
			failed = append(failed, text)
		}
		switch answered := len(got.tests(p.ImportPath)) > 0; {
		case !answered && len(failed) > 0:
			return errors.New(testjson.Join(failed, 5))
		case !answered:
			return fmt.Errorf("%s imports stagegate's features or contracts, and none of its tests ran features.Run or contracts.For", p.ImportPath)
		}
	}
	return nil
}

// broken says what kept go test from running the tests of pkgs at all.
func broken(s *testjson.Stream, call streamed, pkgs []listed) error {
	for _, b := range s.Builds {
		if b.Failed {
			return fmt.Errorf("%s does not build:\n%s", b.ImportPath, strings.TrimSpace(b.Output.String()))
		}
	}
	if len(s.Odd) > 0 {
		return errors.New(s.Odd[0])
	}
	for _, p := range pkgs {
		q := s.Package(p.ImportPath)
		if q == nil || len(q.Ends) != 1 {
			return fmt.Errorf("go test said nothing of %s (exit %d)\n%s", p.ImportPath, call.exit, strings.TrimSpace(call.stderr.String()))
		}
		if end := q.Ends[0]; end.Unexplained {
			return fmt.Errorf("%s failed outside of its tests:\n%s", p.ImportPath, strings.TrimSpace(end.Output+"\n"+call.stderr.String()))
		}
	}
	return nil
}

func paths(pkgs []listed) (all []string) {
	for _, p := range pkgs {
		all = append(all, p.ImportPath)
	}
	return all
}

// A desk is where a session is handed out and its answers are taken.
type desk struct {
	root    string // the repository
	dir     string
	file    string
	session protocol.Session
}

// newDesk writes the session file. Answers go to session.Out, or to a folder
// of the desk where it is empty.
func newDesk(root string, session protocol.Session, suite harness.Suite) (*desk, error) {
	dir, err := os.MkdirTemp("", "stagegate-*")
	if err != nil {
		return nil, err
	}
	d := &desk{root: root, dir: dir, file: filepath.Join(dir, "run.json"), session: session}
	d.session.Version, d.session.Suite, d.session.Tags = protocol.Version, suite.Name, suite.Tags
	if d.session.Out == "" {
		d.session.Out = filepath.Join(dir, "out")
		err = os.Mkdir(d.session.Out, 0o700)
	}
	if err == nil {
		err = empty(d.session.Out)
	}
	if err == nil {
		err = protocol.WriteSession(d.file, d.session)
	}
	if err != nil {
		d.clear()
		return nil, fmt.Errorf("write session: %w", err)
	}
	return d, nil
}

func (d *desk) clear() { _ = os.RemoveAll(d.dir) }

func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty", dir)
	}
	return err
}
