// Command contracts measures contract tests beside pact-go, in the same run.
//
//	go run ./bench/contracts                                   # 200 interactions, 3,000 for memory, 5 rounds
//	go run ./bench/contracts -interactions 400 -rounds 9
//
// Every run is a process of its own and the runners take turns. Each
// interaction is one request of a plain HTTP client and one answer with a body
// of JSON and four matchers; a run counts only if every one of them passed.
// pact-go needs cgo: it is built from the module in peer.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"testing"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	testing.Init() // package testing's flags, which a child's subtests need
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	interactions := flag.Int("interactions", 200, "interactions in each run")
	many := flag.Int("many", 3000, "interactions of the runs that look at memory")
	rounds := flag.Int("rounds", 5, "runs of each runner")
	child := flag.String("child", "", "run this many interactions in this process, and print what they took: mock, live or direct")
	url := flag.String("url", "", "where a child's direct calls go")
	if err := flag.CommandLine.Parse(args); err != nil {
		return err
	}
	if *child != "" {
		return runChild(*child, *interactions, *url, stdout)
	}
	return compare(ctx, *interactions, *many, *rounds, stdout)
}
