package attest_test

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/attest"
)

func TestSaveAndLoad(t *testing.T) {
	for name, tt := range map[string]struct {
		generate func() (*attest.FileSigner, error)
		is       func(public any) bool
	}{
		"ed25519": {attest.Generate, func(p any) bool { _, ok := p.(ed25519.PublicKey); return ok }},
		"ECDSA":   {attest.GenerateECDSA, func(p any) bool { k, ok := p.(*ecdsa.PublicKey); return ok && k.Curve == elliptic.P256() }},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gate.key")
			s, err := tt.generate()
			if err != nil || !tt.is(s.Public()) {
				t.Fatalf("generated %T, %v", s.Public(), err)
			}
			if err := s.Save(path); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("saved with %v, %v, want 0600", info.Mode(), err)
			}
			got, err := attest.Load(path)
			if err != nil || got.KeyID() != s.KeyID() {
				t.Fatalf("Load = %v, %v", got, err)
			}
			if _, err := by(s).Open([]byte(seal(t, got, `{}`))); err != nil {
				t.Error(err)
			}
			if other, err := tt.generate(); err != nil || other.KeyID() == s.KeyID() {
				t.Errorf("two generated keys are the same (%v)", err)
			}
		})
	}
}

func TestSaveOverwritesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gate.key")
	if err := os.WriteFile(path, []byte("a key that somebody needs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := generate(t).Save(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Save = %v, want ErrExist", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "a key that somebody needs" {
		t.Errorf("the file holds %q", b)
	}
}

func TestLoadRefusesExposedKeys(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("this system has no such permissions")
	}
	path := filepath.Join(t.TempDir(), "gate.key")
	if err := generate(t).Save(path); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[fs.FileMode]error{
		0o600: nil, 0o400: nil, 0o700: nil,
		0o640: attest.ErrExposed, 0o604: attest.ErrExposed, 0o620: attest.ErrExposed, 0o602: attest.ErrExposed,
		0o644: attest.ErrExposed, 0o666: attest.ErrExposed, 0o601: attest.ErrExposed,
	} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := attest.Load(path)
		if !errors.Is(err, want) || want != nil && !strings.Contains(err.Error(), "hint: chmod 600") {
			t.Errorf("%#o: %v, want %v", mode, err, want)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	pkcs8 := func(key any) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good := pkcs8(ed)
	for name, text := range map[string]string{
		"nothing":          "",
		"noise":            strings.Repeat("x", 100),
		"too long":         good + strings.Repeat("\n", 20<<10),
		"two keys":         good + good,
		"cut short":        good[:len(good)-20],
		"a public key":     strings.ReplaceAll(good, "PRIVATE", "PUBLIC"),
		"SEC 1":            strings.ReplaceAll(good, "PRIVATE", "EC PRIVATE"),
		"encrypted":        strings.ReplaceAll(good, "PRIVATE", "ENCRYPTED PRIVATE"),
		"RSA":              pkcs8(weak),
		"P-384":            pkcs8(p384),
		"key for exchange": pkcs8(x),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := attest.Load(path)
			if !errors.Is(err, attest.ErrKey) || s != nil || !strings.Contains(err.Error(), path) {
				t.Errorf("Load = %v, %v, want ErrKey with the path", s, err)
			}
			if err != nil && strings.Contains(err.Error(), strings.Split(good, "\n")[1]) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
	if _, err := attest.Load(filepath.Join(t.TempDir(), "gone")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := attest.Load(t.TempDir()); err == nil {
		t.Error("a folder was loaded")
	}
}

// wrong is a signer that does not do what it says.
type wrong struct {
	attest.Signer
	sig []byte
	err error
	id  string
}

func (w wrong) KeyID() string {
	if w.id != "" {
		return w.id
	}
	return w.Signer.KeyID()
}

func (w wrong) Sign(context.Context, []byte) ([]byte, error) { return w.sig, w.err }

func TestSealRefuses(t *testing.T) {
	s := generate(t)
	other, err := generate(t).Sign(t.Context(), attest.PAE(attest.PayloadType, []byte("{}")))
	if err != nil {
		t.Fatal(err)
	}
	own, err := s.Sign(t.Context(), attest.PAE(attest.PayloadType, []byte("{}")))
	if err != nil {
		t.Fatal(err)
	}
	down := errors.New("the service is down")
	for name, tt := range map[string]struct {
		signer attest.Signer
		want   error
	}{
		"no signature":        {wrong{Signer: s}, attest.ErrSigner},
		"another key's":       {wrong{Signer: s, sig: other}, attest.ErrSigner},
		"another key's id":    {wrong{Signer: s, sig: own, id: generate(t).KeyID()}, attest.ErrSigner},
		"zeros":               {wrong{Signer: s, sig: make([]byte, 64)}, attest.ErrSigner},
		"an error":            {wrong{Signer: s, err: down}, down},
		"an error and a good": {wrong{Signer: s, sig: own, err: down}, down},
	} {
		b, err := attest.Seal(t.Context(), tt.signer, attest.PayloadType, []byte("{}"))
		if !errors.Is(err, tt.want) || b != nil {
			t.Errorf("%s: Seal = %s, %v, want %v", name, b, err, tt.want)
		}
	}
	if b, err := attest.Seal(t.Context(), s, "", []byte("{}")); err == nil {
		t.Errorf("sealed %s without a payload type", b)
	}
}

// ed25519 gives the same envelope for the same payload.
func TestSealIsDeterministic(t *testing.T) {
	s := generate(t)
	if a, b := seal(t, s, `{}`), seal(t, s, `{}`); a != b || !bytes.HasSuffix([]byte(a), []byte("}\n")) {
		t.Errorf("%q and %q", a, b)
	}
}
