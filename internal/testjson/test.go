package testjson

import (
	"fmt"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// A Test is one attempt of one top-level test, example or fuzz target.
type Test struct {
	Name    string
	Package string
	Attempt int // 1, 2, ... in the order of the stream
	Sub         // how the test itself went
	Subs    []*Sub
	subs    map[string]*Sub
}

// A Sub is a test or a subtest by itself, whatever its own subtests did.
type Sub struct {
	FullName string // "TestX/sub"; empty for the test itself
	Action   string // how it ended: "pass", "fail", "skip", or "" where it has no end
	Started  time.Time
	Took     time.Duration
	Twice    bool // it was said to have ended twice
	Output   Excerpt

	closed bool
}

// Ended reports whether the stream says how s ended.
func (s *Sub) Ended() bool { return s.Action != "" }

// Lookup returns the test itself or the subtest that is called name in full.
func (t *Test) Lookup(name string) *Sub {
	if name == t.Name {
		return &t.Sub
	}
	return t.subs[name]
}

func (t *Test) take(s *Stream, e Event, isSub bool) {
	u := &t.Sub
	if isSub {
		if u = t.subs[e.Test]; u == nil {
			u = &Sub{FullName: e.Test}
			t.subs[e.Test] = u
			t.Subs = append(t.Subs, u)
		}
	}
	if u.closed {
		s.odd("%s.%s: event %q after its package had ended", e.Package, e.Test, e.Action)
	}
	switch e.Action {
	case "run":
		u.Started = e.Time
	case "output":
		u.Output.Add(e.Output)
	case "bench":
		u.end("pass", e)
	case "pass", "fail", "skip":
		u.end(e.Action, e)
	}
}

// end keeps the worse of two ends.
func (s *Sub) end(action string, e Event) {
	if s.Ended() {
		s.Twice = true
		if s.Action == "fail" || action == "pass" {
			return
		}
	}
	s.Action, s.Took = action, seconds(e.Elapsed)
}

func (t *Test) close() {
	t.closed = true
	for _, s := range t.Subs {
		s.closed = true
	}
}

func (t *Test) failed() bool {
	o, _ := t.Judge()
	return o == harness.Failed
}

// Judge is the outcome of the test with all its subtests, and why it is not
// passed. A subtest that failed or has no end makes it failed; one that was
// skipped makes it skipped. The reason is empty where a skip gave none.
func (t *Test) Judge() (harness.Outcome, string) {
	if o, reason := t.judgeFailure(); o != "" {
		return o, reason
	}
	if t.Action == "skip" {
		return harness.Skipped, t.Output.Text()
	}
	var reasons []string
	for _, s := range t.Subs {
		if s.Action != "skip" {
			continue
		}
		text := s.Output.Text()
		if text == "" {
			return harness.Skipped, ""
		}
		reasons = append(reasons, s.FullName+" was skipped: "+text)
	}
	if len(reasons) > 0 {
		return harness.Skipped, Join(reasons, 5)
	}
	return harness.Passed, ""
}

func (t *Test) judgeFailure() (harness.Outcome, string) {
	var reasons []string
	for _, s := range t.Subs {
		switch s.Action {
		case "fail":
			// A failed parent says nothing that its failed child does not.
			if text := s.Output.Text(); text != "" {
				reasons = append(reasons, s.FullName+": "+text)
			} else if t.leaf(s) {
				reasons = append(reasons, s.FullName+" failed")
			}
		case "":
			reasons = append(reasons, s.FullName+" never ended"+colon(s.Output.Text()))
		}
	}
	own := t.Output.Text()
	switch {
	case t.Action == "":
		reasons = append([]string{t.Name + " never ended" + colon(own)}, reasons...)
	case t.Action == "fail" && (own != "" || len(reasons) == 0):
		reasons = append([]string{orElse(own, t.Name+" failed")}, reasons...)
	}
	if len(reasons) == 0 {
		return "", ""
	}
	return harness.Failed, Join(reasons, 5)
}

func (t *Test) leaf(s *Sub) bool {
	for _, o := range t.Subs {
		if strings.HasPrefix(o.FullName, s.FullName+"/") {
			return false
		}
	}
	return true
}

// Join joins at most n sentences by lines, and says how many it left out.
func Join(all []string, n int) string {
	if len(all) > n {
		all = append(all[:n:n], fmt.Sprintf("and %d more", len(all)-n))
	}
	return strings.Join(all, "\n")
}

func colon(s string) string {
	if s == "" {
		return ""
	}
	return ": " + s
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
