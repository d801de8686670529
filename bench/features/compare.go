package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stagegate/stagegate/internal/peak"
)

// A sample is one run.
type sample struct {
	wall, cpu time.Duration
	mb        float64 // the most memory in use
}

// compare lets the runners take turns and prints a table, and what was wanted.
func compare(ctx context.Context, scenarios, rounds int, stdout, stderr io.Writer) error {
	dir, suite, err := world(scenarios)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := writeSteps(dir, suite); err != nil {
		return err
	}
	all := runners(scenarios, stderr)
	samples := map[string][]sample{}
	for round := range rounds {
		for _, r := range all {
			s, err := measure(ctx, r, dir, suite, scenarios*perScenario)
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			fmt.Fprintf(stderr, "bench: round %d of %d: %s: %.2f s\n", round+1, rounds, r.name, s.wall.Seconds())
			samples[r.name] = append(samples[r.name], s)
		}
	}
	fmt.Fprintf(stdout, "%d scenarios x %d steps, %d definitions, %d rounds, %s %s/%s, GOMAXPROCS %d\n\n",
		scenarios, perScenario, definitions, rounds, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))
	table(stdout, all, samples, scenarios)
	fmt.Fprintln(stdout, "\n| wanted | | measured |\n|---|---|---|")
	against(stdout, all, samples, false, 2)
	against(stdout, all, samples, true, 1.5)
	return nil
}

// world is a folder with a generated suite in it.
func world(scenarios int) (dir, suite string, err error) {
	if dir, err = os.MkdirTemp("", "stagegate-bench-"); err != nil {
		return "", "", err
	}
	suite = filepath.Join(dir, "suite")
	if err := os.Mkdir(suite, 0o700); err != nil {
		return "", "", err
	}
	return dir, suite, generate(suite, scenarios)
}

// measure runs a runner once. A run counts only if every step was called.
func measure(ctx context.Context, r runner, dir, suite string, calls int) (sample, error) {
	cmd, err := r.command(dir, suite)
	if err != nil {
		return sample{}, err
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return sample{}, err
	}
	stop := context.AfterFunc(ctx, func() { cmd.Process.Kill() })
	defer stop()
	err = cmd.Wait()
	s := sample{wall: time.Since(begun)}
	if err != nil {
		return s, fmt.Errorf("%w\n%s", err, tail(out.Bytes()))
	}
	s.cpu, s.mb = cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), peak.Of(cmd.ProcessState)
	_, line, _ := strings.Cut(out.String(), mark)
	line, _, _ = strings.Cut(strings.TrimSpace(line), "\n")
	if got, err := strconv.Atoi(line); err != nil || got != calls {
		return s, fmt.Errorf("%q steps were called, want %d\n%s", line, calls, tail(out.Bytes()))
	}
	return s, nil
}

// tail is the end of an output.
func tail(b []byte) []byte { return b[max(0, len(b)-2000):] }

// table prints the median of each runner and how far its runs were apart.
func table(w io.Writer, all []runner, samples map[string][]sample, scenarios int) {
	fmt.Fprintln(w, "| runner | scenarios/s | wall, s (min-max) | CPU, s (min-max) | peak, MB | wall, ratio | CPU, ratio |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|")
	var base sample
	for i, r := range all {
		wall := column(samples[r.name], func(s sample) time.Duration { return s.wall })
		cpu := column(samples[r.name], func(s sample) time.Duration { return s.cpu })
		mb := column(samples[r.name], func(s sample) float64 { return s.mb })
		mid := sample{wall[len(wall)/2], cpu[len(cpu)/2], mb[len(mb)/2]}
		if i == 0 {
			base = mid
		}
		fmt.Fprintf(w, "| %s | %.0f | %s | %s | %.0f | %.2f | %.2f |\n", r.name, float64(scenarios)/mid.wall.Seconds(),
			spread(wall), spread(cpu), mid.mb, ratio(mid.wall, base.wall), ratio(mid.cpu, base.cpu))
	}
}

// against prints how many times as fast as the best peer ours is.
func against(w io.Writer, all []runner, samples map[string][]sample, machine bool, wanted float64) {
	var best, ours time.Duration
	name := ""
	for _, r := range all {
		wall := column(samples[r.name], func(s sample) time.Duration { return s.wall })
		switch mid := wall[len(wall)/2]; {
		case r.machine != machine || strings.HasPrefix(r.name, "the floor"):
		case r.ours:
			ours = mid
		case best == 0 || mid < best:
			best, name = mid, r.name
		}
	}
	with := "without evidence"
	if machine {
		with = "with evidence and messages, beside a peer that writes its machine format"
	}
	fmt.Fprintf(w, "| %s: at least %.1f times as fast as the best peer (%s) | %s | %.2f |\n", with, wanted, name, met(ratio(best, ours) >= wanted), ratio(best, ours))
}

func met(ok bool) string {
	if ok {
		return "met"
	}
	return "**missed**"
}

// column is one figure of all samples, sorted.
func column[T time.Duration | float64](all []sample, of func(sample) T) (values []T) {
	for _, s := range all {
		values = append(values, of(s))
	}
	slices.Sort(values)
	return values
}

func spread(sorted []time.Duration) string {
	return fmt.Sprintf("%.2f (%.2f-%.2f)", sorted[len(sorted)/2].Seconds(), sorted[0].Seconds(), sorted[len(sorted)-1].Seconds())
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }
