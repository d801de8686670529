package attest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

// A FileSigner signs with a private key that a file holds: ed25519, or ECDSA
// P-256 with SHA-256 and ASN.1 signatures. It is a [Signer].
type FileSigner struct {
	private crypto.Signer
	id      string
}

// ErrExposed says that others than its owner can read or write a private key.
var ErrExposed = errors.New("the private key is open to others")

// Generate makes a new ed25519 key.
func Generate() (*FileSigner, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate key: %w", err)
	}
	return newFileSigner(private)
}

// GenerateECDSA makes a new ECDSA key on P-256: what openssl dgst and most
// other tools verify.
func GenerateECDSA() (*FileSigner, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate key: %w", err)
	}
	return newFileSigner(private)
}

// Load reads a private key from PKCS#8 PEM. A file that others than its owner
// may read or write is refused with [ErrExposed], where the system has such
// permissions.
func Load(path string) (*FileSigner, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("load key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("load key: %w", err)
	}
	switch mode := info.Mode(); {
	case !mode.IsRegular():
		return nil, fmt.Errorf("load key %s: %w: it is not a file", path, ErrKey)
	case mode.Perm()&0o077 != 0 && runtime.GOOS != "windows":
		return nil, fmt.Errorf("load key %s: %w: its mode is %#o\nhint: chmod 600 %s, and a new key if somebody may have read it", path, ErrExposed, mode.Perm(), path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, fmt.Errorf("load key: %w", err)
	}
	if len(text) > maxKeyFile {
		return nil, fmt.Errorf("load key %s: %w: over %d bytes", path, ErrKey, maxKeyFile)
	}
	s, err := parsePrivate(text)
	if err != nil {
		return nil, fmt.Errorf("load key %s: %w", path, err)
	}
	return s, nil
}

const maxKeyFile = 16 << 10

func parsePrivate(text []byte) (*FileSigner, error) {
	der, err := block(text, privateBlock)
	if err != nil {
		return nil, err
	}
	private, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	signer, ok := private.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%w: %T cannot sign", ErrKey, private)
	}
	return newFileSigner(signer)
}

func newFileSigner(private crypto.Signer) (*FileSigner, error) {
	id, err := KeyID(private.Public())
	if err != nil {
		return nil, err
	}
	return &FileSigner{private, id}, nil
}

// Save writes the private key to a new file as PKCS#8 PEM, readable by its
// owner alone. A file that is there already is an error, and stays as it is.
func (s *FileSigner) Save(path string) (err error) {
	der, err := x509.MarshalPKCS8PrivateKey(s.private)
	if err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = fmt.Errorf("save key: %w", errors.Join(err, os.Remove(path)))
		}
	}()
	if err := pem.Encode(f, &pem.Block{Type: privateBlock, Bytes: der}); err != nil {
		return err
	}
	return f.Sync()
}

// KeyID is the id of the public key, as [KeyID] makes it.
func (s *FileSigner) KeyID() string { return s.id }

// Public is the public key.
func (s *FileSigner) Public() crypto.PublicKey { return s.private.Public() }

// Sign signs message as it is, without hashing it first.
func (s *FileSigner) Sign(_ context.Context, message []byte) ([]byte, error) {
	if _, ok := s.private.(*ecdsa.PrivateKey); ok {
		sum := sha256.Sum256(message)
		return s.private.Sign(rand.Reader, sum[:], crypto.SHA256)
	}
	return s.private.Sign(rand.Reader, message, crypto.Hash(0))
}
