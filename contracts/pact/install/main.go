// Command install puts the Pact engine into the user's cache, where package
// pact looks for it. From any module that requires stagegate:
//
//	go run github.com/stagegate/stagegate/contracts/pact/install
//	go run github.com/stagegate/stagegate/contracts/pact/install --from pact-core.tgz
//
// The first form fetches the npm package that carries the engine with "npm
// pack", which runs nothing of the package; the second takes a file that was
// fetched before. Package and library must have the sha512 that package pact is
// pinned to, or nothing is written.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/stagegate/stagegate/contracts/pact"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.UserCacheDir, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes, as gate's: 0 installed, 64 usage, 65 a file that is not the
// pinned one, 70 everything else.
const (
	exitUsage    = 64
	exitChecksum = 65
	exitFailed   = 70
)

func run(ctx context.Context, args []string, cacheDir func() (string, error), stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("install", flag.ContinueOnError)
	flags.SetOutput(stderr)
	from := flags.String("from", "", "the npm package as a `file` (.tgz), instead of fetching it")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "install: unexpected argument %q\n", flags.Arg(0))
		return exitUsage
	}
	dir, err := cacheDir()
	if err != nil {
		fmt.Fprintf(stderr, "install: find the user's cache: %v\n", err)
		return exitFailed
	}
	path := pact.CachePath(dir)
	if pact.Check(path) == nil {
		fmt.Fprintf(stdout, "libpact_ffi %s is installed already: %s\n", pact.Version, path)
		return 0
	}
	if err := install(ctx, path, *from); err != nil {
		fmt.Fprintf(stderr, "install: %v\n", err)
		return exitCode(err)
	}
	fmt.Fprintf(stdout, "installed libpact_ffi %s: %s\n", pact.Version, path)
	return 0
}
