// Package parity holds contracts/pactgo to what it says: the same test source
// gives, by pact-go and by pactgo, pact files that are equal in meaning, and
// pact-go's own provider verifier accepts pactgo's.
//
// It is a module of its own because pact-go needs cgo and the engine's library
// at link time. From the root of the repository:
//
//	scripts/with-pact-go go -C contracts/pactgo/parity test ./...
package parity
