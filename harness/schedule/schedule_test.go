package schedule_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/schedule"
)

func item(kind harness.Kind, id string) harness.Planned { return harness.Planned{ID: id, Kind: kind} }

func TestAssign(t *testing.T) {
	scenarios := []harness.Planned{item(harness.Scenario, "b"), item(harness.Scenario, "d"), item(harness.Scenario, "a"), item(harness.Scenario, "c")}
	mixed := []harness.Planned{item(harness.Scenario, "f.TestFeatures/x"), item(harness.Test, "p.TestA"), item(harness.Test, "q.TestA"), item(harness.Test, "q.TestB")}
	for _, tt := range []struct {
		name   string
		items  []harness.Planned
		shards int
		want   []int
	}{
		{"nothing", nil, 3, []int{}},
		{"one shard", scenarios, 1, []int{1, 1, 1, 1}},
		{"no shards are one", scenarios, 0, []int{1, 1, 1, 1}},
		{"fewer than none are one", scenarios, -3, []int{1, 1, 1, 1}},
		{"two shards, by id", scenarios, 2, []int{2, 2, 1, 1}},
		{"more shards than items", scenarios, 9, []int{2, 4, 1, 3}},
		{"tests of one name stay together", mixed, 3, []int{3, 1, 1, 2}},
	} {
		if got := schedule.Assign(tt.items, nil, tt.shards); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// inventory draws things with distinct ids, tests of the same name in several packages among them.
func inventory() *rapid.Generator[[]harness.Planned] {
	one := rapid.Custom(func(t *rapid.T) harness.Planned {
		kind := rapid.SampledFrom([]harness.Kind{harness.Scenario, harness.Interaction, harness.Test}).Draw(t, "kind")
		pkg := rapid.SampledFrom([]string{"example.org/a", "example.org/a/b", "example.org/v1.2"}).Draw(t, "package")
		name := fmt.Sprintf("Test%d", rapid.IntRange(0, 5).Draw(t, "test"))
		if kind != harness.Test {
			name += fmt.Sprintf("/row_%d", rapid.IntRange(0, 30).Draw(t, "row"))
		}
		return item(kind, pkg+"."+name)
	})
	return rapid.SliceOfNDistinct(one, 0, 60, func(p harness.Planned) string { return p.ID })
}

func TestAssignProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := inventory().Draw(t, "items")
		shards := rapid.IntRange(1, 9).Draw(t, "shards")
		got := schedule.Assign(items, nil, shards)
		if len(got) != len(items) {
			t.Fatalf("%d shards for %d items", len(got), len(items))
		}
		byID, sizes, of := map[string]int{}, make([]int, shards), map[string]int{}
		for i, s := range got {
			if s < 1 || s > shards {
				t.Fatalf("%s is in shard %d of %d", items[i].ID, s, shards)
			}
			byID[items[i].ID] = s
			if items[i].Kind != harness.Test {
				sizes[s-1]++
				continue
			}
			name := items[i].ID[strings.LastIndexByte(items[i].ID, '.')+1:]
			if first, ok := of[name]; ok && first != s {
				t.Fatalf("test %s is in shards %d and %d", name, first, s)
			}
			of[name] = s
		}
		if d := slices.Max(sizes) - slices.Min(sizes); d > 1 {
			t.Fatalf("shards differ by %d: %v", d, sizes)
		}
		shuffled := slices.Clone(items)
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).Shuffle(len(shuffled), func(i, k int) { shuffled[i], shuffled[k] = shuffled[k], shuffled[i] })
		for i, s := range schedule.Assign(shuffled, nil, shards) {
			if byID[shuffled[i].ID] != s {
				t.Fatalf("%s is in shard %d, and in %d when the inventory comes in another order", shuffled[i].ID, byID[shuffled[i].ID], s)
			}
		}
	})
}
