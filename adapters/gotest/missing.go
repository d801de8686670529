package gotest

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// failing reports whether a row whose ID begins with prefix did not pass in its
// last attempt. One that did not run explains nothing.
func (c *court) failing(prefix string) bool {
	last := map[string]int{}
	for _, r := range c.rows {
		last[r.ID] = max(last[r.ID], r.Attempt)
	}
	for _, r := range c.rows {
		if strings.HasPrefix(r.ID, prefix) && r.Attempt == last[r.ID] && red(r) {
			return true
		}
	}
	return false
}

// stopped reports whether a process has answered that something whose ID begins
// with prefix did not run: that it failed then says no more.
func (c *court) stopped(prefix string) bool {
	return slices.ContainsFunc(c.rows, func(r harness.Row) bool { return strings.HasPrefix(r.ID, prefix) && r.Outcome == harness.NotRun })
}

func red(r harness.Row) bool {
	return r.Outcome != harness.Passed && r.Outcome != harness.Skipped && r.Outcome != harness.NotRun
}

// findMissing writes a row for each planned thing that has none.
func (c *court) findMissing() {
	have := map[string]bool{}
	for _, r := range c.rows {
		have[r.ID] = true
	}
	var ids []string
	for id := range c.mine {
		if !have[id] {
			ids = append(ids, id)
		}
	}
	sort.Strings(ids)
	for _, id := range ids {
		p := c.mine[id]
		row := harness.Row{ID: id, Name: p.Name, Kind: p.Kind, Mode: c.session.Mode(p.Kind), Where: p.Where, Tags: p.Tags, Hash: p.Hash, Attempt: 1}
		if p.Kind == harness.Test {
			row.Mode = harness.InProcess
		}
		row.Outcome, row.Reason = c.unanswered(id)
		c.rows = append(c.rows, row)
	}
}

// unanswered is the outcome of a planned thing without a row: failed where go
// test says so, else not run.
func (c *court) unanswered(id string) (harness.Outcome, string) {
	pkg := c.homeOf[id]
	if pkg == "" {
		c.doubt("%s: planned, and its package is gone", id)
		return harness.NotRun, "its package is gone"
	}
	name := strings.TrimPrefix(id, pkg+".")
	if t := c.test(pkg, top(name)); t != nil {
		if s := t.Lookup(name); s != nil && s.Action == "fail" {
			return harness.Failed, orElse(s.Output.Text(), "failed, and gave no answer")
		}
	}
	if c.interrupted {
		return harness.NotRun, "interrupted: it had not ended, or not begun"
	}
	c.doubt("%s: planned, and there is no result", id)
	return harness.NotRun, fmt.Sprintf("planned, and %s ended without a result for it", pkg)
}

// compareExit compares go test's exit code with the rows.
func (c *court) compareExit() {
	if c.interrupted {
		return
	}
	failing := c.failing("")
	switch {
	case c.exit == 0 && failing:
		c.doubt("go test exited 0, although a row did not pass")
	case c.exit != 0 && !failing:
		c.doubt("go test exited %d, and no row says why: %s", c.exit, orElse(c.stderr.Text(), "nothing on stderr"))
	}
}

func (c *court) findDuplicates() {
	type key struct {
		id      string
		attempt int
	}
	seen := map[key]bool{}
	for _, r := range c.rows {
		k := key{r.ID, r.Attempt}
		if seen[k] {
			c.doubt("%s: attempt %d has more than one row", r.ID, r.Attempt)
		}
		seen[k] = true
	}
}
