package features

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

const (
	byTag     = "Feature: f\n  @mutates\n  Scenario: s\n    When it is changed\n"
	byStep    = "Feature: f\n  Scenario: s\n    When all is changed\n"
	byRow     = "Feature: f\n  @mutates\n  Scenario Outline: s\n    When it is <how>\n    Examples:\n      | how |\n      | changed |\n"
	forGood   = "Feature: f\n  @mutates\n  Scenario: s\n    When it is changed for good\n"
	untagged  = "Feature: f\n  Scenario: s\n    When it is changed\n"
	wantNamed = `targets.prod.mutates: ["f: s"]`
)

// What changes a live target is refused when it is planned, unless it is named
// and cleans up. Elsewhere it may.
func TestMutates(t *testing.T) {
	for _, c := range []struct {
		name, text string
		live       bool
		allowed    []string
		planned    harness.Outcome // the plan's problem
		want       harness.Outcome // of the row
		posts      int32
		says       string
	}{
		{"by tag", byTag, true, nil, harness.Refused, harness.Refused, 0, "it is tagged @mutates"},
		{"by step", byStep, true, nil, harness.Refused, harness.Refused, 0, `"When all is changed" changes it (a.feature:3)`},
		{"of an outline", byRow, true, nil, harness.Refused, harness.Refused, 0, wantNamed},
		{"another is named", byTag, true, []string{"f: t"}, harness.Refused, harness.Refused, 0, wantNamed},
		{"named", byTag, true, []string{"f: s"}, "", harness.Passed, 1, ""},
		{"named, by step", byStep, true, []string{"f: s"}, "", harness.Passed, 1, ""},
		{"the outline is named", byRow, true, []string{"f: s"}, "", harness.Passed, 1, ""},
		{"the row is named", byRow, true, []string{"f: s (changed)"}, "", harness.Passed, 1, ""},
		{"does not clean up", forGood, true, []string{"f: s"}, "", harness.Failed, 0, "prod, which is live, and does not clean up"},
		{"says nothing of it", untagged, true, nil, "", harness.Failed, 0, "prod is live, and POST may change something there"},
		{"named, and says nothing of it", untagged, true, []string{"f: s"}, "", harness.Failed, 0, "prod is live, and POST"},
		{"not live", byTag, false, nil, "", harness.Passed, 1, ""},
		{"not live, by step", byStep, false, nil, "", harness.Passed, 1, ""},
		{"not live, for good", forGood, false, nil, "", harness.Passed, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var posts atomic.Int32
			place := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { posts.Add(1) }))
			t.Cleanup(place.Close)
			on := func(s *protocol.Session) {
				s.Target = harness.Target{Name: "prod", Mode: harness.Deployed, Live: c.live, URL: place.URL, Mutates: c.allowed}
			}
			plan := child{files: one(c.text), session: session(protocol.Plan, on)}.run(t)
			if plan.broken != nil || len(plan.answers) != 1 || len(plan.answers[0].Planned) != 1 {
				t.Fatalf("%v:\n%s", plan.broken, plan.output)
			}
			if p := plan.answers[0].Planned[0]; p.Problem != c.planned || p.Problem != "" && !strings.Contains(p.Detail, c.says) {
				t.Errorf("planned %q: %s\nwant %q: %s", p.Problem, p.Detail, c.planned, c.says)
			}
			got := child{files: one(c.text), session: session(protocol.Exec, on)}.run(t)
			if got.broken != nil || len(got.answers) != 1 || len(got.answers[0].Rows) != 1 {
				t.Fatalf("%v:\n%s", got.broken, got.output)
			}
			r := got.answers[0].Rows[0]
			if r.Outcome != c.want || !strings.Contains(r.Reason, c.says) || (got.exit == 0) != (c.want == harness.Passed) {
				t.Errorf("exit %d, row %q: %s\nwant %q: %s", got.exit, r.Outcome, r.Reason, c.want, c.says)
			}
			if made := len(r.Created) == 1 && strings.HasPrefix(r.Created[0], "thing "); made != (c.posts > 0) && c.want == harness.Passed {
				t.Errorf("created %q", r.Created)
			}
			if n := posts.Load(); n != c.posts {
				t.Errorf("%d requests reached the place, want %d", n, c.posts)
			}
		})
	}
}
