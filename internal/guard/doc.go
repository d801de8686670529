// Package guard says whether a call reads or mutates, from plain strings.
//
// [ReadMethod] answers for HTTP, [ReadOnly] for AWS. Both are closed: what is
// not known to read mutates, so that a new operation is refused on a live
// target until somebody has looked at it.
//
// The AWS side is a table made from AWS's service authorization reference: what
// has the access level Read or List there, and begins with a word that reads. A
// list of exceptions goes both ways ("sqs:ReceiveMessage" is published as Read and
// hides messages). [Reads] gives the same table to whoever writes a policy.
//
// It stops mistakes and explains them; the wall is the IAM policy of the role
// that tests have on a live target.
package guard
