// Package trustfile reads the trust file: who may do what on which place, and
// the least that gate.yaml must ask for. It is the verifier's, not the commit's:
// it is given with --trust, or stands beside the store.
//
//	store: {url: s3://acme-gate/orders, account: "444444444444"} # where the evidence is, as gate.yaml has to say too
//	signers:
//	  ci:       {key: ci.pub}                     # PEM, beside this file; ed25519 or ECDSA P-256
//	  deployer: {key: deployer.pub}
//	  tester:   {key: tester.pub, from: 2026-10-01T00:00:00Z}
//	  old:      {key: old.pub, until: 2026-11-01T00:00:00Z}
//	  laptop:   {key: lost.pub, revoked: true}
//	  alice:    {key: alice.pub}
//	  alice-2:  {key: alice-2.pub, person: alice} # her next key: both are hers
//	  bob:      {key: bob.pub}
//	places:                                       # targets, and commit
//	  commit:  {signers: [ci, old]}               # short for begin, test and decide
//	  staging: {signers: [ci], account: "222222222222"}
//	  prod:
//	    signers:   {begin: [deployer], test: [tester], decide: [ci]}
//	    approvers: [alice, alice-2, bob]
//	    approvals: 2                              # people who have to approve each promotion
//	    loosening: approve                        # what asks for less than before needs an approval of that
//	    account:   "333333333333"
//	    live:      true
//	    observe:   false
//	    needs:     [commit]
//	    suites:    [smoke]
//	    limits:    {skips: 0, flakes: 0, attempts: 1, quarantine: 0, age: 24h}
//
// A store that is a folder is one text, its whole path. Of a bucket gate.yaml has
// to name the same account, and AWS itself: an emulator only where the store
// here says emulated: true.
//
// With overrides: false no approval lets a rule pass that failed; emulated: true
// accepts an emulator.
//
// # Roles
//
// begin signs run records and deployments, test signs evidence, decide signs
// closings and verdicts, approve signs approvals. A job gets the key of its own
// role, so that one that runs tests cannot write what was planned, or that it
// passed. Nobody has a role that is not written here, and approve is never
// implied: whoever signs for a place in another role must not approve there.
//
// # Keys that change
//
// Each key is a signer of its own. To change one, name the new key beside the
// old one, and end the old one with until when nothing it signed from then on
// should count. Where a person has two keys, person says so: an approval counts
// once for each person, not for each key.
//
// from and until are compared with the time that the signer claims. Whoever has
// a key can claim any time, so they keep order among honest jobs and stop no
// thief: a key that was lost, or may have been, is revoked: true, and nothing
// that it ever signed counts any more. There is no revocation from a moment on,
// because it would be an until under a name that promises more.
package trustfile
