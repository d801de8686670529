package attest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
)

// bundled is a verdict signed by signer, as a file holds it.
func bundled(t testing.TB, signer attest.Signer, v harness.Verdict) (attest.Bundle, []byte) {
	t.Helper()
	_, statement := claim(t, v)
	full, _ := encode(t, v)
	b := attest.Bundle{Envelope: []byte(seal(t, signer, statement)), Verdict: full}
	text, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b, text
}

func TestBundle(t *testing.T) {
	signer := generateECDSA(t)
	want, text := bundled(t, signer, verdict())
	if n := bytes.Count(text, []byte("\n")); n != 1 || text[len(text)-1] != '\n' {
		t.Errorf("%d lines, want one: %q", n, text)
	}
	var indented bytes.Buffer // as jq prints it
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	for _, text := range [][]byte{text, indented.Bytes()} {
		got, err := attest.ParseBundle(text)
		if err != nil || !bytes.Equal(got.Verdict, want.Verdict) {
			t.Fatalf("ParseBundle = %+v, %v", got, err)
		}
		c, signers, err := by(signer).OpenStatement(got.Envelope)
		if err != nil || len(signers) != 1 {
			t.Fatalf("%v by %v", err, signers)
		}
		if v, id, err := c.Verdict(got.Read); err != nil || id != gate || !reflect.DeepEqual(v, verdict()) {
			t.Errorf("Verdict = %+v, %q, %v", v, id, err)
		}
	}
}

// A right envelope beside another verdict is no verdict.
func TestBundleOfTwo(t *testing.T) {
	blocked := verdict()
	blocked.Verdict = harness.Block
	signer := generate(t)
	b, _ := bundled(t, signer, blocked)
	b.Verdict, _ = encode(t, verdict())
	c, _, err := by(signer).OpenStatement(b.Envelope)
	if err != nil {
		t.Fatal(err)
	}
	if v, _, err := c.Verdict(b.Read); !errors.Is(err, attest.ErrContradiction) || v.Allowed() {
		t.Errorf("Verdict = %+v, %v, want ErrContradiction", v, err)
	}
}

func TestBundleRefuses(t *testing.T) {
	b, text := bundled(t, generate(t), verdict())
	good := string(text)
	verdict := base64.StdEncoding.EncodeToString(b.Verdict)
	for name, tt := range map[string]struct {
		old, with string
		want      error
	}{
		"nothing":                 {good, "", attest.ErrMalformed},
		"an envelope alone":       {good, string(b.Envelope), attest.ErrMalformed},
		"a verdict alone":         {good, string(b.Verdict), attest.ErrMalformed},
		"cut short":               {"}\n", "", attest.ErrMalformed},
		"something after it":      {"}\n", "}{}", attest.ErrMalformed},
		"an unknown member":       {`{"envelope"`, `{"trust":"me","envelope"`, attest.ErrMalformed},
		"two envelopes":           {`{"envelope"`, `{"envelope":{},"envelope"`, attest.ErrMalformed},
		"no envelope":             {good, `{"verdict":"e30="}`, attest.ErrMalformed},
		"envelope null":           {strings.TrimSpace(string(b.Envelope)), `null`, attest.ErrMalformed},
		"envelope a string":       {strings.TrimSpace(string(b.Envelope)), `"x"`, attest.ErrMalformed},
		"no verdict":              {`,"verdict":"` + verdict + `"`, ``, attest.ErrMalformed},
		"verdict empty":           {verdict, ``, attest.ErrMalformed},
		"verdict not in base64":   {`"` + verdict + `"`, string(b.Verdict), attest.ErrMalformed},
		"base64 with a line feed": {verdict, verdict[:8] + `\n` + verdict[8:], attest.ErrMalformed},
		"base64 without padding":  {verdict, "e30", attest.ErrMalformed},
		"too large":               {verdict, strings.Repeat("A", 64<<20), attest.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := attest.ParseBundle([]byte(swap(t, good, tt.old, tt.with))); !errors.Is(err, tt.want) || got.Envelope != nil || got.Verdict != nil {
				t.Errorf("read %+v, %v, want %v", got, err, tt.want)
			}
		})
	}
	for name, b := range map[string]attest.Bundle{"nothing": {}, "no envelope": {Verdict: b.Verdict}, "no verdict": {Envelope: b.Envelope}, "no JSON": {[]byte("x"), b.Verdict}} {
		if text, err := b.Encode(); err == nil {
			t.Errorf("%s: wrote %s", name, text)
		}
	}
}
