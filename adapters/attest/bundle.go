package attest

import (
	"encoding/base64"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/stagegate/stagegate/harness"
)

// A Bundle is a verdict as a person or a deploy job holds it: the signed
// statement, and the whole verdict that the statement names by its digest. In a
// file it is
//
//	{"envelope": {"payload": ..., "payloadType": ..., "signatures": [...]}, "verdict": BASE64}
//
// The verdict is in base64 because its bytes are what was digested: a tool that
// prints JSON anew, as jq does, must not change them.
type Bundle struct {
	Envelope []byte // as [Seal] writes it
	Verdict  []byte // as [EncodeVerdict] writes it
}

type bundle struct {
	Envelope jsontext.Value `json:"envelope"`
	Verdict  *string        `json:"verdict"`
}

// maxBundle bounds a bundle, in bytes.
const maxBundle = 64 << 20

// Encode writes the bundle as one line of JSON.
func (b Bundle) Encode() ([]byte, error) {
	verdict := base64.StdEncoding.EncodeToString(b.Verdict)
	text, err := json.Marshal(bundle{b.Envelope, &verdict})
	if err != nil {
		return nil, fmt.Errorf("write bundle: %w", err)
	}
	if _, err := ParseBundle(text); err != nil {
		return nil, fmt.Errorf("write bundle: %w", err)
	}
	return append(text, '\n'), nil
}

// ParseBundle reads a bundle as strictly as everything else here. Nothing is
// verified: [Verifier.OpenStatement] opens the envelope.
func ParseBundle(text []byte) (Bundle, error) {
	if len(text) > maxBundle {
		return Bundle{}, fmt.Errorf("read bundle: %w: %d bytes, the limit is %d", ErrTooLarge, len(text), maxBundle)
	}
	var b bundle
	if err := decode(text, &b); err != nil {
		return Bundle{}, fmt.Errorf("read bundle: %w: %w", ErrMalformed, err)
	}
	if b.Envelope.Kind() != '{' || b.Verdict == nil || *b.Verdict == "" {
		return Bundle{}, fmt.Errorf("read bundle: %w: no envelope or no verdict", ErrMalformed)
	}
	verdict, err := unbase64(*b.Verdict)
	if err != nil {
		return Bundle{}, fmt.Errorf("read bundle: %w: verdict: %w", ErrMalformed, err)
	}
	return Bundle{Envelope: b.Envelope, Verdict: verdict}, nil
}

// Read gives the whole verdict, whatever digest is asked for: [Claim.Verdict],
// which it is for, compares them.
func (b Bundle) Read(harness.Digest) ([]byte, error) { return b.Verdict, nil }
