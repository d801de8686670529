package harness

// An Outcome says how one scenario, interaction or test ended. Only [Passed]
// opens a gate; the zero Outcome, and any that is not named here, blocks.
type Outcome string

// Outcomes of Gherkin scenarios and of plain tests.
const (
	Passed     Outcome = "passed"
	Failed     Outcome = "failed"
	Skipped    Outcome = "skipped"
	Undefined  Outcome = "undefined"   // a step has no definition
	Pending    Outcome = "pending"     // a step's definition is not written yet
	Ambiguous  Outcome = "ambiguous"   // a step has more than one definition
	Empty      Outcome = "empty"       // a scenario without steps
	Refused    Outcome = "refused"     // it would change a live target, and is not allowed to
	HookFailed Outcome = "hook-failed" // opening or cleaning up failed
	NotRun     Outcome = "not-run"     // planned, and ended before it was finished
)

// Outcomes of contract interactions.
const (
	RequestMismatch  Outcome = "request-mismatch"  // the adapter sent what the contract does not have
	ResponseMismatch Outcome = "response-mismatch" // the dependency broke the contract
	NotCalled        Outcome = "not-called"        // the adapter never made the request
	TestFailed       Outcome = "test-failed"       // the test's own assertion failed
	NotSafe          Outcome = "not-safe"          // not marked Safe, and met on a live target
	Unreachable      Outcome = "unreachable"       // the dependency did not answer
	Timeout          Outcome = "timeout"           // the dependency did not answer in time
	NoFixture        Outcome = "no-fixture"        // the target has no value for a placeholder
)

// Result is what o means for the row that carries it: [Inconclusive] where
// nothing was learned about the service, [Fail] for everything else that is
// not a pass, unknown outcomes included.
func (o Outcome) Result() Result {
	switch o {
	case Passed:
		return Pass
	case NotRun, Unreachable, Timeout, NoFixture:
		return Inconclusive
	default:
		return Fail
	}
}

// Executed reports whether an outcome shows that the thing was really tried.
func (o Outcome) Executed() bool {
	return o != "" && o != Skipped && o != NotRun && o != NotSafe && o != NoFixture && o != Refused
}

// A Kind tells what a row is a result of.
type Kind string

// Kinds of rows.
const (
	Scenario    Kind = "scenario"    // a Gherkin scenario, or one row of its examples
	Interaction Kind = "interaction" // one interaction of a contract
	Test        Kind = "test"        // a plain Go test, or a test of another tool
)

// A Mode says how something ran. Evidence counts only for a stage that asks
// for its mode.
type Mode string

// Modes.
const (
	InProcess Mode = "in-process" // against in-process adapters
	Deployed  Mode = "deployed"   // against what is deployed on a target
	Mock      Mode = "mock"       // a contract, against the mock of its dependency
	Live      Mode = "live"       // a contract, against the real dependency
	Safe      Mode = "safe"       // a contract's safe part, against a live target's dependency
)

// ModeFor is the mode in which rows of kind k count on t: in process and
// against mocks where t is in process, else deployed, and live or safe.
func ModeFor(k Kind, t Target) Mode {
	switch {
	case t.InProcess() && k == Interaction:
		return Mock
	case t.InProcess():
		return InProcess
	case k == Interaction && t.Live:
		return Safe
	case k == Interaction:
		return Live
	default:
		return Deployed
	}
}
