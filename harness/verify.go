package harness

import (
	"fmt"
	"slices"
	"time"
)

// Asked is what somebody who is about to act on a verdict wants it to say.
type Asked struct {
	Service  string // empty: any
	Stage    string
	Phase    Phase
	Artifact Digest
	Target   string // where it would go, as [PlaceOf] names it
	Account  string // of the credentials that would act; empty: not compared
	MaxAge   time.Duration
	Emulated bool // what was shown on an emulator will do
	Now      time.Time
	Trust    Trust
}

// Verify rules on a verdict whose signature was checked: is it the allow that
// was asked for, of this artifact, for this place, now? Nothing asked for is a
// rule that fails: no rules at all would verify everything.
func Verify(v Verdict, a Asked) []Ruling {
	var all []Ruling
	rule := func(name string, bad Result, ok bool, good, why string) {
		if ok {
			all = append(all, Ruling{Rule: name, Result: Pass, Reason: good})
		} else {
			all = append(all, Ruling{Rule: name, Result: bad, Reason: why})
		}
	}
	rule("verdict", Fail, v.Allowed() && answer(v.Rules) == Allow, "allow", fmt.Sprintf("the verdict is %s", v.Verdict))
	rule("phase", Fail, a.Phase != "" && v.Phase == a.Phase, string(v.Phase), fmt.Sprintf("it answers the %s of a stage, and not its %s", v.Phase, a.Phase))
	rule("stage", Fail, a.Stage != "" && v.Stage == a.Stage, v.Stage, fmt.Sprintf("it is about stage %s, not %s", v.Stage, a.Stage))
	if a.Service != "" {
		rule("service", Fail, v.Service == a.Service, v.Service, fmt.Sprintf("it is about service %s, not %s", v.Service, a.Service))
	}
	rule("artifact", Fail, a.Artifact.Valid() && v.about(a.Artifact), a.Artifact.Short(), fmt.Sprintf("it is not about artifact %s", a.Artifact.Short()))
	place, known := a.Trust.Places[v.place()]
	rule("target", Fail, a.Target != "" && v.place() == a.Target, v.place(), fmt.Sprintf("it is about %s, not %s", v.place(), a.Target))
	rule("place", Fail, known, v.place(), fmt.Sprintf("the trust file says nothing of %s", v.place()))
	rule("account", Fail, (place.Account == "" || v.Account == place.Account) && (a.Account == "" || v.Account == a.Account), orNo(v.Account),
		fmt.Sprintf("it is about account %s; the trust file says %s, the credentials are of %s", orNo(v.Account), orNo(place.Account), orNo(a.Account)))
	rule("live", Fail, !place.Live || v.Live, "as the trust file says", "the trust file says that the target is live, and it is not about a live one")
	rule("emulated", Fail, !v.Emulated || a.Emulated, "as asked for", "it was decided on an emulator: nothing was shown of a real account")
	rule("attested", Fail, v.Attested, "on signed evidence alone", "it rests on evidence that nobody signed")
	rule("trust", Inconclusive, v.Trust == a.Trust.Digest, a.Trust.Digest.Short(), fmt.Sprintf("it was decided under another trust file: %s, this one is %s", v.Trust.Short(), a.Trust.Digest.Short()))
	age := a.Now.Sub(v.DecidedAt)
	rule("age", Inconclusive, age <= a.MaxAge && age >= -skew, age.Round(time.Second).String(),
		fmt.Sprintf("it was decided at %s, which is %s ago: at most %s counts, and nothing from the future", stamp(v.DecidedAt), age.Round(time.Second), a.MaxAge))
	return all
}

// Sum sums up rulings: fail blocks, then inconclusive; no ruling blocks.
func Sum(rules []Ruling) Answer { return answer(rules) }

// about reports whether d is the artifact among v's subjects.
func (v Verdict) about(d Digest) bool {
	return slices.ContainsFunc(v.Subjects, func(s SubjectName) bool { return s.Digest["sha256"] == d.Hex() })
}

// place is where v was decided for, as [PlaceOf] names it.
func (v Verdict) place() string {
	if v.Target == "" {
		return "commit"
	}
	return v.Target
}

func orNo(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
