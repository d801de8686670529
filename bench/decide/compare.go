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
	"strconv"
	"strings"
	"time"

	"github.com/stagegate/stagegate/internal/peak"
)

// program is what jq runs: the member is called outcome here.
const program = `select(.outcome!="passed")`

// A runner is one way to go through the rows. The table is in the order in
// which they take their turns.
type runner struct {
	name  string
	args  []string
	bytes int64 // that it reads, each counted once
	check func(output []byte) error
}

// compare prints a table for each size, and how they grow.
func compare(ctx context.Context, sizes []int, rounds int, stdout io.Writer) error {
	fmt.Fprintf(stdout, "deciding over results: %d rounds, medians, %s %s/%s, GOMAXPROCS %d, %s\n", rounds, runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.GOMAXPROCS(0), jqVersion(ctx))
	fmt.Fprintln(stdout, "Every run is a process of its own, from its start to its end, and they take turns. jq and sha256sum read the rows;")
	fmt.Fprintln(stdout, "decide reads the rows and the plan, checks the digest of every byte and the signatures, and looks for each scenario in both.")
	var all []*table
	for _, n := range sizes {
		t, err := measure(ctx, n, rounds)
		if err != nil {
			return fmt.Errorf("%d results: %w", n, err)
		}
		if err := t.print(stdout); err != nil {
			return err
		}
		all = append(all, t)
	}
	return summary(stdout, all)
}

// jqVersion is what jq says of itself, or that there is none.
func jqVersion(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "jq", "--version").Output()
	if err != nil {
		return "JQ IS MISSING: there is nothing to compare with (Debian: apt-get install jq)"
	}
	return string(bytes.TrimSpace(out))
}

// measure makes a store of n results and lets the runners take turns on it.
func measure(ctx context.Context, n, rounds int) (*table, error) {
	dir, err := os.MkdirTemp("", "stagegate-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	// In a child, too: a process is charged with the memory of the one that started it.
	printed, _, err := start(ctx, dir, self, "-child", "make", "-results", strconv.Itoa(n))
	if err != nil {
		return nil, err
	}
	all, err := runners(dir, self, printed)
	if err != nil {
		return nil, err
	}
	t := &table{n: n, runners: all, samples: map[string][]sample{}}
	for range rounds {
		for _, r := range all {
			out, s, err := start(ctx, dir, r.args...)
			if err == nil {
				err = r.check(out)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.name, err)
			}
			t.samples[r.name] = append(t.samples[r.name], s)
		}
	}
	return t, nil
}

// runners are what is compared, on the store in dir.
func runners(dir, self string, printed []byte) (all []runner, err error) {
	by, err := listings(dir, printed)
	if err != nil {
		return nil, err
	}
	planned, passed, failed := by["passed plan"], by["passed rows"], by["failed rows"]
	if _, err := exec.LookPath("jq"); err == nil {
		jq := []string{"jq", "-c", program}
		all = append(all, runner{"jq, all passed", append(jq[:3:3], passed.files...), passed.size, lines(0)},
			runner{"jq, one failed", append(jq[:3:3], failed.files...), failed.size, lines(1)})
	}
	nothing := func([]byte) error { return nil } // the child has looked
	all = append(all,
		runner{"decide, all passed: allow", []string{self, "-child", "passed"}, passed.size + planned.size, nothing},
		runner{"decide, one failed: block", []string{self, "-child", "failed"}, failed.size + planned.size, nothing})
	if _, err := exec.LookPath("sha256sum"); err == nil {
		both := slices.Concat(passed.files, planned.files)
		all = append(all, runner{"sha256sum of the rows", append([]string{"sha256sum"}, passed.files...), passed.size, lines(len(passed.files))},
			runner{"sha256sum of rows and plan", append([]string{"sha256sum"}, both...), passed.size + planned.size, lines(len(both))})
	}
	return all, nil
}

// lines wants so many lines of output.
func lines(want int) func([]byte) error {
	return func(out []byte) error {
		if got := bytes.Count(out, []byte("\n")); got != want {
			return fmt.Errorf("printed %d lines, want %d", got, want)
		}
		return nil
	}
}

// A listing is where a plan or rows are kept.
type listing struct {
	files []string // of the store, in order: together they are NDJSON
	size  int64
}

// listings reads what [printBlobs] printed, by run and what is listed.
func listings(dir string, printed []byte) (map[string]listing, error) {
	all := map[string]listing{}
	for line := range strings.Lines(string(printed)) {
		words := strings.Fields(line)
		if len(words) != 3 {
			return nil, fmt.Errorf("%q: want a run, what is listed and a blob", line)
		}
		what, file := words[0]+" "+words[1], filepath.Join(dir, "store", "blobs", words[2])
		l := all[what]
		info, err := os.Stat(file)
		if err != nil {
			return nil, err
		}
		l.files, l.size = append(l.files, file), l.size+info.Size()
		all[what] = l
	}
	return all, nil
}

// A sample is one run.
type sample struct {
	wall, cpu time.Duration
	peak      float64 // MB; 0: the system does not say
}

// start runs a command in dir, and returns what it printed and took.
func start(ctx context.Context, dir string, args ...string) ([]byte, sample, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	begun := time.Now()
	err := cmd.Run()
	s := sample{wall: time.Since(begun)}
	if err != nil {
		return nil, s, fmt.Errorf("%w\n%s", err, problems.Bytes())
	}
	s.cpu, s.peak = cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), peak.Of(cmd.ProcessState)
	return out.Bytes(), s, nil
}
