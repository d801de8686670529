package harness

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// overridable are the rules about which a person may know better. What is not
// here can never be overridden: whose evidence it is, of what, from where, and
// whether it is all there.
var overridable = []string{"outcomes", "answers", "skips", "flakes", "attempts", "quarantine", "calls", "inventory", "time", "alarms", "checks", "logic", "loosened"}

// Overridable are the names of the rules that an [Approval] can override.
func Overridable() []string { return slices.Clone(overridable) }

// maxApproval is how long an approval can last.
const maxApproval = 30 * 24 * time.Hour

// Check says what is wrong with an approval that is going to be given, or nil.
func (a Approval) Check() error {
	switch {
	case a.Rule != Manual && !slices.Contains(overridable, a.Rule):
		return fmt.Errorf("rule %q cannot be overridden\nhint: rules that can be are %s", a.Rule, strings.Join(overridable, ", "))
	case strings.TrimSpace(a.Reason) == "":
		return fmt.Errorf("an approval needs a reason")
	case !a.Until.After(a.At):
		return fmt.Errorf("the approval would end before it begins")
	case a.Until.Sub(a.At) > maxApproval:
		return fmt.Errorf("an approval lasts at most %d days", maxApproval/(24*time.Hour))
	}
	return nil
}

// valid are the approvals for a rule that count at a time, one for each person,
// the last one to end.
func (j *judgement) valid(rule string, when time.Time) (all []Approval) {
	best := map[string]Approval{}
	for _, a := range j.Approvals {
		if !j.meant(a, rule) || a.Check() != nil || a.By == "" || a.At.After(when.Add(skew)) || !when.Before(a.Until) {
			continue
		}
		if b, ok := best[a.By]; !ok || later(a, b) > 0 {
			best[a.By] = a
		}
	}
	return slices.SortedFunc(maps.Values(best), func(a, b Approval) int { return cmp.Compare(a.By, b.By) })
}

func later(a, b Approval) int {
	return cmp.Or(a.Until.Compare(b.Until), cmp.Compare(a.Digest, b.Digest))
}

// meant reports whether a is about this rule, of this stage, for this subject
// on this place, and nothing else.
func (j *judgement) meant(a Approval, rule string) bool {
	return a.Format == ApprovalFormat && a.Rule == rule && a.Service == j.Service && a.Stage == j.Stage.Name &&
		a.Place == PlaceOf(j.Target) && a.Subject == j.Subject
}

// override lets rules pass that did not, where an approval says so. Who gave
// it, why and until when becomes part of the verdict.
func (j *judgement) override() {
	if j.Trust == nil || j.Trust.Places[PlaceOf(j.Target)].NoOverride {
		return
	}
	for i, r := range j.verdict.Rules {
		if r.Result == Pass || !slices.Contains(overridable, r.Rule) {
			continue
		}
		all := j.valid(r.Rule, j.Now)
		if len(all) == 0 {
			continue
		}
		a := all[0]
		if slices.Contains(j.firm, r.Rule) {
			j.warn("the override of %s by %s does not count: it is about smoke on a live target", r.Rule, a.By)
			continue
		}
		j.verdict.Rules[i].Result = Overridden
		j.verdict.Rules[i].Reason = fmt.Sprintf("%s: overridden by %s until %s: %s", r.Reason, a.By, stamp(a.Until), a.Reason)
		j.use(a)
	}
}

func (j *judgement) use(a Approval) {
	j.verdict.Approvals = append(j.verdict.Approvals, ApprovalSummary{Rule: a.Rule, By: a.By, Principal: a.Principal, Reason: a.Reason, Until: a.Until.UTC(), Digest: a.Digest.Hex()})
}

// manual asks for the people who had to open the gate by hand by then: as many as
// gate.yaml or the trust file says, whichever is more.
func (j *judgement) manual(when time.Time) {
	want := j.Stage.Approvals
	if j.Trust != nil {
		want = max(want, j.Trust.Places[PlaceOf(j.Target)].Approvals)
	}
	if want == 0 {
		return
	}
	all := j.valid(Manual, when)
	var who []string
	for _, a := range all {
		who = append(who, fmt.Sprintf("%s until %s: %s", a.By, stamp(a.Until), a.Reason))
		j.use(a)
	}
	if len(all) < want {
		j.rule(Manual, Inconclusive, fmt.Sprintf("approved by %d of %d people", len(all), want), who...).
			Hint = fmt.Sprintf("gate approve %s --reason ...", j.Stage.Name)
		return
	}
	j.rule(Manual, Pass, "approved by "+strings.Join(who, "; "))
}
