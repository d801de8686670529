// Package schedule assigns work to shards and puts it in order. It is pure: the
// same inventory and the same past give the same answer, whatever order they
// come in.
package schedule

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// Assign returns, for each of items, its shard from 1 to shards.
//
// With a past, the longest goes first to the shard that has least to do so far
// (Graham 1969, LPT): no shard has more than 4/3 - 1/(3 shards) of what the
// best assignment would leave to its busiest one. Without one, scenarios and
// interactions are dealt out one by one, and shards differ by one at most.
//
// A plain test is assigned by its name alone, so that tests of one name in
// several packages are in one shard, where a single go test -run can select them.
func Assign(items []harness.Planned, past Past, shards int) []int {
	out := make([]int, len(items))
	groups := grouped(items)
	if len(past) == 0 {
		for n, g := range groups {
			g.put(out, n%max(shards, 1)+1)
		}
		return out
	}
	expect := past.expect(items)
	for i := range groups {
		for _, k := range groups[i].items {
			groups[i].load += expect(items[k])
		}
	}
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(b.load, a.load) })
	load := make([]time.Duration, max(shards, 1))
	for _, g := range groups {
		least := 0
		for s := range load {
			if load[s] < load[least] {
				least = s
			}
		}
		load[least] += g.load
		g.put(out, least+1)
	}
	return out
}

// Loads is what each shard has to do by what is known of the past, if of is
// what [Assign] said of items.
func Loads(items []harness.Planned, past Past, of []int, shards int) []time.Duration {
	load := make([]time.Duration, max(shards, 1))
	expect := past.expect(items)
	for i, s := range of {
		load[s-1] += expect(items[i])
	}
	return load
}

// A group are items that have to be in one shard.
type group struct {
	items []int
	load  time.Duration
}

func (g group) put(out []int, shard int) {
	for _, i := range g.items {
		out[i] = shard
	}
}

// grouped are the groups of items, by key.
func grouped(items []harness.Planned) (all []group) {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(key(items[a]), key(items[b])) })
	last := ""
	for _, i := range order {
		if k := key(items[i]); len(all) == 0 || k != last || items[i].Kind != harness.Test {
			all, last = append(all, group{}), k
		}
		g := &all[len(all)-1]
		g.items = append(g.items, i)
	}
	return all
}

// key orders items: plain tests by name, then the rest by id.
func key(p harness.Planned) string {
	if p.Kind == harness.Test {
		return "0 " + p.ID[strings.LastIndexByte(p.ID, '.')+1:]
	}
	return "1 " + p.ID
}
