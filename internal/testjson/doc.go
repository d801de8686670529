// Package testjson reads the event stream of go test -json and keeps what it
// says of each test: how it began and ended, what it printed, what its
// subtests did.
//
// Feed a [Stream] line by line (or with [Read]), call [Stream.Close], then ask
// each [Test] for its [Test.Judge]. The reader believes nothing: a test without
// an end has failed, a line that is not an event is kept in [Stream.Odd], a
// package says for itself whether it was cached or ran nothing.
package testjson
