package harness

import (
	"fmt"
	"slices"
)

// Trust is what the verifier holds against gate.yaml, which is in the hands of
// whoever writes the commit. gate.yaml may be stricter, never weaker.
type Trust struct {
	Digest Digest // of the trust file
	Places map[string]TrustedPlace
}

// A TrustedPlace is what is trusted for runs on one target, or of the commit
// stage under the name "commit", and the least that is asked of a stage there.
// It is found by the place and not by the stage, whose name gate.yaml chooses.
type TrustedPlace struct {
	Account    string
	Live       bool     // the target must be live
	Emulated   bool     // the target may be emulated
	NoObserve  bool     // --observe is refused
	NoOverride bool     // no approval lets a rule pass that failed
	Approvals  int      // how many people have to approve each promotion to it
	Guarded    bool     // a promotion that loosens something needs an approval of that
	Needs      []string // places where a stage must have passed before one here is entered
	Suites     []string // suites that must run there
	Limits     *Limits  // the most that may be allowed; nil: gate.yaml decides
}

// PlaceOf is the name under which runs on t are kept: the target's, or
// "commit" where the stage has none.
func PlaceOf(t Target) string {
	if t.InProcess() {
		return "commit"
	}
	return t.Name
}

// trust checks the stage that is decided, and those that it needs, against the
// trust file. Without one nothing is attested, and the verdict says so.
func (j *judgement) trust() {
	if j.Trust == nil {
		return
	}
	stages := map[string]Target{j.Stage.Name: j.Target}
	weak := j.weaker(j.Stage, j.Target)
	for _, n := range j.Needs {
		if _, ok := stages[n.Stage.Name]; !ok {
			stages[n.Stage.Name] = n.Target
			weak = append(weak, j.weaker(n.Stage, n.Target)...)
		}
	}
	j.check("trust", Fail, weak, "ways in which gate.yaml is weaker than the trust file", "gate.yaml asks for no less than the trust file")
}

// weaker lists how a stage asks for less than the trust file does.
func (j *judgement) weaker(s Stage, t Target) (all []string) {
	place, ok := j.Trust.Places[PlaceOf(t)]
	if !ok {
		return []string{fmt.Sprintf("stage %s: the trust file says nothing of %s: nobody may sign for it", s.Name, PlaceOf(t))}
	}
	if place.Account != "" && place.Account != t.Account {
		all = append(all, fmt.Sprintf("stage %s: target %s has account %q, the trust file says %s", s.Name, t.Name, t.Account, place.Account))
	}
	if place.Live && !t.Live {
		all = append(all, fmt.Sprintf("stage %s: target %s is not live: true, as the trust file says", s.Name, t.Name))
	}
	if t.Emulated && !place.Emulated {
		all = append(all, fmt.Sprintf("stage %s: target %s is emulated, and the trust file does not say so of %s (emulated: true)", s.Name, t.Name, PlaceOf(t)))
	}
	if s.Deploy || t.InProcess() || j.Phase == Entry {
		all = append(all, j.lacks(s, t, place)...)
	}
	if place.Limits != nil {
		all = append(all, above(s, *place.Limits)...)
	}
	return all
}

// lacks lists the places and suites that place asks for and s does not have. A
// stage that does not deploy has the suites too if others have them that are
// needed for the same place: it looks again at what was deployed there. Places
// are asked for at an entry, to which the needed stages are brought.
func (j *judgement) lacks(s Stage, t Target, place TrustedPlace) (all []string) {
	suites, passed := slices.Concat(s.Before, s.After), map[string]bool{}
	for _, n := range j.behind(s) {
		passed[PlaceOf(n.Target)] = true
		if !s.Deploy && PlaceOf(n.Target) == PlaceOf(t) {
			suites = slices.Concat(suites, n.Stage.Before, n.Stage.After)
		}
	}
	for _, name := range place.Needs {
		if j.Phase == Entry && !passed[name] {
			all = append(all, fmt.Sprintf("stage %s: needs no stage on %s", s.Name, name))
		}
	}
	for _, n := range place.Suites {
		if !slices.Contains(suites, n) {
			all = append(all, fmt.Sprintf("stage %s: does not run suite %s", s.Name, n))
		}
	}
	return all
}

// behind are the stages that s needs, and theirs in turn.
func (j *judgement) behind(s Stage) (all []Need) {
	names := slices.Clone(s.Needs)
	for i := 0; i < len(names); i++ {
		at := slices.IndexFunc(j.Needs, func(n Need) bool { return n.Stage.Name == names[i] })
		if at < 0 || slices.Contains(names[:i], names[i]) {
			continue
		}
		all = append(all, j.Needs[at])
		names = append(names, j.Needs[at].Stage.Needs...)
	}
	return all
}

// above lists the limits of s that allow more than most.
func above(s Stage, most Limits) (all []string) {
	say := func(name string, got, want any) {
		all = append(all, fmt.Sprintf("stage %s: limits.%s is %v, at most %v", s.Name, name, got, want))
	}
	if s.Limits.Skips > most.Skips {
		say("skips", s.Limits.Skips, most.Skips)
	}
	if s.Limits.Flakes > most.Flakes {
		say("flakes", s.Limits.Flakes, most.Flakes)
	}
	if s.Limits.Quarantine > most.Quarantine {
		say("quarantine", s.Limits.Quarantine, most.Quarantine)
	}
	if got, want := max(s.Limits.Attempts, 1), max(most.Attempts, 1); got > want {
		say("attempts", got, want)
	}
	if most.Age > 0 && (s.Limits.Age == 0 || s.Limits.Age > most.Age) {
		say("age", s.Limits.Age, most.Age)
	}
	return all
}
