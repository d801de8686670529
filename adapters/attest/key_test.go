package attest_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/adapters/attest"
)

func TestKeyID(t *testing.T) {
	for _, s := range []attest.Signer{generate(t), generateECDSA(t)} {
		der, err := x509.MarshalPKIXPublicKey(s.Public())
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(der)
		if got, err := attest.KeyID(s.Public()); err != nil || got != hex.EncodeToString(sum[:]) || got != s.KeyID() {
			t.Errorf("KeyID = %s, %v; the signer says %s", got, err, s.KeyID())
		}
	}
}

func TestPublicKeys(t *testing.T) {
	for _, s := range []attest.Signer{generate(t), generateECDSA(t)} {
		text, err := attest.EncodePublic(s.Public())
		if err != nil {
			t.Fatal(err)
		}
		got, err := attest.ParsePublic(text)
		if err != nil || !got.(interface{ Equal(crypto.PublicKey) bool }).Equal(s.Public()) {
			t.Errorf("ParsePublic = %v, %v", got, err)
		}
	}
}

func TestOtherKeysAreRefused(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good, err := attest.EncodePublic(generate(t).Public())
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{
		"nothing":          "",
		"text":             "ssh-ed25519 AAAA",
		"a private key":    strings.ReplaceAll(string(good), "PUBLIC", "PRIVATE"),
		"a certificate":    strings.ReplaceAll(string(good), "PUBLIC KEY", "CERTIFICATE"),
		"damaged":          strings.Replace(string(good), "MCow", "MCoz", 1),
		"two keys":         string(good) + string(good),
		"something behind": string(good) + "x",
	}
	for name, public := range map[string]any{"P-384": p384.Public(), "RSA": weak.Public()} {
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		if _, err := attest.KeyID(public); !errors.Is(err, attest.ErrKey) {
			t.Errorf("KeyID of %s: %v, want ErrKey", name, err)
		}
	}
	for name, text := range texts {
		if _, err := attest.ParsePublic([]byte(text)); !errors.Is(err, attest.ErrKey) {
			t.Errorf("ParsePublic of %s: %v, want ErrKey", name, err)
		}
	}
	for name, public := range map[string]crypto.PublicKey{"nil": nil, "short": ed25519.PublicKey("x"), "no point": (*ecdsa.PublicKey)(nil), "no curve": &ecdsa.PublicKey{}} {
		text := []byte(seal(t, generate(t), `{}`))
		if _, err := (attest.Verifier{Keys: []attest.Key{{Public: public}}}).Open(text); !errors.Is(err, attest.ErrKey) {
			t.Errorf("Open with a key that is %s: %v, want ErrKey", name, err)
		}
	}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Each bound, one second inside and outside of it.
func TestKeyTimes(t *testing.T) {
	s := generate(t)
	text := []byte(seal(t, s, `{}`))
	for _, tt := range []struct {
		name string
		key  attest.Key
		at   time.Duration // after noon
		want error
	}{
		{"a second before it begins", attest.Key{NotBefore: noon}, -time.Second, attest.ErrKeyTime},
		{"as it begins", attest.Key{NotBefore: noon}, 0, nil},
		{"as it ends", attest.Key{NotAfter: noon}, 0, nil},
		{"a second after it ends", attest.Key{NotAfter: noon}, time.Second, attest.ErrKeyTime},
		{"a second before it is revoked", attest.Key{RevokedAt: noon}, -time.Second, nil},
		{"as it is revoked", attest.Key{RevokedAt: noon}, 0, attest.ErrKeyTime},
		{"a second after", attest.Key{RevokedAt: noon}, time.Second, attest.ErrKeyTime},
		{"revoked within its time", attest.Key{NotBefore: noon.Add(-time.Hour), NotAfter: noon.Add(time.Hour), RevokedAt: noon}, time.Second, attest.ErrKeyTime},
		{"in another zone", attest.Key{NotAfter: noon.In(time.FixedZone("", 7200))}, 0, nil},
		{"without bounds", attest.Key{}, 0, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.key.Public = s.Public()
			v := attest.Verifier{Keys: []attest.Key{tt.key}, MadeAt: attest.At(noon.Add(tt.at))}
			if m, err := v.Open(text); !errors.Is(err, tt.want) || (err == nil) != (len(m.Signers) == 1) {
				t.Errorf("Open = %+v, %v, want %v", m, err, tt.want)
			}
		})
	}
}

// A key with a bound counts for nothing where no time is known.
func TestNoTimeIsNotATime(t *testing.T) {
	s := generate(t)
	text := []byte(seal(t, s, `{}`))
	unknown := errors.New("no clock")
	for name, tt := range map[string]struct {
		at   func(attest.Message) (time.Time, error)
		want error
	}{
		"none":  {nil, attest.ErrKeyTime},
		"zero":  {attest.At(time.Time{}), attest.ErrKeyTime},
		"error": {func(attest.Message) (time.Time, error) { return noon, unknown }, unknown},
	} {
		v := attest.Verifier{Keys: []attest.Key{{Public: s.Public(), NotAfter: noon}}, MadeAt: tt.at}
		if _, err := v.Open(text); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

// The time is asked only of what a given key has signed.
func TestTheTimeOfAStranger(t *testing.T) {
	v := by(generate(t))
	v.MadeAt = func(m attest.Message) (time.Time, error) {
		t.Errorf("asked for the time of %s", m.Payload)
		return noon, nil
	}
	if _, err := v.Open([]byte(seal(t, generate(t), `{}`))); !errors.Is(err, attest.ErrUnknownKey) {
		t.Errorf("%v, want ErrUnknownKey", err)
	}
}

// A key is replaced by another: both are given, each with its time, and what
// each signed opens only within it. The time is the message's own.
func TestRotation(t *testing.T) {
	old, next := generate(t), generateECDSA(t)
	v := attest.Verifier{
		Keys: []attest.Key{{Public: old.Public(), NotAfter: noon}, {Public: next.Public(), NotBefore: noon}},
		MadeAt: func(m attest.Message) (at time.Time, err error) {
			var says struct {
				At time.Time `json:"at"`
			}
			err = attest.Decode(m.Payload, &says)
			return says.At, err
		},
	}
	before, after := `{"at":"2026-03-01T11:00:00Z"}`, `{"at":"2026-03-01T13:00:00Z"}`
	for _, tt := range []struct {
		by      attest.Signer
		payload string
		want    error
	}{
		{old, before, nil}, {next, after, nil},
		{old, after, attest.ErrKeyTime}, {next, before, attest.ErrKeyTime},
	} {
		m, err := v.Open([]byte(seal(t, tt.by, tt.payload)))
		if !errors.Is(err, tt.want) || err == nil && !reflect.DeepEqual(m.Signers, []string{tt.by.KeyID()}) {
			t.Errorf("%.6s of %s: %+v, %v, want %v", tt.by.KeyID(), tt.payload, m, err, tt.want)
		}
	}
}

// The same key twice: with the same times it is one, with others an error,
// because a revocation could be outdone by an older entry.
func TestAKeyTwice(t *testing.T) {
	s := generate(t)
	text := []byte(seal(t, s, `{}`))
	k := attest.Key{Public: s.Public()}
	if m, err := (attest.Verifier{Keys: []attest.Key{k, k}}).Open(text); err != nil || len(m.Signers) != 1 {
		t.Errorf("%+v, %v, want one signer", m, err)
	}
	revoked := attest.Key{Public: s.Public(), RevokedAt: noon}
	if _, err := (attest.Verifier{Keys: []attest.Key{k, revoked}, MadeAt: attest.At(noon)}).Open(text); !errors.Is(err, attest.ErrKey) {
		t.Errorf("%v, want ErrKey", err)
	}
}
