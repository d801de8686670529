package trustfile_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/trustfile"
)

// Two keys made for these tests with openssl; nothing trusts them.
const (
	ciKey = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAWOX/ZQ23HShfh8d0G3x7MYR7GchjqmckFFeE0KBiUQ=\n-----END PUBLIC KEY-----\n"
	old   = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEdSZCQOj9KdFkcrXSMXULAa87HzcE\niSe805+w9gjfGtxzHJmk3Q8/MoTXCeUfm1M1i3PHpFZQ3RLm9bb/uR5INg==\n-----END PUBLIC KEY-----\n"
)

const good = `signers:
  ci:     {key: ci.pub}
  ci-old: {key: old.pub, until: 2026-11-01T00:00:00Z}
places:
  commit:  {signers: [ci, ci-old]}
  prod:    {signers: [ci], account: "333333333333", live: true, observe: false,
            needs: [acceptance], suites: [smoke], limits: {skips: 1, flakes: 0, attempts: 2, age: 24h}}
`

func read(name string) ([]byte, error) {
	switch name {
	case "ci.pub":
		return []byte(ciKey), nil
	case "old.pub":
		return []byte(old), nil
	case "two.pub":
		return []byte(ciKey + old), nil
	case "private.pub":
		return []byte(strings.ReplaceAll(ciKey, "PUBLIC", "PRIVATE")), nil
	}
	return nil, errors.New("no such file")
}

func TestParse(t *testing.T) {
	f, err := trustfile.Parse("trust.yaml", []byte(good), read)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.For("prod"); len(got) != 1 || got[0].Name != "ci" || len(got[0].ID) != 64 {
		t.Errorf("prod: got %+v", got)
	}
	if got := f.For("commit"); len(got) != 2 || !got[1].Until.Equal(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("commit: got %+v", got)
	}
	if got := f.For("staging"); got != nil {
		t.Errorf("a place that is not there trusts %+v", got)
	}
	if p := f.Places["prod"]; !p.NoObserve || !p.Live || p.Emulated || len(p.Suites) != 1 || p.Account != "333333333333" {
		t.Errorf("prod: got %+v", p)
	}
	want := harness.Limits{Skips: 1, Attempts: 2, Age: harness.Duration(24 * time.Hour)}
	if got := f.Places["prod"].Limits; got == nil || *got != want {
		t.Errorf("limits: got %+v, want %+v", got, want)
	}
}

func TestRevokedSignersSignNothing(t *testing.T) {
	f, err := trustfile.Parse("trust.yaml", []byte(strings.Replace(good, "{key: ci.pub}", "{key: ci.pub, revoked: true}", 1)), read)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.For("prod"); got != nil {
		t.Errorf("got %+v, want nobody", got)
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"unknown key", "places:", "palces:", `trust.yaml:4: trust.yaml: unknown key "palces", did you mean "places"?`},
		{"unknown signer", "[ci], account", "[cl], account", `there is no signer "cl", did you mean "ci"?`},
		{"no places", good[strings.Index(good, "places:"):], "", "a trust file that trusts nobody allows nothing"},
		{"no signers", `signers: [ci], account`, `account`, `places.prod: signers is missing`},
		{"no key", "{key: ci.pub}", "{}", `signers.ci: key is missing`},
		{"key file gone", "ci.pub", "gone.pub", `signers.ci.key: no such file`},
		{"two keys in a file", "ci.pub", "two.pub", `want one PEM block`},
		{"a private key", "ci.pub", "private.pub", `want one PEM block, PUBLIC KEY`},
		{"one key twice", "old.pub", "ci.pub", `has the same key as ci`},
		{"a date for a time", "2026-11-01T00:00:00Z", "2026-11-01", `want a time such as`},
		{"duplicate", "  ci:  ", "  ci: {key: old.pub}\n  ci:  ", `duplicate key "ci"`},
		{"empty", good, "", "is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(good, tt.old, tt.new, 1)
			if text == good {
				t.Fatal("the test changes nothing")
			}
			_, err := trustfile.Parse("trust.yaml", []byte(text), read)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := trustfile.Parse("trust.yaml", b, read)
		if err == nil && len(got.Places) == 0 {
			t.Errorf("accepted %+v", got)
		}
	})
}
