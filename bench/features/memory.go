package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
)

// memory measures how the peak of memory grows with the suite.
func memory(ctx context.Context, rounds int, stdout, stderr io.Writer) error {
	fmt.Fprintln(stdout, "\n| scenarios | runner | peak, MB (min-max) | wanted | |")
	fmt.Fprintln(stdout, "|---|---|---|---|---|")
	for _, c := range []struct {
		scenarios int
		wanted    float64
	}{{10_000, 120}, {50_000, 200}} {
		dir, suite, err := world(c.scenarios)
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		for _, r := range runners(c.scenarios, io.Discard) {
			if !r.ours {
				continue
			}
			var all []float64
			for range rounds {
				s, err := measure(ctx, r, dir, suite, c.scenarios*perScenario)
				if err != nil {
					return fmt.Errorf("%s: %w", r.name, err)
				}
				fmt.Fprintf(stderr, "bench: %d scenarios: %s: %.0f MB, %.1f s\n", c.scenarios, r.name, s.mb, s.wall.Seconds())
				all = append(all, s.mb)
			}
			slices.Sort(all)
			fmt.Fprintf(stdout, "| %d | %s | %.0f (%.0f-%.0f) | under %.0f | %s |\n", c.scenarios, r.name, all[len(all)/2], all[0], all[len(all)-1], c.wanted, met(all[len(all)/2] < c.wanted))
		}
	}
	return nil
}
