// Demo takes the example shop through commit, staging and prod, three times,
// from an empty store and on real parts: git, go test, the Pact engine, a
// deploy program, and accounts of a local AWS emulator.
//
//	story 1   a good change reaches prod
//	story 2   a bad change is blocked in staging; prod still serves the last good commit
//	story 3   prod is configured wrongly: smoke blocks, and the command that the verdict prints repairs it
//
// It works on a copy of examples/orders in a temporary folder, on ports that
// are free, and stops and removes everything that it started. The exit code is
// 0 only if every story ended as told, 64 for a wrong flag, 130 after a signal.
//
//	go run ./internal/demo [-keep]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Exit codes.
const (
	exitUntold      = 1
	exitUsage       = 64
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run sets up, tells the stories and cleans up, whatever happened in between.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	keep := flags.Bool("keep", false, "keep the folder: repository, store, logs")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "demo: it takes no arguments, got %q\n", flags.Args())
		return exitUsage
	}
	l := &lab{environ: environ, stdout: stdout, stderr: stderr}
	begun := time.Now()
	err := l.setUp(ctx)
	t := &teller{world: l, out: stdout, now: time.Now}
	ready := time.Now()
	if err == nil {
		t.tell(ctx)
		err = t.verdict()
	}
	told := time.Now()
	err = errors.Join(err, l.cleanUp(context.WithoutCancel(ctx), *keep))
	t.summary(ready.Sub(begun), told.Sub(ready))
	switch {
	case err == nil:
		fmt.Fprintln(stdout, "\nThe three stories ended as told.")
		return 0
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "\ndemo: interrupted; everything that it started is stopped")
		return exitInterrupted
	default:
		fmt.Fprintln(stderr, "\ndemo:", err)
		return exitUntold
	}
}
