package schedule

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// An Order says in which order things begin. The zero Order is the longest first.
type Order struct {
	kind kind
	seed uint64
}

type kind int

const (
	longest kind = iota
	random
	file
)

// ParseOrder reads "longest", "file" or "random:SEED", and "random" with a seed
// of newSeed. "" is "longest".
func ParseOrder(s string, newSeed func() uint64) (Order, error) {
	name, text, seeded := strings.Cut(s, ":")
	switch {
	case s == "", s == "longest":
		return Order{}, nil
	case s == "file":
		return Order{kind: file}, nil
	case s == "random":
		return Order{random, newSeed()}, nil
	case name == "random" && seeded:
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil || text[0] == '+' {
			return Order{}, fmt.Errorf("%q: want a seed from 0 to 18446744073709551615, as in random:42", s)
		}
		return Order{random, seed}, nil
	default:
		return Order{}, fmt.Errorf("%q: want longest, file, random or random:SEED", s)
	}
}

// String is what [ParseOrder] reads as o: with it a random order is repeated.
func (o Order) String() string {
	switch o.kind {
	case random:
		return "random:" + strconv.FormatUint(o.seed, 10)
	case file:
		return "file"
	default:
		return "longest"
	}
}

// Of are the indices of items in the order in which they begin; nil where they
// begin as they stand in their files: the order is that, or it is the longest
// first and nothing is known of the past.
func (o Order) Of(items []harness.Planned, past Past) []int {
	switch {
	case o.kind == random:
		return Shuffled(items, o.seed)
	case o.kind == longest && len(past) > 0:
		return LongestFirst(items, past)
	default:
		return nil
	}
}

// LongestFirst are the indices of items, those first of which nothing is known,
// for one that turns out long costs least there; then the longest; then by id.
// Whoever is free takes the next: so the last one ends at most 4/3 of the time
// after the beginning that the best order would need.
func LongestFirst(items []harness.Planned, past Past) []int {
	return by(items, func(a, b harness.Planned) int {
		x, known := past[a.ID]
		y, too := past[b.ID]
		return cmp.Or(order(known, too), cmp.Compare(y, x), cmp.Compare(a.ID, b.ID))
	})
}

// Shuffled are the indices of items in an order that depends on seed and their
// ids alone. Two of them follow each other in the same way whatever else is
// there: on another machine, in a shard, in a run of only those that failed.
//
// An id's place is its number by FNV-1a (64 bits), seed added, mixed by the
// finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
func Shuffled(items []harness.Planned, seed uint64) []int {
	place := make(map[string]uint64, len(items))
	for _, i := range items {
		place[i.ID] = mix(fnv1a(i.ID) + mix(seed))
	}
	return by(items, func(a, b harness.Planned) int {
		return cmp.Or(cmp.Compare(place[a.ID], place[b.ID]), cmp.Compare(a.ID, b.ID))
	})
}

// by are the indices of items in the order of compare.
func by(items []harness.Planned, compare func(a, b harness.Planned) int) []int {
	all := make([]int, len(items))
	for i := range all {
		all[i] = i
	}
	slices.SortStableFunc(all, func(a, b int) int { return compare(items[a], items[b]) })
	return all
}

// order puts false before true.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

func fnv1a(s string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	return h
}

func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
