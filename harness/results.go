package harness

import (
	"fmt"
	"strings"
)

// results rules on what was found in the rows of r.
func (j *judgement) results(r Run, f *findings) {
	for _, t := range f.tallies {
		name := shardName(t.Placed, t.Shard, r.Record.Shards)
		if s, ok := r.Record.Suite(t.Placed); ok && t.Source != s.Definition.witness() {
			f.witnesses = append(f.witnesses, fmt.Sprintf("%s: was seen by %q, want %q", name, t.Source, s.Definition.witness()))
		}
		for _, d := range t.doubts() {
			f.witnesses = append(f.witnesses, name+": "+d)
		}
	}
	j.firm = append(j.firm, f.firm...)
	j.check("witnesses", Inconclusive, f.witnesses, "witnesses disagree", "exit codes, rows, trailers and counters agree")
	j.check("executed", Fail, f.empty, "suites executed nothing", fmt.Sprintf("%d executed", f.executed))
	j.inventory(f)
	j.check("outcomes", Fail, f.failed, "did not pass", "everything that ran passed")
	if len(f.unclear) > 0 {
		j.check("answers", Inconclusive, f.unclear, "could not be told", "")
	}
	j.skips(f)
	j.isolation(f)
	j.check("attempts", Fail, f.attempts, "have attempts that do not add up", "attempts are complete and within the limit")
	j.check("mode", Fail, f.mode, "ran in another mode than the stage asks for", "everything ran "+modes(j.Target))
	if !j.Target.InProcess() {
		j.check("calls", Fail, f.calls, "made no recorded call to the target", "every deployed scenario called the target")
	}
}

// inventory compares what was planned with what was seen. Something extra may
// be an accident in staging; on a live target nobody asked for it to run there.
func (j *judgement) inventory(f *findings) {
	result := Inconclusive
	if len(f.extra) > 0 && j.Target.Live {
		result = Fail
	}
	j.check("inventory", result, append(f.extra, f.absent...), "differences between the plan and what ran", "what was planned is what ran")
}

func (j *judgement) skips(f *findings) {
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
