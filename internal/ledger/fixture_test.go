package ledger

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/adapters/filestore"
	"github.com/stagegate/stagegate/harness"
)

var (
	begun    = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	source   = harness.Source{Commit: strings.Repeat("1", 40), Tree: strings.Repeat("2", 40)}
	artifact = harness.NewArtifact([]harness.File{{Name: "dist/orders", Digest: harness.DigestOf([]byte("orders")), Size: 6, Exec: true}})
	subject  = harness.Subject{Source: source, Artifact: artifact.Digest}
	staging  = harness.Target{Name: "staging", Mode: harness.Deployed, Account: "222222222222"}
	features = harness.Placed{When: harness.After, Suite: "features"}
)

// shelf is a ledger in a folder of its own.
func shelf(t testing.TB) (Ledger, string) {
	dir := filepath.Join(t.TempDir(), "store")
	return Ledger{Store: filestore.New(dir)}, dir
}

func promise(subject harness.Subject, t harness.Target) harness.RunRecord {
	return harness.RunRecord{Service: "orders", Stage: harness.Stage{Name: "acceptance", Target: t.Name, Deploy: true, After: []string{"features"}},
		Subject: subject, Target: t, Account: t.Account, Nonce: "nonce", Begun: begun, Shards: 1,
		Suites: []harness.PlannedRun{{Placed: features, Definition: harness.Suite{Name: "features", Run: []string{"./features"}}, Shards: 1,
			Inventory: harness.StreamOf(harness.Planned{ID: "f.TestFeatures/order", Kind: harness.Scenario, Hash: "text"})}}}
}

func proof() harness.Evidence {
	return harness.Evidence{Placed: features, Shard: 1, Source: harness.GoTest, Started: begun, Finished: begun.Add(time.Second),
		Rows: harness.StreamOf(seen...)}
}

// seen are the rows of proof.
var seen = []harness.Row{
	{ID: "f.TestFeatures/order", Kind: harness.Scenario, Mode: harness.Deployed, Outcome: harness.Passed, Attempt: 1, Calls: 2},
	{ID: "f.TestFeatures/refund", Kind: harness.Scenario, Mode: harness.Deployed, Outcome: harness.Failed, Attempt: 1, Reason: "500"},
}

// whole writes a run from its record to its closing and returns it as it is read.
func whole(t testing.TB, l Ledger, rec harness.RunRecord) harness.Run {
	t.Helper()
	ctx := t.Context()
	rec, err := l.Begin(ctx, rec)
	check(t, err)
	check(t, l.Deployed(ctx, rec, harness.Deployment{Steps: []harness.StepTime{{Name: "deploy", Started: begun}}, Served: harness.Reading{Commit: source.Commit}}))
	_, err = l.Add(ctx, rec, proof())
	check(t, err)
	check(t, l.Close(ctx, last(t, l, rec), harness.Closing{At: begun.Add(time.Minute), Source: rec.Subject.Source}))
	r := last(t, l, rec)
	if len(r.Problems) > 0 || len(r.Evidence) != 1 || len(r.Closings) != 1 || r.Deployment == nil {
		t.Fatalf("a whole run is not read whole: %+v", r)
	}
	return r
}

// last is the newest run of rec's subject.
func last(t testing.TB, l Ledger, rec harness.RunRecord) harness.Run {
	t.Helper()
	runs, err := l.Runs(t.Context(), Place(rec.Target), rec.Subject.Key())
	check(t, err)
	if len(runs) == 0 {
		t.Fatal("there are no runs")
	}
	return runs[len(runs)-1]
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// overwrite does to an object what no store does.
func overwrite(t testing.TB, dir, key string, b []byte) {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(key))
	check(t, os.MkdirAll(filepath.Dir(file), 0o777))
	os.Remove(file)
	check(t, os.WriteFile(file, b, 0o600))
}

// sealed is v as the ledger writes it.
func sealed(t testing.TB, v any) []byte {
	t.Helper()
	b, _, err := seal(v)
	check(t, err)
	return b
}

// keysOf are the keys of everything that a run depends on.
func keysOf(r harness.Run) map[string]string {
	base := dirOf(*r.Record)
	return map[string]string{
		"record":     base + "/record",
		"deployment": base + "/deployment",
		"evidence":   base + "/evidence/after/features/1",
		"closing":    base + "/closings/1",
		"plan":       "blobs/" + r.Record.Suites[0].Listed.Blobs[0].Hex(),
		"rows":       "blobs/" + r.Evidence[0].Listed.Blobs[0].Hex(),
	}
}

// same reports whether two runs say the same, down to the last row.
func same(t testing.TB, a, b harness.Run) bool {
	t.Helper()
	return spelled(t, a) == spelled(t, b)
}

// spelled is all that a run says, in one text.
func spelled(t testing.TB, r harness.Run) string {
	t.Helper()
	b, err := json.Marshal(r, json.Deterministic(true))
	check(t, err)
	for _, s := range r.Record.Suites {
		all, err := s.Inventory.All()
		b = fmt.Append(b, all, err)
	}
	for _, e := range r.Evidence {
		all, err := e.Rows.All()
		b = fmt.Append(b, e.Digest, all, err)
	}
	return string(b)
}
