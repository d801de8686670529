package results

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// A tally is what the children of a suite add up to, to be compared with the
// counters in its header.
type tally struct {
	cases     int // <testcase> elements
	attempts  int // the same with reruns
	reruns    int
	failures  int // cases with a <failure>
	errors    int // cases with an <error>
	ambiguous int // of errors: those that godog does not count
	skipped   int
	disabled  int
	suite     int // errors of suites themselves
}

func (t *tally) add(u tally) {
	t.cases += u.cases
	t.attempts += u.attempts
	t.reruns += u.reruns
	t.failures += u.failures
	t.errors += u.errors
	t.ambiguous += u.ambiguous
	t.skipped += u.skipped
	t.disabled += u.disabled
	t.suite += u.suite
}

// countError counts one <error> of a test case. A step that godog skipped is
// none.
func (t *tally) countError(o harness.Outcome) {
	switch o {
	case harness.Skipped:
	case harness.Ambiguous:
		t.errors, t.ambiguous = 1, 1
	default:
		t.errors, t.ambiguous = 1, 0
	}
}

// agree compares t with the counters of n, as far as n has them. Dialects count
// reruns, errors of suites and disabled tests or do not; jest does not count a
// test file that it could not load.
func (t tally) agree(n *node) error {
	for _, c := range []struct {
		names    []string
		min, max int
		also     int
	}{
		{[]string{"tests"}, t.cases, t.attempts, t.cases - t.errors},
		{[]string{"failures"}, t.failures, t.failures + t.reruns + t.suite, t.failures},
		{[]string{"errors"}, t.errors, t.errors + t.reruns + t.suite, t.errors - t.ambiguous},
		{[]string{"skipped", "skips", "skip"}, t.skipped, t.skipped + t.disabled, t.skipped},
		{[]string{"disabled"}, t.disabled, t.disabled + t.skipped, t.disabled},
	} {
		s, ok := n.attr(c.names...)
		if !ok || s == "" && c.names[0] != "tests" {
			continue
		}
		got, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil {
			return fmt.Errorf("line %d: <%s> has %s=%q, which is no number", n.line, n.name, c.names[0], s)
		}
		if got < c.min && got != c.also || got > c.max {
			return fmt.Errorf("line %d: <%s> says %s=%d and holds %d: the file was cut or edited", n.line, n.name, c.names[0], got, c.min)
		}
	}
	return nil
}
