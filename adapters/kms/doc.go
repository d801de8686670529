// Package kms signs with a key of AWS KMS: the private key never leaves it, and
// who may sign is what IAM and the key's policy say.
//
//	signer, err := kms.New(ctx, awskms.NewFromConfig(cfg), "alias/stagegate")
//	envelope, err := attest.Seal(ctx, signer, attest.PayloadType, statement)
//
// The key is an asymmetric one for SIGN_VERIFY, ECC_NIST_P256. It needs
// kms:GetPublicKey once and kms:Sign for each signature; nothing needs
// kms:Verify, because verifying is done offline, with the public key, and was
// done already for every signature that Sign returns.
//
// KMS takes at most 4096 bytes of a message (RAW) and wants the SHA-256 of a
// longer one (DIGEST). Emulators are not equally right: moto 5.2.1 hashes a
// DIGEST again, so that its signatures of longer messages are of something
// else. They are refused with [ErrSignature], never returned.
package kms
