// Package notary signs what goes into the ledger and checks who signed what
// comes out of it. Every object is an in-toto statement in a DSSE envelope, about
// the subject of its run; whether the signer counts is the trust file's word: for
// this place, in the role that such an object asks for, at that time.
//
//	n := notary.Notary{Signer: key, Trust: trust}    // either may be nil
//	l := ledger.Ledger{Store: store, Notary: n}
//
//	begin    run record, deployment
//	test     evidence
//	decide   closing, verdict
//	approve  approval
//
// Without a signer objects are written as they are. Without a trust file they
// are read whoever signed them, and nothing is attested. Approvals are the
// exception: an approval is worth what is known of who gave it, so none is
// written without a signer and none is read without a trust file.
//
// Of a verdict a summary is signed, which names the whole of it by its digest:
// see [attest.VerdictStatement]. The ledger keeps the whole as a blob, says its
// digest in Full to sign it, and reads it with Read to open it.
package notary
