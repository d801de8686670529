// Command check measures gate check beside a binary that does nothing.
//
//	go run ./bench/check                       # 200 scenarios, 30 past runs, 20 rounds
//	go run ./bench/check -scenarios 1000 -runs 100
//
// The stage that is asked for has suites of another tool alone: no go test is
// run to plan it. What is measured is gate itself: git's view of the checkout,
// and every past run of the artifact read, its signatures and digests checked,
// and decided anew. A run counts only if gate allowed.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	scenarios := flags.Int("scenarios", 200, "scenarios in each past run")
	runs := flags.Int("runs", 30, "past runs of the artifact on staging")
	rounds := flags.Int("rounds", 20, "runs of each command")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "stagegate-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	gate, nothing, err := build(ctx, dir)
	if err != nil {
		return err
	}
	w, err := makeWorld(ctx, dir, *scenarios, *runs)
	if err != nil {
		return err
	}
	return compare(ctx, w, gate, nothing, *rounds, stdout)
}
