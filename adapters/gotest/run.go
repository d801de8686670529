package gotest

import (
	"context"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
	"github.com/stagegate/stagegate/internal/testjson"
)

// Run runs suite, or the shard of it that session.Only names, and returns what
// was seen. Planned is the inventory of the whole suite, as [Runner.Plan] made
// it. Answers are left in session.Out where it is set.
//
// A failing test is no error: an error means that go test could not be asked.
// When ctx is done the tests are interrupted, and killed after five seconds;
// Run then returns what was seen until then, with everything that had not
// ended as NotRun.
func (r Runner) Run(ctx context.Context, session protocol.Session, suite harness.Suite, planned []harness.Planned) (Seen, error) {
	if len(planned) == 0 {
		return Seen{}, fmt.Errorf("suite %s: nothing is planned", suite.Name)
	}
	if err := r.checkFlags(ctx); err != nil {
		return Seen{}, err
	}
	pkgs, err := r.packages(ctx, suite)
	if err != nil {
		return Seen{}, err
	}
	session.Phase = protocol.Exec
	desk, err := newDesk(r.Dir, session, suite)
	if err != nil {
		return Seen{}, err
	}
	defer desk.clear()

	work := assign(desk.session, suite, pkgs, planned)
	seen := Seen{Started: time.Now()}
	var s testjson.Stream
	for _, g := range work.groups {
		if ctx.Err() != nil {
			break
		}
		call, err := r.stream(ctx, desk.file, &s, r.reporter(work), append(r.linked(g.pkgs), g.args()...)...)
		if err != nil {
			return Seen{}, err
		}
		if seen.Exit == 0 || call.exit < 0 {
			seen.Exit = call.exit
		}
		work.stderr.Add(call.stderr.String())
	}
	s.Close()
	seen.Finished = time.Now()

	c := &court{work: work, stream: &s, exit: seen.Exit, interrupted: ctx.Err() != nil}
	c.answers, c.doubts = desk.answers(pkgs)
	seen.Rows, seen.Doubts = c.judge()
	seen.Printed = printed(&s, pkgs)
	seen.Pacts = c.answers.pacts(seen.Rows)
	return seen, nil
}

// printed is what was printed by those tests of pkgs that have not passed, by ID.
func printed(s *testjson.Stream, pkgs []listed) map[string]string {
	all := map[string]string{}
	for _, p := range pkgs {
		seen := s.Package(p.ImportPath)
		if seen == nil {
			continue
		}
		for _, t := range seen.Tests {
			for _, sub := range append([]*testjson.Sub{&t.Sub}, t.Subs...) {
				if text := sub.Output.Whole(); sub.Action != "pass" && text != "" {
					all[p.ImportPath+"."+orElse(sub.FullName, t.Name)] = text
				}
			}
		}
	}
	return all
}

// reporter turns events into what a person is told.
func (r Runner) reporter(w *work) func(testjson.Event) {
	if r.Progress == nil {
		return func(testjson.Event) {}
	}
	return func(e testjson.Event) {
		id := e.Package + "." + e.Test
		p, known := w.mine[id]
		if e.Test == "" || !known && (strings.Contains(e.Test, "/") || w.hosts[e.Package][e.Test]) {
			return
		}
		if !known {
			p.Kind = harness.Test
		}
		outcome := map[string]harness.Outcome{"pass": harness.Passed, "fail": harness.Failed, "skip": harness.Skipped}[e.Action]
		row := harness.Row{ID: id, Name: p.Name, Kind: p.Kind, Attempt: 1, Where: p.Where, Outcome: outcome}
		switch {
		case e.Action == "run":
			r.Progress(Event{Started: true, ID: id, Row: row})
		case outcome != "":
			row.Took = harness.Duration(e.Elapsed * float64(time.Second))
			r.Progress(Event{ID: id, Row: row})
		}
	}
}

// work is what one call of Run has to do.
type work struct {
	session protocol.Session
	pkgs    []listed // that are run
	mine    map[string]harness.Planned
	hosts   map[string]map[string]bool // package -> tests that answer over the protocol
	homeOf  map[string]string          // planned ID -> package
	groups  []group
	stderr  testjson.Excerpt
}

// expects reports whether something of pkg is to run.
func (w *work) expects(pkg string) bool {
	for id := range w.mine {
		if w.homeOf[id] == pkg {
			return true
		}
	}
	return false
}

// assign divides the work into calls of go test.
func assign(session protocol.Session, suite harness.Suite, pkgs []listed, planned []harness.Planned) *work {
	w := &work{session: session, mine: map[string]harness.Planned{}, hosts: map[string]map[string]bool{}, homeOf: map[string]string{}}
	byPath := map[string]listed{}
	for _, p := range pkgs {
		byPath[p.ImportPath] = p
	}
	wanted, known, only := map[string]set{}, map[string]set{}, map[string]set{}
	for _, p := range pkgs {
		for _, dir := range []string{p.Dir, resolved(p.Dir)} {
			for _, name := range session.Only[dir] {
				only[p.ImportPath] = only[p.ImportPath].add(name)
			}
		}
	}
	for _, p := range planned {
		pkg, name, ok := split(byPath, p.ID)
		mine := session.Only == nil || ok && only[pkg][name] // of a package that is gone nobody but a whole run can miss anything
		if mine {
			w.mine[p.ID] = p
			w.homeOf[p.ID] = pkg
		}
		if !ok {
			continue
		}
		known[pkg] = known[pkg].add(top(name))
		if mine {
			wanted[pkg] = wanted[pkg].add(top(name))
		}
		if mine && p.Kind != harness.Test {
			if w.hosts[pkg] == nil {
				w.hosts[pkg] = map[string]bool{}
			}
			w.hosts[pkg][top(name)] = true
		}
	}
	if session.Only == nil && suite.Tags == "" {
		w.pkgs = pkgs
		w.groups = []group{{pkgs: pkgs}}
		return w
	}
	for _, p := range pkgs {
		if len(wanted[p.ImportPath]) > 0 {
			w.pkgs = append(w.pkgs, p)
			w.groups = place(w.groups, p, wanted[p.ImportPath], known[p.ImportPath])
		}
	}
	return w
}

type set map[string]bool

func (s set) add(v string) set {
	if s == nil {
		s = set{}
	}
	s[v] = true
	return s
}

// A group is the packages of one call of go test. Its -run goes for all of
// them, so packages of a group must not have tests that only another wants.
type group struct {
	pkgs   []listed
	run    set // nil: everything
	others set // tests that its packages have and that must not run
}

// maxRun bounds the -run expression: one argument may have 128 KiB on Linux.
const maxRun = 96 << 10

// place puts p into the first group that it fits, or into one of its own.
func place(groups []group, p listed, wanted, known set) []group {
	others := set{}
	for n := range known {
		if !wanted[n] {
			others[n] = true
		}
	}
	for i, g := range groups {
		if !overlap(g.run, others) && !overlap(wanted, g.others) && g.run.size()+wanted.size() < maxRun {
			groups[i].pkgs = append(g.pkgs, p)
			for n := range wanted {
				g.run[n] = true
			}
			for n := range others {
				g.others[n] = true
			}
			return groups
		}
	}
	run := set{}
	for n := range wanted {
		run[n] = true
	}
	return append(groups, group{pkgs: []listed{p}, run: run, others: others})
}

func overlap(a, b set) bool {
	for n := range a {
		if b[n] {
			return true
		}
	}
	return false
}

func (s set) size() (n int) {
	for name := range s {
		n += len(name) + 1
	}
	return n
}

func (g group) args() []string {
	var args []string
	if g.run != nil {
		var names []string
		for n := range g.run {
			names = append(names, regexp.QuoteMeta(n))
		}
		sort.Strings(names)
		args = append(args, "-run=^("+strings.Join(names, "|")+")$")
	}
	return append(args, paths(g.pkgs)...)
}
