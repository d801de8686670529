package harness

import (
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
