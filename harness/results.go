package harness

import (
	"fmt"
	"slices"
	"strings"
)

// findings sorts what is wrong with a run's rows by the rule that it breaks.
type findings struct {
	witnesses, empty, absent, extra []string
	failed, unclear                 []string
	skips, badSkips                 []string
	attempts, mode, calls           []string
}

// results checks the rows of every suite of r against what was planned.
func (j *judgement) results(r Run) {
	var f findings
	executed := 0
	for _, s := range r.Record.Suites {
		executed += j.suite(r, s, &f)
	}
	for _, e := range r.Evidence {
		if s, ok := r.Record.Suite(e.Placed); ok && e.Source != s.Definition.witness() {
			f.witnesses = append(f.witnesses, fmt.Sprintf("%s: was seen by %q, want %q", shardName(e.Placed, e.Shard, s.Divided()), e.Source, s.Definition.witness()))
		}
		for _, d := range doubts(e) {
			f.witnesses = append(f.witnesses, shardName(e.Placed, e.Shard, r.Record.Shards)+": "+d)
		}
		if _, ok := r.Record.Suite(e.Placed); !ok {
			f.extra = append(f.extra, "suite "+e.Placed.String()+" was not planned")
		}
	}
	j.check("witnesses", Inconclusive, f.witnesses, "witnesses disagree", "exit codes, rows, trailers and counters agree")
	j.check("executed", Fail, f.empty, "suites executed nothing", fmt.Sprintf("%d executed", executed))
	j.inventory(f)
	j.check("outcomes", Fail, f.failed, "did not pass", "everything that ran passed")
	if len(f.unclear) > 0 {
		j.check("answers", Inconclusive, f.unclear, "could not be told", "")
	}
	j.skips(f)
	j.check("attempts", Fail, f.attempts, "have attempts that do not add up", "attempts are complete and within the limit")
	j.check("mode", Fail, f.mode, "ran in another mode than the stage asks for", "everything ran "+modes(j.Target))
	if !j.Target.InProcess() {
		j.check("calls", Fail, f.calls, "made no recorded call to the target", "every deployed scenario called the target")
	}
}

// suite looks at one suite and returns how many of its rows were executed.
func (j *judgement) suite(r Run, s PlannedRun, f *findings) (executed int) {
	complete := len(r.missing(s)) == 0
	witness := map[Digest]Witness{}
	for _, e := range r.Evidence {
		witness[e.Digest] = e.Source
	}
	planned := map[string]Planned{}
	for _, p := range s.Inventory {
		planned[p.ID] = p
	}
	unfinished := 0
	seen := map[string]bool{}
	for _, h := range r.histories(s.Placed) {
		seen[h.id] = true
		p, ok := planned[h.id]
		row := h.last()
		switch {
		case !ok && (s.Definition.Run != nil):
			f.extra = append(f.extra, s.String()+": "+row.name()+" was not planned")
		case ok && p.Hash != row.Hash:
			f.witnesses = append(f.witnesses, s.String()+": "+row.name()+" ran with another text than was planned")
		case ok && row.Outcome != NotRun && (p.Kind != row.Kind || !slices.Equal(p.Tags, row.Tags)):
			f.witnesses = append(f.witnesses, fmt.Sprintf("%s: %s was planned as a %s %v, and ran as a %s %v", s, row.name(), p.Kind, p.Tags, row.Kind, row.Tags))
		}
		w := witness[h.evidence]
		if row.Outcome == NotRun {
			unfinished++
		}
		if row.Outcome.Executed() && counts(row, w, j.Target) {
			executed++
		}
		j.row(s, h, w, f)
	}
	for _, p := range s.Inventory {
		if !seen[p.ID] && complete {
			f.absent = append(f.absent, s.String()+": "+cmpName(p)+" was planned and has no result")
		}
	}
	switch {
	case executed > 0 || !complete:
	case unfinished > 0:
		f.absent = append(f.absent, s.String()+": nothing was finished")
	case len(seen) == 0:
		f.empty = append(f.empty, s.String()+": nothing ran")
	default:
		f.empty = append(f.empty, fmt.Sprintf("%s: %d results, none of them executed against %s", s, len(seen), place(j.Target)))
	}
	return executed
}

// row judges what one planned thing did in its last attempt.
func (j *judgement) row(s PlannedRun, h history, w Witness, f *findings) {
	row := h.last()
	line := s.String() + ": " + row.says()
	switch {
	case row.Outcome == NotRun:
		f.absent = append(f.absent, line)
	case row.Outcome == Skipped:
		f.skips = append(f.skips, line)
		switch {
		case row.Reason == "":
			f.badSkips = append(f.badSkips, line+", and gives no reason")
		case j.Target.Live && row.Tagged("@smoke"):
			f.badSkips = append(f.badSkips, line+", and smoke must not be skipped on a live target")
		}
	case row.Outcome.Result() == Inconclusive:
		if s.When == Before && j.answeredLater(row) {
			j.warn("%s, before the deploy; it passed after it", line)
			break
		}
		f.unclear = append(f.unclear, line)
	case row.Outcome.Result() != Pass:
		f.failed = append(f.failed, line)
	}
	if want := ModeFor(row.Kind, j.Target); counts(row, w, j.Target) && row.Mode != want {
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
	if limit := max(j.Stage.Limits.Attempts, 1); len(h.rows) > limit {
		f.attempts = append(f.attempts, fmt.Sprintf("%s: %s took %d attempts, the limit is %d", s, row.name(), len(h.rows), limit))
	}
}

// answeredLater reports whether an interaction that had no answer before the
// deploy passed after it, in the run that is decided.
func (j *judgement) answeredLater(row Row) bool {
	i := slices.IndexFunc(j.Runs, func(r Run) bool { return r.Record != nil && r.Record.ID == j.Run })
	for _, e := range j.Runs[i].Evidence {
		if e.When == After && slices.ContainsFunc(e.Rows, func(r Row) bool {
			return r.ID == row.ID && r.Hash == row.Hash && r.Outcome == Passed
		}) {
			return true
		}
	}
	return false
}

// inventory compares what was planned with what was seen. Something extra may
// be an accident in staging; on a live target nobody asked for it to run there.
func (j *judgement) inventory(f findings) {
	result := Inconclusive
	if len(f.extra) > 0 && j.Target.Live {
		result = Fail
	}
	j.check("inventory", result, append(f.extra, f.absent...), "differences between the plan and what ran", "what was planned is what ran")
}

func (j *judgement) skips(f findings) {
	limit := j.Stage.Limits.Skips
	switch {
	case len(f.badSkips) > 0:
		j.check("skips", Fail, f.badSkips, "were skipped without a reason, or must not be skipped", "")
	case len(f.skips) > limit:
		r := j.check("skips", Fail, f.skips, fmt.Sprintf("were skipped, the limit is %d", limit), "")
		r.Hint = fmt.Sprintf("run what is skipped, or allow as many in gate.yaml: stages.%s.limits.skips", j.Stage.Name)
	case len(f.skips) > 0:
		j.rule("skips", Pass, fmt.Sprintf("%d skipped, the limit is %d", len(f.skips), limit), f.skips...)
		j.warn("%d skipped: %s", len(f.skips), strings.Join(f.skips, "; "))
	default:
		j.rule("skips", Pass, "nothing was skipped")
	}
}

// doubts are the ways in which e contradicts itself.
func doubts(e Evidence) []string {
	all := slices.Clone(e.Doubts)
	if got := CountRows(e.Rows); !got.Equal(e.Counts) {
		all = append(all, fmt.Sprintf("its counters say %v, its rows %v", e.Counts, got))
	}
	red := slices.ContainsFunc(e.Rows, func(r Row) bool { return r.Outcome.Result() != Pass && r.Outcome != Skipped })
	if e.Exit != 0 && !red && len(e.Doubts) == 0 {
		all = append(all, fmt.Sprintf("the exit code is %d, and no row tells why", e.Exit))
	}
	if e.Source == GoTest && e.Exit == 0 && slices.ContainsFunc(e.Rows, func(r Row) bool {
		return r.Outcome.Result() != Pass && r.Outcome != Skipped && !retried(e.Rows, r)
	}) {
		all = append(all, "the exit code is 0, and rows did not pass")
	}
	return all
}

// retried reports whether r was followed by another attempt.
func retried(rows []Row, r Row) bool {
	return slices.ContainsFunc(rows, func(o Row) bool { return o.ID == r.ID && o.Attempt > r.Attempt })
}

func cmpName(p Planned) string {
	if p.Name != "" {
		return p.Name
	}
	return p.ID
}

func modes(t Target) string {
	if t.InProcess() {
		return "in process and against mocks"
	}
	return fmt.Sprintf("%s, contracts %s", ModeFor(Scenario, t), ModeFor(Interaction, t))
}

func place(t Target) string {
	if t.InProcess() {
		return "this process"
	}
	return t.Name
}

func orNone(m Mode) string {
	if m == "" {
		return "in no known mode"
	}
	return string(m)
}
