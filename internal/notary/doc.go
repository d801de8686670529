// Package notary signs what goes into the ledger and checks who signed what
// comes out of it. Every object is an in-toto statement in a DSSE envelope, about
// the subject of its run; whether the signer counts for the place of the run is
// the trust file's word.
//
//	n := notary.Notary{Signer: key, Trust: trust}    // either may be nil
//	l := ledger.Ledger{Store: store, Notary: n}
//
// Without a signer objects are written as they are. Without a trust file they
// are read whoever signed them, and nothing is attested.
package notary
