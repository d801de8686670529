package main

import (
	"fmt"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// planned is the i-th scenario of the suite.
func planned(i int) harness.Planned {
	words := []string{"Orders", "Refunds", "Invoices", "Shipping", "Customers", "Stock", "Prices"}
	feature := words[i%len(words)]
	return harness.Planned{
		ID:    fmt.Sprintf("example.org/orders/features.TestFeatures/%s/An_order_of_%07d_items_is_taken_back", feature, i),
		Name:  fmt.Sprintf("%s: An order of %07d items is taken back", feature, i),
		Kind:  harness.Scenario,
		Where: fmt.Sprintf("features/%s.feature:%d", feature, 5+i%1500),
		Tags:  []string{"@regression", fmt.Sprintf("@team-%d", i%9)},
		Hash:  harness.DigestOf(fmt.Append(nil, i)).Hex(),
		Shard: 1,
	}
}

// result is how it went.
func result(i int) harness.Row {
	p := planned(i)
	return harness.Row{ID: p.ID, Name: p.Name, Kind: p.Kind, Mode: harness.Deployed, Outcome: harness.Passed, Attempt: 1, Where: p.Where, Tags: p.Tags,
		Hash: p.Hash, Calls: 1 + i%7, Steps: 3 + i%9, Started: begun().Add(time.Minute + time.Duration(i)*time.Millisecond),
		Took: harness.Duration(time.Duration(1000+i%997) * time.Microsecond)}
}

// plan is what a suite of n scenarios was going to run.
func plan(n int) harness.Stream[harness.Planned] {
	return func(yield func(harness.Planned, error) bool) {
		for i := range n {
			if !yield(planned(i), nil) {
				return
			}
		}
	}
}

// rows are the results of n scenarios, of which one failed; -1: none did.
func rows(n, failed int) harness.Stream[harness.Row] {
	return func(yield func(harness.Row, error) bool) {
		for i := range n {
			r := result(i)
			if i == failed {
				r.Outcome, r.Reason = harness.Failed, "the refund was answered with 500 Internal Server Error, want 201"
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}
