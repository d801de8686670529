package harness

import (
	"fmt"
	"slices"
)

// subset proves that what is going to run on a live target ran and passed on
// the stage before, for the same artifact, word for word.
func (j *judgement) subset() {
	passed, promised := j.before()
	var bad, unknown []string
	n := 0
	for _, s := range j.Plan {
		if s.Definition.Run == nil && !j.suiteBefore(s) {
			unknown = append(unknown, s.String()+": this suite has not passed in a stage before")
		}
		before := n
		j.planned(s, func(p Planned) {
			if p.Kind == Test {
				return
			}
			n++
			switch hash, ok := passed[p.ID]; {
			case !ok && (promised == nil || promised[p.ID]):
				unknown = append(unknown, fmt.Sprintf("%s: %s: its result in a stage before is missing", s, p.name()))
			case !ok:
				bad = append(bad, fmt.Sprintf("%s: %s did not pass in a stage before", s, p.name()))
			case hash != p.Hash:
				bad = append(bad, fmt.Sprintf("%s: %s is not the text that passed before", s, p.name()))
			}
		})
		if s.Definition.Run != nil && n == before {
			bad = append(bad, s.String()+": it has no scenario and no interaction, and plain tests are not compared with those of a stage before")
		}
	}
	if len(unknown) > 0 && len(bad) == 0 {
		j.check("subset", Inconclusive, unknown, "cannot be compared with a stage before", "")
		return
	}
	j.check("subset", Fail, append(bad, unknown...), "were not proven before they come to "+j.Target.Name, fmt.Sprintf("%d planned, all passed before with the same text", n))
}

// suiteBefore reports whether a suite of another tool, which has no inventory,
// was defined alike and left evidence in a deployed stage before this one.
func (j *judgement) suiteBefore(s PlannedRun) bool {
	for _, n := range j.Needs {
		runs := ordered(n.Runs)
		i := lastOf(runs, n, j.Subject)
		if i < 0 || n.Target.InProcess() {
			continue
		}
		for _, then := range runs[i].Record.Suites {
			if alike(then.Definition, s.Definition) && runs[i].executed(then.Placed) {
				return true
			}
		}
	}
	return false
}

// executed reports whether the suite at p left evidence with a row in it.
func (r Run) executed(p Placed) bool {
	return slices.ContainsFunc(r.Evidence, func(e Evidence) bool { return e.Placed == p && e.Counts.Total() > 0 })
}

// before returns, of what is planned here, the texts of what passed on the
// deployed stages before this one, and the ids that were planned there and left
// no row at all; promised is nil if no such stage has run.
func (j *judgement) before() (passed map[string]string, promised map[string]bool) {
	passed = map[string]string{}
	mine := map[string]bool{}
	for _, s := range j.Plan {
		j.planned(s, func(p Planned) { mine[p.ID] = true })
	}
	for _, n := range j.Needs {
		runs := ordered(n.Runs)
		i := lastOf(runs, n, j.Subject)
		if i < 0 || n.Target.InProcess() {
			continue
		}
		if promised == nil {
			promised = map[string]bool{}
		}
		for _, s := range runs[i].Record.Suites {
			j.planned(s, func(p Planned) {
				if mine[p.ID] {
					promised[p.ID] = true
				}
			})
		}
		for _, e := range runs[i].Evidence {
			j.each(e, func(r Row) {
				if !mine[r.ID] {
					return
				}
				delete(promised, r.ID)
				if r.Outcome == Passed && r.Mode == ModeFor(r.Kind, n.Target) {
					passed[r.ID] = r.Hash
				}
			})
		}
	}
	return passed, promised
}
