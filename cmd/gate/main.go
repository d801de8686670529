// Gate decides whether a service may go from the commit stage to staging and
// from there to production, on the evidence of the tests that ran, and says why.
//
//	gate init                 a gate.yaml, a first feature and contract, a CI workflow
//	gate run commit           begin, test and decide a stage
//	gate check production     may this artifact enter the stage?
//	gate explain production   why, or why not
//
// Exit codes: 0 allow, 10 block, 11 inconclusive, 64 usage, 65 gate.yaml is
// wrong, 70 internal or I/O, 77 wrong account, 130 and 143 signals. 1 and 2 are
// never used on purpose: a failed test run and a panic give them.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
