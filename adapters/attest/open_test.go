package attest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/attest"
)

func TestPAE(t *testing.T) {
	for _, tt := range []struct{ payloadType, payload, want string }{
		{"http://example.com/HelloWorld", "hello world", "DSSEv1 29 http://example.com/HelloWorld 11 hello world"}, // of the protocol's specification
		{"", "", "DSSEv1 0  0 "},
		{"http://example.com/HelloWorld", "ಠ", "DSSEv1 29 http://example.com/HelloWorld 3 ಠ"},
	} {
		if got := string(attest.PAE(tt.payloadType, []byte(tt.payload))); got != tt.want {
			t.Errorf("PAE(%q, %q) = %q, want %q", tt.payloadType, tt.payload, got, tt.want)
		}
	}
}

// The envelope that the DSSE specification prints, with the key that it gives.
func TestPublishedEnvelope(t *testing.T) {
	number := func(s string) *big.Int { n, _ := new(big.Int).SetString(s, 10); return n }
	key := &ecdsa.PublicKey{Curve: elliptic.P256(),
		X: number("46950820868899156662930047687818585632848591499744589407958293238635476079160"),
		Y: number("5640078356564379163099075877009565129882514886557779369047442380624545832820")}
	m, err := attest.Verifier{Keys: []attest.Key{{Public: key}}}.Open([]byte(`{"payload": "aGVsbG8gd29ybGQ=",
		"payloadType": "http://example.com/HelloWorld",
		"signatures": [{"sig": "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}]}`))
	if err != nil || string(m.Payload) != "hello world" || m.Type != "http://example.com/HelloWorld" {
		t.Errorf("Open = %+v, %v", m, err)
	}
}

// google is a summary that Google signed, and the key to it.
func google(t testing.TB) ([]byte, attest.Verifier) {
	t.Helper()
	key, err := attest.ParsePublic(shared(t, "fixtures", "attest", "vsa_signing_public_key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return shared(t, "fixtures", "attest", "gke-gce-pre.bcid-vsa.jsonl"), attest.Verifier{Keys: []attest.Key{{Public: key}}}
}

func TestRealSummary(t *testing.T) {
	envelope, v := google(t)
	c, signers, err := v.OpenStatement(envelope)
	if err != nil {
		t.Fatal(err)
	}
	if c.PredicateType != attest.VerdictType || c.Subjects[0].Digest["gce_image_id"] != "8970095005306000053" || len(signers) != 1 {
		t.Errorf("claim %+v by %v", c, signers)
	}
	if _, _, err := c.Verdict(give(nil)); !errors.Is(err, attest.ErrMalformed) {
		t.Errorf("Verdict of a summary that is not stagegate's: %v, want ErrMalformed", err)
	}
}

// Each bit of an envelope, flipped: nothing opens, unless the bit is in the
// key's id, which nobody signs; then what was signed comes out unchanged.
func TestEveryBit(t *testing.T) {
	signed, itsKey := google(t)
	ed, ec, raw := generate(t), generateECDSA(t), newRawECDSA(t)
	for name, tt := range map[string]struct {
		envelope []byte
		v        attest.Verifier
	}{
		"google":  {signed, itsKey},
		"ed25519": {[]byte(seal(t, ed, `{"a":1}`)), by(ed)},
		"asn.1":   {[]byte(seal(t, ec, `{"a":12}`)), by(ec)},
		"raw":     {[]byte(seal(t, raw, `{"a":123}`)), by(raw)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := tt.v.Open(tt.envelope)
			if err != nil {
				t.Fatal(err)
			}
			text := string(bytes.TrimSpace(tt.envelope))
			from := strings.Index(text, `"keyid":"`) + len(`"keyid":"`)
			to := from + strings.IndexByte(text[from:], '"')
			opened := 0
			for bit := range len(text) * 8 {
				b := []byte(text)
				b[bit/8] ^= 1 << (bit % 8)
				got, err := tt.v.Open(b)
				switch {
				case err != nil:
				case bit/8 < from || bit/8 >= to:
					t.Errorf("opened with bit %d of byte %d flipped: %.40q", bit%8, bit/8, b[bit/8:])
				case !reflect.DeepEqual(got, want):
					t.Errorf("opened to %+v", got)
				default:
					opened++
				}
			}
			if opened == 0 {
				t.Error("no bit of the key's id could be flipped: is it looked at?")
			}
		})
	}
}

// The bits of payload and signature as bytes, written in base64 again.
func TestEveryBitOfTheBytes(t *testing.T) {
	for _, s := range []attest.Signer{generate(t), generateECDSA(t), newRawECDSA(t)} {
		payload := []byte(`{"verdict":"block"}`)
		sig, err := s.Sign(t.Context(), attest.PAE(attest.PayloadType, payload))
		if err != nil {
			t.Fatal(err)
		}
		open := func() error {
			_, err := by(s).Open(fmt.Appendf(nil, `{"payload":%q,"payloadType":%q,"signatures":[{"keyid":%q,"sig":%q}]}`,
				base64.StdEncoding.EncodeToString(payload), attest.PayloadType, s.KeyID(), base64.StdEncoding.EncodeToString(sig)))
			return err
		}
		if err := open(); err != nil {
			t.Fatal(err)
		}
		for _, b := range [][]byte{payload, sig} {
			for bit := range len(b) * 8 {
				b[bit/8] ^= 1 << (bit % 8)
				if err := open(); !errors.Is(err, attest.ErrBadSig) {
					t.Errorf("%T: bit %d: %v, want ErrBadSig", s.Public(), bit, err)
				}
				b[bit/8] ^= 1 << (bit % 8)
			}
		}
	}
}

// envelope writes an envelope member by member, as raw JSON.
func envelope(payload, payloadType, signatures string) string {
	return `{"payload":` + payload + `,"payloadType":` + payloadType + `,"signatures":` + signatures + `}`
}

func TestOpenRefuses(t *testing.T) {
	s, stranger := generate(t), generate(t)
	good := seal(t, s, `{"a":">>>???"}`) // "+" and "/" in base64
	_, rest, _ := strings.Cut(good, `"signatures":`)
	signatures := strings.TrimSuffix(strings.TrimSpace(rest), "}")
	one := strings.Trim(signatures, "[]")
	payload, kind := `"`+b64(`{"a":">>>???"}`)+`"`, `"`+attest.PayloadType+`"`
	if got := envelope(payload, kind, signatures) + "\n"; got != good {
		t.Fatalf("the test writes %s, Seal %s", got, good)
	}
	for name, tt := range map[string]struct {
		envelope string
		want     error
	}{
		"nothing":                       {"", attest.ErrMalformed},
		"cut short":                     {good[:len(good)-2], attest.ErrMalformed},
		"a second envelope":             {good + good, attest.ErrMalformed},
		"trailing bytes":                {good + "x", attest.ErrMalformed},
		"trailing zero byte":            {good + "\x00", attest.ErrMalformed},
		"byte order mark":               {"\ufeff" + good, attest.ErrMalformed},
		"a list":                        {"[" + good + "]", attest.ErrMalformed},
		"null":                          {"null", attest.ErrMalformed},
		"two payloads":                  {strings.Replace(good, `{`, `{"payload":"e30=",`, 1), attest.ErrMalformed},
		"a member in capitals":          {strings.Replace(good, `"payload"`, `"PAYLOAD"`, 1), attest.ErrMalformed},
		"an unknown member":             {strings.Replace(good, `{`, `{"alg":"none",`, 1), attest.ErrMalformed},
		"no payload":                    {strings.Replace(good, `"payload":`+payload+`,`, ``, 1), attest.ErrMalformed},
		"no payload type":               {strings.Replace(good, `"payloadType":`+kind+`,`, ``, 1), attest.ErrMalformed},
		"an empty payload type":         {envelope(payload, `""`, signatures), attest.ErrMalformed},
		"another payload type":          {envelope(payload, `"text/plain"`, signatures), attest.ErrBadSig},
		"payload type in capitals":      {envelope(payload, `"APPLICATION/vnd.in-toto+json"`, signatures), attest.ErrBadSig},
		"another payload":               {envelope(`"e30="`, kind, signatures), attest.ErrBadSig},
		"an empty payload":              {envelope(`""`, kind, signatures), attest.ErrBadSig},
		"payload is a number":           {envelope(`1`, kind, signatures), attest.ErrMalformed},
		"payload with a line feed":      {envelope(strings.Replace(payload, "e", `e\n`, 1), kind, signatures), attest.ErrMalformed},
		"payload without padding":       {envelope(strings.ReplaceAll(payload, "=", ""), kind, signatures), attest.ErrMalformed},
		"payload with spare bits":       {envelope(strings.Replace(payload, "n0=", "n1=", 1), kind, signatures), attest.ErrMalformed},
		"payload in two alphabets":      {envelope(strings.Replace(payload, "/", "_", 1), kind, signatures), attest.ErrMalformed},
		"no signatures":                 {envelope(payload, kind, `[]`), attest.ErrNoSignature},
		"signatures null":               {envelope(payload, kind, `null`), attest.ErrNoSignature},
		"no member signatures":          {`{"payload":` + payload + `,"payloadType":` + kind + `}`, attest.ErrNoSignature},
		"signatures no list":            {envelope(payload, kind, one), attest.ErrMalformed},
		"an empty signature":            {envelope(payload, kind, `[{"sig":""}]`), attest.ErrBadSig},
		"a signature without sig":       {envelope(payload, kind, `[{"keyid":"`+s.KeyID()+`"}]`), attest.ErrBadSig},
		"a signature of null":           {envelope(payload, kind, `[null]`), attest.ErrBadSig},
		"a huge signature":              {envelope(payload, kind, `[{"sig":"`+strings.Repeat("AAAA", 1000)+`"}]`), attest.ErrBadSig},
		"two sigs in one":               {envelope(payload, kind, strings.Replace(signatures, `{`, `{"sig":"AAAA",`, 1)), attest.ErrMalformed},
		"signed by a stranger":          {seal(t, stranger, `{"a":1}`), attest.ErrUnknownKey},
		"a stranger's with our id":      {strings.Replace(seal(t, stranger, `{"a":1}`), stranger.KeyID(), s.KeyID(), 1), attest.ErrBadSig},
		"17 signatures":                 {envelope(payload, kind, "["+strings.Repeat(one+",", 16)+one+"]"), attest.ErrTooLarge},
		"10,000 signatures":             {envelope(payload, kind, "["+strings.Repeat(one+",", 9999)+one+"]"), attest.ErrTooLarge},
		"over 32 MiB":                   {good + strings.Repeat(" ", 32<<20), attest.ErrTooLarge},
		"100,000 brackets for payload":  {envelope(strings.Repeat("[", 100000), kind, signatures), attest.ErrMalformed},
		"a lone surrogate in the keyid": {strings.Replace(good, s.KeyID(), `\ud800`, 1), attest.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.envelope == good {
				t.Fatal("nothing was changed")
			}
			m, err := by(s).Open([]byte(tt.envelope))
			if !errors.Is(err, tt.want) || m.Payload != nil || m.Type != "" || m.Signers != nil {
				t.Errorf("Open = %+v, %v, want %v and nothing else", m, err, tt.want)
			}
		})
	}
}

func TestOpenAccepts(t *testing.T) {
	s, stranger := generate(t), generate(t)
	good := seal(t, s, `{"a":">>>???"}`)
	_, rest, _ := strings.Cut(good, `"signatures":`)
	one := strings.Trim(strings.TrimSuffix(strings.TrimSpace(rest), "}"), "[]")
	other := strings.Trim(strings.TrimSuffix(strings.TrimSpace(strings.SplitN(seal(t, stranger, `{"a":">>>???"}`), `"signatures":`, 2)[1]), "}"), "[]")
	payload, kind := `"`+b64(`{"a":">>>???"}`)+`"`, `"`+attest.PayloadType+`"`
	sig := one[strings.Index(one, `"sig"`):]
	for name, text := range map[string]string{
		"as sealed":                          good,
		"white space":                        " \n" + strings.ReplaceAll(good, ",", " ,\t"),
		"URL alphabet":                       envelope(strings.NewReplacer("+", "-", "/", "_").Replace(payload), kind, "["+one+"]"),
		"no keyid":                           envelope(payload, kind, `[{`+sig+`]`),
		"an empty keyid":                     envelope(payload, kind, `[{"keyid":"",`+sig+`]`),
		"a keyid of another kind":            envelope(payload, kind, `[{"keyid":"keystore://1",`+sig+`]`),
		"the keyid of another known key":     envelope(payload, kind, `[{"keyid":"`+stranger.KeyID()+`",`+sig+`]`),
		"first one that is not base64":       envelope(payload, kind, `[{"sig":"%%%"},`+one+`]`),
		"first one that is a number":         envelope(payload, kind, `[{"sig":5},`+one+`]`),
		"first one with a certificate":       envelope(payload, kind, `[{"sig":"AAAA","cert":"x"},`+one+`]`),
		"last one empty":                     envelope(payload, kind, `[`+one+`,{}]`),
		"first one that is wrong":            envelope(payload, kind, `[{"keyid":"`+s.KeyID()+`","sig":"AAAA"},`+one+`]`),
		"a stranger's beside it":             envelope(payload, kind, `[`+strings.Replace(other, stranger.KeyID(), "x", 1)+`,`+one+`]`),
		"twice the same":                     envelope(payload, kind, `[`+one+`,`+one+`]`),
		"16 signatures":                      envelope(payload, kind, "["+strings.Repeat(one+",", 15)+one+"]"),
		"escapes that mean the same":         strings.Replace(good, `"payload"`, `"\u0070ayload"`, 1),
		"members in another order than ours": `{"signatures":[` + one + `],"payloadType":` + kind + `,"payload":` + payload + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			if (text == good) != (name == "as sealed") {
				t.Fatal("nothing was changed")
			}
			m, err := by(s).Open([]byte(text))
			want := attest.Message{Type: attest.PayloadType, Payload: []byte(`{"a":">>>???"}`), Signers: []string{s.KeyID()}}
			if err != nil || !reflect.DeepEqual(m, want) {
				t.Errorf("Open = %+v, %v, want %+v", m, err, want)
			}
		})
	}
}

func TestTheZeroVerifierOpensNothing(t *testing.T) {
	text := []byte(seal(t, generate(t), `{}`))
	if m, err := (attest.Verifier{}).Open(text); !errors.Is(err, attest.ErrUnknownKey) || m.Payload != nil {
		t.Errorf("Open = %+v, %v, want ErrUnknownKey", m, err)
	}
}

func TestLimits(t *testing.T) {
	s := generate(t)
	text := []byte(seal(t, s, `{}`))
	v := by(s)
	for n, want := range map[int]error{len(text): nil, len(text) - 1: attest.ErrTooLarge} {
		v.MaxBytes = n
		if _, err := v.Open(text); !errors.Is(err, want) {
			t.Errorf("MaxBytes %d of %d: %v, want %v", n, len(text), err, want)
		}
	}
}
