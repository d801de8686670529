package kms

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// A Client is the part of [awskms.Client] that is used.
type Client interface {
	GetPublicKey(context.Context, *awskms.GetPublicKeyInput, ...func(*awskms.Options)) (*awskms.GetPublicKeyOutput, error)
	Sign(context.Context, *awskms.SignInput, ...func(*awskms.Options)) (*awskms.SignOutput, error)
}

// Why a signer refuses.
var (
	ErrKey       = errors.New("the key is not for signing with ECDSA P-256")
	ErrSignature = errors.New("the service's signature does not verify with the public key")
)

// A Signer signs with one key of KMS. It is an attest.Signer.
type Signer struct {
	client Client
	arn    string // as KMS resolved it: an alias may be pointed elsewhere later
	public *ecdsa.PublicKey
	id     string
}

// New asks KMS for the public key of key: a key id, an ARN or an alias. It
// returns an [*Error], which wraps [ErrKey] where the key is of another kind.
func New(ctx context.Context, client Client, key string) (*Signer, error) {
	fail := func(err error, hint string) (*Signer, error) {
		return nil, &Error{Doing: "read the public key", Key: key, Err: err, Hint: hint}
	}
	out, err := client.GetPublicKey(ctx, &awskms.GetPublicKeyInput{KeyId: &key})
	if err != nil {
		return fail(err, hint(err, "kms:GetPublicKey"))
	}
	if out.KeyUsage != types.KeyUsageTypeSignVerify {
		return fail(fmt.Errorf("%w: its usage is %s", ErrKey, out.KeyUsage), create)
	}
	parsed, err := x509.ParsePKIXPublicKey(out.PublicKey)
	if err != nil {
		return fail(fmt.Errorf("%w: %w", ErrKey, err), create)
	}
	public, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return fail(fmt.Errorf("%w: it is %T", ErrKey, parsed), create)
	}
	if public.Curve != elliptic.P256() {
		return fail(fmt.Errorf("%w: it is on %s", ErrKey, public.Params().Name), create)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return fail(err, "")
	}
	sum := sha256.Sum256(der)
	arn := aws.ToString(out.KeyId)
	if arn == "" {
		arn = key
	}
	return &Signer{client, arn, public, hex.EncodeToString(sum[:])}, nil
}

const create = "aws kms create-key --key-usage SIGN_VERIFY --key-spec ECC_NIST_P256"

// KeyID is the hexadecimal SHA-256 of the key's SubjectPublicKeyInfo in DER.
func (s *Signer) KeyID() string { return s.id }

// Public is the public key, an [*ecdsa.PublicKey].
func (s *Signer) Public() crypto.PublicKey { return s.public }

// maxRaw is the longest message that KMS takes whole, in bytes.
const maxRaw = 4096

// Sign returns the ASN.1 signature of message, which KMS made and which was
// verified offline. It returns an [*Error], which wraps [ErrSignature] where
// what KMS answered is not this key's signature of this message.
func (s *Signer) Sign(ctx context.Context, message []byte) ([]byte, error) {
	sum := sha256.Sum256(message)
	in := &awskms.SignInput{KeyId: &s.arn, Message: message, MessageType: types.MessageTypeRaw, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256}
	if len(message) > maxRaw {
		in.Message, in.MessageType = sum[:], types.MessageTypeDigest
	}
	out, err := s.client.Sign(ctx, in)
	if err != nil {
		return nil, &Error{Doing: "sign", Key: s.arn, Err: err, Hint: hint(err, "kms:Sign")}
	}
	if !ecdsa.VerifyASN1(s.public, sum[:], out.Signature) {
		e := &Error{Doing: "sign", Key: s.arn, Err: ErrSignature}
		if in.MessageType == types.MessageTypeDigest {
			e.Hint = fmt.Sprintf("the message has %d bytes, and over %d KMS is given its digest, which moto hashes again: sign a shorter one on an emulator", len(message), maxRaw)
		}
		return nil, e
	}
	return out.Signature, nil
}
