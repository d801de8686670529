package notary_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
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

var (
	begun   = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	source  = harness.Source{Commit: strings.Repeat("1", 40), Tree: strings.Repeat("2", 40)}
	subject = harness.Subject{Source: source, Artifact: harness.DigestOf([]byte("artifact"))}
	prod    = harness.Target{Name: "prod", Mode: harness.Deployed, Account: "333333333333", Live: true}
	smoke   = harness.Placed{When: harness.After, Suite: "smoke"}
)

func key(t *testing.T) *attest.FileSigner {
	t.Helper()
	k, err := attest.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// trust is a trust file in which prod trusts ci, and commit trusts dev as well.
func trust(t *testing.T, ci, dev *attest.FileSigner, extra string) *trustfile.File {
	t.Helper()
	text := "signers:\n  ci: {key: ci" + extra + "}\n  dev: {key: dev}\nplaces:\n  commit: {signers: [ci, dev]}\n  prod: {signers: [ci]}\n"
	f, err := trustfile.Parse("trust.yaml", []byte(text), func(name string) ([]byte, error) {
		return attest.EncodePublic(map[string]*attest.FileSigner{"ci": ci, "dev": dev}[name].Public())
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// write leaves a whole run on prod, signed by signer.
func write(t *testing.T, dir string, signer attest.Signer) {
	t.Helper()
	ctx := context.Background()
	l := ledger.Ledger{Store: filestore.New(dir), Notary: notary.Notary{Signer: signer, ID: "https://example.org/gate"}}
	rec, err := l.Begin(ctx, harness.RunRecord{Service: "orders", Stage: harness.Stage{Name: "production", Target: "prod"}, Subject: subject, Target: prod,
		Account: prod.Account, Nonce: "n", Begun: begun, Shards: 1, Suites: []harness.PlannedRun{{Placed: smoke, Shards: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Deployed(ctx, rec, harness.Deployment{At: begun.Add(time.Second)}); err != nil {
		t.Fatal(err)
	}
	_, err = l.Add(ctx, rec, harness.Evidence{Placed: smoke, Shard: 1, Source: harness.GoTest, Started: begun, Finished: begun.Add(time.Minute),
		Rows: []harness.Row{{ID: "f.T/a", Kind: harness.Scenario, Mode: harness.Deployed, Outcome: harness.Passed, Attempt: 1, Calls: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	r := read(t, dir, nil)
	if err := l.Close(ctx, r, harness.Closing{At: begun.Add(2 * time.Minute), Source: source}); err != nil {
		t.Fatal(err)
	}
}

// read returns the first run on prod, as a reader with that trust sees it.
func read(t *testing.T, dir string, f *trustfile.File) harness.Run {
	t.Helper()
	l := ledger.Ledger{Store: filestore.New(dir), Notary: notary.Notary{Trust: f}}
	runs, err := l.Runs(context.Background(), "prod", subject.Key())
	if err != nil || len(runs) == 0 {
		t.Fatalf("got %v, %v", runs, err)
	}
	return runs[0]
}

func whole(r harness.Run) bool {
	return r.Record != nil && r.Deployment != nil && len(r.Evidence) == 1 && len(r.Closings) == 1 && len(r.Problems) == 0
}

func TestSignedByWhoMay(t *testing.T) {
	ci, dev := key(t), key(t)
	dir := t.TempDir()
	write(t, dir, ci)
	if r := read(t, dir, trust(t, ci, dev, "")); !whole(r) {
		t.Errorf("signed by ci: %+v", r.Problems)
	}
	if r := read(t, dir, nil); !whole(r) {
		t.Errorf("read without a trust file: %+v", r.Problems)
	}
	if r := read(t, dir, trust(t, ci, dev, ", until: 2026-11-22T12:05:00Z")); !whole(r) {
		t.Errorf("signed before the key's end: %+v", r.Problems)
	}
}

func TestNothingElseCounts(t *testing.T) {
	ci, dev := key(t), key(t)
	for name, tt := range map[string]struct {
		signer attest.Signer
		extra  string
		want   string
	}{
		"not signed":              {nil, "", "is not signed"},
		"a dev key for prod":      {dev, "", "is not signed by ci"},
		"a key that nobody knows": {key(t), "", "is not signed by ci"},
		"a revoked key":           {ci, ", revoked: true", "nobody is trusted"},
		"after the key's end":     {ci, ", until: 2026-11-22T11:59:59Z", "is not signed by ci"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, tt.signer)
			r := read(t, dir, trust(t, ci, dev, tt.extra))
			if r.Record != nil || len(r.Problems) == 0 || !strings.Contains(r.Problems[0].Reason, tt.want) {
				t.Errorf("got %+v, want a problem that says %q", r.Problems, tt.want)
			}
		})
	}
}

// TestEveryByteIsSigned changes each object byte by byte and mends the digest
// in its first line, as somebody would who knows the format and has no key.
func TestEveryByteIsSigned(t *testing.T) {
	ci, dev := key(t), key(t)
	dir := t.TempDir()
	write(t, dir, ci)
	f := trust(t, ci, dev, "")
	want := read(t, dir, f)
	for _, name := range []string{"record", "deployment", "evidence/after/smoke/1", "closings/1"} {
		path := filepath.Join(dir, "runs/prod", subject.Key(), "0001", name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := bytes.Cut(good, []byte("\n"))
		step := max(1, len(rest)/150)
		for i := 0; i < len(rest)-1; i += step {
			bad := slices.Clone(rest)
			bad[i] ^= 1
			if err := os.WriteFile(path, append([]byte(string(harness.DigestOf(bad))+"\n"), bad...), 0o600); err != nil {
				t.Fatal(err)
			}
			// The id of a key is a hint that DSSE leaves out of the signature:
			// changed there, the object says what it said.
			if r := read(t, dir, f); len(r.Problems) == 0 && !reflect.DeepEqual(content(r), content(want)) {
				t.Errorf("%s: byte %d of %d was changed and nobody saw it", name, i, len(rest))
			}
		}
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := read(t, dir, f); !whole(r) {
		t.Fatalf("the good run does not count any more: %+v", r.Problems)
	}
}

// content is r without the digests of its objects.
func content(r harness.Run) harness.Run {
	r.Digest = ""
	r.Evidence = slices.Clone(r.Evidence)
	for i := range r.Evidence {
		r.Evidence[i].Digest = ""
	}
	return r
}

// TestSignedForAnotherRun copies well-signed evidence from one run to another.
func TestSignedForAnotherRun(t *testing.T) {
	ci, dev := key(t), key(t)
	dir := t.TempDir()
	write(t, dir, ci)
	write(t, dir, ci)
	base := filepath.Join(dir, "runs/prod", subject.Key())
	b, err := os.ReadFile(filepath.Join(base, "0002/evidence/after/smoke/1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(base, "0001/evidence/after/smoke/1"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	r := read(t, dir, trust(t, ci, dev, ""))
	if !slices.ContainsFunc(r.Problems, func(p harness.Problem) bool { return p.Lies }) || len(r.Evidence) != 0 {
		t.Errorf("got %+v, want evidence that lies", r.Problems)
	}
}
