package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// A sample is one run.
type sample struct {
	wall, cpu time.Duration
	mb        int
}

// compare lets the runners take turns and prints a table.
func compare(ctx context.Context, scenarios, rounds int, stdout io.Writer) error {
	dir, err := os.MkdirTemp("", "stagegate-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	suite := filepath.Join(dir, "suite")
	if err := os.Mkdir(suite, 0o700); err != nil {
		return err
	}
	if err := generate(suite, scenarios); err != nil {
		return err
	}
	samples := map[string][]sample{}
	for range rounds {
		for _, r := range runners() {
			s, err := measure(ctx, r, dir, suite, scenarios)
			if err != nil {
				return fmt.Errorf("%s: %w", r, err)
			}
			samples[r] = append(samples[r], s)
		}
	}
	fmt.Fprintf(stdout, "%d scenarios x %d steps, %d definitions, %d rounds, %s %s/%s, GOMAXPROCS %d\n\n",
		scenarios, perScenario, definitions, rounds, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))
	return table(stdout, samples, scenarios)
}

// measure runs the suite once, in a process of its own.
func measure(ctx context.Context, runner, dir, suite string, scenarios int) (sample, error) {
	self, err := os.Executable()
	if err != nil {
		return sample{}, err
	}
	cmd := exec.CommandContext(ctx, self, "-child", runner)
	cmd.Dir = suite
	cmd.Env = append(os.Environ(), protocol.Variable+"=", "STAGEGATE_TAGS=")
	if runner == "features.Run with evidence" {
		file, err := session(dir)
		if err != nil {
			return sample{}, err
		}
		defer os.Remove(file)
		cmd.Env = append(cmd.Env, protocol.Variable+"="+file)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	begun := time.Now()
	err = cmd.Run()
	s := sample{wall: time.Since(begun)}
	if err != nil {
		return s, fmt.Errorf("%w\n%s", err, out.Bytes())
	}
	s.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	var calls int
	_, line, _ := strings.Cut(out.String(), mark)
	if _, err := fmt.Sscan(line, &calls, &s.mb); err != nil {
		return s, fmt.Errorf("read %q: %w", out.String(), err)
	}
	if want := scenarios * perScenario; calls != want {
		return s, fmt.Errorf("%d steps were called, want %d", calls, want)
	}
	return s, nil
}

// session writes what gate would.
func session(dir string) (string, error) {
	out, err := os.MkdirTemp(dir, "out-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "run.json")
	return file, protocol.WriteSession(file, protocol.Session{Phase: protocol.Exec, Run: "bench", Nonce: "bench", Service: "bench",
		Stage: "commit", Suite: "bench", Target: harness.InProcessTarget(), Out: out})
}

// table prints the median of each runner and how far its runs were apart.
func table(w io.Writer, samples map[string][]sample, scenarios int) error {
	fmt.Fprintln(w, "| runner | scenarios/s | wall, s (min-max) | CPU, s (min-max) | MiB | wall, ratio | CPU, ratio |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|")
	var base sample
	for i, r := range runners() {
		wall := column(samples[r], func(s sample) time.Duration { return s.wall })
		cpu := column(samples[r], func(s sample) time.Duration { return s.cpu })
		mb := column(samples[r], func(s sample) int { return s.mb })
		mid := sample{wall[len(wall)/2], cpu[len(cpu)/2], mb[len(mb)/2]}
		if i == 0 {
			base = mid
		}
		if _, err := fmt.Fprintf(w, "| %s | %.0f | %s | %s | %d | %.2f | %.2f |\n", r, float64(scenarios)/mid.wall.Seconds(),
			spread(wall), spread(cpu), mid.mb, ratio(mid.wall, base.wall), ratio(mid.cpu, base.cpu)); err != nil {
			return err
		}
	}
	return nil
}

// column is one figure of all samples, sorted.
func column[T time.Duration | int](all []sample, of func(sample) T) (values []T) {
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
