package harness_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
)

// breaking gives n rows of a stream, and then an error.
func breaking[T any](s harness.Stream[T], n int, err error) harness.Stream[T] {
	return func(yield func(T, error) bool) {
		all, _ := s.All()
		for _, v := range all[:n] {
			if !yield(v, nil) {
				return
			}
		}
		var none T
		yield(none, err)
	}
}

// Rows and plans that cannot be read to their end never end in allow: what is
// damaged is inconclusive, and where the store did not answer there is no verdict.
func TestStreamsThatBreak(t *testing.T) {
	damaged, down := errors.New("line 2: not JSON"), &harness.UnreadError{Err: errors.New("connection refused")}
	for name, edit := range map[string]func(c *harness.Case, err error){
		"rows at once":    func(c *harness.Case, err error) { e := &c.Runs[0].Evidence[0]; e.Rows = breaking(e.Rows, 0, err) },
		"rows at the end": func(c *harness.Case, err error) { e := &c.Runs[0].Evidence[0]; e.Rows = breaking(e.Rows, 3, err) },
		"plan at once": func(c *harness.Case, err error) {
			s := &c.Runs[0].Record.Suites[0]
			s.Inventory = breaking(s.Inventory, 0, err)
		},
		"plan at the end": func(c *harness.Case, err error) {
			s := &c.Runs[0].Record.Suites[1]
			s.Inventory = breaking(s.Inventory, 1, err)
		},
		"rows of an earlier run": func(c *harness.Case, err error) {
			c.Runs = []harness.Run{stagingRun(1), stagingRun(2)}
			c.Run = c.Runs[1].Record.ID
			e := &c.Runs[0].Evidence[1]
			e.Rows = breaking(e.Rows, 1, err)
		},
	} {
		c := stagingExit()
		edit(&c, damaged)
		if v := harness.Decide(c); v.Verdict != harness.Unclear || v.Unread != nil || !strings.Contains(said(v), "not JSON") {
			t.Errorf("%s, damaged: got %s, %v: %+v", name, v.Verdict, v.Unread, v.Failing())
		}
		c = stagingExit()
		edit(&c, down)
		if v := harness.Decide(c); v.Allowed() || !errors.Is(v.Unread, down) {
			t.Errorf("%s, store down: got %s, unread %v", name, v.Verdict, v.Unread)
		}
	}
}

func said(v harness.Verdict) string {
	var b strings.Builder
	for _, r := range v.Failing() {
		b.WriteString(r.Reason + "\n" + strings.Join(r.Details, "\n") + "\n")
	}
	return b.String()
}

func TestStreamsOutOfOrder(t *testing.T) {
	c := stagingExit()
	e := &c.Runs[0].Evidence[0]
	all := rows(*e)
	slices.Reverse(all)
	e.Rows = harness.StreamOf(all...)
	if v := harness.Decide(c); v.Verdict != harness.Unclear || !strings.Contains(said(v), "not in order") {
		t.Errorf("rows: got %s: %+v", v.Verdict, v.Failing())
	}
	c = stagingExit()
	s := &c.Runs[0].Record.Suites[0]
	s.Inventory = harness.StreamOf(append(planned(*s), planned(*s)[2])...)
	if v := harness.Decide(c); v.Verdict != harness.Unclear || !strings.Contains(said(v), "twice") {
		t.Errorf("a plan with something twice: got %s: %+v", v.Verdict, v.Failing())
	}
}
