package harness

import "time"

// A Result is the answer of one rule. The zero Result fails.
type Result string

// Results, from bad to good.
const (
	Fail         Result = "fail"
	Inconclusive Result = "inconclusive"
	Overridden   Result = "overridden" // it did not pass, and an approval says that it may
	Pass         Result = "pass"
)

// An Answer is the answer of a gate. The zero Answer is not Allow.
type Answer string

// Answers. "No" and "could not tell" are different.
const (
	Block   Answer = "block"
	Unclear Answer = "inconclusive"
	Allow   Answer = "allow"
)

// A Phase says which of a stage's two questions a verdict answers: may the
// subject enter the stage, or did it pass.
type Phase string

// Phases.
const (
	Entry Phase = "entry"
	Exit  Phase = "exit"
)

// A Ruling is what one rule says, and on what evidence.
type Ruling struct {
	Rule     string   `json:"rule"`
	Result   Result   `json:"result"`
	Reason   string   `json:"reason"`
	Details  []string `json:"details,omitempty"`  // a line each, in a stable order
	Hint     string   `json:"hint,omitempty"`     // what a person can do
	Evidence []Digest `json:"evidence,omitempty"` // that the rules "evidence" and "needs" rest on
}

// A Verdict is the answer with all its reasons. Its zero value allows nothing.
type Verdict struct {
	Verdict   Answer            `json:"verdict"`
	Phase     Phase             `json:"phase"`
	Service   string            `json:"service"`
	Stage     string            `json:"stage"`
	Run       string            `json:"run,omitempty"`
	Source    Source            `json:"source"`
	Subjects  []SubjectName     `json:"subjects"`
	Target    string            `json:"target,omitempty"`
	Account   string            `json:"account,omitempty"`
	Emulated  bool              `json:"emulated,omitempty"`
	Live      bool              `json:"live,omitempty"`
	Rules     []Ruling          `json:"rules"`
	Warnings  []string          `json:"warnings,omitempty"`
	Policy    Digest            `json:"policy"`          // of gate.yaml
	Trust     Digest            `json:"trust,omitempty"` // of the trust file
	Evidence  []EvidenceSummary `json:"evidence"`
	Runs      []RunSummary      `json:"runs"`
	Loosened  []string          `json:"loosened,omitempty"`  // what is asked of this run, and was more when one was last allowed
	Approvals []ApprovalSummary `json:"approvals,omitempty"` // that were used
	Recovery  *Recovery         `json:"recovery,omitempty"`
	DecidedAt time.Time         `json:"decidedAt"`
	Gate      string            `json:"gate"`             // version that decided
	Attested  bool              `json:"attested"`         // there is evidence, and signers of the trust file signed all that counts
	Inputs    Digest            `json:"inputs,omitempty"` // of the blob that lists all that was read to decide

	// Unread is why an input could not be read while it was decided. There is
	// no verdict then: nobody may write it down or act on it.
	Unread error `json:"-"`
}

// An ApprovalSummary names one approval that opened a manual gate or overrode a rule.
type ApprovalSummary struct {
	Rule string `json:"rule"`
	By   string `json:"by"`
	// Principal is whose credentials used the key, as the approver's own gate
	// was told by STS; the signature proves By.
	Principal string    `json:"principal,omitempty"`
	Reason    string    `json:"reason"`
	Until     time.Time `json:"until"`
	Digest    string    `json:"sha256"`
}

// A Recovery tells what is left behind by a deploy that did not pass: what the
// target serves now, and what it was last allowed to serve.
type Recovery struct {
	Serves   string `json:"serves"`             // commit, as read back
	Commit   string `json:"commit,omitempty"`   // of the last allowed artifact; empty: there is none
	Artifact Digest `json:"artifact,omitempty"` // the last allowed one
	Command  string `json:"command,omitempty"`  // deploys it again, through the same gate
}

// A SubjectName is a subject as in-toto names it.
type SubjectName struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// An EvidenceSummary names one piece of evidence that was used.
type EvidenceSummary struct {
	Suite  string `json:"suite"`
	Run    string `json:"run"`
	Shard  int    `json:"shard"`
	Mode   Mode   `json:"mode"`
	Digest string `json:"sha256"`
	Counts Counts `json:"counts"`
}

// A RunSummary names one run that was an input.
type RunSummary struct {
	Run    string `json:"run"`
	Number int    `json:"number"`
	Stage  string `json:"stage"`
	Closed bool   `json:"closed"`
}

// Allowed reports whether the verdict allows. It is the only question that an
// exit code asks.
func (v Verdict) Allowed() bool { return v.Verdict == Allow && v.Unread == nil }

// Failing are the rules that did not pass, and were not overridden.
func (v Verdict) Failing() (all []Ruling) {
	for _, r := range v.Rules {
		if r.Result != Pass && r.Result != Overridden {
			all = append(all, r)
		}
	}
	return all
}

// Subject is what v is about.
func (v Verdict) Subject() Subject {
	s := Subject{Source: v.Source}
	for _, n := range v.Subjects {
		if hex, ok := n.Digest["sha256"]; ok {
			s.Artifact = Digest("sha256:" + hex)
		}
	}
	return s
}
