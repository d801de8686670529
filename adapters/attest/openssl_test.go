package attest_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/internal/need"
)

// openssl runs the command, which is not ours, in dir.
func openssl(t *testing.T, dir string, args ...string) ([]byte, error) {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		need.Missing(t, "openssl", "apt-get install openssl")
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir = dir
	return cmd.CombinedOutput()
}

// unpack lays a verdict's file out as a person would with jq and base64: the
// key, what was signed, the signature, and the whole verdict. It returns the
// digest that was signed of the latter.
func unpack(t *testing.T, dir string, signer attest.Signer) (digest string) {
	t.Helper()
	_, text := bundled(t, signer, verdict())
	var b struct {
		Envelope struct {
			Payload, PayloadType string
			Signatures           []struct{ Sig string }
		}
		Verdict string
	}
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	e := b.Envelope
	payload, sig, whole := plain(t, e.Payload), plain(t, e.Signatures[0].Sig), plain(t, b.Verdict)
	var s struct {
		Predicate struct {
			Stagegate struct{ Digest struct{ SHA256 string } }
		}
	}
	if err := json.Unmarshal(payload, &s); err != nil {
		t.Fatal(err)
	}
	key, err := attest.EncodePublic(signer.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"key.pem": key, "sig": sig, "verdict": whole,
		"signed":  fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(e.PayloadType), e.PayloadType, len(payload), payload),
		"changed": fmt.Appendf(nil, "DSSEv1 %d %s %d %s ", len(e.PayloadType), e.PayloadType, len(payload), payload),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s.Predicate.Stagegate.Digest.SHA256
}

func plain(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A tool that is not ours verifies our verdict, and refuses a changed one.
func TestOpenSSLVerifies(t *testing.T) {
	for name, tt := range map[string]struct {
		signer  attest.Signer
		command func(signed string) []string
	}{
		"ed25519": {generate(t), func(signed string) []string {
			return []string{"pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", signed, "-sigfile", "sig"}
		}},
		"ecdsa": {generateECDSA(t), func(signed string) []string {
			return []string{"dgst", "-sha256", "-verify", "key.pem", "-signature", "sig", signed}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			digest := unpack(t, dir, tt.signer)
			if out, err := openssl(t, dir, tt.command("signed")...); err != nil {
				t.Errorf("openssl refuses: %v\n%s", err, out)
			}
			if out, err := openssl(t, dir, tt.command("changed")...); err == nil {
				t.Errorf("openssl takes a changed verdict: %s", out)
			}
			if out, err := openssl(t, dir, "dgst", "-sha256", "-r", "verdict"); err != nil || digest == "" || !strings.HasPrefix(string(out), digest+" ") {
				t.Errorf("the whole verdict has the digest %s, %v, and %q was signed", out, err, digest)
			}
		})
	}
}

// Keys that openssl made sign and open here.
func TestKeysOfOpenSSL(t *testing.T) {
	for name, args := range map[string][]string{
		"ed25519": {"-algorithm", "ed25519"},
		"ecdsa":   {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if out, err := openssl(t, dir, append([]string{"genpkey", "-out", "key.pem"}, args...)...); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if out, err := openssl(t, dir, "pkey", "-in", "key.pem", "-pubout", "-out", "pub.pem"); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			signer, err := attest.Load(filepath.Join(dir, "key.pem"))
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(filepath.Join(dir, "pub.pem"))
			if err != nil {
				t.Fatal(err)
			}
			public, err := attest.ParsePublic(text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := (attest.Verifier{Keys: []attest.Key{{Public: public}}}).Open([]byte(seal(t, signer, `{}`))); err != nil {
				t.Error(err)
			}
		})
	}
}
