// Package results reads the results of other tools: JUnit XML and go test
// -json, behind gate record.
//
// The readers are strict, because these files look green too easily: counters
// in headers must agree with the test cases, a file without test cases, cut
// short, with a second root, a duplicate attribute, a document type or an
// element that is not known is an error, and evidence that cannot be read is
// inconclusive. Every row has the kind Test and no mode: how the tool ran is
// for the caller to say.
//
// What a JUnit file does not hold cannot be seen in it. Cucumber leaves out a
// failed AfterAll hook, godog writes a scenario that it never ran as passed:
// for such tools hand in go test -json, or run them with cmd, so that the exit
// code is a witness too.
package results
