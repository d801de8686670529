package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A table is what was measured over n results.
type table struct {
	n       int
	runners []runner
	samples map[string][]sample
}

// mid is the median of each figure of a runner; the zero sample if it did not run.
func (t *table) mid(name string) sample {
	all := t.samples[name]
	if len(all) == 0 {
		return sample{}
	}
	return sample{wall: median(all, func(s sample) time.Duration { return s.wall }), cpu: median(all, func(s sample) time.Duration { return s.cpu }),
		peak: median(all, func(s sample) float64 { return s.peak })}
}

func median[T time.Duration | float64](all []sample, of func(sample) T) T {
	values := column(all, of)
	return values[len(values)/2]
}

// column is one figure of all samples, sorted.
func column[T time.Duration | float64](all []sample, of func(sample) T) (values []T) {
	for _, s := range all {
		values = append(values, of(s))
	}
	slices.Sort(values)
	return values
}

// print writes t as Markdown. Ratios are to the jq that read the same rows.
func (t *table) print(w io.Writer) error {
	fmt.Fprintf(w, "\n%d results\n\n", t.n)
	fmt.Fprintln(w, "| runner | read, MB | wall, s (min-max) | CPU, s | MB/s | peak, MB | wall, ratio to jq | CPU, ratio to jq |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|")
	for _, r := range t.runners {
		wall := column(t.samples[r.name], func(s sample) time.Duration { return s.wall })
		s, jq := t.mid(r.name), t.mid(peer(r.name))
		if _, err := fmt.Fprintf(w, "| %s | %.0f | %.2f (%.2f-%.2f) | %.2f | %.0f | %s | %s | %s |\n", r.name, float64(r.bytes)/1e6, s.wall.Seconds(),
			wall[0].Seconds(), wall[len(wall)-1].Seconds(), s.cpu.Seconds(), float64(r.bytes)/1e6/s.wall.Seconds(), known(s.peak, "%.0f"),
			ratio(s.wall, jq.wall), ratio(s.cpu, jq.cpu)); err != nil {
			return err
		}
	}
	return nil
}

// peer is the jq that read the same rows.
func peer(name string) string {
	if strings.Contains(name, "one failed") {
		return "jq, one failed"
	}
	return "jq, all passed"
}

func ratio(a, b time.Duration) string {
	if b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", float64(a)/float64(b))
}

func known(v float64, format string) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf(format, v)
}

// What is asked of deciding.
const (
	mostMemory = 256.0 // MB
	mostGrowth = 1.2   // time for one result of many, to that for one of few: what is linear has 1
)

// summary says how time grows, and whether the largest table is as it should be.
func summary(w io.Writer, all []*table) error {
	few, many := all[0], all[len(all)-1]
	fmt.Fprintln(w, "\nmicroseconds for each result:")
	for _, r := range many.runners {
		fmt.Fprintf(w, "  %-28s", r.name)
		for _, t := range all {
			fmt.Fprintf(w, " %8.2f (%d)", each(t, r.name), t.n)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
	for _, name := range []string{"decide, all passed: allow", "decide, one failed: block"} {
		s, jq := many.mid(name), many.mid(peer(name))
		if jq.wall == 0 {
			fmt.Fprintf(w, "%s, %d results: no slower than jq: NOT COMPARED\n", name, many.n)
		} else {
			fmt.Fprintf(w, "%s, %d results: no slower than jq: %s (%s)\n", name, many.n, met(s.wall <= jq.wall), ratio(s.wall, jq.wall))
		}
		fmt.Fprintf(w, "%s, %d results: under %.0f MB: %s (%s)\n", name, many.n, mostMemory, met(s.peak > 0 && s.peak < mostMemory), known(s.peak, "%.0f"))
		if len(all) == 1 {
			continue
		}
		growth := each(many, name) / each(few, name)
		if _, err := fmt.Fprintf(w, "%s, %d to %d results: linear, at most %.1f: %s (%.2f)\n", name, few.n, many.n, mostGrowth, met(growth <= mostGrowth), growth); err != nil {
			return err
		}
	}
	return nil
}

// each is the time for one result, in microseconds.
func each(t *table, name string) float64 {
	return float64(t.mid(name).wall.Microseconds()) / float64(t.n)
}

func met(ok bool) string {
	if ok {
		return "met"
	}
	return "MISSED"
}
