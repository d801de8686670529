package harness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// findings are what the rows of a run show, sorted by the rule that it breaks.
type findings struct {
	tallies                         []*tally
	executed                        int
	lost                            []string // plans and rows that cannot be read
	witnesses, empty, absent, extra []string
	failed, unclear                 []string
	skips, badSkips                 []string
	attempts, mode, calls           []string
	quarantined                     []string
	held                            map[string]bool // in quarantine, and of this run
	expired                         []string

	unanswered []unanswered // before the deploy
	fallen     *fallen
	firm       []string // rules that smoke on a live target breaks
}

// An unanswered row had no answer before the deploy. One after it settles it.
type unanswered struct {
	row  Row
	line string
}

// look goes through the rows of the suites that wanted says, once, and through
// those of evidence that nobody planned.
func (j *judgement) look(r Run, wanted func(PlannedRun) bool) *findings {
	f := &findings{fallen: newFallen(), held: map[string]bool{}}
	by := map[Placed][]*tally{}
	for _, e := range r.Evidence {
		t := newTally(e)
		f.tallies = append(f.tallies, t)
		by[e.Placed] = append(by[e.Placed], t)
	}
	for _, s := range r.Record.Suites {
		if wanted(s) {
			j.suite(r, s, by[s.Placed], f)
		}
		delete(by, s.Placed)
	}
	for _, t := range f.tallies {
		if by[t.Placed] == nil {
			continue
		}
		f.extra = append(f.extra, "suite "+t.Placed.String()+" was not planned")
		if err := walk(nil, []*tally{t}, func(history) {}); err != nil {
			f.lost = append(f.lost, err.Error())
		}
	}
	for _, t := range f.tallies {
		if t.err != nil {
			j.unread(t.err)
			f.lost = append(f.lost, fmt.Sprintf("the rows of %s cannot be read: %v", shardName(t.Placed, t.Shard, r.Record.Shards), t.err))
		}
	}
	j.settle(r, f)
	return f
}

// suite looks at one suite.
func (j *judgement) suite(r Run, s PlannedRun, tallies []*tally, f *findings) {
	complete := len(r.missing(s)) == 0
	executed, unfinished, ids := 0, 0, 0
	err := walk(s.Inventory, tallies, func(h history) {
		if _, ok := j.Stage.quarantined(h.id); ok {
			f.held[h.id] = true
		}
		if len(h.rows) == 0 {
			if complete {
				f.absent = append(f.absent, s.String()+": "+h.planned.name()+" was planned and has no result")
			}
			return
		}
		ids++
		row := h.last()
		if row.Outcome == NotRun {
			unfinished++
		}
		if row.Outcome.Executed() && counts(row, j.Target) {
			executed++
		}
		f.planned(s, h)
		j.row(s, h, f)
		f.fallen.note(h, r.Number, j.Stage)
	})
	f.fallen.read[s.Placed] = len(f.fallen.all)
	if err != nil {
		j.unread(err)
		f.lost = append(f.lost, fmt.Sprintf("the plan of suite %s cannot be read: %v", s, err))
	}
	f.executed += executed
	broken := err != nil || slices.ContainsFunc(tallies, func(t *tally) bool { return t.err != nil })
	switch {
	case executed > 0 || !complete || broken:
	case unfinished > 0:
		f.absent = append(f.absent, s.String()+": nothing was finished")
	case ids == 0:
		f.empty = append(f.empty, s.String()+": nothing ran")
	default:
		f.empty = append(f.empty, fmt.Sprintf("%s: %d results, none of them executed against %s", s, ids, place(j.Target)))
	}
}

// planned compares what ran with what was planned under its id.
func (f *findings) planned(s PlannedRun, h history) {
	row, p := h.last(), h.planned
	switch {
	case p == nil && s.Definition.Run != nil:
		f.extra = append(f.extra, s.String()+": "+row.name()+" was not planned")
	case p == nil:
	case p.Hash != row.Hash:
		f.witnesses = append(f.witnesses, s.String()+": "+row.name()+" ran with another text than was planned")
	case row.Outcome != NotRun && (p.Kind != row.Kind || !slices.Equal(p.Tags, row.Tags)):
		f.witnesses = append(f.witnesses, fmt.Sprintf("%s: %s was planned as a %s %v, and ran as a %s %v", s, row.name(), p.Kind, p.Tags, row.Kind, row.Tags))
	}
}

// row judges what one thing did in its last attempt.
func (j *judgement) row(s PlannedRun, h history, f *findings) {
	row := h.last()
	line := func() string { return s.String() + ": " + row.says() }
	switch {
	case row.Outcome == NotRun:
		f.absent = append(f.absent, line())
	case row.Outcome == Skipped:
		f.skips = append(f.skips, line())
		switch {
		case row.Reason == "":
			f.badSkips = append(f.badSkips, line()+", and gives no reason")
		case j.Target.Live && row.Tagged("@smoke"):
			f.badSkips = append(f.badSkips, line()+", and smoke must not be skipped on a live target")
		}
	case row.Outcome.Result() == Pass:
	case j.quarantine(row.Row, line, f):
	case row.Outcome.Result() == Inconclusive && s.When == Before:
		f.unanswered = append(f.unanswered, unanswered{row.Row, line()})
	case row.Outcome.Result() == Inconclusive:
		f.unclear = append(f.unclear, line())
	default:
		f.failed = append(f.failed, line())
	}
	limit := max(j.Stage.Limits.Attempts, 1)
	if j.Target.Live && row.Tagged("@smoke") {
		f.firm = append(f.firm, firmFor(row.Outcome, len(h.rows) > limit)...)
	}
	if want := ModeFor(row.Kind, j.Target); counts(row, j.Target) && row.Mode != want {
		f.mode = append(f.mode, fmt.Sprintf("%s: %s ran %s, want %s", s, row.name(), orNone(row.Mode), want))
	}
	if row.Kind == Scenario && row.Mode == Deployed && row.Outcome == Passed && row.Calls == 0 && !row.Tagged("@offline") {
		f.calls = append(f.calls, s.String()+": "+row.name())
	}
	for i, r := range h.rows {
		if r.Attempt != i+1 {
			f.attempts = append(f.attempts, fmt.Sprintf("%s: %s: attempt %d is recorded in the place of %d", s, row.name(), r.Attempt, i+1))
			break
		}
	}
	if len(h.rows) > limit {
		f.attempts = append(f.attempts, fmt.Sprintf("%s: %s took %d attempts, the limit is %d", s, row.name(), len(h.rows), limit))
	}
}

// firmFor are the rules that a row of smoke on a live target breaks.
func firmFor(o Outcome, tooOften bool) (all []string) {
	switch {
	case o == Skipped:
		all = append(all, "skips")
	case o.Result() == Inconclusive:
		all = append(all, "answers")
	case o.Result() != Pass:
		all = append(all, "outcomes")
	}
	if tooOften {
		all = append(all, "attempts")
	}
	return all
}

// quarantine reports whether a row that did not pass is one that need not: it
// ran, it is in quarantine, and its time is not over. Smoke on a live target
// is never in quarantine.
func (j *judgement) quarantine(row Row, line func() string, f *findings) bool {
	q, ok := j.Stage.quarantined(row.ID)
	switch {
	case !ok || !row.Outcome.Ran() || j.Target.Live && row.Tagged("@smoke"):
		return false
	case !j.Now.Before(q.Until):
		f.expired = append(f.expired, line()) // it blocks twice: as expired, and for what it did
		return false
	default:
		f.quarantined = append(f.quarantined, fmt.Sprintf("%s (in quarantine until %s, %s, %s)", line(), q.Until.UTC().Format(time.DateOnly), q.Owner, q.Issue))
		return true
	}
}

// settle asks of each interaction that had no answer before the deploy whether
// it passed after it, in the same run.
func (j *judgement) settle(r Run, f *findings) {
	if len(f.unanswered) == 0 {
		return
	}
	passed := map[string]string{}
	wanted := map[string]bool{}
	for _, u := range f.unanswered {
		wanted[u.row.ID] = true
	}
	for _, e := range r.Evidence {
		if e.When == After {
			j.each(e, func(row Row) {
				if wanted[row.ID] && row.Outcome == Passed {
					passed[row.ID] = row.Hash
				}
			})
		}
	}
	for _, u := range f.unanswered {
		if hash, ok := passed[u.row.ID]; ok && hash == u.row.Hash {
			j.warn("%s, before the deploy; it passed after it", u.line)
		} else {
			f.unclear = append(f.unclear, u.line)
		}
	}
}

// each calls do with every row of e that can be read, and returns why it ended
// before the last.
func (j *judgement) each(e Evidence, do func(Row)) error {
	if e.Rows == nil {
		return nil
	}
	for row, err := range e.Rows {
		if err != nil {
			j.unread(err)
			return err
		}
		do(row)
	}
	return nil
}

// missing are the shards of s that have left no evidence.
func (r Run) missing(s PlannedRun) (all []int) {
	for n := 1; n <= s.Divided(); n++ {
		if !slices.ContainsFunc(r.Evidence, func(e Evidence) bool { return e.Placed == s.Placed && e.Shard == n }) {
			all = append(all, n)
		}
	}
	return all
}

// counts reports whether row is a result of the kind that a suite on t is run
// for. A plain Go test beside the scenarios of a deployed suite must pass too,
// but it touched no target: it proves nothing about it.
func counts(row seen, t Target) bool {
	return t.InProcess() || row.Kind != Test || row.from.Source != GoTest
}

// name is what a person calls the row.
func (r Row) name() string { return cmp.Or(r.Name, r.ID) }

func (p Planned) name() string { return cmp.Or(p.Name, p.ID) }

// says is the row's name, outcome and reason, for a line of a verdict.
func (r Row) says() string {
	var b strings.Builder
	b.WriteString(r.name() + ": ")
	if r.Outcome == "" {
		b.WriteString("no outcome")
	}
	b.WriteString(string(r.Outcome))
	if r.Where != "" {
		b.WriteString(" at " + r.Where)
	}
	if r.Reason != "" {
		b.WriteString(": " + r.Reason)
	}
	return b.String()
}
