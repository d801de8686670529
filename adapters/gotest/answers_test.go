package gotest

import (
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// Pacts count with the row that they belong to: a row that did not pass in the
// end, or that is not there, takes its pact with it.
func TestPactsOfPassedRows(t *testing.T) {
	as := answers{
		{pkg: "p", Answer: protocol.Answer{Pacts: []protocol.Pact{{ID: "p.TestA/good"}, {ID: "p.TestA/bad"}}}},
		{pkg: "q", Answer: protocol.Answer{Pacts: []protocol.Pact{{ID: "q.TestB/good"}, {ID: "q.TestB/nowhere"}}}},
	}
	got := as.pacts([]harness.Row{{ID: "p.TestA/good", Outcome: harness.Passed}, {ID: "p.TestA/bad", Outcome: harness.Failed}, {ID: "q.TestB/good", Outcome: harness.Passed}})
	if len(got) != 2 || got[0].ID != "p.TestA/good" || got[1].ID != "q.TestB/good" {
		t.Errorf("got %+v", got)
	}
}

// A pact of another test than the one that answers is no pact.
func TestForeignPact(t *testing.T) {
	a := protocol.Answer{Header: protocol.Header{Test: "TestA"}, Pacts: []protocol.Pact{{ID: "TestA/x"}}}
	if id := foreign(a); id != "" {
		t.Errorf("got %s for its own", id)
	}
	a.Pacts = append(a.Pacts, protocol.Pact{ID: "TestB/x"})
	if id := foreign(a); id != "TestB/x" {
		t.Errorf("got %q, want TestB/x", id)
	}
}
