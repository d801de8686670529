package attest

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Why an envelope is not opened.
var (
	ErrTooLarge    = errors.New("too large")                     // more bytes or signatures than allowed
	ErrMalformed   = errors.New("malformed")                     // not an envelope, or not a statement
	ErrNoSignature = errors.New("not signed")                    // an envelope without signatures
	ErrUnknownKey  = errors.New("not signed by a known key")     // no signature names a given key or is by one
	ErrBadSig      = errors.New("signature does not verify")     // one names a given key, or cannot be read
	ErrKeyTime     = errors.New("signed outside the key's time") // right, by a key that did not count then
)

// A Verifier opens envelopes that one of Keys has signed. The zero Verifier
// opens none.
type Verifier struct {
	Keys []Key
	// MadeAt says when a message was made; the keys' times are compared with
	// it. It is called after a signature was found right, so it may read the
	// payload, for what the signer says, or return a time that the verifier
	// knows better: see [At]. If it is nil, keys with a bound count for nothing.
	MadeAt func(Message) (time.Time, error)

	MaxBytes      int // of an envelope; 0 means 32 MiB
	MaxSignatures int // of an envelope; 0 means 16
}

// A Message is what an envelope holds.
type Message struct {
	Type    string   // payload type
	Payload []byte   // as it was signed
	Signers []string // ids of the given keys that signed it: at least one, each once
}

// At says of every message that it was made at t.
func At(t time.Time) func(Message) (time.Time, error) {
	return func(Message) (time.Time, error) { return t, nil }
}

// Open verifies an envelope and returns what it holds. At least one signature
// has to be right, and by a key that counted when the message was made. An id
// in the envelope is a hint of its writer: a signature is tried with every key.
func (v Verifier) Open(envelope []byte) (Message, error) {
	m, err := v.open(envelope)
	if err != nil {
		return Message{}, fmt.Errorf("open envelope: %w", err)
	}
	return m, nil
}

func (v Verifier) open(envelope []byte) (Message, error) {
	if limit := cmp.Or(v.MaxBytes, 32<<20); len(envelope) > limit {
		return Message{}, fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooLarge, len(envelope), limit)
	}
	keys, err := v.keys()
	if err != nil {
		return Message{}, err
	}
	var e struct {
		Payload     *string          `json:"payload"`
		PayloadType *string          `json:"payloadType"`
		Signatures  []jsontext.Value `json:"signatures"`
	}
	if err := decode(envelope, &e); err != nil {
		return Message{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if e.Payload == nil || e.PayloadType == nil || *e.PayloadType == "" {
		return Message{}, fmt.Errorf("%w: no payload or no payload type", ErrMalformed)
	}
	payload, err := unbase64(*e.Payload)
	if err != nil {
		return Message{}, fmt.Errorf("%w: payload: %w", ErrMalformed, err)
	}
	switch n, limit := len(e.Signatures), cmp.Or(v.MaxSignatures, 16); {
	case n == 0:
		return Message{}, ErrNoSignature
	case n > limit:
		return Message{}, fmt.Errorf("%w: %d signatures, the limit is %d", ErrTooLarge, n, limit)
	}
	m := Message{Type: *e.PayloadType, Payload: payload}
	right, err := signers(pae(m.Type, m.Payload), e.Signatures, keys)
	if err != nil {
		return Message{}, err
	}
	m.Signers, err = v.counting(m, right)
	return m, err
}

// A namedKey is a key with its id.
type namedKey struct {
	Key
	id string
}

// keys names the given keys, each once. The same key with different times is
// an error: one of them would be ignored.
func (v Verifier) keys() (all []namedKey, err error) {
	times := map[string]Key{}
	for _, k := range v.Keys {
		id, err := KeyID(k.Public)
		if err != nil {
			return nil, err
		}
		before, twice := times[id]
		switch {
		case !twice:
			times[id] = k
			all = append(all, namedKey{k, id})
		case !before.equal(k):
			return nil, fmt.Errorf("%w: %.12s is given twice, with different times", ErrKey, id)
		}
	}
	return all, nil
}

// signers are the keys that signed message, each once.
func signers(message []byte, signatures []jsontext.Value, keys []namedKey) (right []namedKey, err error) {
	wrong := ErrUnknownKey
	found := map[string]bool{}
	for _, text := range signatures {
		id, sig, err := readSignature(text)
		if err != nil {
			wrong = ErrBadSig
			continue
		}
		for _, k := range keys {
			switch {
			case verify(k.Public, message, sig):
				if !found[k.id] {
					found[k.id] = true
					right = append(right, k)
				}
			case k.id == id:
				wrong = ErrBadSig
			}
		}
	}
	if len(right) == 0 {
		return nil, fmt.Errorf("%w: %d signatures tried with %d keys", wrong, len(signatures), len(keys))
	}
	return right, nil
}

// readSignature reads one element of an envelope's signatures.
func readSignature(text jsontext.Value) (id string, sig []byte, err error) {
	var s struct {
		KeyID string  `json:"keyid"`
		Sig   *string `json:"sig"`
	}
	if err := decode(text, &s); err != nil {
		return "", nil, err
	}
	if s.Sig == nil || *s.Sig == "" || len(*s.Sig) > maxSignature {
		return "", nil, errors.New("no signature, or none of a known length")
	}
	sig, err = unbase64(*s.Sig)
	return s.KeyID, sig, err
}

// maxSignature bounds a signature in base64; a P-256 one in ASN.1 has 96.
const maxSignature = 256

// counting are the ids of the keys that counted when m was made.
func (v Verifier) counting(m Message, right []namedKey) (ids []string, err error) {
	var at time.Time
	if v.MadeAt != nil {
		if at, err = v.MadeAt(m); err != nil {
			return nil, fmt.Errorf("when it was made: %w", err)
		}
	}
	var late error
	for _, k := range right {
		if k.bounded() && at.IsZero() {
			late = fmt.Errorf("%w: it is not known when it was made", ErrKeyTime)
			continue
		}
		if err := k.counts(at); err != nil {
			late = fmt.Errorf("key %.12s: %w", k.id, err)
			continue
		}
		ids = append(ids, k.id)
	}
	if len(ids) == 0 {
		return nil, late
	}
	return ids, nil
}

// unbase64 decodes the standard or the URL alphabet, padded. What Go's decoders
// let pass, line feeds and spare bits that are not zero, is an error: one
// payload has one spelling in each alphabet.
func unbase64(s string) ([]byte, error) {
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		if b, err := e.DecodeString(s); err == nil && e.EncodeToString(b) == s {
			return b, nil
		}
	}
	return nil, errors.New("not canonical base64")
}

// decode reads one JSON value. An unknown member, a member there twice, text
// that is not UTF-8 and anything after the value are errors.
func decode(b []byte, v any) error {
	return json.Unmarshal(b, v, json.RejectUnknownMembers(true))
}
