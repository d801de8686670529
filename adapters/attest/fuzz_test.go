package attest_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/stagegate/stagegate/adapters/attest"
)

// Whatever opens is what was signed: there is one message by these keys.
func FuzzOpen(f *testing.F) {
	ed, ec, raw := generate(f), generateECDSA(f), newRawECDSA(f)
	const payload = `{"verdict":"block"}`
	for _, s := range []attest.Signer{ed, ec, raw, generate(f)} {
		text := seal(f, s, payload)
		f.Add([]byte(text))
		f.Add([]byte(strings.Replace(text, s.KeyID(), "", 1)))
	}
	f.Add([]byte(`{"payload":"","payloadType":"t","signatures":[{"sig":"AA=="},null,5]}`))
	v := by(ed, ec, raw)
	f.Fuzz(func(t *testing.T, envelope []byte) {
		m, err := v.Open(envelope)
		if err != nil {
			if m.Payload != nil || m.Signers != nil {
				t.Errorf("%v, and %+v", err, m)
			}
			return
		}
		if string(m.Payload) != payload || m.Type != attest.PayloadType || len(m.Signers) == 0 {
			t.Errorf("opened to %+v", m)
		}
	})
}

// What is read has subjects with digests and an object, and reads the same
// when it is written again.
func FuzzParseStatement(f *testing.F) {
	for _, predicate := range []any{map[string]any{"a": 1, "b": []any{nil, true, "x"}}, map[string]int{}} {
		b, err := attest.Statement(subjects, attest.RunType, predicate)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"x":"1"}}],"predicateType":"t","predicate":{"a":1e999,"b":"\u00e9"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := attest.ParseStatement(b)
		if err != nil {
			return
		}
		again, err := attest.Statement(c.Subjects, c.PredicateType, jsontext.Value(c.Predicate))
		if err != nil {
			t.Fatalf("read %q and cannot write it: %v", b, err)
		}
		d, err := attest.ParseStatement(again)
		if err != nil || !reflect.DeepEqual(c.Subjects, d.Subjects) || c.PredicateType != d.PredicateType || len(d.Subjects) == 0 {
			t.Fatalf("read %+v, written %+v, %v", c, d, err)
		}
		third, err := attest.Statement(d.Subjects, d.PredicateType, jsontext.Value(d.Predicate))
		if err != nil || string(third) != string(again) {
			t.Errorf("written %s, then %s, %v", again, third, err)
		}
	})
}
