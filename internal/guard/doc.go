// Package guard says whether a call reads or mutates, from plain strings.
//
// [ReadMethod] answers for HTTP, [ReadOnly] for AWS. Both are closed: what is
// not known to read mutates, so that a new operation is refused on a live
// target until somebody has looked at it.
//
// The AWS side is prefixes (Get, List, Describe, ...) and a short table of
// exceptions that were found by hand. It is not the service authorization
// reference: some operations that only read are refused, and an operation with
// a read prefix that changes something, and is not in the table, is let
// through. It stops mistakes and explains them; the wall is the IAM policy of
// the role that tests have on a live target.
package guard
