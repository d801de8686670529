// Command features measures features.Run beside plain godog on the same suite.
//
//	go run ./bench/features                       # 2,000 scenarios of 8 steps, 3 rounds
//	go run ./bench/features -scenarios 10000 -rounds 5
//
// Every run is a process of its own; the runners take turns, so that a noisy
// machine is noisy for all of them. A run counts only if every step was called.
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
	defer stop()
	testing.Init() // package testing's flags, which a child's subtests need
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	scenarios := flag.Int("scenarios", 2000, "scenarios in the suite")
	rounds := flag.Int("rounds", 3, "runs of each runner")
	child := flag.String("child", "", "run the suite in the working folder with this runner, and print what it took")
	if err := flag.CommandLine.Parse(args); err != nil {
		return err
	}
	if *child != "" {
		return runChild(*child, stdout)
	}
	return compare(ctx, *scenarios, *rounds, stdout)
}
