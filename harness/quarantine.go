package harness

import (
	"fmt"
	"slices"
	"time"
)

// A Quarantined is one scenario, interaction or test that need not pass for
// some time. It still runs, and what it does stands in the verdict.
type Quarantined struct {
	ID    string    `json:"id"` // as gate list shows it
	Owner string    `json:"owner"`
	Issue string    `json:"issue"`
	Until time.Time `json:"until"` // from then on it blocks
}

// quarantined is the entry for id.
func (s Stage) quarantined(id string) (Quarantined, bool) {
	i := slices.IndexFunc(s.Quarantine, func(q Quarantined) bool { return q.ID == id })
	if i < 0 {
		return Quarantined{}, false
	}
	return s.Quarantine[i], true
}

// Ran reports whether an outcome is of something that was really tried and has
// a definition: what is not written yet is not in need of quarantine.
func (o Outcome) Ran() bool {
	switch o {
	case Failed, HookFailed, RequestMismatch, ResponseMismatch, TestFailed, Unreachable, Timeout:
		return true
	default:
		return false
	}
}

// isolation rules on what is in quarantine: what failed there does not block,
// what is there for longer than was said does, and so does too much of it.
func (j *judgement) isolation(f *findings) {
	if len(j.Stage.Quarantine) == 0 {
		return
	}
	var over []string
	for _, q := range j.Stage.Quarantine {
		if !j.Now.Before(q.Until) {
			over = append(over, fmt.Sprintf("%s: its time was over at %s (%s, %s)", q.ID, stamp(q.Until), q.Owner, q.Issue))
		}
	}
	if len(over) > 0 {
		j.check("quarantine", Fail, over, "are in quarantine for longer than was said", "").Hint = "mend them and take them out of quarantine in gate.yaml"
		return
	}
	if !j.crowded(len(f.held)) {
		j.rule("quarantine", Pass, fmt.Sprintf("%d in quarantine, the limit is %d; %d of them did not pass", len(f.held), j.Stage.Limits.Quarantine, len(f.quarantined)), f.quarantined...)
		for _, line := range f.quarantined {
			j.warn("%s", line)
		}
	}
}

// crowded rules on whether more of the stage is in quarantine than may be. What
// is there of other stages does not count.
func (j *judgement) crowded(held int) bool {
	if held <= j.Stage.Limits.Quarantine {
		return false
	}
	j.rule("quarantine", Fail, fmt.Sprintf("%d in quarantine, the limit is %d", held, j.Stage.Limits.Quarantine))
	return true
}

// quarantinePlanned rules before anything is deployed on what is planned: too
// much of it in quarantine would block when it is too late.
func (j *judgement) quarantinePlanned() {
	held := map[string]bool{}
	for _, s := range j.Plan {
		j.planned(s, func(p Planned) {
			if _, ok := j.Stage.quarantined(p.ID); ok {
				held[p.ID] = true
			}
		})
	}
	j.crowded(len(held))
}
