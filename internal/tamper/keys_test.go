package tamper

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/adapters/attest"
)

// A pen is a private key that is made from its name: the same signs the same
// text alike in every process, so that a case can be repeated to the last bit.
type pen struct {
	name    string
	id      string
	private crypto.Signer
}

func newPen(name string, curve bool) (*pen, error) {
	seed := sha256.Sum256([]byte("stagegate tamper " + name))
	p := &pen{name: name}
	if curve {
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
		if err != nil {
			return nil, err
		}
		p.private = private
	} else {
		p.private = ed25519.NewKeyFromSeed(seed[:])
	}
	var err error
	p.id, err = attest.KeyID(p.private.Public())
	return p, err
}

// KeyID implements [attest.Signer].
func (p *pen) KeyID() string { return p.id }

// Public implements [attest.Signer].
func (p *pen) Public() crypto.PublicKey { return p.private.Public() }

// Sign implements [attest.Signer].
func (p *pen) Sign(_ context.Context, message []byte) ([]byte, error) {
	if _, ok := p.private.(ed25519.PrivateKey); ok {
		return p.private.Sign(nil, message, crypto.Hash(0))
	}
	sum := sha256.Sum256(message)
	return p.private.Sign(nil, sum[:], crypto.SHA256) // without a source of chance: RFC 6979
}

// Who has a key. What each may sign is the trust file's to say.
const (
	spare    = "spare"    // trusted, and has no role anywhere
	gone     = "gone"     // has every role but approve, and is revoked
	ended    = "ended"    // has every role but approve, and had to stop
	former   = "former"   // an approver who is revoked
	past     = "past"     // an approver who had to stop
	stranger = "stranger" // whom no trust file knows
)

// A ring is everybody's key, by name.
type ring map[string]*pen

// newRing makes a key for everybody, of both kinds; another parity exchanges them.
func newRing(parity int) (ring, error) {
	names := []string{"alice", "alice-2", "bob", "carol", spare, gone, ended, former, past, stranger}
	for _, p := range places {
		for _, r := range roles {
			names = append(names, p+"-"+string(r))
		}
	}
	all := ring{}
	for i, name := range names {
		p, err := newPen(name, i%2 == parity)
		if err != nil {
			return nil, err
		}
		all[name] = p
	}
	return all, nil
}

func rings(t testing.TB) (both [2]ring) {
	t.Helper()
	for i := range both {
		r, err := newRing(i)
		if err != nil {
			t.Fatal(err)
		}
		both[i] = r
	}
	return both
}

// An envelope is a DSSE envelope as its specification has it, to be filled with
// anything.
type envelope struct {
	Payload     string `json:"payload"`
	PayloadType string `json:"payloadType"`
	Signatures  []mark `json:"signatures"`
}

type mark struct {
	KeyID string `json:"keyid"`
	Sig   string `json:"sig"`
}

const inToto = "application/vnd.in-toto+json"

// seal is payload, signed by p, as it stands in the store after its digest line.
func (p *pen) seal(payloadType string, payload []byte) []byte {
	sig, err := p.Sign(context.Background(), fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(payload), payload))
	if err != nil {
		panic(err)
	}
	return envelope{base64.StdEncoding.EncodeToString(payload), payloadType,
		[]mark{{p.id, base64.StdEncoding.EncodeToString(sig)}}}.text()
}

func (e envelope) text() []byte {
	b, err := json.Marshal(e, json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	return append(b, "\n\n"...)
}

// digested is a stored object: a line with the digest of the rest, and the rest.
func digested(rest []byte) []byte {
	return append([]byte(digestOf(rest)+"\n"), rest...)
}

// digestOf is the digest of b as every reader of the store writes it.
func digestOf(b []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(b)) }
