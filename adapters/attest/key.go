package attest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// A Key is a public key, and the time for which its signatures count. The zero
// times set no bound.
type Key struct {
	Public    crypto.PublicKey // ed25519.PublicKey, or *ecdsa.PublicKey on P-256
	NotBefore time.Time        // the first moment
	NotAfter  time.Time        // the last moment
	RevokedAt time.Time        // from this moment on nothing counts
}

// ErrKey says that a key is of a kind that is not accepted, or cannot be read.
var ErrKey = errors.New("unusable key")

// KeyID is the lower-case hexadecimal SHA-256 of the key's
// SubjectPublicKeyInfo in DER.
func KeyID(public crypto.PublicKey) (string, error) {
	der, err := marshal(public)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:]), nil
}

// EncodePublic writes a public key as PKIX PEM.
func EncodePublic(public crypto.PublicKey) ([]byte, error) {
	der, err := marshal(public)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: publicBlock, Bytes: der}), nil
}

// ParsePublic reads one public key from PKIX PEM. Anything after it is an error.
func ParsePublic(text []byte) (crypto.PublicKey, error) {
	der, err := block(text, publicBlock)
	if err != nil {
		return nil, err
	}
	public, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return public, accepted(public)
}

const (
	publicBlock  = "PUBLIC KEY"
	privateBlock = "PRIVATE KEY"
)

// block returns the bytes of the only PEM block in text, of the wanted type.
func block(text []byte, want string) ([]byte, error) {
	b, rest := pem.Decode(text)
	switch {
	case b == nil:
		return nil, fmt.Errorf("%w: no PEM block %q", ErrKey, want)
	case b.Type != want:
		return nil, fmt.Errorf("%w: PEM block %q, want %q%s", ErrKey, b.Type, want, hint(b.Type, want))
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, fmt.Errorf("%w: something follows the PEM block; one key a file", ErrKey)
	}
	return b.Bytes, nil
}

func hint(got, want string) string {
	switch {
	case want == privateBlock && got == "EC PRIVATE KEY":
		return "\nhint: openssl pkcs8 -topk8 -nocrypt writes it as PKCS#8"
	case want == publicBlock && got == privateBlock:
		return "\nhint: openssl pkey -pubout writes the public key of a private one"
	default:
		return ""
	}
}

func marshal(public crypto.PublicKey) ([]byte, error) {
	if err := accepted(public); err != nil {
		return nil, err
	}
	return x509.MarshalPKIXPublicKey(public)
}

func accepted(public crypto.PublicKey) error {
	switch k := public.(type) {
	case ed25519.PublicKey:
		if len(k) != ed25519.PublicKeySize {
			return fmt.Errorf("%w: ed25519 with %d bytes", ErrKey, len(k))
		}
		return nil
	case *ecdsa.PublicKey:
		if k == nil || k.Curve != elliptic.P256() {
			return fmt.Errorf("%w: ECDSA on another curve than P-256", ErrKey)
		}
		return nil
	default:
		return fmt.Errorf("%w: %T, want ed25519 or ECDSA P-256", ErrKey, public)
	}
}

// verify reports whether sig is public's signature of message.
func verify(public crypto.PublicKey, message, sig []byte) bool {
	switch k := public.(type) {
	case ed25519.PublicKey:
		return len(k) == ed25519.PublicKeySize && ed25519.Verify(k, message, sig)
	case *ecdsa.PublicKey:
		sum := sha256.Sum256(message)
		if ecdsa.VerifyASN1(k, sum[:], sig) {
			return true
		}
		if len(sig) != 64 {
			return false
		}
		r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
		return ecdsa.Verify(k, sum[:], r, s)
	default:
		return false
	}
}

// counts says why a signature made at t does not count, or nil.
func (k Key) counts(t time.Time) error {
	switch {
	case !k.NotBefore.IsZero() && t.Before(k.NotBefore):
		return fmt.Errorf("%w: it was made %s, the key counts from %s", ErrKeyTime, stamp(t), stamp(k.NotBefore))
	case !k.NotAfter.IsZero() && t.After(k.NotAfter):
		return fmt.Errorf("%w: it was made %s, the key counted until %s", ErrKeyTime, stamp(t), stamp(k.NotAfter))
	case !k.RevokedAt.IsZero() && !t.Before(k.RevokedAt):
		return fmt.Errorf("%w: it was made %s, the key was revoked %s", ErrKeyTime, stamp(t), stamp(k.RevokedAt))
	default:
		return nil
	}
}

// bounded reports whether k counts for some time only.
func (k Key) bounded() bool {
	return !k.NotBefore.IsZero() || !k.NotAfter.IsZero() || !k.RevokedAt.IsZero()
}

func (k Key) equal(o Key) bool {
	return k.NotBefore.Equal(o.NotBefore) && k.NotAfter.Equal(o.NotAfter) && k.RevokedAt.Equal(o.RevokedAt)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
