package contracts

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/contracts/pact"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// run runs one test of c in the mode of the session.
func (c *Contract) run(t *testing.T, s spec, fn func(*testing.T, Endpoint), where string) {
	t.Helper()
	started := time.Now()
	finished := false
	var tr *trial
	var v verdict
	// In Cleanup and not in defer: the tests that fn starts as its own parallel
	// subtests are over only then.
	t.Cleanup(func() {
		if tr != nil {
			v = tr.end(endOf(t, finished))
		}
		if v.outcome != harness.Passed && v.outcome != harness.Skipped {
			t.Errorf("%s: %s", v.outcome, v.reason)
		}
		c.record(t, harness.Row{
			ID: t.Name(), Name: s.name, Kind: harness.Interaction, Mode: c.mode(), Outcome: v.outcome, Attempt: 1,
			Reason: v.reason, Where: where, Hash: s.hash(), Calls: v.calls, Started: started, Took: harness.Duration(time.Since(started)),
		}, v.document)
	})
	if secret := s.tell(t); secret != "" {
		v = verdict{outcome: harness.Failed, reason: secret}
		t.FailNow()
	}
	engine, err := pact.Load()
	if err != nil {
		v = verdict{outcome: harness.Failed, reason: err.Error()}
		t.FailNow()
	}
	if tr, v = s.start(engine, c.place()); tr == nil {
		t.FailNow()
	}
	fn(t, tr.endpoint(t.Fatalf))
	finished = true
}

// tell says what lints find in s, and returns what must not run: a contract
// with a secret in it.
func (s spec) tell(t *testing.T) (secrets string) {
	t.Helper()
	for _, i := range s.all {
		for _, f := range i.lint(os.Environ()) {
			if f.lint == LintSecret {
				secrets += fmt.Sprintf("%s: %s\n", i.title(), f)
				continue
			}
			t.Logf("warning: %s: %s", i.title(), f)
		}
	}
	return strings.TrimSuffix(secrets, "\n")
}

// place is where the session wants c to run.
func (c *Contract) place() place {
	p := place{mode: c.mode(), timeout: answerTimeout, getenv: os.Getenv}
	if c.session != nil {
		p.target = c.session.Target
		p.keep = p.mode == harness.Mock
	}
	return p
}

// record writes a row, and for a mock that passed the document of its
// interactions: gate merges those of all processes.
func (c *Contract) record(t *testing.T, row harness.Row, document []byte) {
	if c.session == nil {
		return
	}
	if document != nil && row.Outcome == harness.Passed {
		if err := c.answer.Pact(protocol.Pact{ID: row.ID, Document: document}); err != nil {
			row.Outcome, row.Reason = harness.Failed, err.Error()
			t.Error(err)
		}
	}
	row.Reason = bounded(row.Reason, maxReason)
	if err := c.answer.Row(row); err != nil {
		t.Error(err)
	}
}

// maxReason bounds the reason in a row, in bytes: a row is one line.
const maxReason = 16 << 10

// An ending is how the test's own function ended.
type ending string

const (
	returned ending = "returned"
	failed   ending = "the test failed"
	skipped  ending = "the test was skipped"
	stopped  ending = "the test did not finish"
)

func endOf(t *testing.T, finished bool) ending {
	switch {
	case t.Failed():
		return failed
	case t.Skipped():
		return skipped
	case !finished:
		return stopped
	}
	return returned
}
