// Package trustfile reads the trust file: who may sign for which place, and the
// least that gate.yaml must ask for. It is the verifier's, not the commit's: it
// is given with --trust, or stands beside the store.
//
//	signers:
//	  ci:     {key: ci.pub}                       # PEM, beside this file
//	  ci-old: {key: old.pub, until: 2026-11-01T00:00:00Z}
//	  laptop: {key: lost.pub, revoked: true}
//	places:                                       # targets, and commit
//	  commit:  {signers: [ci, ci-old]}
//	  staging: {signers: [ci], account: "222222222222"}
//	  prod:    {signers: [ci], account: "333333333333", live: true, observe: false,
//	            needs: [acceptance], suites: [smoke], limits: {skips: 0, flakes: 0, attempts: 1, age: 24h}}
package trustfile
