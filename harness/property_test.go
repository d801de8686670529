package harness_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/stagegate/stagegate/harness"
)

// manyRuns is a case on staging with n runs of several suites and shards, and
// with outcomes, attempts and problems that draw chose. Nothing in it is ordered
// by accident: what differs is told apart by its content.
func manyRuns(t *rapid.T) harness.Case {
	n := rapid.IntRange(1, 3).Draw(t, "runs")
	var runs []harness.Run
	for k := 1; k <= n; k++ {
		runs = append(runs, wild(t, k))
	}
	c := exitOf(acceptance, staging, runs...)
	c.Stage.Limits = harness.Limits{Skips: rapid.IntRange(0, 2).Draw(t, "skips"), Flakes: rapid.IntRange(0, 3).Draw(t, "flakes"), Attempts: 2}
	c.Run = runs[rapid.IntRange(0, n-1).Draw(t, "decided")].Record.ID
	return c
}

// wild is run n with mixed kinds in a suite of two shards.
func wild(t *rapid.T, n int) harness.Run {
	unit := harness.Planned{ID: "f.TestHelper", Kind: harness.Test}
	mixed := suite("features", harness.After, scenario("order", "@smoke"), scenario("refund"), interaction("list"), unit)
	r := goodRun(acceptance, staging, harness.Subject{Source: src, Artifact: artifact.Digest}, n, mixed, suite("contracts", harness.After, interaction("card")))
	r.Record.Shards, r.Record.Suites[0].Shards = 2, 2
	second := r.Evidence[0]
	second.Shard, second.Digest, second.Rows = 2, harness.DigestOf([]byte(r.Record.ID+" shard 2")), harness.RowsOf(rows(second)[2:])
	r.Evidence[0].Rows = harness.RowsOf(rows(r.Evidence[0])[:2])
	r.Evidence = append(r.Evidence, second)
	for i := range r.Evidence {
		r.Evidence[i].Counts = harness.CountRows(rows(r.Evidence[i]))
	}
	r.Closings[0].Evidence = append(r.Closings[0].Evidence, second.Digest)
	return spoilt(t, r, rapid.IntRange(0, 2).Draw(t, "spoilt"))
}

// spoilt is r as it is (0), with what leaves questions (1), or with anything at all (2).
func spoilt(t *rapid.T, r harness.Run, how int) harness.Run {
	if how == 0 {
		return r
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "problems") {
		r.Problems = append(r.Problems, harness.Problem{Key: fmt.Sprint("key", i%2), Reason: fmt.Sprint("reason ", i), Lies: how == 2 && rapid.Bool().Draw(t, "lies")})
	}
	if rapid.IntRange(0, 3).Draw(t, "open?") == 0 {
		r.Closings = nil
	}
	if how == 1 {
		return r
	}
	if rapid.Bool().Draw(t, "unplanned") {
		extra := suite("extra", harness.After)
		r.Evidence = append(r.Evidence, harness.Evidence{Placed: extra.Placed, Shard: 1, Digest: harness.DigestOf([]byte(r.Record.ID + " extra"))})
	}
	outcomes := rapid.SampledFrom([]harness.Outcome{harness.Passed, harness.Passed, harness.Passed, harness.Failed, harness.Skipped,
		harness.NotRun, harness.Unreachable, harness.Undefined, ""})
	modes := rapid.SampledFrom([]harness.Mode{harness.Deployed, harness.Deployed, harness.InProcess, harness.Live, ""})
	for i := range r.Evidence {
		e := &r.Evidence[i]
		all := rows(*e)
		for k := range all {
			row := &all[k]
			row.Outcome = outcomes.Draw(t, "outcome")
			row.Reason = rapid.SampledFrom([]string{"", "because"}).Draw(t, "reason")
			if rapid.IntRange(0, 4).Draw(t, "mode?") == 0 {
				row.Mode = modes.Draw(t, "mode")
			}
			if rapid.IntRange(0, 3).Draw(t, "again?") == 0 {
				again := *row
				again.Attempt = rapid.IntRange(1, 3).Draw(t, "attempt")
				if rapid.Bool().Draw(t, "another?") {
					again.Outcome = outcomes.Draw(t, "outcome again")
				}
				again.Mode, again.Calls = modes.Draw(t, "mode again"), rapid.IntRange(0, 1).Draw(t, "calls")
				all = append(all, again)
			}
		}
		e.Rows = harness.RowsOf(all)
		e.Counts, e.Exit = harness.CountRows(all), rapid.IntRange(0, 1).Draw(t, "exit")
	}
	return r
}

// shuffled is c in another order, with some evidence twice.
func shuffled(c harness.Case, r *rand.Rand) harness.Case {
	c.Runs = slices.Clone(c.Runs)
	mix(r, c.Runs)
	for i := range c.Runs {
		run := &c.Runs[i]
		run.Problems, run.Evidence = slices.Clone(run.Problems), slices.Clone(run.Evidence)
		for _, e := range run.Evidence {
			if r.IntN(2) == 0 {
				run.Evidence = append(run.Evidence, e)
			}
		}
		mix(r, run.Problems)
		mix(r, run.Evidence)
	}
	return c
}

func mix[T any](r *rand.Rand, all []T) {
	r.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
}

func TestOrderDecidesNothing(t *testing.T) {
	seen := map[harness.Answer]int{}
	rapid.Check(t, func(t *rapid.T) {
		c := manyRuns(t)
		want := harness.Decide(c)
		seen[want.Verdict]++
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		for range 5 {
			if got := harness.Decide(shuffled(c, r)); !reflect.DeepEqual(got, want) {
				t.Fatalf("another order, another verdict:\n got %+v\nwant %+v", got, want)
			}
		}
	})
	if seen[harness.Block] == 0 || seen[harness.Unclear] == 0 || seen[harness.Allow] == 0 {
		t.Errorf("the cases are too much alike: %v", seen)
	}
}

func TestEntryOrderDecidesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := prodEntry()
		c.Needs[1].Runs = manyRuns(t).Runs
		want := harness.Decide(c)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		c.Needs[1].Runs = shuffled(harness.Case{Runs: c.Needs[1].Runs}, r).Runs
		if got := harness.Decide(c); !reflect.DeepEqual(got, want) {
			t.Fatalf("another order, another verdict:\n got %+v\nwant %+v", got, want)
		}
	})
}

// removals are all the cases that have one needed thing less than c, by name.
// What is needed is computed from the plan, not listed by hand.
func removals(base func() harness.Case) map[string]harness.Case {
	all := map[string]harness.Case{}
	runsOf := func(c *harness.Case) map[string][]harness.Run {
		m := map[string][]harness.Run{"": c.Runs}
		for _, n := range c.Needs {
			m["need "+n.Stage.Name+" "] = n.Runs
		}
		return m
	}
	remove := func(name, where string, i int, edit func(*harness.Run)) {
		c := base()
		edit(&runsOf(&c)[where][i])
		all[fmt.Sprintf("%srun %d: %s", where, i+1, name)] = c
	}
	first := base()
	for where, runs := range runsOf(&first) {
		for i, r := range runs {
			remove("record", where, i, func(r *harness.Run) { r.Record = nil })
			decided := i == len(runs)-1 // of earlier runs only what they saw is needed
			if decided {
				remove("deployment", where, i, func(r *harness.Run) { r.Deployment = nil })
			}
			for k := range r.Closings {
				remove(fmt.Sprint("closing ", k), where, i, func(r *harness.Run) { r.Closings = slices.Delete(slices.Clone(r.Closings), k, k+1) })
			}
			for k, e := range r.Evidence {
				remove("evidence "+e.Placed.String(), where, i, func(r *harness.Run) { r.Evidence = slices.Delete(slices.Clone(r.Evidence), k, k+1) })
				if decided {
					remove("rows of "+e.Placed.String(), where, i, func(r *harness.Run) { r.Evidence[k].Rows, r.Evidence[k].Counts = nil, nil })
				}
				for m, row := range rows(e) {
					less := func(r *harness.Run) {
						r.Evidence[k].Rows = harness.RowsOf(slices.Delete(rows(r.Evidence[k]), m, m+1))
						if !decided { // other bytes, another digest
							r.Evidence[k].Digest = harness.DigestOf([]byte("less"))
						}
					}
					remove("row "+row.ID, where, i, less)
					remove("row and count of "+row.ID, where, i, func(r *harness.Run) {
						less(r)
						r.Evidence[k].Counts = harness.CountRows(rows(r.Evidence[k]))
					})
				}
			}
			for k := range r.Deployment.Steps {
				if !decided {
					continue
				}
				remove(fmt.Sprint("step ", k), where, i, func(r *harness.Run) { r.Deployment.Steps = slices.Delete(slices.Clone(r.Deployment.Steps), k, k+1) })
			}
		}
		for i := range runs {
			c := base()
			if where == "" {
				c.Runs = slices.Delete(slices.Clone(c.Runs), i, i+1)
			}
			for k := range c.Needs {
				if where == "need "+c.Needs[k].Stage.Name+" " {
					c.Needs[k].Runs = slices.Delete(slices.Clone(c.Needs[k].Runs), i, i+1)
				}
			}
			all[fmt.Sprintf("%srun %d", where, i+1)] = c
		}
	}
	return all
}

func TestNothingNeededCanBeMissing(t *testing.T) {
	for name, base := range map[string]func() harness.Case{
		"commit exit":  func() harness.Case { return exitOf(commitStage, harness.InProcessTarget(), commitRun()) },
		"staging exit": stagingExit,
		"prod entry":   prodEntry,
		"prod exit":    func() harness.Case { return exitOf(production, prod, prodRun(1)) },
		"second run":   func() harness.Case { return exitOf(acceptance, staging, stagingRun(1), stagingRun(2)) },
	} {
		if v := harness.Decide(base()); !v.Allowed() {
			t.Fatalf("%s is not allowed to begin with: %+v", name, v.Failing())
		}
		cases := removals(base)
		if len(cases) < 8 {
			t.Errorf("%s: only %d things to remove", name, len(cases))
		}
		for what, c := range cases {
			if harness.Decide(c).Allowed() {
				t.Errorf("%s: allowed without %s", name, what)
			}
		}
	}
}
