package schedule_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/schedule"
)

const ms = time.Millisecond

func scenarios(ids ...string) (all []harness.Planned) {
	for _, id := range ids {
		all = append(all, item(harness.Scenario, id))
	}
	return all
}

func TestAssignByThePast(t *testing.T) {
	for _, tt := range []struct {
		name   string
		items  []harness.Planned
		past   schedule.Past
		shards int
		want   []int
	}{
		{"the longest alone", scenarios("a", "b", "c", "d"), schedule.Past{"a": 10 * ms, "b": 90 * ms, "c": 40 * ms, "d": 40 * ms}, 2, []int{2, 1, 2, 2}},
		{"no shards are one", scenarios("a", "b"), schedule.Past{"a": ms}, 0, []int{1, 1}},
		{"unknown ones count as the median", scenarios("a", "b", "c", "x"), schedule.Past{"a": 10 * ms, "b": 30 * ms, "c": 50 * ms}, 2, []int{1, 2, 1, 2}},
		{"what took no time is dealt out", scenarios("a", "b", "c", "d", "e"), schedule.Past{"a": 2 * ms, "b": 0, "c": 0, "d": 0, "e": 0}, 2, []int{1, 2, 2, 1, 2}},
		{"a past of other things alone", scenarios("a", "b", "c"), schedule.Past{"gone": time.Hour}, 3, []int{1, 2, 3}},
		{"tests of one name stay together", []harness.Planned{item(harness.Test, "p.TestA"), item(harness.Test, "q.TestA"), item(harness.Test, "q.TestB")},
			schedule.Past{"p.TestA": 10 * ms, "q.TestA": 10 * ms, "q.TestB": 15 * ms}, 2, []int{1, 1, 2}},
	} {
		if got := schedule.Assign(tt.items, tt.past, tt.shards); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestLog(t *testing.T) {
	var l schedule.Log
	for _, r := range []harness.Row{
		{ID: "a", Outcome: harness.Passed, Took: harness.Duration(900 * ms)}, // a cold cache
		{ID: "a", Outcome: harness.Passed, Took: harness.Duration(20 * ms)},
		{ID: "a", Outcome: harness.Passed, Took: harness.Duration(10 * ms)},
		{ID: "b", Outcome: harness.Passed, Took: harness.Duration(1 * ms)},
		{ID: "b", Outcome: harness.Passed, Took: harness.Duration(3 * ms)},
		{ID: "c", Outcome: harness.Failed, Took: harness.Duration(time.Minute)},
		{ID: "d", Outcome: harness.Passed, Took: -1},
		{ID: "e"},
	} {
		l.Add(r)
	}
	want := schedule.Past{"a": 20 * ms, "b": 3 * ms}
	if got := l.Past(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// past draws how long some of items took.
func past(t *rapid.T, items []harness.Planned) schedule.Past {
	p := schedule.Past{}
	for _, i := range items {
		if rapid.IntRange(0, 9).Draw(t, "known") > 0 {
			p[i.ID] = time.Duration(rapid.IntRange(0, 60_000).Draw(t, "took")) * 100 * time.Microsecond
		}
	}
	return p
}

func shuffled(t *rapid.T, items []harness.Planned) []harness.Planned {
	out := slices.Clone(items)
	rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "shuffle"), 0)).Shuffle(len(out), func(i, k int) { out[i], out[k] = out[k], out[i] })
	return out
}

func TestAssignByThePastProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := inventory().Draw(t, "items")
		p := past(t, items)
		shards := rapid.IntRange(1, 9).Draw(t, "shards")
		got := schedule.Assign(items, p, shards)
		byID := map[string]int{}
		of := map[string]int{}
		for i, s := range got {
			if s < 1 || s > shards {
				t.Fatalf("%s is in shard %d of %d", items[i].ID, s, shards)
			}
			byID[items[i].ID] = s
			if name := testName(items[i]); name != "" {
				if first, ok := of[name]; ok && first != s {
					t.Fatalf("test %s is in shards %d and %d", name, first, s)
				}
				of[name] = s
			}
		}
		other := shuffled(t, items)
		for i, s := range schedule.Assign(other, p, shards) {
			if byID[other[i].ID] != s {
				t.Fatalf("%s is in shard %d, and in %d when the inventory comes in another order", other[i].ID, byID[other[i].ID], s)
			}
		}
	})
}

// testName is the name by which a plain test is selected.
func testName(p harness.Planned) string {
	if p.Kind != harness.Test {
		return ""
	}
	return p.ID[slices.Index([]byte(p.ID), 'T'):]
}

// No shard has more than what Graham's bounds say: of the best assignment, tried
// out where there are few things; of the mean and the longest where there are many.
func TestAssignBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shards := rapid.IntRange(1, 3).Draw(t, "shards")
		items := scenarios("a", "b", "c", "d", "e", "f", "g", "h")[:rapid.IntRange(1, 8).Draw(t, "n")]
		p, took := schedule.Past{}, make([]time.Duration, len(items))
		for i := range items {
			took[i] = time.Duration(rapid.IntRange(1, 40).Draw(t, "took")) * ms
			p[items[i].ID] = took[i]
		}
		got := slices.Max(schedule.Loads(items, p, schedule.Assign(items, p, shards), shards))
		m := time.Duration(shards)
		if best := optimum(took, make([]time.Duration, shards)); 3*m*got > (4*m-1)*best {
			t.Fatalf("%v on %d shards: the busiest has %v, the best is %v", took, shards, got, best)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		n, shards := rapid.IntRange(1, 300).Draw(t, "n"), rapid.IntRange(1, 20).Draw(t, "shards")
		var items []harness.Planned
		var sum, longest time.Duration
		p := schedule.Past{}
		for i := range n {
			id := string(rune('a' + i))
			items = append(items, item(harness.Scenario, id))
			p[id] = time.Duration(rapid.IntRange(1, 500).Draw(t, "took")) * ms
			sum, longest = sum+p[id], max(longest, p[id])
		}
		got := slices.Max(schedule.Loads(items, p, schedule.Assign(items, p, shards), shards))
		if m := time.Duration(shards); m*got > sum+(m-1)*longest {
			t.Fatalf("the busiest of %d has %v; all have %v, the longest takes %v", shards, got, sum, longest)
		}
	})
}

// optimum is the least that the busiest shard can have, if load is what they have.
func optimum(took, load []time.Duration) time.Duration {
	if len(took) == 0 {
		return slices.Max(load)
	}
	best := time.Duration(1 << 62)
	for s := range load {
		load[s] += took[0]
		best = min(best, optimum(took[1:], load))
		load[s] -= took[0]
	}
	return best
}
