package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/schedule"
	"github.com/stagegate/stagegate/internal/protocol"
)

// pacedScenarios wait for 5 to 500 ms each.
const pacedScenarios = 400

// pace measures how long scenarios that wait take, with what is known of them from
// the past, beside the shortest time that is possible: all workers always busy.
func pace(ctx context.Context, rounds int, stdout, stderr io.Writer) error {
	dir, suite, err := world(0)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	items, past, err := generatePaced(suite)
	if err != nil {
		return err
	}
	var sum, longest time.Duration
	for _, d := range past {
		sum, longest = sum+d, max(longest, d)
	}
	bound := max(sum/16, longest)
	fmt.Fprintf(stdout, "\n%d scenarios of 5 to 500 ms, %d rounds; the bound is %.3f s\n\n", pacedScenarios, rounds, bound.Seconds())
	fmt.Fprintln(stdout, "| | wall, s (min-max) | to the bound | wanted | |\n|---|---|---|---|---|")
	for _, c := range []struct {
		name            string
		shards, workers int
		past            schedule.Past
		wanted          float64
	}{
		{"16 workers, order of the file", 1, 16, nil, 0},
		{"16 workers, longest first", 1, 16, past, 1.08},
		{"4 shards x 4 workers, nothing known", 4, 4, nil, 0},
		{"4 shards x 4 workers, by history", 4, 4, past, 1.12},
	} {
		var walls []time.Duration
		for range rounds {
			wall, err := pacedRun(ctx, dir, suite, items, c.past, c.shards, c.workers)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			fmt.Fprintf(stderr, "bench: %s: %.3f s\n", c.name, wall.Seconds())
			walls = append(walls, wall)
		}
		slices.Sort(walls)
		got := ratio(walls[len(walls)/2], bound)
		wanted, is := "", ""
		if c.wanted > 0 {
			wanted, is = fmt.Sprintf("within %.2f", c.wanted), met(got <= c.wanted)
		}
		fmt.Fprintf(stdout, "| %s | %s | %.3f | %s | %s |\n", c.name, spread(walls), got, wanted, is)
	}
	return nil
}

// generatePaced writes the suite, and returns it as a plan with how long each took.
// The durations are bounded Pareto (0.5) on 5 to 500 ms: many short, some long.
func generatePaced(suite string) (items []harness.Planned, past schedule.Past, err error) {
	rng := rand.New(rand.NewPCG(7, 7))
	past = schedule.Past{}
	var b strings.Builder
	b.WriteString("Feature: paced\n")
	low, high := math.Sqrt(1/5.0), math.Sqrt(1/500.0)
	for i := range pacedScenarios {
		u := low - rng.Float64()*(low-high)
		ms := int(math.Round(1 / (u * u)))
		id := fmt.Sprintf("TestBench/paced/s%03d", i)
		fmt.Fprintf(&b, "  Scenario: s%03d\n    When the operation takes %d ms\n", i, ms)
		items = append(items, harness.Planned{ID: id, Kind: harness.Scenario})
		past[id] = time.Duration(ms) * time.Millisecond
	}
	return items, past, os.WriteFile(filepath.Join(suite, "paced.feature"), []byte(b.String()), 0o600)
}

// pacedRun runs the shards side by side, and returns when the last is over.
func pacedRun(ctx context.Context, dir, suite string, items []harness.Planned, past schedule.Past, shards, workers int) (time.Duration, error) {
	of := schedule.Assign(items, past, shards)
	order := schedule.LongestFirst(items, past)
	if past == nil {
		for i := range order {
			order[i] = i
		}
	}
	var cmds []*exec.Cmd
	for shard := 1; shard <= shards; shard++ {
		only := []string{}
		for _, i := range order {
			if of[i] == shard {
				only = append(only, items[i].ID)
			}
		}
		cmd, err := self("paced", func(s *protocol.Session) { s.Only = map[string][]string{suite: only} })(dir, suite)
		if err != nil {
			return 0, err
		}
		cmd.Env = append(cmd.Env, fmt.Sprintf("BENCH_WORKERS=%d", workers))
		cmds = append(cmds, cmd)
	}
	begun := time.Now()
	errs := make([]error, len(cmds))
	var all sync.WaitGroup
	for i, cmd := range cmds {
		all.Go(func() {
			out, err := cmd.CombinedOutput()
			if err != nil {
				err = fmt.Errorf("%w\n%s", err, tail(out))
			}
			errs[i] = err
		})
	}
	all.Wait()
	wall := time.Since(begun)
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return wall, ctx.Err()
}
