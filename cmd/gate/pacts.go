package main

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/adapters/gotest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/pactfile"
	"github.com/stagegate/stagegate/internal/protocol"
)

// keepPacts merges what the contracts of a suite defined against mocks, and
// writes it to the suite's folder if it wants one. Two definitions of one
// interaction are a doubt about the evidence. A folder with a part of the
// interactions would pass for the whole, so there is none then.
func keepPacts(root string, s protocol.Session, p harness.PlannedRun, seen gotest.Seen, say func(string, ...any)) (doubts []string, err error) {
	if s.Mode(harness.Interaction) != harness.Mock {
		return nil, nil
	}
	var fragments []pactfile.Fragment
	for _, d := range seen.Pacts {
		fragments = append(fragments, pactfile.Fragment{From: d.ID, Document: d.Document})
	}
	files, merging := pactfile.Merge(fragments)
	if merging != nil {
		doubts = strings.Split(merging.Error(), "\n")
	}
	if p.Definition.Pacts == "" {
		return doubts, nil
	}
	dir := filepath.Join(root, p.Definition.Pacts)
	switch {
	case merging == nil && p.Divided() <= 1 && whole(seen):
		if err := pactfile.Write(dir, files); err != nil {
			return nil, err
		}
		say("pacts of %s: %d files in %s", p, len(files), p.Definition.Pacts)
		return nil, nil
	case p.Divided() > 1:
		say("pacts of %s: not written: a shard has only a part of them", p)
	case merging != nil:
		say("pacts of %s: not written: they contradict each other", p)
	case len(seen.Pacts) == 0:
		doubts = append(doubts, "no interaction of a contract passed against a mock, so there are no pact files for "+p.Definition.Pacts)
	default:
		say("pacts of %s: not written: not every interaction passed", p)
	}
	return doubts, pactfile.Remove(dir)
}

// whole reports whether each interaction that is planned has handed in its pact,
// and no test failed or was skipped in which there might have been one.
func whole(seen gotest.Seen) bool {
	has := map[string]bool{}
	for _, d := range seen.Pacts {
		has[d.ID] = true
	}
	return len(has) > 0 && !slices.ContainsFunc(seen.Rows, func(r harness.Row) bool {
		return r.Kind == harness.Test && r.Outcome != harness.Passed || r.Kind == harness.Interaction && !has[r.ID]
	})
}
