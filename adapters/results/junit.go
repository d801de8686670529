package results

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// ReadJUnit reads JUnit XML, in the dialects of the tools whose files are in
// the fixtures. The ID of a row is suite names, class name and test name, joined
// by "/". A test that occurs again in its suite, and each rerunFailure or
// flakyFailure of surefire, is a further attempt. An error of a whole suite is
// a failed row.
func ReadJUnit(r io.Reader) ([]harness.Row, error) {
	b, err := readAll(r)
	if err != nil {
		return nil, err
	}
	root, err := parse(b, func(name string) bool {
		return name == "failure" || name == "error" || name == "skipped"
	})
	if err != nil {
		return nil, err
	}
	j := junit{attempts: map[string]int{}, hosts: map[string]map[string]bool{}}
	switch root.name {
	case "testsuite":
		j.findHosts(root, nil)
		_, err = j.suite(root, nil)
	case "testsuites":
		j.findHosts(root, nil)
		_, err = j.suites(root)
	default:
		err = fmt.Errorf("the root element is <%s>, want <testsuites> or <testsuite>", root.name)
	}
	if err != nil {
		return nil, err
	}
	if len(j.rows) == 0 {
		return nil, ErrNoTests
	}
	return j.rows, nil
}

type junit struct {
	rows     []harness.Row
	attempts map[string]int             // by ID
	hosts    map[string]map[string]bool // suite -> hostnames that it ran on
}

// findHosts learns which suites occur for several hosts: Playwright names its
// browsers so, and two browsers are not two attempts.
func (j *junit) findHosts(n *node, path []string) {
	for _, c := range n.children {
		if c.name == "testsuite" {
			below := append(path[:len(path):len(path)], c.attrs["name"])
			key := strings.Join(below, "/")
			if j.hosts[key] == nil {
				j.hosts[key] = map[string]bool{}
			}
			j.hosts[key][c.attrs["hostname"]] = true
			j.findHosts(c, below)
		}
	}
}

func (j *junit) suites(root *node) (tally, error) {
	var all tally
	for _, c := range root.children {
		switch c.name {
		case "testsuite":
			t, err := j.suite(c, nil)
			if err != nil {
				return all, err
			}
			all.add(t)
		case "properties", "system-out", "system-err":
		default:
			return all, unknown(c, root)
		}
	}
	return all, all.agree(root)
}

func (j *junit) suite(n *node, path []string) (tally, error) {
	var all, direct tally
	path = append(path[:len(path):len(path)], n.attrs["name"])
	if key := strings.Join(path, "/"); len(j.hosts[key]) > 1 {
		path[len(path)-1] += " [" + n.attrs["hostname"] + "]"
	}
	for _, c := range n.children {
		var t tally
		var err error
		switch c.name {
		case "testcase":
			t, err = j.testcase(c, path)
			direct.add(t)
		case "testsuite":
			t, err = j.suite(c, path)
		case "failure", "error":
			j.add(harness.Row{ID: identity(path...), Outcome: harness.Failed, Reason: orElse(c.reason(), "the suite failed by itself")})
			t.suite++
			direct.add(t)
		case "properties", "system-out", "system-err":
		default:
			err = unknown(c, n)
		}
		if err != nil {
			return all, err
		}
		all.add(t)
	}
	err := all.agree(n)
	if err != nil && direct.agree(n) == nil {
		err = nil // this dialect does not count nested suites
	}
	return all, err
}

// testcase writes a row for each attempt of one test.
func (j *junit) testcase(n *node, path []string) (tally, error) {
	name := strings.TrimSpace(n.attrs["name"])
	if name == "" {
		return tally{}, fmt.Errorf("line %d: a <testcase> without a name", n.line)
	}
	row := harness.Row{ID: identity(append(path[:len(path):len(path)], n.attrs["classname"], name)...), Name: name, Where: where(n)}
	row.Took = took(n)
	t := tally{cases: 1, attempts: 1}
	var final verdict
	var earlier, later []harness.Row
	for _, c := range n.children {
		failed := row
		failed.Outcome, failed.Reason = harness.Failed, orElse(c.reason(), "failed")
		switch c.name {
		case "failure":
			t.failures = 1
			final.take(harness.Failed, orElse(c.reason(), "failed"))
		case "error":
			outcome := errorOutcome(c)
			t.countError(outcome)
			final.take(outcome, errorReason(outcome, c))
		case "skipped":
			t.skipped = 1
			final.take(harness.Skipped, c.reason())
		case "rerunFailure", "rerunError":
			later = append(later, failed)
		case "flakyFailure", "flakyError":
			earlier = append(earlier, failed)
		case "properties", "system-out", "system-err":
		default:
			return t, unknown(c, n)
		}
	}
	if err := final.takeStatus(n, &t); err != nil {
		return t, err
	}
	row.Outcome, row.Reason = final.outcome()
	for _, r := range append(append(earlier, row), later...) {
		j.add(r)
	}
	t.reruns = len(earlier) + len(later)
	t.attempts += t.reruns
	return t, nil
}

// add completes a row and numbers its attempt.
func (j *junit) add(r harness.Row) {
	r.Kind = harness.Test
	if r.ID == "" {
		r.ID = "(suite)"
	}
	if r.Name == "" {
		r.Name = r.ID
	}
	j.attempts[r.ID]++
	r.Attempt = j.attempts[r.ID]
	j.rows = append(j.rows, r)
}

// identity joins what is not empty and does not repeat what is before it.
func identity(parts ...string) string {
	var all []string
	for _, p := range parts {
		p = strings.TrimSpace(p)
		if p != "" && (len(all) == 0 || all[len(all)-1] != p) {
			all = append(all, p)
		}
	}
	return strings.Join(all, "/")
}

func where(n *node) string {
	file, line := n.attrs["file"], n.attrs["line"]
	if file != "" && line != "" {
		return file + ":" + line
	}
	return file
}

// took is 0 where the time cannot be read or is negative: nothing is decided
// by it.
func took(n *node) harness.Duration {
	s, err := strconv.ParseFloat(n.attrs["time"], 64)
	if err != nil || !(s > 0 && s < 1e7) {
		return 0
	}
	return harness.Duration(s * float64(time.Second))
}

func unknown(n, in *node) error {
	return fmt.Errorf("line %d: unknown element <%s> in <%s>", n.line, n.name, in.name)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
