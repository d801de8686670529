package schedule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/schedule"
)

func ids(items []harness.Planned, order []int) string {
	var all []string
	for _, i := range order {
		all = append(all, items[i].ID)
	}
	return strings.Join(all, " ")
}

func TestOrders(t *testing.T) {
	items := scenarios("d", "a", "new", "b", "c")
	past := schedule.Past{"a": 10 * ms, "b": 30 * ms, "c": 30 * ms, "d": 0}
	for _, tt := range []struct {
		order string
		past  schedule.Past
		want  string
	}{
		{"", past, "new b c a d"},
		{"longest", past, "new b c a d"},
		{"longest", nil, ""},
		{"file", past, ""},
		{"random:1", past, "b a new c d"},
		{"random:1", nil, "b a new c d"},
		{"random:2", nil, "new c b a d"},
		{"random", nil, "new c b a d"}, // its seed is 2, below
	} {
		o, err := schedule.ParseOrder(tt.order, func() uint64 { return 2 })
		if err != nil {
			t.Errorf("%s: %v", tt.order, err)
			continue
		}
		if got := ids(items, o.Of(items, tt.past)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.order, got, tt.want)
		}
		again, err := schedule.ParseOrder(o.String(), nil)
		if err != nil || again != o {
			t.Errorf("%s is written %s and read as %v, %v", tt.order, o, again, err)
		}
	}
}

func TestParseOrderErrors(t *testing.T) {
	for _, s := range []string{"shortest", "random:", "random:x", "random:-1", "random:+1", "random:1_0", "random:18446744073709551616", "longest:1", "Random", " random"} {
		if o, err := schedule.ParseOrder(s, nil); err == nil || !strings.Contains(err.Error(), "want ") {
			t.Errorf("%q: got %v and error %v", s, o, err)
		}
	}
}

func FuzzParseOrder(f *testing.F) {
	for _, s := range []string{"", "file", "random", "random:7", "random:", "longest"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := schedule.ParseOrder(s, func() uint64 { return 3 })
		if err != nil {
			return
		}
		if again, err := schedule.ParseOrder(o.String(), nil); err != nil || again != o {
			t.Errorf("%q is written %s and read as %v, %v", s, o, again, err)
		}
	})
}

// Every order has each item once, and is the same whatever order the inventory
// comes in; a random one also whatever else is there.
func TestOrderProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := inventory().Draw(t, "items")
		p, seed := past(t, items), rapid.Uint64().Draw(t, "seed")
		other := shuffled(t, items)
		for name, order := range map[string]func([]harness.Planned) []int{
			"longest first": func(x []harness.Planned) []int { return schedule.LongestFirst(x, p) },
			"shuffled":      func(x []harness.Planned) []int { return schedule.Shuffled(x, seed) },
		} {
			got := order(items)
			for want, have := range slices.Sorted(slices.Values(got)) {
				if have != want || len(got) != len(items) {
					t.Fatalf("%s: %v is no order of %d items", name, got, len(items))
				}
			}
			if a, b := ids(items, got), ids(other, order(other)); a != b {
				t.Fatalf("%s: %q, and %q when the inventory comes in another order", name, a, b)
			}
		}
		part := other[:rapid.IntRange(0, len(other)).Draw(t, "part")]
		whole := schedule.Shuffled(items, seed)
		whole = slices.DeleteFunc(whole, func(i int) bool {
			return !slices.ContainsFunc(part, func(p harness.Planned) bool { return p.ID == items[i].ID })
		})
		if a, b := ids(items, whole), ids(part, schedule.Shuffled(part, seed)); a != b {
			t.Fatalf("a part is shuffled to %q, within the whole to %q", b, a)
		}
	})
}

// A random order favours nobody: over many seeds each of eight is first, and
// follows each other one, about as often. The limits are far beyond chance (six
// standard deviations), and nothing here is random.
func TestShuffledIsFair(t *testing.T) {
	var items []harness.Planned
	for i := range 8 {
		items = append(items, item(harness.Scenario, fmt.Sprintf("f.TestFeatures/row_%d", i)))
	}
	const seeds = 8000
	first, after := make([]int, 8), 0
	for seed := range uint64(seeds) {
		order := schedule.Shuffled(items, seed)
		first[order[0]]++
		if slices.Index(order, 0) > slices.Index(order, 7) {
			after++
		}
	}
	for i, n := range first {
		if n < 1000-180 || n > 1000+180 {
			t.Errorf("%d is first in %d of %d orders", i, n, seeds)
		}
	}
	if after < 4000-270 || after > 4000+270 {
		t.Errorf("0 comes after 7 in %d of %d orders", after, seeds)
	}
}
