package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// most is what gate check may take more than a binary that does nothing.
const most = 20 * time.Millisecond

// A runner is one command.
type runner struct {
	name string
	args []string
	want string // on standard output
}

// compare lets the commands take turns and prints a table.
func compare(ctx context.Context, w *world, gate, nothing string, rounds int, stdout io.Writer) error {
	all := []runner{
		{"does nothing, same imports", []string{nothing}, ""},
		{"git rev-parse", []string{"git", "rev-parse", "--show-toplevel"}, "/"},
		{"gate version", []string{gate, "version"}, "gate "},
		{"gate check production", []string{gate, "check", "production", "--trust", w.trust()}, "allow"},
	}
	walls, cpus := make([][]time.Duration, len(all)), make([][]time.Duration, len(all))
	for round := -1; round < rounds; round++ { // the first one finds everything on the disk
		for i, r := range all {
			wall, cpu, err := measure(ctx, w.dir, r)
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			if round >= 0 {
				walls[i], cpus[i] = append(walls[i], wall), append(cpus[i], cpu)
			}
		}
	}
	fmt.Fprintf(stdout, "gate check: %d scenarios, %d past runs, %d rounds, medians, %s %s/%s, GOMAXPROCS %d\n\n",
		w.scenarios, w.runs, rounds, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))
	fmt.Fprintln(stdout, "| command | wall, ms (min-max) | more than nothing, ms | CPU, ms |")
	fmt.Fprintln(stdout, "|---|---|---|---|")
	base := median(walls[0])
	for i, r := range all {
		fmt.Fprintf(stdout, "| %s | %.1f (%.1f-%.1f) | %.1f | %.1f |\n", r.name, ms(median(walls[i])), ms(slices.Min(walls[i])), ms(slices.Max(walls[i])),
			ms(median(walls[i])-base), ms(median(cpus[i])))
	}
	more := median(walls[len(all)-1]) - base
	answer := "met"
	if more > most {
		answer = "MISSED"
	}
	_, err := fmt.Fprintf(stdout, "\nat most %.0f ms more than nothing: %s (%.1f ms)\n", ms(most), answer, ms(more))
	return err
}

// measure runs a command once. Its CPU time has that of the commands that it ran.
func measure(ctx context.Context, dir string, r runner) (wall, cpu time.Duration, err error) {
	cmd := exec.CommandContext(ctx, r.args[0], r.args[1:]...)
	cmd.Dir = dir
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "STAGEGATE_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	var out, problems strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &problems
	begun := time.Now()
	err = cmd.Run()
	wall = time.Since(begun)
	if err == nil && !strings.Contains(out.String(), r.want) {
		err = fmt.Errorf("does not say %q", r.want)
	}
	if err != nil {
		return wall, 0, fmt.Errorf("%w\n%s%s", err, out.String(), problems.String())
	}
	return wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
