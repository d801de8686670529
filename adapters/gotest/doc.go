// Package gotest runs the Go suites of a repository with go test, and does not
// believe it.
//
// go test exits 0 on a cached result, on no tests to run, on a TestMain that
// never calls m.Run, on files that a build tag hides. So a [Runner] first says
// what a suite will run ([Runner.Plan]) and then, in [Runner.Run], has every
// planned thing answered for:
//
//   - plain tests are those that go test lists and the source declares; their
//     rows come from the events of go test -json;
//   - scenarios and interactions are asked of the packages that import
//     stagegate's features or contracts, over the protocol of internal/protocol;
//     their rows come from the answer files.
//
// A suite with a tag expression is its selected scenarios alone: plain tests
// and interactions have no tags.
//
// What the witnesses (exit code, events, answers, plan) do not agree on is a
// sentence in [Seen].Doubts: evidence with a doubt is inconclusive. What is
// planned and has no result is a row that says so.
package gotest
