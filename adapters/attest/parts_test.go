package attest_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/need"
)

// shared reads a file of the project's shared folder.
func shared(t testing.TB, parts ...string) []byte {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "..", "shared"}, parts...)...)
	b, err := os.ReadFile(path)
	if err != nil {
		need.Missing(t, path, "check out the project's shared folder beside the repository")
	}
	return b
}

func generate(t testing.TB) *attest.FileSigner {
	t.Helper()
	s, err := attest.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// generateECDSA is a signer whose key was made elsewhere.
func generateECDSA(t testing.TB) *attest.FileSigner {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := attest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rawECDSA signs with r and s, 32 bytes each, as JOSE and some services do.
type rawECDSA struct {
	attest.Signer
	key *ecdsa.PrivateKey
}

func newRawECDSA(t testing.TB) rawECDSA {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return rawECDSA{key: key}
}

func (r rawECDSA) Public() crypto.PublicKey { return &r.key.PublicKey }
func (r rawECDSA) KeyID() string            { id, _ := attest.KeyID(r.Public()); return id }
func (r rawECDSA) Sign(_ context.Context, message []byte) ([]byte, error) {
	sum := sha256.Sum256(message)
	a, b, err := ecdsa.Sign(rand.Reader, r.key, sum[:])
	if err != nil {
		return nil, err
	}
	sig := make([]byte, 64)
	a.FillBytes(sig[:32])
	b.FillBytes(sig[32:])
	return sig, nil
}

func seal(t testing.TB, s attest.Signer, payload string) string {
	t.Helper()
	b, err := attest.Seal(t.Context(), s, attest.PayloadType, []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func by(signers ...attest.Signer) attest.Verifier {
	var v attest.Verifier
	for _, s := range signers {
		v.Keys = append(v.Keys, attest.Key{Public: s.Public()})
	}
	return v
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

const tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

var (
	commit   = strings.Repeat("c0", 20)
	artifact = harness.DigestOf([]byte("artifact"))
	record   = harness.DigestOf([]byte("record"))
	subject  = harness.Subject{Source: harness.Source{Commit: commit, Tree: tree}, Artifact: artifact}
	subjects = []harness.SubjectName{
		{Name: "orders", Digest: map[string]string{"sha256": artifact.Hex()}},
		{Name: "orders source", Digest: map[string]string{"gitCommit": commit, "gitTree": tree}},
	}
)
