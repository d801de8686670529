package gotest

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/testjson"
)

// A court hears the witnesses of a run (plan, events, answers, exit code) and
// writes rows and doubts.
type court struct {
	*work
	stream      *testjson.Stream
	answers     answers
	exit        int
	interrupted bool

	rows   []harness.Row
	doubts []string
}

func (c *court) judge() ([]harness.Row, []string) {
	for _, odd := range c.stream.Odd {
		c.doubt("go test -json: %s", odd)
	}
	if c.interrupted {
		c.doubt("the run was interrupted")
	}
	c.takeAnswers()
	for _, p := range c.pkgs {
		c.hearPackage(p.ImportPath)
	}
	c.findMissing()
	c.compareExit()
	c.findDuplicates()
	sort.SliceStable(c.rows, func(i, j int) bool {
		a, b := c.rows[i], c.rows[j]
		return a.ID < b.ID || a.ID == b.ID && a.Attempt < b.Attempt
	})
	sort.Strings(c.doubts)
	return c.rows, slices.Compact(c.doubts)
}

func (c *court) doubt(format string, args ...any) {
	c.doubts = append(c.doubts, fmt.Sprintf(format, args...))
}

// add writes a row that no answer holds: in process, and a test.
func (c *court) add(id string, o harness.Outcome, reason string, s *testjson.Sub, attempt int) {
	row := harness.Row{ID: id, Name: id, Kind: harness.Test, Mode: harness.InProcess, Outcome: o, Reason: reason, Attempt: attempt}
	if p, ok := c.mine[id]; ok {
		row.Name, row.Where, row.Hash, row.Tags = p.Name, p.Where, p.Hash, p.Tags
	}
	if s != nil {
		row.Started, row.Took = s.Started, harness.Duration(s.Took)
	}
	c.rows = append(c.rows, row)
}

// takeAnswers takes the rows of the answer files, each compared with what go
// test said of the subtest that it is about.
func (c *court) takeAnswers() {
	for _, a := range c.answers {
		if !c.hosts[a.pkg][a.host()] {
			c.doubt("%s.%s answered, and nothing of it was planned", a.pkg, a.Test)
		}
		last := map[string]harness.Row{}
		for _, r := range a.Rows {
			if before, ok := last[r.ID]; !ok || r.Attempt >= before.Attempt {
				last[r.ID] = r
			}
			if r.Kind == harness.Interaction && r.Outcome == harness.Skipped && r.Reason == "" {
				r.Reason = c.whySkipped(a.pkg, r.ID)
			}
			c.rows = append(c.rows, r)
			if _, ok := c.mine[r.ID]; !ok {
				c.doubt("%s ran, and was not planned here", r.ID)
			}
		}
		for _, r := range last {
			c.compareRow(a.pkg, r)
		}
		c.compareBelow(a.pkg, a.host(), last)
	}
}

func (c *court) compareRow(pkg string, r harness.Row) {
	id, name := r.ID, strings.TrimPrefix(r.ID, pkg+".")
	t := c.test(pkg, top(name))
	if r.Outcome == harness.NotRun && (t == nil || t.Lookup(name) == nil) {
		return // it says so itself
	}
	if t == nil || t.Lookup(name) == nil {
		c.doubt("%s: answered %s, and go test saw no such test", id, r.Outcome)
		return
	}
	passed := r.Outcome == harness.Passed
	if action := t.Lookup(name).Action; passed != (action == "pass") && !(c.interrupted && action == "") {
		c.doubt("%s: answered %s, and go test says %s", id, r.Outcome, said(action))
	}
}

// compareBelow doubts rows that passed with a subtest that did not: go test
// passes a test whose subtest was skipped.
func (c *court) compareBelow(pkg, host string, last map[string]harness.Row) {
	t := c.test(pkg, host)
	if t == nil {
		return
	}
	for _, s := range t.Subs {
		if s.Action == "pass" {
			continue
		}
		for i, ch := range s.FullName {
			if r, ok := last[pkg+"."+s.FullName[:i]]; ch == '/' && ok && r.Outcome == harness.Passed {
				c.doubt("%s: answered passed, and go test says %s of its subtest %s", r.ID, said(s.Action), s.FullName)
			}
		}
	}
}

func (c *court) test(pkg, name string) *testjson.Test {
	if p := c.stream.Package(pkg); p != nil {
		return p.Latest(name)
	}
	return nil
}

func said(action string) string {
	if action == "" {
		return "that it never ended"
	}
	return action
}

// hearPackage writes the rows of pkg's plain tests, of its hosts where they
// failed by themselves, and of pkg where it failed outside of tests.
func (c *court) hearPackage(pkg string) {
	p := c.stream.Package(pkg)
	if p != nil {
		for _, t := range p.Tests {
			if c.hosts[pkg][t.Name] || c.answers.has(pkg, t.Name) {
				c.hearHost(pkg, t)
			} else {
				c.hearPlain(pkg, t)
			}
			c.hearOddities(pkg, t)
		}
	}
	if p == nil || len(p.Ends) == 0 {
		if !c.interrupted {
			c.add(pkg, harness.Failed, strings.TrimSpace("go test never said how the package ended\n"+c.stderr.Text()), nil, 1)
		}
		return
	}
	if len(p.Ends) > 1 || p.Open {
		c.doubt("%s: more events after its end", pkg)
	}
	c.hearEnd(pkg, p, p.Ends[0])
}

func (c *court) hearEnd(pkg string, p *testjson.Package, end testjson.End) {
	if end.Unexplained && !c.interrupted {
		text := end.Output
		if end.FailedBuild != "" {
			text = c.stream.BuildOutput(end.FailedBuild) + "\n" + text
		}
		var e testjson.Excerpt
		e.Add(text + "\n" + c.stderr.Text())
		c.add(pkg, harness.Failed, "failed outside of its tests: "+e.Text(), nil, 1)
	}
	if end.Cached {
		c.doubt("%s: the result is cached: nothing ran", pkg)
	}
	if !c.expects(pkg) {
		return
	}
	switch {
	case end.NoTests:
		c.doubt("%s: go test found no tests to run", pkg)
	case end.NoFiles || end.Action == "skip":
		c.doubt("%s: go test found no test files", pkg)
	case end.Action == "pass" && end.Tests == 0:
		c.doubt("%s: passed, and ran no test: its TestMain may not call m.Run", pkg)
	}
	for _, t := range p.Tests {
		if o, _ := t.Judge(); end.Action == "pass" && o == harness.Failed {
			c.doubt("%s: passed, although %s did not", pkg, t.Name)
		}
	}
}

func (c *court) hearPlain(pkg string, t *testjson.Test) {
	o, reason := t.Judge()
	if c.interrupted && t.Action == "" {
		o, reason = harness.NotRun, "interrupted before it ended"
	}
	if o == harness.Skipped {
		reason = why(reason)
	}
	c.add(pkg+"."+t.Name, o, reason, &t.Sub, t.Attempt)
	if id := pkg + "." + t.Name; o == harness.Skipped && reason == "" {
		for _, s := range t.Subs {
			if s.Action == "skip" && why(s.Output.Text()) == "" {
				c.rows[len(c.rows)-1].Name = id + ", where " + s.FullName + " was skipped without a reason"
				break
			}
		}
	}
}

// hearHost writes what a host did beside its rows.
func (c *court) hearHost(pkg string, t *testjson.Test) {
	id := pkg + "." + t.Name
	for _, s := range t.Subs {
		if s.Action == "pass" || c.covered(pkg, s.FullName) || c.interrupted && s.Action == "" {
			continue
		}
		if s.Action == "skip" && c.unsafe(s) {
			continue
		}
		if s.Action == "skip" {
			c.add(pkg+"."+s.FullName, harness.Skipped, why(s.Output.Text()), s, t.Attempt)
		} else {
			c.add(pkg+"."+s.FullName, harness.Failed, strings.TrimSpace(said(s.Action)+": "+s.Output.Text()), s, t.Attempt)
		}
	}
	switch {
	case t.Action == "skip":
		c.add(id, harness.Skipped, why(t.Output.Text()), &t.Sub, t.Attempt)
	case t.Action == "pass" && !c.answers.has(pkg, t.Name):
		c.doubt("%s: passed, and answered nothing", id)
	case t.Action == "pass" && c.failing(id+"/"):
		c.doubt("%s: passed, although a row of it did not", id)
	case t.Action == "" && !c.interrupted, t.Action == "fail" && !c.failing(id+"/") && !c.stopped(id+"/"):
		_, reason := t.Judge()
		c.add(id, harness.Failed, reason, &t.Sub, t.Attempt)
	}
}

// unsafe reports whether contracts left s out because it is not marked Safe and
// the target is live: it is not planned there, and not run by design.
func (c *court) unsafe(s *testjson.Sub) bool {
	return c.session.Mode(harness.Interaction) == harness.Safe && strings.Contains(s.Output.Text(), string(harness.NotSafe)+": ")
}

// covered reports whether a row, or something planned, is about the subtest
// called name, one above it or one below it.
func (c *court) covered(pkg, name string) bool {
	id := pkg + "." + name
	related := func(other string) bool {
		return other == id || strings.HasPrefix(other, id+"/") || strings.HasPrefix(id, other+"/")
	}
	for _, r := range c.rows {
		if r.Kind != harness.Test && related(r.ID) {
			return true
		}
	}
	for planned, p := range c.mine {
		if p.Kind != harness.Test && related(planned) {
			return true
		}
	}
	return false
}

func (c *court) hearOddities(pkg string, t *testjson.Test) {
	if t.Attempt > 1 {
		c.doubt("%s.%s ran %d times", pkg, t.Name, t.Attempt)
	}
	for _, s := range append([]*testjson.Sub{&t.Sub}, t.Subs...) {
		if s.Twice {
			c.doubt("%s.%s: go test says twice how it ended", pkg, orElse(s.FullName, t.Name))
		}
	}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
