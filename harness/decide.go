package harness

import (
	"errors"
	"fmt"
	"time"
)

// A Case is everything that a decision depends on. Nothing else is an input:
// no stored verdict, no file, no clock.
type Case struct {
	Phase   Phase
	Service string
	Stage   Stage // as gate.yaml has it now
	Target  Target
	Subject Subject
	Policy  Digest           // of gate.yaml as it is now
	Suites  map[string]Suite // as gate.yaml has them now
	Gate    string           // version of the gate that decides
	Now     time.Time
	Trust   *Trust // what the verifier holds against gate.yaml; nil: nothing is attested

	Runs      []Run      // every run of the subject on the stage's place, in any order
	Approvals []Approval // of the subject on the stage's place; each one's signature was checked
	Unproved  []Problem  // approvals that do not count, and why

	// For an exit: the run that is decided, what the target was last allowed to
	// serve, should this run not pass, and whether another stage wants to be
	// entered because of it.
	Run    string
	Last   *Recovery
	Needed bool

	// For an entry: what would run, how it would be deployed, how the artifact
	// on disk differs from the one that the commit stage made, and the stages
	// that must have passed.
	Plan     []PlannedRun
	Before   *RunRecord // the last run of the stage that was allowed, of any subject
	Lost     []string   // runs noted as allowed later than Before that do not count any more, and why: the newest of them
	Logic    Logic
	Differs  []string
	Needs    []Need
	Unproven string // why the subject could not be established, if so
	Busy     string // who has the target now, if somebody has

	Newer bool // Busy is a newer candidate that waits for it, too
}

// A Need is a stage that must have passed, with all runs of its subject there.
type Need struct {
	Stage   Stage
	Target  Target
	Subject Subject
	Runs    []Run

	Approvals []Approval
	Before    *RunRecord // the run of this stage behind [Case].Before
}

// skew is how far a clock may be ahead of the deciding one.
const skew = 2 * time.Minute

// Decide answers c. It is a pure function: the same case gives the same
// verdict, whatever the order of runs, evidence and rows.
//
// Any rule that fails blocks; otherwise any that is inconclusive makes the
// verdict inconclusive; only when every rule passed it allows. There are no
// scores and no averages. A case without a phase, without a rule or without
// a subject is never allowed.
func Decide(c Case) Verdict {
	c.Runs = ordered(c.Runs)
	v := Verdict{Phase: c.Phase, Service: c.Service, Stage: c.Stage.Name, Run: c.Run, Source: c.Subject.Source,
		Subjects: c.Subject.Names(c.Service), Target: c.Target.Name, Account: c.Target.Account, Emulated: c.Target.Emulated, Live: c.Target.Live,
		Policy: c.Policy, DecidedAt: c.Now.UTC(), Gate: c.Gate}
	if c.Trust != nil {
		v.Trust = c.Trust.Digest
	}
	j := &judgement{Case: c, verdict: &v}
	j.trust()
	switch c.Phase {
	case Entry:
		j.entry()
	case Exit:
		j.exit()
	default:
		j.rule("phase", Fail, fmt.Sprintf("unknown phase %q", c.Phase))
	}
	if c.Target.Dev && len(c.Stage.Needs) > 0 {
		j.rule("target", Fail, c.Target.Name+" is a person's own place: its evidence never counts for a promotion")
	}
	for _, r := range c.Runs {
		v.Runs = append(v.Runs, RunSummary{Run: r.ID(), Number: r.Number, Stage: stageOf(r), Closed: r.Closed()})
	}
	for _, p := range c.Unproved {
		j.warn("approval %s does not count: %s", p.Key, p.Reason)
	}
	j.override()
	v.Verdict = answer(v.Rules)
	v.Attested = c.Trust != nil && len(v.Evidence) > 0
	if v.Unread != nil && v.Verdict == Allow {
		v.Verdict = Unclear
	}
	if v.Verdict != Allow && c.Phase == Exit && c.Stage.Deploy && c.Last != nil {
		v.Recovery = c.Last
	}
	return v
}

// answer sums up rulings: no ruling at all is a block.
func answer(rules []Ruling) Answer {
	a := Allow
	for _, r := range rules {
		switch r.Result {
		case Pass, Overridden:
		case Inconclusive:
			if a == Allow {
				a = Unclear
			}
		default:
			return Block
		}
	}
	if len(rules) == 0 {
		return Block
	}
	return a
}

// judgement collects the rulings of one decision.
type judgement struct {
	Case
	verdict *Verdict
	firm    []string // rules that nobody overrides: they speak of smoke on a live target
}

// rule adds a ruling and returns it, for a hint.
func (j *judgement) rule(name string, result Result, reason string, details ...string) *Ruling {
	j.verdict.Rules = append(j.verdict.Rules, Ruling{Rule: name, Result: result, Reason: reason, Details: details})
	return &j.verdict.Rules[len(j.verdict.Rules)-1]
}

// check adds a pass where there are no complaints, else result with them.
func (j *judgement) check(name string, result Result, complaints []string, what, ok string) *Ruling {
	switch len(complaints) {
	case 0:
		return j.rule(name, Pass, ok)
	case 1:
		return j.rule(name, result, complaints[0])
	default:
		return j.rule(name, result, fmt.Sprintf("%d %s", len(complaints), what), complaints...)
	}
}

func (j *judgement) warn(format string, args ...any) {
	j.verdict.Warnings = append(j.verdict.Warnings, fmt.Sprintf(format, args...))
}

// unread notes that an input could not be read.
func (j *judgement) unread(err error) {
	var lost *UnreadError
	if errors.As(err, &lost) && j.verdict.Unread == nil {
		j.verdict.Unread = err
	}
}

// An UnreadError is a [Stream] that ended because its store did not answer:
// that says nothing about what is in it.
type UnreadError struct{ Err error }

// Error is the store's.
func (e *UnreadError) Error() string { return e.Err.Error() }

// Unwrap is the store's error.
func (e *UnreadError) Unwrap() error { return e.Err }

func stageOf(r Run) string {
	if r.Record == nil {
		return ""
	}
	return r.Record.Stage.Name
}
