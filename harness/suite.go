package harness

// A Suite says which tests to run. Exactly one of Run, Cmd and Record is set.
type Suite struct {
	Name    string   `json:"name"`
	Run     []string `json:"run,omitempty"`     // go package patterns
	Except  []string `json:"except,omitempty"`  // patterns taken away from Run
	Tags    string   `json:"tags,omitempty"`    // tag expression: which scenarios
	Cmd     string   `json:"cmd,omitempty"`     // shell command of another tool
	Results string   `json:"results,omitempty"` // where Cmd writes its results, as JUnit XML or go test -json
	Record  bool     `json:"record,omitempty"`  // results are handed in by gate record
	Pacts   string   `json:"pacts,omitempty"`   // folder for the pact files of contracts that ran against mocks
	// Messages is a folder for the Cucumber Messages of its scenarios.
	Messages string   `json:"messages,omitempty"`
	Env      []string `json:"env,omitempty"` // variables of gate's environment that its processes get too
}

// witness is who has to have seen the rows of s.
func (s Suite) witness() Witness {
	switch {
	case s.Cmd != "":
		return Command
	case s.Record:
		return Recorded
	default:
		return GoTest
	}
}

// A Stage is one step on the way to production. A stage without a target is a
// commit stage: it runs in process and against mocks, and deploys nothing.
type Stage struct {
	Name   string   `json:"name"`
	Target string   `json:"target,omitempty"`
	Needs  []string `json:"needs,omitempty"` // stages that must have passed for the same artifact
	Deploy bool     `json:"deploy,omitempty"`
	Steps  []Step   `json:"steps,omitempty"`  // commands of a commit stage, in order
	Before []string `json:"before,omitempty"` // suites that run before the deploy
	After  []string `json:"after,omitempty"`  // suites that run after it, or without one
	Budget Budget   `json:"budget,omitzero"`
	Limits Limits   `json:"limits,omitzero"`
	Alarms *Alarms  `json:"alarms,omitempty"` // looked at when the suites are done
	Checks []Check  `json:"checks,omitempty"` // asked when the suites are done

	Approvals  int           `json:"approvals,omitempty"` // people who have to open the gate by hand
	Quarantine []Quarantined `json:"quarantine,omitempty"`
}

// Suites are the suites of s with the moment at which each runs, in order.
func (s Stage) Suites() []Placed {
	var all []Placed
	for _, n := range s.Before {
		all = append(all, Placed{When: Before, Suite: n})
	}
	for _, n := range s.After {
		all = append(all, Placed{When: After, Suite: n})
	}
	return all
}

// A Moment says on which side of the deploy a suite runs.
type Moment string

// Moments.
const (
	Before Moment = "before"
	After  Moment = "after"
)

// A Placed is a suite's name at its moment in a stage.
type Placed struct {
	When  Moment `json:"when"`
	Suite string `json:"suite"`
}

// String is "suite", or "suite before the deploy".
func (p Placed) String() string {
	if p.When == Before {
		return p.Suite + " before the deploy"
	}
	return p.Suite
}

// A Step is a named shell command.
type Step struct {
	Name string `json:"name"`
	Run  string `json:"run"`
}

// A Budget bounds the time of a stage: over Warn is a warning, over Max blocks.
// Zero means no bound.
type Budget struct {
	Warn Duration `json:"warn,omitzero"`
	Max  Duration `json:"max,omitzero"`
}

// Limits are the exceptions that gate.yaml makes for a stage. The zero Limits
// make none: no skips, no flakes, one attempt, evidence of any age.
type Limits struct {
	Skips    int      `json:"skips,omitempty"`    // rows that may be skipped, each with a reason
	Flakes   int      `json:"flakes,omitempty"`   // rows that may have failed and passed
	Attempts int      `json:"attempts,omitempty"` // tries of one scenario within a run; 0 means 1
	Age      Duration `json:"age,omitzero"`

	Quarantine int `json:"quarantine,omitempty"` // entries that [Stage] may hold in quarantine
}
