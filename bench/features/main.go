// Command features measures features.Run beside plain godog, cucumber-js and
// behave on the same suite; how its memory grows; and how close it comes to the
// shortest time in which scenarios that wait can be over.
//
//	go run ./bench/features                                  # 10,000 scenarios of 8 steps, 5 rounds; 10 minutes
//	go run ./bench/features -only throughput -scenarios 2000 -rounds 3
//	go run ./bench/features -only memory
//	go run ./bench/features -only paced
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
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	scenarios := flag.Int("scenarios", 10_000, "scenarios in the suite")
	rounds := flag.Int("rounds", 5, "runs of each runner")
	only := flag.String("only", "", "throughput, memory or paced; all if empty")
	child := flag.String("child", "", "run the suite in the working folder with this runner, and print how many steps were called")
	if err := flag.CommandLine.Parse(args); err != nil {
		return err
	}
	if *child != "" {
		return runChild(*child, stdout)
	}
	if *only == "" || *only == "throughput" {
		if err := compare(ctx, *scenarios, *rounds, stdout, stderr); err != nil {
			return err
		}
	}
	if *only == "" || *only == "memory" {
		if err := memory(ctx, *rounds, stdout, stderr); err != nil {
			return err
		}
	}
	if *only == "" || *only == "paced" {
		return pace(ctx, *rounds, stdout, stderr)
	}
	return nil
}
