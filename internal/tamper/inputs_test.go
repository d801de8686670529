package tamper

import (
	"slices"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// A class says what a phase has to do with a stored object.
type class int

const (
	idle   class = iota // nothing: whatever becomes of it, the rules say the same
	loose               // it is read, and can be missing without harm
	needed              // without it, or with another, nothing is allowed
)

// inputs computes from what was planned and run which keys a phase needs. Keys
// that are not in it are idle.
func (w *world) inputs(p phase) map[string]class {
	all := map[string]class{}
	for _, t := range w.things {
		if c := w.class(t, p); c > 0 {
			all[t.key] = max(all[t.key], c) // equal lists share a blob
		}
	}
	return all
}

// class is that of one thing. An exit needs all of the run that it decides; of
// the runs before it needs that each was begun, what it saw, and that it ended.
// An entry needs the exits of the stages before, and of the runs of its own
// stage the same as of earlier ones.
func (w *world) class(t thing, p phase) class {
	here := slices.Index(w.sites[:], t.s)
	switch {
	case here < 0 && p == prodEntry:
		return loose // what was allowed before is compared with, and need not be there
	case here < 0 || p != prodEntry && here != int(p):
		return idle
	}
	current := t.r != nil && t.r == t.s.decided() && (p != prodEntry || t.s.place != "prod")
	switch t.kind {
	case "approval":
		return w.approvalClass(t.s, t.n, p)
	case "deployment":
		if !current {
			return loose
		}
	case "closing": // the last of several adds nothing to what is known of an earlier run
		if !current && t.n > 0 && t.n == len(t.r.closings)-1 {
			return loose
		}
	}
	return needed
}

// approvalClass is that of one approval: needed, if without it too few people
// have approved what does not pass by itself.
func (w *world) approvalClass(s *site, n int, p phase) class {
	a := s.approvals[n]
	want := 0
	switch {
	case !s.counts(a, a.Rule):
	case a.Rule == harness.Manual:
		if p == prodEntry && s.place == "prod" {
			want = w.wanted()
		}
	case slices.Contains(w.broken(s, p), a.Rule):
		want = 1
	}
	switch {
	case want == 0:
		return idle
	case s.persons(a.Rule, n) < want:
		return needed
	default:
		return loose // it is named, and others do without it
	}
}

// broken are the rules that do not pass by themselves at s.
func (w *world) broken(s *site, p phase) (all []string) {
	if p == prodEntry && s.place == "prod" {
		if s.logic.Command != w.sites[stagingExit].logic.Command {
			all = append(all, "logic")
		}
		if w.loosened && w.trust.places["prod"].Guarded {
			all = append(all, "loosened")
		}
		return all
	}
	d, l := s.decided(), s.stage.Limits
	if s.fails(d) > 0 {
		all = append(all, "outcomes")
	}
	if s.stage.Budget.Max == harness.Duration(time.Second) {
		all = append(all, "time")
	}
	if n, _ := s.flaky(); n > l.Flakes {
		all = append(all, "flakes")
	}
	if d.count(harness.Skipped) > l.Skips {
		all = append(all, "skips")
	}
	return all
}
