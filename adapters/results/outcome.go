package results

import (
	"fmt"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// A verdict is what the elements and attributes of one test case say together.
type verdict map[harness.Outcome]string

func (v *verdict) take(o harness.Outcome, reason string) {
	if *v == nil {
		*v = verdict{}
	}
	if (*v)[o] == "" {
		(*v)[o] = reason
	}
}

// outcome is the worst of what was said.
func (v verdict) outcome() (harness.Outcome, string) {
	for _, o := range []harness.Outcome{harness.Failed, harness.Ambiguous, harness.Undefined, harness.Pending, harness.Skipped, harness.Empty} {
		if reason, ok := v[o]; ok {
			return o, reason
		}
	}
	return harness.Passed, ""
}

// errorOutcome is what an <error> means: godog writes steps that were skipped,
// or are undefined, pending or ambiguous, as errors of that type.
func errorOutcome(n *node) harness.Outcome {
	switch n.attrs["type"] {
	case "skipped":
		return harness.Skipped
	case "undefined":
		return harness.Undefined
	case "pending":
		return harness.Pending
	case "ambiguous":
		return harness.Ambiguous
	default:
		return harness.Failed
	}
}

// errorReason is never empty for a failure, and is what the tool wrote for a
// skip: limits count skips that say why.
func errorReason(o harness.Outcome, n *node) string {
	if o == harness.Skipped {
		return n.reason()
	}
	return orElse(n.reason(), "error")
}

// takeStatus takes the attributes status and result, which some dialects have
// beside or instead of elements. A value that is not known is an error.
func (v *verdict) takeStatus(n *node, t *tally) error {
	for _, name := range []string{"status", "result"} {
		s, ok := n.attr(name)
		if !ok {
			continue
		}
		switch strings.ToLower(s) {
		case "passed", "pass", "success", "successful", "run", "completed", "ok":
		case "failed", "fail", "failure", "error", "errored", "broken", "aborted", "timedout", "timeout":
			v.take(harness.Failed, name+" "+s)
		case "disabled", "notrun", "suppressed":
			t.disabled = 1
			v.take(harness.Skipped, s)
		case "skipped", "ignored":
			v.take(harness.Skipped, "")
		case "undefined":
			v.take(harness.Undefined, "")
		case "pending":
			v.take(harness.Pending, "")
		case "ambiguous":
			v.take(harness.Ambiguous, "")
		case "":
			v.take(harness.Empty, "the tool wrote no status: nothing was executed")
		default:
			return fmt.Errorf("line %d: unknown %s %q", n.line, name, s)
		}
	}
	return nil
}
