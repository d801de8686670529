// Package schedule assigns work to shards. It is pure: the same inventory
// gives the same assignment, whatever order it comes in.
package schedule

import (
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// Assign returns, for each of items, its shard from 1 to shards. Scenarios and
// interactions are dealt out one by one; a plain test is assigned by its name
// alone, so that tests of one name in several packages are in one shard, where
// a single go test -run can select them. Shards differ by one scenario at most.
func Assign(items []harness.Planned, shards int) []int {
	out := make([]int, len(items))
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(key(items[a]), key(items[b])) })
	next, last := -1, ""
	for _, i := range order {
		if k := key(items[i]); k != last || items[i].Kind != harness.Test {
			next, last = next+1, k
		}
		out[i] = next%max(shards, 1) + 1
	}
	return out
}

// key orders items: plain tests by name, then the rest by id.
func key(p harness.Planned) string {
	if p.Kind == harness.Test {
		return "0 " + p.ID[strings.LastIndexByte(p.ID, '.')+1:]
	}
	return "1 " + p.ID
}
