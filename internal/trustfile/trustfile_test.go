package trustfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/trustfile"
)

func pem(text string) string {
	return "-----BEGIN PUBLIC KEY-----\n" + text + "\n-----END PUBLIC KEY-----\n"
}

// Keys made for these tests with openssl; nothing trusts them.
var keys = map[string]string{
	"ci.pub":      pem("MCowBQYDK2VwAyEAAWOX/ZQ23HShfh8d0G3x7MYR7GchjqmckFFeE0KBiUQ="),
	"old.pub":     pem("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEdSZCQOj9KdFkcrXSMXULAa87HzcE\niSe805+w9gjfGtxzHJmk3Q8/MoTXCeUfm1M1i3PHpFZQ3RLm9bb/uR5INg=="),
	"tester.pub":  pem("MCowBQYDK2VwAyEApLUbXnN/zcA35dXKG6lbIgiuDVZtOrzxBfuHafQvtZY="),
	"alice.pub":   pem("MCowBQYDK2VwAyEAlVedO52iNZft4JXVcFnr/swTZ3Omv4IG/N6aVo5a8gs="),
	"alice-2.pub": pem("MCowBQYDK2VwAyEA7dgJnxdPiRnT1mvh/6gbEfD/ajjSgsToQJUwuhWDPj4="),
	"bob.pub":     pem("MCowBQYDK2VwAyEA/XsZ+qxEDIEkLqk72ky2rAGlkOb/zObMFFVIyQaYLoY="),
	"p384.pub": pem("MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE7FbYpXMFTkyKNFturi5OQN2GSrYGspfR\nxjypT4hdgA8bF2w6+11jXgfMS8Ju4xigk9ZVgeJEJ/R8ClhioL8Crw9b9Epra3jK\n" +
		"GLgQI7Thnt/7C/hMKoub1FwdKF6vy5qB"),
}

const good = `store: {url: s3://acme-gate/orders, account: "444444444444"}
signers:
  ci:     {key: ci.pub}
  ci-old: {key: old.pub, from: 2026-01-01T00:00:00Z, until: 2026-11-01T02:00:00+02:00}
  tester: {key: tester.pub}
  alice:   {key: alice.pub}
  alice-2: {key: alice-2.pub, person: alice}
  bob:     {key: bob.pub}
places:
  commit:  {signers: [ci-old, ci]}
  prod:
    signers: {begin: [ci], test: tester, decide: [ci, ci-old]}
    approvers: [bob, alice, alice-2]
    approvals: 2
    loosening: approve
    account: "333333333333"
    live: true
    observe: false
    needs: [commit]
    suites: [smoke]
    limits: {skips: 1, flakes: 0, attempts: 2, quarantine: 3, age: 24h}
`

func read(name string) ([]byte, error) {
	switch name {
	case "two.pub":
		return []byte(keys["ci.pub"] + keys["old.pub"]), nil
	case "private.pub":
		return []byte(strings.ReplaceAll(keys["ci.pub"], "PUBLIC", "PRIVATE")), nil
	}
	if k, ok := keys[name]; ok {
		return []byte(k), nil
	}
	return nil, errors.New("no such file")
}

// parse reads the good file with one change, which has to be one.
func parse(t *testing.T, old, with string) (*trustfile.File, error) {
	t.Helper()
	text := strings.Replace(good, old, with, 1)
	if text == good && old != with {
		t.Fatal("the test changes nothing")
	}
	return trustfile.Parse("trust.yaml", []byte(text), read)
}

func names(all []trustfile.Signer) (names []string) {
	for _, s := range all {
		names = append(names, s.Name)
	}
	return names
}

func TestRoles(t *testing.T) {
	f, err := parse(t, "", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		place string
		role  trustfile.Role
		want  []string
	}{
		{"commit", trustfile.Begin, []string{"ci-old", "ci"}},
		{"commit", trustfile.Test, []string{"ci-old", "ci"}},
		{"commit", trustfile.Decide, []string{"ci-old", "ci"}},
		{"commit", trustfile.Approve, nil},
		{"prod", trustfile.Begin, []string{"ci"}},
		{"prod", trustfile.Test, []string{"tester"}},
		{"prod", trustfile.Decide, []string{"ci", "ci-old"}},
		{"prod", trustfile.Approve, []string{"bob", "alice", "alice-2"}},
		{"prod", "", nil},
		{"prod", "sign", nil},
		{"staging", trustfile.Begin, nil},
		{"", trustfile.Begin, nil},
	} {
		if got := names(f.For(tt.place, tt.role)); !slices.Equal(got, tt.want) {
			t.Errorf("%s %s: got %v, want %v", tt.place, tt.role, got, tt.want)
		}
	}
}

func TestSigners(t *testing.T) {
	f, err := parse(t, "", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]trustfile.Signer{
		"ci": {Person: "ci"}, "alice": {Person: "alice"}, "alice-2": {Person: "alice"},
		"ci-old": {Person: "ci-old", From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)},
	} {
		got := f.Signers[name]
		if got.Name != name || got.Person != want.Person || !got.From.Equal(want.From) || !got.Until.Equal(want.Until) || got.Revoked {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
		if id, err := attest.KeyID(got.Key); err != nil || id != got.ID {
			t.Errorf("%s: its key %v is %s, %v, and its id %s", name, got.Key, id, err, got.ID)
		}
	}
}

func TestPlaces(t *testing.T) {
	f, err := parse(t, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if want := (trustfile.Store{URL: "s3://acme-gate/orders", Account: "444444444444"}); f.Store != want || !f.Store.Bucket() {
		t.Errorf("store: got %+v, want %+v", f.Store, want)
	}
	p := f.Places["prod"]
	if want := (harness.Limits{Skips: 1, Attempts: 2, Quarantine: 3, Age: harness.Duration(24 * time.Hour)}); p.Limits == nil || *p.Limits != want {
		t.Errorf("limits: got %+v, want %+v", p.Limits, want)
	}
	if !p.NoObserve || !p.Live || p.Emulated || p.Approvals != 2 || !p.Guarded || p.NoOverride ||
		!slices.Equal(p.Suites, []string{"smoke"}) || !slices.Equal(p.Needs, []string{"commit"}) || p.Account != "333333333333" {
		t.Errorf("prod: got %+v", p)
	}
	if p := f.Places["commit"]; p.NoObserve || p.Live || p.Approvals != 0 || p.Guarded || p.NoOverride || p.Limits != nil {
		t.Errorf("commit: got %+v", p)
	}
	for old, with := range map[string]string{"loosening: approve": "overrides: false", "loosening: approve\n": "loosening: allow\n    overrides: false\n"} {
		f, err := parse(t, old, with)
		if err != nil || !f.Places["prod"].NoOverride || f.Places["prod"].Guarded {
			t.Errorf("%s: got %+v, %v", with, f, err)
		}
	}
	if f, err := parse(t, "loosening: approve", "overrides: true"); err != nil || f.Places["prod"].NoOverride {
		t.Errorf("overrides: true: got %+v, %v", f, err)
	}
}

func TestStores(t *testing.T) {
	for with, want := range map[string]trustfile.Store{
		"/srv/evidence":        {URL: "/srv/evidence"},
		"{url: /srv/evidence}": {URL: "/srv/evidence"},
		`{url: s3://gate, account: "444444444444", emulated: true}`:  {URL: "s3://gate", Account: "444444444444", Emulated: true},
		`{url: s3://gate, account: "444444444444", emulated: false}`: {URL: "s3://gate", Account: "444444444444"},
	} {
		if f, err := parse(t, bucket, with); err != nil || f.Store != want {
			t.Errorf("%s: got %+v, %v, want %+v", with, f, err, want)
		}
	}
	if f, err := parse(t, "store: "+bucket+"\n", ""); err != nil || f.Store != (trustfile.Store{}) {
		t.Errorf("no store: got %+v, %v", f, err)
	}
}

func TestRevokedSignersSignNothing(t *testing.T) {
	for _, revoked := range []string{"true", "false"} {
		f, err := parse(t, "{key: ci.pub}", "{key: ci.pub, revoked: "+revoked+"}")
		if err != nil {
			t.Fatal(err)
		}
		for _, role := range []trustfile.Role{trustfile.Begin, trustfile.Decide} {
			if got := names(f.For("prod", role)); slices.Contains(got, "ci") != (revoked == "false") {
				t.Errorf("revoked: %s: %v may %s", revoked, got, role)
			}
		}
	}
	// A person whose key is revoked is one of the people still: a key that was
	// lost must not make the file unusable for every other place.
	if f, err := parse(t, "{key: bob.pub}", "{key: bob.pub, revoked: true}"); err != nil || len(f.For("prod", trustfile.Approve)) != 2 {
		t.Errorf("got %+v, %v, want two keys of alice", f, err)
	}
}

func TestAliases(t *testing.T) {
	f, err := parse(t, "{signers: [ci-old, ci]}", "{signers: &all {begin: &some [ci], test: *some, decide: *some}}\n  staging: {signers: *all}")
	if err != nil || !slices.Equal(names(f.For("staging", trustfile.Test)), []string{"ci"}) {
		t.Errorf("got %+v, %v", f, err)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	for name, text := range keys {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "trust.yaml")
	if _, err := trustfile.Load(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that there is none", err)
	}
	for _, text := range []string{good, strings.Replace(good, "ci.pub", filepath.Join(dir, "ci.pub"), 1)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if f, err := trustfile.Load(path); err != nil || len(f.For("prod", trustfile.Begin)) != 1 || !f.Digest.Valid() {
			t.Errorf("got %+v, %v", f, err)
		}
	}
}

// The example in the package's documentation is a trust file.
func TestDocumentedFile(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var text []byte
	for line := range strings.Lines(string(doc)) {
		if yaml, ok := strings.CutPrefix(line, "//\t"); ok {
			text = append(text, yaml...)
		}
	}
	f, err := trustfile.Parse("doc.go", text, func(string) ([]byte, error) {
		k, err := attest.Generate()
		if err != nil {
			return nil, err
		}
		return attest.EncodePublic(k.Public())
	})
	if err != nil || len(f.Places) != 3 || len(f.For("prod", trustfile.Approve)) != 3 {
		t.Errorf("got %+v, %v", f, err)
	}
}

// A key that is exchanged in its file makes another trust file, and a key that
// stands in the file itself is as good as one that it names.
func TestDigestAndKeys(t *testing.T) {
	const text = "signers: {ci: {key: ci.pub}}\nplaces: {commit: {signers: [ci]}}\n"
	parse := func(text, key string) *trustfile.File {
		t.Helper()
		f, err := trustfile.Parse("trust.yaml", []byte(text), func(string) ([]byte, error) { return []byte(key), nil })
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	one, other := parse(text, keys["ci.pub"]), parse(text, keys["old.pub"])
	if one.Digest == other.Digest || one.Digest != parse(text, keys["ci.pub"]).Digest {
		t.Errorf("two keys in one file: digests %s and %s", one.Digest, other.Digest)
	}
	inline := parse("signers:\n  ci:\n    key: |\n      "+strings.ReplaceAll(strings.TrimSpace(keys["ci.pub"]), "\n", "\n      ")+"\nplaces: {commit: {signers: [ci]}}\n", "no key")
	if inline.Signers["ci"].ID != one.Signers["ci"].ID {
		t.Errorf("the key in the file: got %s, want %s", inline.Signers["ci"].ID, one.Signers["ci"].ID)
	}
}
