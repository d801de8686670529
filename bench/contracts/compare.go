package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// What is wanted.
const (
	mostOfPeer = 0.2                   // of pact-go's time, in mock mode
	mostSlower = 1.3                   // last tenth to first tenth: flat
	mostOver   = 15 * time.Millisecond // live, over the direct call
	mostGrowth = 1.1                   // memory at the end to that after a sixth: flat
)

// A runner is one of those that are compared.
type runner struct {
	name string
	run  func(context.Context, int) (sample, error)
	all  []sample
}

func compare(ctx context.Context, n, many, rounds int, stdout io.Writer) error {
	w, err := makeWorld(ctx)
	if w != nil {
		defer w.close()
	}
	if err != nil {
		return err
	}
	inProcess := harness.InProcessTarget()
	mock := func(ctx context.Context, n int) (sample, error) { return w.ours(ctx, n, &inProcess) }
	live := func(ctx context.Context, n int) (sample, error) { return w.ours(ctx, n, w.target()) }
	runners := []*runner{
		{name: "pact-go, mock", run: w.pactGo},
		{name: "contracts, mock, plain go test", run: func(ctx context.Context, n int) (sample, error) { return w.ours(ctx, n, nil) }},
		{name: "contracts, mock, under gate with merging", run: mock},
		{name: "direct call", run: w.direct},
		{name: "contracts, live", run: live},
	}
	for range rounds {
		for _, r := range runners {
			s, err := r.run(ctx, n)
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			r.all = append(r.all, s)
		}
	}
	fmt.Fprintf(stdout, "%d interactions, %d rounds, medians, %s %s/%s, GOMAXPROCS %d, load %s\n\n", n, rounds, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), load())
	table(stdout, runners)
	verdicts(stdout, runners)
	return memory(ctx, many, stdout, &runner{name: "mock", run: mock}, &runner{name: "live", run: live})
}

func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(b))[:3], " ")
}

func table(w io.Writer, all []*runner) {
	fmt.Fprintln(w, "| runner | total, s (min-max) | CPU, s | each, ms | first tenth, ms | last tenth, ms | last to first | total, ratio |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|")
	for _, r := range all {
		totals := r.column(sample.total)
		fmt.Fprintf(w, "| %s | %.2f (%.2f-%.2f) | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f |\n", r.name,
			middle(totals).Seconds(), totals[0].Seconds(), totals[len(totals)-1].Seconds(),
			middle(r.column(func(s sample) time.Duration { return s.cpu })).Seconds(),
			ms(r.each()), ms(r.tenth(true)), ms(r.tenth(false)), r.slower(), r.of(all[0]))
	}
}

// verdicts says what is met. The comparison is with what gate's user waits for,
// merging included; the one that is judged is the median of the rounds.
func verdicts(w io.Writer, all []*runner) {
	peer, plain, mock, direct, live := all[0], all[1], all[2], all[3], all[4]
	fmt.Fprintf(w, "\nmock, at most %.2f of pact-go's time: %s (%.2f; plain go test %.2f)\n", mostOfPeer, met(mock.of(peer) <= mostOfPeer), mock.of(peer), plain.of(peer))
	fmt.Fprintf(w, "mock, flat (last tenth at most %.1f of the first): %s (%.2f; pact-go %.2f)\n", mostSlower, met(mock.slower() <= mostSlower), mock.slower(), peer.slower())
	over := live.each() - direct.each()
	fmt.Fprintf(w, "live, at most %.0f ms over the direct call: %s (%.1f ms)\n", ms(mostOver), met(over <= mostOver), ms(over))
}

// memory runs many interactions and compares what the process holds.
func memory(ctx context.Context, many int, w io.Writer, all ...*runner) error {
	fmt.Fprintf(w, "\n| %d interactions | memory after %d, MiB | at the end, MiB | ratio | last to first tenth |\n|---|---|---|---|---|\n", many, many/6)
	growth := 0.0
	for _, r := range all {
		s, err := r.run(ctx, many)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		if len(s.RSS) != 2 || s.RSS[0] == 0 {
			return fmt.Errorf("%s: memory is not known: %v", r.name, s.RSS)
		}
		r.all = []sample{s}
		grown := float64(s.RSS[1]) / float64(s.RSS[0])
		growth = max(growth, grown)
		fmt.Fprintf(w, "| %s | %.1f | %.1f | %.2f | %.2f |\n", r.name, float64(s.RSS[0])/1024, float64(s.RSS[1])/1024, grown, r.slower())
	}
	_, err := fmt.Fprintf(w, "\nmemory, flat (at the end at most %.1f of that after a sixth): %s (%.2f)\n", mostGrowth, met(growth <= mostGrowth), growth)
	return err
}

func met(ok bool) string { return map[bool]string{true: "met", false: "MISSED"}[ok] }

func (s sample) total() (sum time.Duration) {
	for _, d := range s.Took {
		sum += d
	}
	return sum + s.merge
}

// column is one figure of all runs, sorted.
func (r *runner) column(of func(sample) time.Duration) (all []time.Duration) {
	for _, s := range r.all {
		all = append(all, of(s))
	}
	slices.Sort(all)
	return all
}

func (r *runner) each() time.Duration {
	return middle(r.column(func(s sample) time.Duration { return middle(slices.Sorted(slices.Values(s.Took))) }))
}

// tenth is the median of the first or last tenth of each run, and of the runs.
func (r *runner) tenth(first bool) time.Duration {
	return middle(r.column(func(s sample) time.Duration {
		part := s.Took[len(s.Took)-len(s.Took)/10:]
		if first {
			part = s.Took[:len(s.Took)/10]
		}
		return middle(slices.Sorted(slices.Values(part)))
	}))
}

func (r *runner) slower() float64 { return float64(r.tenth(false)) / float64(r.tenth(true)) }

func (r *runner) of(peer *runner) float64 {
	return float64(middle(r.column(sample.total))) / float64(middle(peer.column(sample.total)))
}

func middle(sorted []time.Duration) time.Duration { return sorted[len(sorted)/2] }

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
