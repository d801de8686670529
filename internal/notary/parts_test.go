package notary_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/adapters/filestore"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/notary"
	"github.com/stagegate/stagegate/internal/trustfile"
)

const gate = "https://example.org/gate"

var (
	begun   = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	source  = harness.Source{Commit: strings.Repeat("1", 40), Tree: strings.Repeat("2", 40)}
	subject = harness.Subject{Source: source, Artifact: harness.DigestOf([]byte("artifact"))}
	prod    = harness.Target{Name: "prod", Mode: harness.Deployed, Account: "333333333333", Live: true}
	smoke   = harness.Placed{When: harness.After, Suite: "smoke"}
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func key(t *testing.T) *attest.FileSigner {
	t.Helper()
	k, err := attest.Generate()
	check(t, err)
	return k
}

// A ring is everybody's key, by name.
type ring map[string]*attest.FileSigner

// forge makes a key for each name.
func forge(t *testing.T, names ...string) ring {
	t.Helper()
	r := ring{}
	for _, name := range names {
		r[name] = key(t)
	}
	return r
}

// trust is a trust file in which each key of r is a signer, with the fields
// that extra has for it.
func (r ring) trust(t *testing.T, places string, extra map[string]string) *trustfile.File {
	t.Helper()
	text := "signers:\n"
	for name := range r {
		text += "  " + name + ": {key: " + name + extra[name] + "}\n"
	}
	f, err := trustfile.Parse("trust.yaml", []byte(text+"places:\n"+places), func(name string) ([]byte, error) {
		return attest.EncodePublic(r[name].Public())
	})
	check(t, err)
	return f
}

// Who may do what in most tests.
const (
	places = "  commit: {signers: [ci, dev]}\n  prod: {signers: [ci]}\n"
	roles  = "  staging: {signers: {begin: [tester], test: [judge], decide: [deployer]}, approvers: [dev]}\n" +
		"  prod: {signers: {begin: [deployer], test: [tester], decide: [judge]}, approvers: [alice, alice-2], approvals: 1}\n"
)

// team is everybody in roles, and a stranger.
func team(t *testing.T, extra map[string]string) (ring, *trustfile.File) {
	t.Helper()
	r := forge(t, "deployer", "tester", "judge", "alice", "alice-2", "dev")
	if extra == nil {
		extra = map[string]string{}
	}
	extra["alice-2"] += ", person: alice"
	f := r.trust(t, roles, extra)
	r["stranger"] = key(t)
	return r, f
}

// at is the ledger in dir.
func at(dir string, signer attest.Signer, f *trustfile.File) ledger.Ledger {
	n := notary.Notary{Trust: f, ID: gate}
	if signer != nil {
		n.Signer = signer
	}
	return ledger.Ledger{Store: filestore.New(dir), Notary: n}
}

// jobs says whose key each job of a run has.
type jobs struct{ begin, test, decide attest.Signer }

func all(s attest.Signer) jobs { return jobs{s, s, s} }

// write leaves a whole run on prod, signed by those jobs.
func write(t *testing.T, dir string, by jobs) harness.RunRecord {
	t.Helper()
	ctx := t.Context()
	rec, err := at(dir, by.begin, nil).Begin(ctx, harness.RunRecord{Service: "orders", Stage: harness.Stage{Name: "production", Target: "prod"}, Subject: subject, Target: prod,
		Account: prod.Account, Nonce: "n", Begun: begun, Shards: 1, Suites: []harness.PlannedRun{{Placed: smoke, Shards: 1}}})
	check(t, err)
	check(t, at(dir, by.begin, nil).Deployed(ctx, rec, harness.Deployment{At: begun.Add(time.Second)}))
	_, err = at(dir, by.test, nil).Add(ctx, rec, harness.Evidence{Placed: smoke, Shard: 1, Source: harness.GoTest, Started: begun, Finished: begun.Add(time.Minute),
		Rows: harness.StreamOf(harness.Row{ID: "f.T/a", Kind: harness.Scenario, Mode: harness.Deployed, Outcome: harness.Passed, Attempt: 1, Calls: 1})})
	check(t, err)
	l := at(dir, by.decide, nil)
	check(t, l.Close(ctx, read(t, dir, nil), harness.Closing{At: begun.Add(2 * time.Minute), Source: source}))
	check(t, l.Verdict(ctx, rec, decided()))
	return rec
}

// decided is a verdict on prod.
func decided() harness.Verdict {
	return harness.Verdict{Verdict: harness.Allow, Phase: harness.Exit, Service: "orders", Stage: "production", Target: "prod", Account: prod.Account,
		Source: source, Subjects: subject.Names("orders"), Policy: harness.DigestOf([]byte("gate.yaml")), DecidedAt: begun.Add(3 * time.Minute), Gate: "v1", Attested: true,
		Rules: []harness.Ruling{{Rule: "outcomes", Result: harness.Pass, Reason: "all passed"}}}
}

// approval is one for prod.
func approval() harness.Approval {
	return harness.Approval{Service: "orders", Stage: "production", Place: "prod", Subject: subject, Rule: harness.Manual, Reason: "looks good",
		At: begun, Until: begun.Add(time.Hour)}
}

// read returns the first run on prod, as a reader with that trust sees it.
func read(t *testing.T, dir string, f *trustfile.File) harness.Run {
	t.Helper()
	runs, err := at(dir, nil, f).Runs(t.Context(), "prod", subject.Key())
	if err != nil || len(runs) == 0 {
		t.Fatalf("got %v, %v", runs, err)
	}
	return runs[0]
}

func whole(r harness.Run) bool {
	return r.Record != nil && r.Deployment != nil && len(r.Evidence) == 1 && len(r.Closings) == 1 && len(r.Problems) == 0
}
