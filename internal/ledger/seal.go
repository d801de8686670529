package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/harness"
)

// A Notary signs objects and checks their signatures.
type Notary interface {
	// Sign returns the bytes to store for o: signed, or o.Value as JSON.
	Sign(ctx context.Context, o Object) ([]byte, error)
	// Payload is what Sign would sign of o, or o.Value as JSON.
	Payload(o Object) ([]byte, error)
	// Open reads what Sign returned into o.Value, a pointer, and sets o.Record
	// for evidence. An object that nobody signed who may, or that is about
	// another subject than o.Subject, is an error.
	Open(o *Object, b []byte) error
}

// An Object is one thing that the ledger writes or reads.
type Object struct {
	Service string
	Place   string
	Subject harness.Subject                      // the zero Subject: not known yet
	Record  harness.Digest                       // of evidence: the record of its run
	Full    harness.Digest                       // of a verdict: of its whole JSON, which is a blob
	Read    func(harness.Digest) ([]byte, error) // reads a blob: to open a verdict
	Payload []byte                               // what was signed, or the whole of it; set by Open
	Signer  string                               // who signed it, by the trust file's name; set by Open
	Value   any
}

// seal encodes o as one line with the digest of the rest, then o, signed if
// there is a notary and as JSON if not.
func (l Ledger) seal(ctx context.Context, o Object) ([]byte, harness.Digest, error) {
	var b []byte
	var err error
	if _, index := o.Value.(made); l.Notary != nil && !index {
		b, err = l.Notary.Sign(ctx, o)
	} else {
		b, err = json.Marshal(o.Value, json.Deterministic(true))
	}
	if err != nil {
		return nil, "", err
	}
	b = append(b, '\n')
	d := harness.DigestOf(b)
	return append([]byte(string(d)+"\n"), b...), d, nil
}

// open is the inverse of seal. A wrong digest, an unknown or a duplicate
// member, and bytes after the value are errors; so is what the notary refuses.
func (l Ledger) open(b []byte, o *Object) (harness.Digest, error) {
	line, rest, ok := bytes.Cut(b, []byte("\n"))
	if !ok {
		return "", errors.New("was cut short")
	}
	d := harness.Digest(line)
	if !d.Valid() {
		return "", errors.New("does not begin with a digest")
	}
	if harness.DigestOf(rest) != d {
		return "", errors.New("was changed: its digest does not match")
	}
	if _, index := o.Value.(*made); l.Notary != nil && !index {
		if err := l.Notary.Open(o, rest); err != nil {
			return "", err
		}
		return d, nil
	}
	o.Payload = bytes.TrimSuffix(rest, []byte("\n"))
	if err := json.Unmarshal(rest, o.Value, json.RejectUnknownMembers(true)); err != nil {
		return "", fmt.Errorf("cannot be read: %w", err)
	}
	return d, nil
}
