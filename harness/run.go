package harness

import "time"

// A RunRecord is what was promised when a run began. It is written once, before
// anything is deployed or tested, and everything that follows is compared with it.
type RunRecord struct {
	Format   int          `json:"format"` // RunFormat
	ID       string       `json:"id"`
	Number   int          `json:"number"` // 1, 2, ... for one subject on one place
	Previous Digest       `json:"previous,omitempty"`
	Service  string       `json:"service"`
	Stage    Stage        `json:"stage"`
	Subject  Subject      `json:"subject"`
	Target   Target       `json:"target"`
	Account  string       `json:"account,omitempty"` // as proven, not as configured
	Nonce    string       `json:"nonce"`
	Begun    time.Time    `json:"begun"`
	Suites   []PlannedRun `json:"suites"`
	Shards   int          `json:"shards"` // 1 where the run is not divided
	Logic    Logic        `json:"logic,omitzero"`
	Policy   Digest       `json:"policy"` // of gate.yaml
	Gate     string       `json:"gate"`   // version of the gate that began the run
}

// RunFormat is the format of run records that this version reads and writes.
const RunFormat = 1

// A PlannedRun is one suite at its moment, with everything that it will run.
type PlannedRun struct {
	Placed
	Definition Suite     `json:"definition"`
	Inventory  []Planned `json:"inventory"`
}

// A Planned is one scenario, interaction or test that a suite will run.
type Planned struct {
	ID      string   `json:"id"` // import path, ".", and the name under go test
	Name    string   `json:"name,omitempty"`
	Kind    Kind     `json:"kind"`
	Where   string   `json:"where,omitempty"` // file:line
	Tags    []string `json:"tags,omitempty"`
	Hash    string   `json:"hash,omitempty"` // of its text: steps, tables, background; or of the interaction
	Safe    bool     `json:"safe,omitempty"` // an interaction that may run on a live target
	Problem Outcome  `json:"problem,omitempty"`
	Detail  string   `json:"detail,omitempty"` // of Problem: the steps that are undefined or ambiguous
	Shard   int      `json:"shard"`            // 1 to the record's Shards
}

// Tagged reports whether p has the tag, written with its "@".
func (p Planned) Tagged(tag string) bool { return hasTag(p.Tags, tag) }

func hasTag(tags []string, tag string) bool {
	for _, t := range tags {
		if t == tag {
			return true
		}
	}
	return false
}

// Logic is how a deploy is done: digests of what must be the same for every
// target, and of what may differ.
type Logic struct {
	Command string `json:"command,omitempty"`
	Inputs  Digest `json:"inputs,omitempty"` // the files that the command reads, declared once for all targets
	Config  Digest `json:"config,omitempty"` // the files that may differ from target to target
}

// Same reports whether two deploys are done the same way but for configuration.
func (l Logic) Same(other Logic) bool {
	return l.Command == other.Command && l.Inputs == other.Inputs
}

// A Deployment is what happened between the run record and the suites: the
// deploy, if the stage has one, and what the target then said it serves.
type Deployment struct {
	Run      string    `json:"run"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	Exit     int       `json:"exit"`
	Error    string    `json:"error,omitempty"`
	Held     string    `json:"held,omitempty"` // why nothing was deployed although the stage asks for it
	Served   Reading   `json:"served"`
}

// A Reading is what a target said of the commit that it serves.
type Reading struct {
	Commit string    `json:"commit,omitempty"`
	Error  string    `json:"error,omitempty"` // why it could not be read
	At     time.Time `json:"at,omitzero"`
}

// String is the short commit, or why it is not known.
func (r Reading) String() string {
	if r.Commit == "" {
		return "unknown (" + r.Error + ")"
	}
	return r.Commit[:min(12, len(r.Commit))]
}

// A Closing ends a run. It is evidence, not a verdict: a run with one was
// decided, whatever the decision was.
type Closing struct {
	Run      string     `json:"run"`
	At       time.Time  `json:"at"`
	Served   Reading    `json:"served"`             // read back again after the suites
	Source   Source     `json:"source"`             // the checkout at the end
	Artifact *Artifact  `json:"artifact,omitempty"` // what a commit stage's steps made
	Steps    []StepTime `json:"steps,omitempty"`
	Evidence []Digest   `json:"evidence,omitempty"` // what had been written for the run when it was closed, in the store's order
}

// A StepTime is how a command of the stage, or one of its suites, went.
type StepTime struct {
	Name    string    `json:"name"`
	Exit    int       `json:"exit"`
	Started time.Time `json:"started"`
	Took    Duration  `json:"took"`
}

// A Run is everything that the store has of one run.
type Run struct {
	Number     int // as its key says
	Record     *RunRecord
	Digest     Digest // of the record
	Deployment *Deployment
	Evidence   []Evidence
	Closing    *Closing
	Problems   []Problem // what could not be read or does not belong here
}

// A Problem is a stored object that does not count, and why.
type Problem struct {
	Key    string `json:"key"`
	Reason string `json:"reason"`
	Lies   bool   `json:"lies,omitempty"` // it is readable and contradicts its key or run: blocks
}
