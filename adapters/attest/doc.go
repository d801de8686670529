// Package attest signs what stagegate saw and decided, and verifies it again:
// in-toto statements in DSSE envelopes.
//
//	signer, err := attest.Load("gate.key")                         // or Generate, or kms.New
//	b, err := attest.Statement(subjects, attest.RunType, record)   // or EvidenceStatement, VerdictStatement
//	envelope, err := attest.Seal(ctx, signer, attest.PayloadType, b)
//
//	v := attest.Verifier{Keys: keys, MadeAt: attest.At(now)}
//	claim, signers, err := v.OpenStatement(envelope)
//	err = claim.Decode(attest.RunType, &record)                    // or claim.Evidence, claim.Verdict
//
// An opened envelope proves that the holder of a given key signed these bytes
// under this payload type. Who may sign what is not decided here: the caller
// chooses the keys by role, and compares what the claim says with where it was
// found.
//
// # What is accepted
//
// Envelopes follow DSSE 1.0.2 and statements in-toto v1, with less tolerance: a
// member that is unknown, missing or there twice, an escape that is not
// Unicode, base64 that could be written otherwise, and bytes after the value
// are refused. Both base64 alphabets are read; keys are ed25519 and ECDSA
// P-256 with SHA-256, whose signatures may be ASN.1 or r and s of 32 bytes each.
// One signature that cannot be read does not spoil the others.
//
// # Verdicts
//
// A verdict is long, and what is signed of it is short: a SLSA verification
// summary with the verdict's essence and the digest of all of it, small enough
// for a KMS to sign it as it is. The whole verdict is kept beside, as a blob of
// the store or in the [Bundle] that a deploy job is handed; [Claim.Verdict] reads
// it, and refuses one that is not what was signed.
//
//	b, err := attest.ParseBundle(text)
//	claim, signers, err := v.OpenStatement(b.Envelope)
//	verdict, gate, err := claim.Verdict(b.Read)
//
// # Other tools
//
// Any DSSE tool can verify a summary. The id of a key is the SHA-256 of its
// SubjectPublicKeyInfo; a tool that compares ids has to be told it. With a bundle
// and openssl alone, for ECDSA:
//
//	jq -r .envelope.payload verdict.json | base64 -d > payload
//	jq -r '.envelope.signatures[0].sig' verdict.json | base64 -d > sig
//	{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < payload)"; cat payload; } > signed
//	openssl dgst -sha256 -verify gate.pub -signature sig signed
//	jq .predicate payload                                          # what was decided, in short
//
// and for ed25519 openssl pkeyutl -verify -pubin -inkey gate.pub -rawin -in
// signed -sigfile sig. All of it is in the bundle too, and has the digest that
// was signed:
//
//	jq -r .verdict verdict.json | base64 -d > verdict
//	test "$(sha256sum < verdict)" = "$(jq -r .predicate.stagegate.digest.sha256 payload)  -"
//
// # Why not the DSSE library
//
// github.com/secure-systems-lab/go-securesystemslib v0.11.1 writes to standard
// output when two keys have the same id, fails the whole envelope at the first
// signature that is not base64, ignores line feeds and spare bits in base64, so
// that different envelopes hold the same payload, and passes over a right
// signature whose id is not the one that it expects. The encoding that is signed
// takes one line, and crypto/ed25519 and crypto/ecdsa do the rest.
package attest
