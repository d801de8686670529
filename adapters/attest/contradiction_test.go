package attest_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
)

// swap replaces what has to be there, once.
func swap(t *testing.T, text, old, with string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("%s is not in %s", old, text)
	}
	return strings.Replace(text, old, with, 1)
}

// refused wants no verdict, and why.
func refused(t *testing.T, text string, full []byte, want error) {
	t.Helper()
	c, err := attest.ParseStatement([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v, id, err := c.Verdict(give(full))
	if !errors.Is(err, want) || v.Allowed() || id != "" || !reflect.DeepEqual(v, harness.Verdict{}) {
		t.Errorf("Verdict = %+v, %q, %v, want %v", v, id, err, want)
	}
}

// A signed statement whose summary and verdict do not say the same is not a
// verdict, whichever of the two is right.
func TestVerdictContradictions(t *testing.T) {
	blocked := verdict()
	blocked.Verdict = harness.Block
	_, no := claim(t, blocked)
	_, yes := claim(t, verdict())
	for name, tt := range map[string]struct {
		text, old, with string
		want            error
	}{
		"FAILED summary PASSED":       {no, `"verificationResult":"FAILED"`, `"verificationResult":"PASSED"`, attest.ErrContradiction},
		"blocked made allow":          {no, `"verdict":"block"`, `"verdict":"allow"`, attest.ErrContradiction},
		"inconclusive made block":     {yes, `"verdict":"allow"`, `"verdict":"block"`, attest.ErrContradiction},
		"level of another stage":      {yes, `STAGEGATE_EXIT_acceptance`, `STAGEGATE_EXIT_production`, attest.ErrContradiction},
		"a level added":               {yes, `"STAGEGATE_EXIT_acceptance"`, `"STAGEGATE_EXIT_acceptance","SLSA_BUILD_LEVEL_3"`, attest.ErrContradiction},
		"another phase":               {yes, `"phase":"exit"`, `"phase":"entry"`, attest.ErrContradiction},
		"another stage":               {yes, `"stage":"acceptance"`, `"stage":"production"`, attest.ErrContradiction},
		"another target":              {yes, `"target":"staging"`, `"target":"prod"`, attest.ErrContradiction},
		"an account":                  {yes, `"run":`, `"account":"333333333333","run":`, attest.ErrContradiction},
		"another run":                 {yes, `"run":"staging/abc/1"`, `"run":"staging/abc/2"`, attest.ErrContradiction},
		"emulator claimed":            {yes, `"emulated":false`, `"emulated":true`, attest.ErrContradiction},
		"unattested":                  {yes, `"attested":true`, `"attested":false`, attest.ErrContradiction},
		"another name":                {yes, `"name":"verdict"`, `"name":"opinion"`, attest.ErrContradiction},
		"another digest beside":       {yes, `"verdict","digest":{`, `"verdict","digest":{"sha1":"00",`, attest.ErrContradiction},
		"another time":                {yes, `"timeVerified":"2026-03-01T12:00:00Z"`, `"timeVerified":"2026-03-01T12:00:01Z"`, attest.ErrContradiction},
		"another subject":             {yes, `"digest":{"sha256":"` + artifact.Hex(), `"digest":{"sha256":"` + record.Hex(), attest.ErrContradiction},
		"another policy":              {yes, `"policy":{"digest":{"sha256":"` + verdict().Policy.Hex(), `"policy":{"digest":{"sha256":"` + record.Hex(), attest.ErrContradiction},
		"evidence left out":           {yes, `"inputAttestations":[{"name":"acceptance","digest":{"sha256":"` + record.Hex() + `"}}]`, `"inputAttestations":[]`, attest.ErrContradiction},
		"all evidence left out":       {yes, `"inputAttestations":[{"name":"acceptance","digest":{"sha256":"` + record.Hex() + `"}}],`, ``, attest.ErrContradiction},
		"another service":             {yes, `stagegate:orders/`, `stagegate:payments/`, attest.ErrContradiction},
		"another gate version":        {yes, `"version":{"stagegate":"v0.3.0"}`, `"version":{"stagegate":"v9"}`, attest.ErrContradiction},
		"no digest of the verdict":    {yes, `"name":"verdict","digest":{"sha256"`, `"name":"verdict","digest":{"sha512"`, attest.ErrMalformed},
		"a short digest":              {yes, `"name":"verdict","digest":{"sha256":"`, `"name":"verdict","digest":{"sha256":"00`, attest.ErrMalformed},
		"no verdict within":           {yes, yes[strings.Index(yes, `,"stagegate":{"name"`):], "}}", attest.ErrMalformed},
		"verdict null":                {yes, yes[strings.Index(yes, `"stagegate":{"name"`):], `"stagegate":null}}`, attest.ErrMalformed},
		"verdict empty":               {yes, yes[strings.Index(yes, `"stagegate":{"name"`):], `"stagegate":{}}}`, attest.ErrMalformed},
		"an unknown member":           {yes, `"verifiedLevels"`, `"dependencyLevels":{},"verifiedLevels"`, attest.ErrMalformed},
		"an unknown member of it":     {yes, `"stagegate":{"name"`, `"stagegate":{"override":true,"name"`, attest.ErrMalformed},
		"the whole verdict within it": {yes, `"stagegate":{"name"`, `"stagegate":{"rules":[],"name"`, attest.ErrMalformed},
		"another predicate type":      {yes, attest.VerdictType, attest.EvidenceType, attest.ErrPredicateType},
	} {
		t.Run(name, func(t *testing.T) {
			v := verdict()
			if tt.text == no {
				v = blocked
			}
			full, _ := encode(t, v)
			refused(t, swap(t, tt.text, tt.old, tt.with), full, tt.want)
		})
	}
}

// The whole verdict is what was signed, to the last byte.
func TestVerdictOfOtherBytes(t *testing.T) {
	_, text := claim(t, verdict())
	full, _ := encode(t, verdict())
	for i := range full {
		b := []byte(string(full))
		b[i] ^= 1
		refused(t, text, b, attest.ErrContradiction)
	}
	for _, b := range [][]byte{nil, full[:len(full)-1], append(full[:len(full):len(full)], '\n')} {
		refused(t, text, b, attest.ErrContradiction)
	}
	c, _ := claim(t, verdict())
	gone := errors.New("the blob is gone")
	if v, _, err := c.Verdict(func(harness.Digest) ([]byte, error) { return full, gone }); !errors.Is(err, gone) || v.Allowed() {
		t.Errorf("Verdict = %+v, %v, want %v", v, err, gone)
	}
}

// A whole verdict whose digest was signed, and which says something else than
// the summary that was signed with it.
func TestVerdictOfAnotherDigest(t *testing.T) {
	_, text := claim(t, verdict())
	full, digest := encode(t, verdict())
	for name, tt := range map[string]struct {
		old, with string
		want      error
	}{
		"blocked":            {`"verdict":"allow"`, `"verdict":"block"`, attest.ErrContradiction},
		"phase":              {`"phase":"exit"`, `"phase":"entry"`, attest.ErrContradiction},
		"service":            {`"service":"orders"`, `"service":"payments"`, attest.ErrContradiction},
		"stage":              {`"stage":"acceptance"`, `"stage":"production"`, attest.ErrContradiction},
		"run":                {`"run":"staging/abc/1","source"`, `"run":"staging/abc/2","source"`, attest.ErrContradiction},
		"subject":            {artifact.Hex(), record.Hex(), attest.ErrContradiction},
		"target":             {`"target":"staging"`, `"target":"prod"`, attest.ErrContradiction},
		"account":            {`"target":"staging"`, `"target":"staging","account":"333333333333"`, attest.ErrContradiction},
		"emulated":           {`"emulated":false`, `"emulated":true`, attest.ErrContradiction},
		"attested":           {`"attested":true`, `"attested":false`, attest.ErrContradiction},
		"policy":             {verdict().Policy.Hex(), record.Hex(), attest.ErrContradiction},
		"evidence":           {`"sha256":"` + record.Hex() + `","counts"`, `"sha256":"` + artifact.Hex() + `","counts"`, attest.ErrContradiction},
		"time":               {`"decidedAt":"2026-03-01T12:00:00Z"`, `"decidedAt":"2026-03-01T12:00:01Z"`, attest.ErrContradiction},
		"gate":               {`"gate":"v0.3.0"`, `"gate":"v9"`, attest.ErrContradiction},
		"no answer":          {`"verdict":"allow"`, `"verdict":"yes"`, attest.ErrMalformed},
		"an unknown member":  {`"verdict":"allow"`, `"verdict":"allow","override":true`, attest.ErrMalformed},
		"a member twice":     {`"verdict":"allow"`, `"verdict":"allow","verdict":"allow"`, attest.ErrMalformed},
		"cut short":          {string(full[len(full)/2:]), "", attest.ErrMalformed},
		"no verdict":         {string(full), "null", attest.ErrMalformed},
		"nothing":            {string(full), "", attest.ErrMalformed},
		"something after it": {string(full), string(full) + "{}", attest.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			other := []byte(swap(t, string(full), tt.old, tt.with))
			refused(t, swap(t, text, digest.Hex(), harness.DigestOf(other).Hex()), other, tt.want)
		})
	}
	// Spelled otherwise it is the same verdict: the digest says which bytes.
	other := []byte(swap(t, string(full), `"verdict":"allow"`, ` "verdict": "allow" `))
	c, err := attest.ParseStatement([]byte(swap(t, text, digest.Hex(), harness.DigestOf(other).Hex())))
	if err != nil {
		t.Fatal(err)
	}
	if v, _, err := c.Verdict(give(other)); err != nil || !v.Allowed() {
		t.Errorf("Verdict = %+v, %v", v, err)
	}
}
