package kms_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/adapters/kms"
	"github.com/stagegate/stagegate/internal/mototest"
)

var _ attest.Signer = (*kms.Signer)(nil)

const account = "333333333333"

// service is a client of a real moto, with the key that create made there.
func service(t *testing.T, create awskms.CreateKeyInput) (*awskms.Client, string) {
	t.Helper()
	client := awskms.NewFromConfig(mototest.Session(mototest.Shared(t), account))
	out, err := client.CreateKey(t.Context(), &create)
	if err != nil {
		t.Fatal(err)
	}
	return client, *out.KeyMetadata.KeyId
}

var signing = awskms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeSignVerify}

func TestSignedByKMSOpensOffline(t *testing.T) {
	client, key := service(t, signing)
	signer, err := kms.New(t.Context(), client, key)
	if err != nil {
		t.Fatal(err)
	}
	want := []byte(`{"a":1}`)
	envelope, err := attest.Seal(t.Context(), signer, attest.PayloadType, want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := attest.Verifier{Keys: []attest.Key{{Public: signer.Public()}}}.Open(envelope)
	if err != nil || !bytes.Equal(got.Payload, want) || len(got.Signers) != 1 || got.Signers[0] != signer.KeyID() {
		t.Errorf("Open = %+v, %v", got, err)
	}
	another, err := kms.New(t.Context(), client, second(t, client))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (attest.Verifier{Keys: []attest.Key{{Public: another.Public()}}}).Open(envelope); !errors.Is(err, attest.ErrUnknownKey) {
		t.Errorf("with another key of the account: %v, want ErrUnknownKey", err)
	}
}

func second(t *testing.T, client *awskms.Client) string {
	t.Helper()
	out, err := client.CreateKey(t.Context(), &signing)
	if err != nil {
		t.Fatal(err)
	}
	return *out.KeyMetadata.KeyId
}

// An alias that is pointed elsewhere between New and Sign: the signer stays
// with its key.
func TestAliasIsResolvedOnce(t *testing.T) {
	client, key := service(t, signing)
	alias := "alias/stagegate-moved"
	if _, err := client.CreateAlias(t.Context(), &awskms.CreateAliasInput{AliasName: &alias, TargetKeyId: &key}); err != nil {
		t.Fatal(err)
	}
	signer, err := kms.New(t.Context(), client, alias)
	if err != nil {
		t.Fatal(err)
	}
	other := second(t, client)
	if _, err := client.UpdateAlias(t.Context(), &awskms.UpdateAliasInput{AliasName: &alias, TargetKeyId: &other}); err != nil {
		t.Fatal(err)
	}
	if _, err := signer.Sign(t.Context(), []byte("x")); err != nil {
		t.Errorf("Sign after the alias moved: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		create awskms.CreateKeyInput
		want   string
	}{
		"another curve":      {awskms.CreateKeyInput{KeySpec: types.KeySpecEccNistP384, KeyUsage: types.KeyUsageTypeSignVerify}, "P-384"},
		"RSA":                {awskms.CreateKeyInput{KeySpec: types.KeySpecRsa2048, KeyUsage: types.KeyUsageTypeSignVerify}, "rsa"},
		"an encryption key":  {awskms.CreateKeyInput{KeySpec: types.KeySpecRsa2048, KeyUsage: types.KeyUsageTypeEncryptDecrypt}, "ENCRYPT_DECRYPT"},
		"a curve unknown to": {awskms.CreateKeyInput{KeySpec: types.KeySpecEccSecgP256k1, KeyUsage: types.KeyUsageTypeSignVerify}, "curve"},
	} {
		t.Run(name, func(t *testing.T) {
			client, key := service(t, tt.create)
			_, err := kms.New(t.Context(), client, key)
			var typed *kms.Error
			if !errors.Is(err, kms.ErrKey) || !errors.As(err, &typed) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(typed.Hint, "ECC_NIST_P256") {
				t.Errorf("New = %v, want ErrKey with %q and a hint", err, tt.want)
			}
		})
	}
}

func TestNoSuchKey(t *testing.T) {
	client, _ := service(t, signing)
	for _, key := range []string{"alias/nobody", "11111111-2222-3333-4444-555555555555"} {
		_, err := kms.New(t.Context(), client, key)
		var typed *kms.Error
		var missing *types.NotFoundException
		if !errors.As(err, &typed) || !errors.As(err, &missing) || typed.Key != key || !strings.Contains(typed.Hint, "no such key") {
			t.Errorf("New(%s) = %v, want an Error with a hint", key, err)
		}
	}
}

// moto hashes a digest again: what it answers for a long message is refused,
// and a message of exactly 4096 bytes is still sent whole.
func TestMotoAtTheLimit(t *testing.T) {
	client, key := service(t, signing)
	signer, err := kms.New(t.Context(), client, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signer.Sign(t.Context(), make([]byte, 4096)); err != nil {
		t.Errorf("4096 bytes: %v", err)
	}
	sig, err := signer.Sign(t.Context(), make([]byte, 4097))
	if !errors.Is(err, kms.ErrSignature) || sig != nil || !strings.Contains(err.Error(), "4097 bytes") || !strings.Contains(err.Error(), "hint: ") {
		t.Errorf("4097 bytes: %x, %v, want ErrSignature with a hint and no signature", sig, err)
	}
}

// documented is KMS as its documentation has it: at most 4096 bytes RAW, and a
// DIGEST of 32 that is not hashed again.
type documented struct {
	key  *ecdsa.PrivateKey
	sent []types.MessageType
}

func (d *documented) GetPublicKey(context.Context, *awskms.GetPublicKeyInput, ...func(*awskms.Options)) (*awskms.GetPublicKeyOutput, error) {
	der, err := x509.MarshalPKIXPublicKey(&d.key.PublicKey)
	return &awskms.GetPublicKeyOutput{PublicKey: der, KeyUsage: types.KeyUsageTypeSignVerify, KeySpec: types.KeySpecEccNistP256, KeyId: aws.String("arn:aws:kms:eu-west-1:333333333333:key/1")}, err
}

func (d *documented) Sign(_ context.Context, in *awskms.SignInput, _ ...func(*awskms.Options)) (*awskms.SignOutput, error) {
	d.sent = append(d.sent, in.MessageType)
	digest := in.Message
	switch {
	case in.SigningAlgorithm != types.SigningAlgorithmSpecEcdsaSha256,
		in.MessageType == types.MessageTypeRaw && len(in.Message) > 4096,
		in.MessageType == types.MessageTypeDigest && len(in.Message) != 32:
		return nil, &smithy.GenericAPIError{Code: "ValidationException", Message: "1 validation error detected"}
	case in.MessageType == types.MessageTypeRaw:
		h := crypto.SHA256.New()
		h.Write(in.Message)
		digest = h.Sum(nil)
	}
	sig, err := ecdsa.SignASN1(rand.Reader, d.key, digest)
	return &awskms.SignOutput{Signature: sig, KeyId: in.KeyId}, err
}

func newDocumented(t *testing.T) *documented {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &documented{key: key}
}

func TestLongMessages(t *testing.T) {
	d := newDocumented(t)
	signer, err := kms.New(t.Context(), d, "alias/stagegate")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 4096, 4097, 1 << 20} {
		message := make([]byte, n)
		if _, err := signer.Sign(t.Context(), message); err != nil {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	want := []types.MessageType{types.MessageTypeRaw, types.MessageTypeRaw, types.MessageTypeDigest, types.MessageTypeDigest}
	if len(d.sent) != len(want) || d.sent[1] != want[1] || d.sent[2] != want[2] {
		t.Errorf("sent %v, want %v", d.sent, want)
	}
}

// lying answers with what another service would have answered.
type lying struct {
	kms.Client
	change func(*awskms.SignOutput)
}

func (l lying) Sign(ctx context.Context, in *awskms.SignInput, o ...func(*awskms.Options)) (*awskms.SignOutput, error) {
	out, err := l.Client.Sign(ctx, in, o...)
	if err == nil {
		l.change(out)
	}
	return out, err
}

func TestWrongAnswers(t *testing.T) {
	other, err := newDocumented(t).Sign(t.Context(), &awskms.SignInput{Message: []byte("x"), MessageType: types.MessageTypeRaw, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256})
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*awskms.SignOutput){
		"nothing":       func(o *awskms.SignOutput) { o.Signature = nil },
		"one bit":       func(o *awskms.SignOutput) { o.Signature[len(o.Signature)-1] ^= 1 },
		"cut short":     func(o *awskms.SignOutput) { o.Signature = o.Signature[:len(o.Signature)-1] },
		"with a tail":   func(o *awskms.SignOutput) { o.Signature = append(o.Signature, 0) },
		"another's key": func(o *awskms.SignOutput) { o.Signature = other.Signature },
	} {
		signer, err := kms.New(t.Context(), lying{newDocumented(t), change}, "k")
		if err != nil {
			t.Fatal(err)
		}
		if sig, err := signer.Sign(t.Context(), []byte("x")); !errors.Is(err, kms.ErrSignature) || sig != nil {
			t.Errorf("%s: %x, %v, want ErrSignature", name, sig, err)
		}
	}
}
