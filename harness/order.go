package harness

import (
	"cmp"
	"slices"
)

// ordered returns runs by number and each run's evidence in a stable order,
// each piece once: the order in which a store lists things decides nothing.
func ordered(runs []Run) []Run {
	runs = slices.Clone(runs)
	slices.SortFunc(runs, func(a, b Run) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Digest, b.Digest))
	})
	runs = slices.CompactFunc(runs, func(a, b Run) bool {
		return a.Number == b.Number && a.Digest == b.Digest && a.Digest != "" &&
			len(a.Evidence) == len(b.Evidence) && len(a.Closings) == len(b.Closings)
	})
	for i := range runs {
		runs[i].Evidence = unique(runs[i].Evidence)
		runs[i].Problems = slices.SortedFunc(slices.Values(runs[i].Problems), func(a, b Problem) int {
			return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Reason, b.Reason))
		})
	}
	return runs
}

func unique(all []Evidence) []Evidence {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Evidence) int {
		return cmp.Or(cmp.Compare(a.When, b.When), cmp.Compare(a.Suite, b.Suite), cmp.Compare(a.Shard, b.Shard), cmp.Compare(a.Digest, b.Digest))
	})
	return slices.CompactFunc(all, func(a, b Evidence) bool { return a.Digest == b.Digest && a.Digest != "" })
}
