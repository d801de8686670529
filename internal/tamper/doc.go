// Package tamper holds a property of the whole gate: whoever changes what an allowed verdict rests
// on does not get another allowed verdict.
//
// TestTamper generates a world: the plan of a service with a commit stage, a
// staging and a live stage, and everything that its runs leave in the store,
// written by the ledger and signed by a key for each role. The world is allowed.
// Then it changes one thing and decides again:
//
//   - bytes: what somebody can do to the store who has no key, or the wrong one;
//   - meaning: what the right signers could have written instead, with every
//     digest, count and list that follows from it made right again;
//   - idle: what no decision rests on, which must change nothing.
//
// Which answers are permitted then is computed from the generated plan and not
// by the code under test: see inputs_test.go for what is needed, and the
// mutations themselves for what each may do.
//
// TestOrder proves of worlds like these that the order in which a store lists
// things, and what is there twice, leave a verdict as it is, to the last byte.
//
//	go test ./internal/tamper                          # 10,000 cases
//	go test -short ./internal/tamper                   # 500
//	STAGEGATE_TAMPER=1000000 go test ./internal/tamper -timeout 0
//	STAGEGATE_TAMPER_SEED=7 go test ./internal/tamper  # the same cases again
//
// What fails prints a line with STAGEGATE_TAMPER_REPLAY, which repeats that one
// case alone.
package tamper
