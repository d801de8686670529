package harness

import (
	"fmt"
	"slices"
)

// flakes counts what failed and passed, in one attempt after the other or in
// one run after the other of the same subject on the same place. A run that was
// given up counts with all that it saw.
func (j *judgement) flakes(upto Run) {
	type seen struct {
		name           string
		failed, passed bool
		smoke          bool
		why            string
	}
	by := map[string]*seen{}
	var order []string
	for _, r := range j.Runs {
		if r.Record == nil || r.Number > upto.Number {
			continue
		}
		for _, s := range r.Record.Suites {
			for _, h := range r.histories(s.Placed) {
				f := by[h.id]
				if f == nil {
					f = &seen{}
					by[h.id], order = f, append(order, h.id)
				}
				for _, row := range h.rows {
					f.name, f.smoke = row.name(), f.smoke || row.Tagged("@smoke")
					switch {
					case row.Outcome == Passed:
						f.passed = true
					case row.Outcome.Result() == Fail && row.Outcome != Skipped:
						f.failed, f.why = true, fmt.Sprintf("%s in attempt %d of run %d", row.Outcome, row.Attempt, r.Number)
					}
				}
			}
		}
	}
	slices.Sort(order)
	var all, forbidden []string
	for _, id := range order {
		if f := by[id]; f.failed && f.passed {
			line := fmt.Sprintf("%s: %s, and it also passed", f.name, f.why)
			all = append(all, line)
			if f.smoke && j.Target.Live {
				forbidden = append(forbidden, line)
			}
		}
	}
	j.spend(all, forbidden)
}

// spend holds flakes to the budget; there is none for smoke on a live target.
func (j *judgement) spend(all, forbidden []string) {
	budget := j.Stage.Limits.Flakes
	switch {
	case len(forbidden) > 0:
		j.rule("flakes", Fail, fmt.Sprintf("%d smoke scenarios are flaky on a live target: there is no budget for them", len(forbidden)), forbidden...)
	case len(all) > budget:
		j.rule("flakes", Fail, fmt.Sprintf("%d flaky, the budget is %d", len(all), budget), all...).Hint =
			"a result that changed by itself proves nothing: find out why, and hand in a new commit"
	case len(all) > 0:
		j.rule("flakes", Pass, fmt.Sprintf("%d flaky, the budget is %d", len(all), budget), all...)
		j.warn("%d of %d in the flake budget are spent", len(all), budget)
	default:
		j.rule("flakes", Pass, "nothing failed and passed")
	}
}
