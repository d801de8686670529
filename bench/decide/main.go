// Command decide measures deciding over many results beside jq and sha256sum
// on the same bytes.
//
//	go run ./bench/decide                              # 10,000, 100,000 and 1,000,000 results, 3 rounds
//	go run ./bench/decide -results 20000 -rounds 5
//
// What is decided is a signed run of a deployed stage, read from its store as
// gate does: every digest and signature checked, every planned scenario found
// among the results. A run counts only if the verdict is the right one: allow
// where all passed, and where one did not, a block that names it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
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
	flags := flag.NewFlagSet("decide", flag.ContinueOnError)
	results := flags.String("results", "10000,100000,1000000", "how many results there are, for each table")
	rounds := flags.Int("rounds", 3, "runs of each command")
	child := flags.String("child", "", "make, passed or failed: do this in the working folder, and no more")
	if err := flags.Parse(args); err != nil {
		return err
	}
	sizes, err := parseSizes(*results)
	if err != nil {
		return err
	}
	switch *child {
	case "":
		return compare(ctx, sizes, *rounds, stdout)
	case "make":
		if err := makeStore(ctx, ".", sizes[0]); err != nil {
			return err
		}
		return printBlobs(ctx, ".", stdout)
	default:
		return decide(ctx, ".", *child)
	}
}

func parseSizes(text string) (all []int, err error) {
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-results %q: want numbers such as 10000,100000", text)
		}
		all = append(all, n)
	}
	return all, nil
}
