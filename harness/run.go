package harness

import (
	"fmt"
	"slices"
	"time"
)

// A RunRecord is what was promised when a run began. It is written once, before
// anything is deployed or tested, and everything that follows is compared with it.
type RunRecord struct {
	Format    int          `json:"format"` // RunFormat
	ID        string       `json:"id"`
	Number    int          `json:"number"` // 1, 2, ... for one subject on one place
	Previous  Digest       `json:"previous,omitempty"`
	Service   string       `json:"service"`
	Stage     Stage        `json:"stage"`
	Subject   Subject      `json:"subject"`
	Target    Target       `json:"target"`
	Account   string       `json:"account,omitempty"` // as proven, not as configured
	Nonce     string       `json:"nonce"`
	Begun     time.Time    `json:"begun"`
	Suites    []PlannedRun `json:"suites"`
	Artifacts []string     `json:"artifacts,omitempty"` // patterns of the files that are the artifact
	Shards    int          `json:"shards"`              // 1 where the run is not divided
	Order     string       `json:"order,omitempty"`     // "longest", "file", "random:SEED": what made the turns
	Logic     Logic        `json:"logic,omitzero"`
	Policy    Digest       `json:"policy"`          // of gate.yaml
	Trust     Digest       `json:"trust,omitempty"` // of the trust file
	Lock      int          `json:"lock,omitempty"`  // the claim on the target; each one has a higher number
	Gate      string       `json:"gate"`            // version of the gate that began the run
}

// Divided is how many pieces of evidence the suite leaves: at least one.
func (p PlannedRun) Divided() int { return max(p.Shards, 1) }

// RunFormat is the format of run records that this version reads and writes.
const RunFormat = 2

// A PlannedRun is one suite at its moment, with everything that it will run.
type PlannedRun struct {
	Placed
	Definition Suite           `json:"definition"`
	Inventory  Stream[Planned] `json:"-"`
	Listed     Listing         `json:"inventory"` // where Inventory is kept
	Shards     int             `json:"shards"`    // 1, or the record's: only Go suites after the deploy are divided
}

// A Listing is a long list that is kept in blobs of its own: one JSON object a
// line, and so many lines. The blobs, one after the other, are the list.
type Listing struct {
	Count int      `json:"count"`
	Blobs []Digest `json:"blobs"`
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
	Turn    int      `json:"turn,omitempty"`   // where in its shard's order it begins: 1, 2, ...; 0: as in its file
}

// Logic is how a deploy is done: digests of what must be the same for every
// target, and of what may differ.
type Logic struct {
	Command string `json:"command,omitempty"`
	Inputs  Digest `json:"inputs,omitempty"` // the files that the command reads, declared once for all targets
	Config  Digest `json:"config,omitempty"` // the files that may differ from target to target
}

// A Deployment is what happened between the run record and the suites: the
// steps of a commit stage and the artifact that they made, or the deploy and
// what the target then said it serves.
type Deployment struct {
	Run      string     `json:"run"`
	Nonce    string     `json:"nonce"`
	Steps    []StepTime `json:"steps,omitempty"`    // commands in the order they ran; the deploy is one
	Held     string     `json:"held,omitempty"`     // why nothing was deployed although the stage asks for it
	Artifact *Artifact  `json:"artifact,omitempty"` // what a commit stage's steps made; later, the files as the deploy left them
	Served   Reading    `json:"served,omitzero"`
	At       time.Time  `json:"at,omitzero"` // when all this was over
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
	Run      string    `json:"run"`
	Nonce    string    `json:"nonce"`
	At       time.Time `json:"at"`
	Served   Reading   `json:"served,omitzero"`    // read back again after the suites
	Source   Source    `json:"source"`             // the checkout at the end
	Artifact Digest    `json:"artifact,omitempty"` // of the files on disk at the end
	Evidence []Digest  `json:"evidence,omitempty"` // all that had been written for the run
	Watch    *Watch    `json:"alarms,omitempty"`
	Checks   []Checked `json:"checks,omitempty"`

	// Overtaken names who took the target before the run ended: what the
	// suites saw may then have been somebody else's deploy.
	Overtaken string `json:"overtaken,omitempty"`
}

// A StepTime is how one command of a stage went.
type StepTime struct {
	Name  string `json:"name"`
	Exit  int    `json:"exit"`
	Error string `json:"error,omitempty"` // its last words, where it failed
	// Interrupted says that gate was told to stop while it ran.
	Interrupted bool      `json:"interrupted,omitempty"`
	Started     time.Time `json:"started"`
	Took        Duration  `json:"took"`
}

// A Run is everything that the store has of one run.
type Run struct {
	Number     int // as its key says
	Record     *RunRecord
	Digest     Digest // of the record
	Deployment *Deployment
	Evidence   []Evidence
	Closings   []Closing // in order; a lost shard that is run later needs another
	Problems   []Problem // what could not be read or does not belong here
}

// ID is the name of the run, or its number where the record is lost.
func (r Run) ID() string {
	if r.Record == nil {
		return fmt.Sprintf("run %d", r.Number)
	}
	return r.Record.ID
}

// Closed reports whether the run was decided, whatever the decision was.
func (r Run) Closed() bool { return len(r.Closings) > 0 }

// Closing is how the run ended last; the zero Closing if it did not.
func (r Run) Closing() Closing {
	if !r.Closed() {
		return Closing{}
	}
	return r.Closings[len(r.Closings)-1]
}

// Grown reports whether evidence came in after the run was closed last.
func (r Run) Grown() bool {
	return slices.ContainsFunc(r.Evidence, func(e Evidence) bool { return !slices.Contains(r.Closing().Evidence, e.Digest) })
}

// Ready reports whether there was something to run the suites against: every
// command succeeded, and none was held back.
func (r Run) Ready() bool {
	d := r.Deployment
	return d != nil && d.Held == "" && !slices.ContainsFunc(d.Steps, func(s StepTime) bool { return s.Exit != 0 })
}

// Suite returns the run's plan for the suite at p.
func (r RunRecord) Suite(p Placed) (PlannedRun, bool) {
	for _, s := range r.Suites {
		if s.Placed == p {
			return s, true
		}
	}
	return PlannedRun{}, false
}

// A Problem is a stored object that does not count, and why.
type Problem struct {
	Key    string `json:"key"`
	Reason string `json:"reason"`
	Lies   bool   `json:"lies,omitempty"` // it is readable and contradicts its key or run: blocks
}
