// Command schedule compares orders and divisions of a made-up suite by the time
// at which the last scenario would end: nothing runs, no clock is read, and every
// call prints the same. It says what the order is worth; what the runner makes of
// it has to be measured.
package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/schedule"
)

func main() {
	items, took := suite(400, 7)
	if err := compare(os.Stdout, items, took); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// suite makes n scenarios of 5 to 500 ms, heavy-tailed (bounded Pareto, alpha 0.5,
// by the inverse of its distribution): a tenth of them is half of the work.
func suite(n int, seed uint64) ([]harness.Planned, schedule.Past) {
	const low, high, alpha = 5, 500, 0.5
	r := rand.New(rand.NewPCG(seed, 0))
	l, h := math.Pow(low, alpha), math.Pow(high, alpha)
	var items []harness.Planned
	took := schedule.Past{}
	for i := range n {
		u := r.Float64()
		ms := math.Round(math.Pow(-(u*h-u*l-h)/(h*l), -1/alpha))
		id := fmt.Sprintf("f.TestFeatures/scenario_%03d", i)
		items = append(items, harness.Planned{ID: id, Kind: harness.Scenario})
		took[id] = time.Duration(ms) * time.Millisecond
	}
	return items, took
}

// noisy is the past as another machine would have seen it: each time wrong by a
// factor with a lognormal distribution of that width.
func noisy(took schedule.Past, width float64, seed uint64) schedule.Past {
	r, seen := rand.New(rand.NewPCG(seed, 0)), schedule.Past{}
	for _, id := range sortedIDs(took) {
		seen[id] = time.Duration(float64(took[id]) * math.Exp(width*r.NormFloat64()))
	}
	return seen
}

func sortedIDs(took schedule.Past) (all []string) {
	for id := range took {
		all = append(all, id)
	}
	slices.Sort(all)
	return all
}

// A plan is a division and an order.
type plan struct {
	name  string
	of    []int // shards
	order []int // nil: as they stand
}

// end is when the last scenario of p is over, if each shard has so many workers and
// whoever is free begins the next.
func (p plan) end(items []harness.Planned, took schedule.Past, shards, workers int) time.Duration {
	order := p.order
	if order == nil {
		for i := range items {
			order = append(order, i)
		}
	}
	busy := make([][]time.Duration, shards)
	for s := range busy {
		busy[s] = make([]time.Duration, workers)
	}
	var last time.Duration
	for _, i := range order {
		mine := busy[p.of[i]-1]
		free := slices.Index(mine, slices.Min(mine))
		mine[free] += took[items[i].ID]
		last = max(last, mine[free])
	}
	return last
}

// bound is a time before which nobody can be over with that many workers.
func bound(took schedule.Past, workers int) time.Duration {
	var sum, longest time.Duration
	for _, d := range took {
		sum, longest = sum+d, max(longest, d)
	}
	return max(sum/time.Duration(workers), longest)
}
