package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/adapters/filestore"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/notary"
)

// trustText is the trust file of the benchmark, beside the key's public half.
const trustText = "signers:\n  ci: {key: ci.pub}\nplaces:\n  staging: {signers: [ci]}\n"

// begun is when everything happened.
func begun() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// staging is where the suite ran.
func staging() harness.Target {
	return harness.Target{Name: "staging", Mode: harness.Deployed, Account: "222222222222", Region: "eu-west-1", URL: "https://staging.orders.example"}
}

// acceptance is the stage that is decided.
func acceptance() harness.Stage {
	return harness.Stage{Name: "acceptance", Target: "staging", Needs: []string{"commit"}, Deploy: true, After: []string{"features"}}
}

// artifact is what was deployed for a run: another one for each, so that each
// has its subject.
func artifact(run string) harness.Artifact {
	return harness.NewArtifact([]harness.File{{Name: "dist/orders", Digest: harness.DigestOf([]byte(run)), Size: int64(len(run)), Exec: true}})
}

// subject is what a run is about.
func subject(run string) harness.Subject {
	digit := map[string]string{"passed": "1", "failed": "2"}[run]
	return harness.Subject{Source: harness.Source{Commit: strings.Repeat(digit, 40), Tree: strings.Repeat("3", 40)}, Artifact: artifact(run).Digest}
}

// policy is the digest of the gate.yaml that there would be.
func policy() harness.Digest { return harness.DigestOf([]byte("gate.yaml")) }

// makeStore makes a store in dir with two signed runs of n results each: in
// "passed" all of them passed, in "failed" the one in the middle failed.
func makeStore(ctx context.Context, dir string, n int) error {
	key, err := attest.Generate()
	if err != nil {
		return err
	}
	public, err := attest.EncodePublic(key.Public())
	if err != nil {
		return err
	}
	for name, text := range map[string]string{"ci.pub": string(public), "trust.yaml": trustText} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	l := ledger.Ledger{Store: filestore.New(filepath.Join(dir, "store")), Notary: notary.Notary{Signer: key, ID: "https://example.org/bench"}}
	if err := writeRun(ctx, l, "passed", n, -1); err != nil {
		return err
	}
	return writeRun(ctx, l, "failed", n, n/2)
}

// printBlobs prints where the plan and the rows of each run are kept, a line
// for each blob.
func printBlobs(ctx context.Context, dir string, stdout io.Writer) error {
	for _, run := range []string{"passed", "failed"} {
		runs, _, err := read(ctx, dir, run)
		if err != nil {
			return err
		}
		for _, d := range runs[0].Record.Suites[0].Listed.Blobs {
			fmt.Fprintln(stdout, run, "plan", d.Hex())
		}
		for _, d := range runs[0].Evidence[0].Listed.Blobs {
			fmt.Fprintln(stdout, run, "rows", d.Hex())
		}
	}
	return nil
}

func features() harness.Suite { return harness.Suite{Name: "features", Run: []string{"./features"}} }

// writeRun writes a whole run, of whose n results one failed; -1: none did.
func writeRun(ctx context.Context, l ledger.Ledger, run string, n, failed int) error {
	after := harness.Placed{When: harness.After, Suite: features().Name}
	rec, err := l.Begin(ctx, harness.RunRecord{Service: "orders", Stage: acceptance(), Subject: subject(run), Target: staging(), Account: staging().Account,
		Nonce: "nonce-" + run, Begun: begun(), Shards: 1, Policy: policy(), Gate: "bench", Logic: harness.Logic{Command: "make deploy"},
		Suites: []harness.PlannedRun{{Placed: after, Definition: features(), Shards: 1, Inventory: plan(n)}}})
	if err != nil {
		return err
	}
	made, served := artifact(run), harness.Reading{Commit: rec.Subject.Source.Commit, At: begun().Add(time.Minute)}
	if err := l.Deployed(ctx, rec, harness.Deployment{Steps: []harness.StepTime{{Name: "deploy", Started: begun(), Took: harness.Duration(time.Minute)}},
		Artifact: &made, Served: served, At: begun().Add(time.Minute)}); err != nil {
		return err
	}
	exit := 0
	if failed >= 0 {
		exit = 1
	}
	if _, err := l.Add(ctx, rec, harness.Evidence{Placed: after, Shard: 1, Source: harness.GoTest, Exit: exit, Started: begun().Add(time.Minute),
		Finished: begun().Add(time.Hour), Rows: rows(n, failed)}); err != nil {
		return err
	}
	runs, err := l.Runs(ctx, ledger.Place(rec.Target), rec.Subject.Key())
	if err != nil {
		return err
	}
	if len(runs) != 1 {
		return fmt.Errorf("%d runs were written as %s, want 1", len(runs), run)
	}
	return l.Close(ctx, runs[0], harness.Closing{At: begun().Add(time.Hour), Served: served, Source: rec.Subject.Source, Artifact: made.Digest})
}
