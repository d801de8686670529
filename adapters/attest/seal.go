package attest

import (
	"context"
	"crypto"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
)

// A Signer signs with one key. [FileSigner] is one; a key of AWS KMS is another.
type Signer interface {
	// KeyID is the id of the key, as the function [KeyID] makes it.
	KeyID() string
	Public() crypto.PublicKey
	// Sign returns the signature of message, which is given whole: hashing is
	// the signer's own business.
	Sign(ctx context.Context, message []byte) ([]byte, error)
}

// PayloadType is the payload type of envelopes that hold in-toto statements.
const PayloadType = "application/vnd.in-toto+json"

// ErrSigner says that a signer's answer is not a signature by its own key.
var ErrSigner = errors.New("the signer's signature does not verify with its own key")

// Seal signs payload and returns the DSSE envelope as one line of JSON. The
// signature was verified when Seal returns nil: what nobody could open is an
// error and not an envelope.
func Seal(ctx context.Context, s Signer, payloadType string, payload []byte) ([]byte, error) {
	if payloadType == "" {
		return nil, errors.New("seal: no payload type")
	}
	id, err := KeyID(s.Public())
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if id != s.KeyID() {
		return nil, fmt.Errorf("seal: %w: it says that its key is %.12s, and it is %.12s", ErrSigner, s.KeyID(), id)
	}
	message := pae(payloadType, payload)
	sig, err := s.Sign(ctx, message)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if !verify(s.Public(), message, sig) {
		return nil, fmt.Errorf("seal with key %.12s: %w", id, ErrSigner)
	}
	b, err := json.Marshal(sealed{
		Payload:     base64.StdEncoding.EncodeToString(payload),
		PayloadType: payloadType,
		Signatures:  []signature{{KeyID: id, Sig: base64.StdEncoding.EncodeToString(sig)}},
	})
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return append(b, '\n'), nil
}

type sealed struct {
	Payload     string      `json:"payload"`
	PayloadType string      `json:"payloadType"`
	Signatures  []signature `json:"signatures"`
}

type signature struct {
	KeyID string `json:"keyid"`
	Sig   string `json:"sig"`
}

// pae is the pre-authentication encoding of DSSE v1: what is signed.
func pae(payloadType string, payload []byte) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(payload), payload)
}
