package gotest

import (
	"io"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// Runner runs the Go suites of one repository.
type Runner struct {
	Dir      string        // the repository: where gate.yaml is
	Env      []string      // complete environment of go and of the tests; the runner sets STAGEGATE_RUN itself
	Log      io.Writer     // takes what go and the tests print; may be nil
	Progress func(Event)   // called from one goroutine while tests run; may be nil
	Timeout  time.Duration // of one test binary; 0 means 30 minutes
	Linked   string        // a folder where test binaries stay for the next call; empty: each call links its own
	Kit      *Kit          // what was built before, unpacked in Dir; nil: the go command is asked
}

// An Event tells a person that something began or ended. Its row is
// provisional: what counts is in [Seen].
type Event struct {
	Started bool
	ID      string
	Row     harness.Row // without an outcome where it only began
}

// Seen is what a run of a suite, or of a shard of it, showed.
type Seen struct {
	Rows     []harness.Row
	Exit     int               // of go test; the worst where it had to be called several times
	Pacts    []protocol.Pact   // of interactions that passed
	Doubts   []string          // witnesses that disagree, a sentence each, in a stable order
	Printed  map[string]string // by ID, what a test that has not passed printed, for people: it is no evidence
	Started  time.Time
	Finished time.Time
}

const defaultTimeout = 30 * time.Minute

func (r Runner) timeout() time.Duration {
	if r.Timeout > 0 {
		return r.Timeout
	}
	return defaultTimeout
}
