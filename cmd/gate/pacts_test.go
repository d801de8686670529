package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/gotest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// seenPacts is a run in which the interactions a and b passed, each with its pact.
func seenPacts() gotest.Seen {
	var s gotest.Seen
	for _, name := range []string{"a", "b"} {
		id := "p.TestX/" + name
		s.Rows = append(s.Rows, harness.Row{ID: id, Kind: harness.Interaction, Mode: harness.Mock, Outcome: harness.Passed})
		doc := fmt.Sprintf(`{"consumer":{"name":"c"},"provider":{"name":"p"},"interactions":[{"description":%q}],"metadata":{"pactSpecification":{"version":"4.0"}}}`, name)
		s.Pacts = append(s.Pacts, protocol.Pact{ID: id, Document: []byte(doc)})
	}
	return s
}

// A folder of pact files is whole or it is not there, whatever was there before.
func TestKeepPacts(t *testing.T) {
	mock := protocol.Session{Target: harness.InProcessTarget()}
	for _, tt := range []struct {
		name    string
		session protocol.Session
		change  func(*gotest.Seen, *harness.PlannedRun)
		written string // content of the folder: "new", "old" or nothing
		doubts  int
	}{
		{"whole", mock, func(*gotest.Seen, *harness.PlannedRun) {}, "new", 0},
		{"a scenario beside them failed", mock, func(s *gotest.Seen, _ *harness.PlannedRun) {
			s.Rows = append(s.Rows, harness.Row{ID: "p.TestY/s", Kind: harness.Scenario, Outcome: harness.Failed})
		}, "new", 0},
		{"a test that might have had more was skipped", mock, func(s *gotest.Seen, _ *harness.PlannedRun) {
			s.Rows = append(s.Rows, harness.Row{ID: "p.TestMore", Kind: harness.Test, Outcome: harness.Skipped, Reason: "later"})
		}, "", 0},
		{"on a target", protocol.Session{Target: harness.Target{Name: "staging", Mode: harness.Deployed}}, func(s *gotest.Seen, _ *harness.PlannedRun) { s.Pacts = nil }, "old", 0},
		{"one failed", mock, func(s *gotest.Seen, _ *harness.PlannedRun) { s.Pacts = s.Pacts[:1] }, "", 0},
		{"none", mock, func(s *gotest.Seen, _ *harness.PlannedRun) { s.Pacts, s.Rows = nil, nil }, "", 1},
		{"in shards", mock, func(_ *gotest.Seen, p *harness.PlannedRun) { p.Shards = 2 }, "", 0},
		{"two definitions", mock, func(s *gotest.Seen, _ *harness.PlannedRun) {
			other := strings.Replace(string(s.Pacts[0].Document), `{"description"`, `{"pending":true,"description"`, 1)
			s.Pacts = append(s.Pacts, protocol.Pact{ID: "q.TestZ/a", Document: []byte(other)})
		}, "", 1},
		{"two definitions, no folder", mock, func(s *gotest.Seen, p *harness.PlannedRun) {
			other := strings.Replace(string(s.Pacts[0].Document), `{"description"`, `{"pending":true,"description"`, 1)
			s.Pacts = append(s.Pacts, protocol.Pact{ID: "q.TestZ/a", Document: []byte(other)})
			p.Definition.Pacts = ""
		}, "old", 1},
	} {
		root := t.TempDir()
		old := seenPacts()
		old.Pacts = old.Pacts[:1]
		p := harness.PlannedRun{Definition: harness.Suite{Pacts: "build/pacts"}}
		old.Rows = old.Rows[:1]
		if _, err := keepPacts(root, mock, p, old, func(string, ...any) {}); err != nil {
			t.Fatal(err)
		}
		seen := seenPacts()
		tt.change(&seen, &p)
		doubts, err := keepPacts(root, tt.session, p, seen, func(string, ...any) {})
		if err != nil || len(doubts) != tt.doubts {
			t.Errorf("%s: got %v, %v, want %d doubts", tt.name, doubts, err, tt.doubts)
		}
		b, _ := os.ReadFile(filepath.Join(root, "build/pacts/c-p.json"))
		got := map[int]string{0: "", 1: "old", 2: "new"}[strings.Count(string(b), `"description"`)]
		if got != tt.written {
			t.Errorf("%s: the folder is %q, want %q: %s", tt.name, got, tt.written, b)
		}
	}
}
