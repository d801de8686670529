package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/schedule"
)

// Whatever the suite, the longest first is within what is wanted of the bound.
func TestWithinWhatIsWanted(t *testing.T) {
	for seed := range uint64(200) {
		items, took := suite(400, seed)
		var out strings.Builder
		if err := compare(&out, items, took); err != nil {
			t.Errorf("seed %d: %v\n%s", seed, err, &out)
		}
	}
}

func TestEnd(t *testing.T) {
	const ms = time.Millisecond
	var items []harness.Planned
	took := schedule.Past{}
	for i, d := range []time.Duration{1, 1, 2, 4} {
		id := fmt.Sprint(i)
		items = append(items, harness.Planned{ID: id, Kind: harness.Scenario})
		took[id] = d * ms
	}
	for _, tt := range []struct {
		name            string
		plan            plan
		shards, workers int
		want            time.Duration
	}{
		{"one worker", plan{of: []int{1, 1, 1, 1}}, 1, 1, 8 * ms},
		{"as they stand", plan{of: []int{1, 1, 1, 1}}, 1, 2, 5 * ms},
		{"longest first", plan{of: []int{1, 1, 1, 1}, order: []int{3, 2, 0, 1}}, 1, 2, 4 * ms},
		{"two shards", plan{of: []int{1, 1, 1, 2}}, 2, 1, 4 * ms},
		{"two uneven shards", plan{of: []int{1, 2, 2, 2}}, 2, 1, 7 * ms},
	} {
		if got := tt.plan.end(items, took, tt.shards, tt.workers); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
	if got := bound(took, 2); got != 4*ms {
		t.Errorf("bound: got %v", got)
	}
	if got := bound(took, 16); got != 4*ms {
		t.Errorf("bound of the longest: got %v", got)
	}
}

// What is over its limit is an error.
func TestOverTheLimit(t *testing.T) {
	items, took := suite(20, 1)
	longest := time.Duration(0)
	for _, d := range took {
		longest = max(longest, d)
	}
	for id := range took {
		took[id] = longest // 20 of one length on 16 workers are two rounds, and the bound is 1.25
	}
	if err := compare(&strings.Builder{}, items, took); err == nil {
		t.Error("twice the time, and no error")
	}
}
