package notary_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
)

func TestSignedByWhoMay(t *testing.T) {
	r := forge(t, "ci", "dev")
	dir := t.TempDir()
	write(t, dir, all(r["ci"]))
	for name, f := range map[string]string{"signed by ci": "", "before the key's end": ", until: 2026-11-22T12:05:00Z", "after its beginning": ", from: 2026-11-22T11:55:00Z"} {
		if got := read(t, dir, r.trust(t, places, map[string]string{"ci": f})); !whole(got) {
			t.Errorf("%s: %+v", name, got.Problems)
		}
	}
	if got := read(t, dir, nil); !whole(got) {
		t.Errorf("read without a trust file: %+v", got.Problems)
	}
	unsigned := t.TempDir()
	write(t, unsigned, jobs{})
	if got := read(t, unsigned, nil); !whole(got) {
		t.Errorf("unsigned, read without a trust file: %+v", got.Problems)
	}
}

func TestNothingElseCounts(t *testing.T) {
	r := forge(t, "ci", "dev")
	for name, tt := range map[string]struct {
		signer attest.Signer
		extra  string
		want   string
	}{
		"not signed":              {nil, "", "is not signed: the trust file wants ci for prod"},
		"a dev key for prod":      {r["dev"], "", "is not signed by ci: it is signed by dev, who may not begin on prod"},
		"a key that nobody knows": {key(t), "", "is not signed by ci, nor by anybody else that the trust file names: open envelope: not signed by a known key"},
		"a revoked key":           {r["ci"], ", revoked: true", "is not signed by somebody who may begin: it is signed by ci, whose key is revoked"},
		"after the key's end":     {r["ci"], ", until: 2026-11-22T11:59:59Z", "is not signed by ci: open envelope: key"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, all(tt.signer))
			got := read(t, dir, r.trust(t, places, map[string]string{"ci": tt.extra}))
			if got.Record != nil || len(got.Problems) == 0 || !strings.Contains(got.Problems[0].Reason, tt.want) {
				t.Errorf("got %+v, want a problem that says %q", got.Problems, tt.want)
			}
		})
	}
}

// An object is as long as it is: the sign of an envelope may stand far behind
// its beginning.
func TestLongObjects(t *testing.T) {
	r := forge(t, "ci", "dev")
	for name, by := range map[string]jobs{"signed": all(r["ci"]), "unsigned": {}} {
		dir := t.TempDir()
		l := at(dir, by.begin, nil)
		_, err := l.Begin(t.Context(), harness.RunRecord{Service: "orders", Subject: subject, Target: prod, Nonce: strings.Repeat("n", 100_000), Begun: begun, Shards: 1})
		check(t, err)
		if got := read(t, dir, nil); got.Record == nil {
			t.Errorf("%s, read without a trust file: %+v", name, got.Problems)
		}
		if got := read(t, dir, r.trust(t, places, nil)); (got.Record != nil) != (name == "signed") {
			t.Errorf("%s: %+v, %+v", name, got.Record, got.Problems)
		}
	}
}

// TestEveryByteIsSigned changes each object byte by byte and mends the digest
// in its first line, as somebody would who knows the format and has no key.
func TestEveryByteIsSigned(t *testing.T) {
	k := forge(t, "ci", "dev")
	dir := t.TempDir()
	write(t, dir, all(k["ci"]))
	f := k.trust(t, places, nil)
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
			if r := read(t, dir, f); len(r.Problems) == 0 && content(t, r) != content(t, want) {
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

// content is all that r says, to its last row, without the digests of its objects.
func content(t *testing.T, r harness.Run) string {
	t.Helper()
	r.Digest = ""
	b, err := json.Marshal(r, json.Deterministic(true))
	check(t, err)
	for _, e := range r.Evidence {
		rows, err := e.Rows.All()
		b = fmt.Append(b, rows, err)
	}
	return string(b)
}

// TestSignedForAnotherRun copies well-signed evidence from one run to another.
func TestSignedForAnotherRun(t *testing.T) {
	k := forge(t, "ci", "dev")
	dir := t.TempDir()
	write(t, dir, all(k["ci"]))
	write(t, dir, all(k["ci"]))
	base := filepath.Join(dir, "runs/prod", subject.Key())
	b, err := os.ReadFile(filepath.Join(base, "0002/evidence/after/smoke/1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(base, "0001/evidence/after/smoke/1"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	r := read(t, dir, k.trust(t, places, nil))
	if !slices.ContainsFunc(r.Problems, func(p harness.Problem) bool { return p.Lies }) || len(r.Evidence) != 0 {
		t.Errorf("got %+v, want evidence that lies", r.Problems)
	}
}

// What the trust file would not count is refused before it is written.
func TestNothingIsSignedInVain(t *testing.T) {
	r := forge(t, "ci", "dev")
	for name, by := range map[string]attest.Signer{"a key for elsewhere": r["dev"], "a key that nobody knows": key(t)} {
		dir := t.TempDir()
		_, err := at(dir, by, r.trust(t, places, nil)).Begin(t.Context(), harness.RunRecord{Service: "orders", Subject: subject, Target: prod, Nonce: "n", Begun: begun, Shards: 1})
		if !errors.Is(err, ledger.ErrNotCounted) {
			t.Errorf("%s: got %v, want ErrNotCounted", name, err)
		}
		if runs, err := at(dir, nil, nil).Runs(t.Context(), "prod", subject.Key()); err != nil || len(runs) > 0 {
			t.Errorf("%s: runs %+v were written, %v", name, runs, err)
		}
	}
}
