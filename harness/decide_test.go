package harness_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
)

func TestGoodCasesAreAllowed(t *testing.T) {
	for name, c := range map[string]harness.Case{
		"commit exit": exitOf(commitStage, harness.InProcessTarget(), commitRun()), "staging exit": stagingExit(),
		"prod entry": prodEntry(), "prod exit": exitOf(production, prod, prodRun(1)),
		"second run, both good": exitOf(acceptance, staging, stagingRun(1), stagingRun(2)),
	} {
		if v := harness.Decide(c); !v.Allowed() {
			t.Errorf("%s: got %s, want allow: %+v", name, v.Verdict, v.Failing())
		}
	}
}

func TestZeroValuesAllowNothing(t *testing.T) {
	if (harness.Verdict{}).Allowed() {
		t.Error("the zero Verdict allows")
	}
	for _, phase := range []harness.Phase{"", harness.Entry, harness.Exit} {
		if v := harness.Decide(harness.Case{Phase: phase}); v.Allowed() {
			t.Errorf("an empty case of phase %q is allowed", phase)
		}
	}
	if harness.Outcome("").Result() == harness.Pass || harness.Outcome("PASSED").Result() == harness.Pass {
		t.Error("an unknown outcome passes")
	}
	if (harness.Target{}).InProcess() {
		t.Error("the zero Target is in process")
	}
}

// A change makes a good case bad; rule is the one that has to say so.
type change struct {
	name string
	want harness.Answer
	rule string
	edit func(c *harness.Case)
}

// row changes the i-th row of the k-th evidence of the first run.
func row(c *harness.Case, k, i int, edit func(*harness.Row)) {
	rewrite(&c.Runs[0].Evidence[k], i, edit)
}

// recount makes the counters of the first run's evidence fit its rows again.
func recount(c *harness.Case) {
	for i := range c.Runs[0].Evidence {
		e := &c.Runs[0].Evidence[i]
		e.Counts = harness.CountRows(rows(*e))
		e.Exit = 0
		for _, r := range rows(*e) {
			if r.Outcome.Result() != harness.Pass && r.Outcome != harness.Skipped {
				e.Exit = 1
			}
		}
	}
}

// promise is the record of the first run, to be changed.
func promise(c *harness.Case) *harness.RunRecord {
	rec := *c.Runs[0].Record
	rec.Suites = slices.Clone(rec.Suites)
	c.Runs[0].Record = &rec
	return &rec
}

func outcome(o harness.Outcome) func(*harness.Case) {
	return func(c *harness.Case) {
		row(c, 0, 0, func(r *harness.Row) { r.Outcome, r.Reason = o, "because" })
		recount(c)
	}
}

func TestStagingExit(t *testing.T) {
	changes := []change{
		{"promises no deploy", harness.Block, "promise", func(c *harness.Case) { promise(c).Stage.Deploy = false }},
		{"promises another URL", harness.Block, "promise", func(c *harness.Case) { promise(c).Target.URL = "http://127.0.0.1:1" }},
		{"promises an emulator", harness.Block, "promise", func(c *harness.Case) { promise(c).Target.Emulated = true }},
		{"promises a step", harness.Block, "promise", func(c *harness.Case) { promise(c).Stage.Steps = []harness.Step{{Name: "dist"}} }},
		{"promises a suite less", harness.Block, "promise", func(c *harness.Case) {
			promise(c).Suites = c.Runs[0].Record.Suites[:1]
			c.Runs[0].Evidence = c.Runs[0].Evidence[:1]
			c.Runs[0].Closings[0].Evidence = c.Runs[0].Closings[0].Evidence[:1]
		}},
		{"promises nothing", harness.Block, "promise", func(c *harness.Case) {
			promise(c).Suites, c.Runs[0].Evidence, c.Runs[0].Closings[0].Evidence = nil, nil, nil
		}},
		{"promises other tags", harness.Block, "promise", func(c *harness.Case) { promise(c).Suites[0].Definition.Tags = "@quick" }},
		{"promises another moment", harness.Block, "promise", func(c *harness.Case) { promise(c).Suites[0].When = harness.Before }},
		{"suites that gate.yaml does not have", harness.Block, "promise", func(c *harness.Case) { c.Suites = nil }},
		{"failed", harness.Block, "outcomes", outcome(harness.Failed)},
		{"undefined", harness.Block, "outcomes", outcome(harness.Undefined)},
		{"pending", harness.Block, "outcomes", outcome(harness.Pending)},
		{"ambiguous", harness.Block, "outcomes", outcome(harness.Ambiguous)},
		{"no steps", harness.Block, "outcomes", outcome(harness.Empty)},
		{"hook failed", harness.Block, "outcomes", outcome(harness.HookFailed)},
		{"contract mismatch", harness.Block, "outcomes", outcome(harness.ResponseMismatch)},
		{"unknown outcome", harness.Block, "outcomes", outcome("PASSED")},
		{"no outcome", harness.Block, "outcomes", outcome("")},
		{"unreachable", harness.Unclear, "answers", outcome(harness.Unreachable)},
		{"timeout", harness.Unclear, "answers", outcome(harness.Timeout)},
		{"no fixture", harness.Unclear, "answers", outcome(harness.NoFixture)},
		{"not run", harness.Unclear, "inventory", outcome(harness.NotRun)},
		{"skipped with a reason, over the limit", harness.Block, "skips", outcome(harness.Skipped)},
		{"skipped without a reason, within the limit", harness.Block, "skips", func(c *harness.Case) {
			outcome(harness.Skipped)(c)
			row(c, 0, 0, func(r *harness.Row) { r.Reason = "" })
			c.Stage.Limits.Skips = 1
		}},
		{"everything skipped", harness.Block, "executed", func(c *harness.Case) {
			for i := range rows(c.Runs[0].Evidence[0]) {
				row(c, 0, i, func(r *harness.Row) { r.Outcome, r.Reason = harness.Skipped, "because" })
			}
			c.Stage.Limits.Skips = 100
			recount(c)
		}},
		{"nothing planned and nothing ran", harness.Block, "executed", func(c *harness.Case) {
			c.Runs[0].Evidence[0].Rows, c.Runs[0].Record.Suites[0].Inventory = nil, nil
			recount(c)
		}},
		{"only plain tests beside the scenarios ran", harness.Block, "executed", func(c *harness.Case) {
			unit := harness.Planned{ID: "f.TestHelper", Kind: harness.Test}
			c.Runs[0].Record.Suites[0].Inventory = harness.PlanOf([]harness.Planned{unit})
			c.Runs[0].Evidence[0].Rows = harness.RowsOf([]harness.Row{passed(unit, harness.InProcessTarget())})
			recount(c)
		}},
		{"in process, offered for staging", harness.Block, "mode", func(c *harness.Case) { row(c, 0, 0, func(r *harness.Row) { r.Mode = harness.InProcess }) }},
		{"mock, offered for staging", harness.Block, "mode", func(c *harness.Case) { row(c, 1, 0, func(r *harness.Row) { r.Mode = harness.Mock }) }},
		{"no mode", harness.Block, "mode", func(c *harness.Case) { row(c, 0, 0, func(r *harness.Row) { r.Mode = "" }) }},
		{"no call to the target", harness.Block, "calls", func(c *harness.Case) { row(c, 0, 0, func(r *harness.Row) { r.Calls = 0 }) }},
		{"planned and not seen", harness.Unclear, "inventory", func(c *harness.Case) {
			c.Runs[0].Evidence[0].Rows = harness.RowsOf(rows(c.Runs[0].Evidence[0])[1:])
			recount(c)
		}},
		{"seen and not planned", harness.Unclear, "inventory", func(c *harness.Case) {
			c.Runs[0].Record.Suites[0].Inventory = harness.PlanOf(planned(c.Runs[0].Record.Suites[0])[1:])
		}},
		{"another text than planned", harness.Unclear, "witnesses", func(c *harness.Case) { row(c, 0, 0, func(r *harness.Row) { r.Hash = "other" }) }},
		{"evidence of a suite missing", harness.Unclear, "evidence", func(c *harness.Case) { c.Runs[0].Evidence = c.Runs[0].Evidence[:1] }},
		{"all evidence missing", harness.Unclear, "evidence", func(c *harness.Case) { c.Runs[0].Evidence = nil }},
		{"a shard missing", harness.Unclear, "evidence", func(c *harness.Case) { c.Runs[0].Record.Suites[0].Shards = 2 }},
		{"evidence unreadable", harness.Unclear, "evidence", func(c *harness.Case) {
			c.Runs[0].Problems = []harness.Problem{{Key: "k", Reason: "was changed"}}
		}},
		{"evidence that lies", harness.Block, "evidence", func(c *harness.Case) {
			c.Runs[0].Problems = []harness.Problem{{Key: "k", Reason: "of another artifact", Lies: true}}
		}},
		{"counters disagree with rows", harness.Unclear, "witnesses", func(c *harness.Case) { c.Runs[0].Evidence[0].Counts = harness.Counts{harness.Passed: 99} }},
		{"a doubt", harness.Unclear, "witnesses", func(c *harness.Case) { c.Runs[0].Evidence[0].Doubts = []string{"odd"} }},
		{"exit code without a reason", harness.Unclear, "witnesses", func(c *harness.Case) { c.Runs[0].Evidence[0].Exit = 1 }},
		{"another tool's exit code without a reason", harness.Unclear, "witnesses", func(c *harness.Case) {
			c.Runs[0].Evidence[0].Source, c.Runs[0].Evidence[0].Exit = harness.Command, 1
		}},
		{"exit code 0 and a failed row", harness.Block, "witnesses", func(c *harness.Case) {
			outcome(harness.Failed)(c)
			c.Runs[0].Evidence[0].Exit = 0
		}},
		{"attempt 1 is missing", harness.Block, "attempts", func(c *harness.Case) {
			row(c, 0, 0, func(r *harness.Row) { r.Attempt = 2; c.Stage.Limits.Attempts = 3 })
		}},
		{"two attempts, one allowed", harness.Block, "attempts", func(c *harness.Case) { again(c); c.Stage.Limits.Flakes = 1 }},
		{"two attempts allowed, no flake", harness.Block, "flakes", func(c *harness.Case) { again(c); c.Stage.Limits.Attempts = 2 }},
		{"another commit is served after", harness.Block, "served", func(c *harness.Case) { c.Runs[0].Closings[0].Served.Commit = strings.Repeat("9", 40) }},
		{"another commit was served before", harness.Block, "served", func(c *harness.Case) { c.Runs[0].Deployment.Served.Commit = strings.Repeat("9", 40) }},
		{"what is served cannot be read", harness.Unclear, "served", func(c *harness.Case) { c.Runs[0].Closings[0].Served = harness.Reading{Error: "refused"} }},
		{"the run is still open", harness.Unclear, "closed", func(c *harness.Case) { c.Runs[0].Closings = nil }},
		{"the deploy failed", harness.Block, "steps", func(c *harness.Case) { c.Runs[0].Deployment.Steps[0].Exit = 2 }},
		{"the deploy was interrupted", harness.Unclear, "steps", func(c *harness.Case) {
			c.Runs[0].Deployment.Steps[0].Exit, c.Runs[0].Deployment.Steps[0].Interrupted = 130, true
		}},
		{"the deploy was not recorded", harness.Unclear, "steps", func(c *harness.Case) { c.Runs[0].Deployment.Steps = nil }},
		{"the deploy never ended", harness.Unclear, "deploy", func(c *harness.Case) { c.Runs[0].Deployment = nil }},
		{"another account", harness.Block, "subject", func(c *harness.Case) { c.Runs[0].Record.Account = "333333333333" }},
		{"no account", harness.Block, "subject", func(c *harness.Case) { c.Runs[0].Record.Account = "" }},
		{"another artifact", harness.Block, "subject", func(c *harness.Case) { c.Subject.Artifact = harness.DigestOf(nil) }},
		{"another target", harness.Block, "subject", func(c *harness.Case) { c.Target = prod; c.Target.Account = staging.Account }},
		{"another gate.yaml", harness.Unclear, "policy", func(c *harness.Case) { c.Policy = harness.DigestOf(nil) }},
		{"a run number missing", harness.Unclear, "runs", func(c *harness.Case) {
			c.Runs[0].Number, c.Runs[0].Record.Number = 2, 2
		}},
		{"an earlier run never decided", harness.Unclear, "runs", func(c *harness.Case) {
			open := stagingRun(1)
			open.Closings = nil
			c.Runs = []harness.Run{stagingRun(2), open}
			c.Run = c.Runs[0].Record.ID
		}},
		{"an earlier run unreadable", harness.Unclear, "runs", func(c *harness.Case) {
			c.Runs = []harness.Run{stagingRun(2), {Number: 1}}
			c.Run = c.Runs[0].Record.ID
		}},
		{"failed in run 1, passed in run 2", harness.Block, "flakes", func(c *harness.Case) {
			outcome(harness.Failed)(c)
			c.Runs = append(c.Runs, stagingRun(2))
			c.Run = c.Runs[1].Record.ID
		}},
		{"evidence of an earlier run is gone", harness.Unclear, "runs", func(c *harness.Case) {
			outcome(harness.Failed)(c)
			c.Runs[0].Evidence = c.Runs[0].Evidence[1:]
			c.Runs = append(c.Runs, stagingRun(2))
			c.Run = c.Runs[1].Record.ID
		}},
		{"evidence of an earlier run is unreadable", harness.Unclear, "runs", func(c *harness.Case) {
			c.Runs[0].Problems = []harness.Problem{{Key: "k", Reason: "was changed"}}
			c.Runs = append(c.Runs, stagingRun(2))
			c.Run = c.Runs[1].Record.ID
		}},
		{"from the future", harness.Unclear, "clock", func(c *harness.Case) { c.Runs[0].Evidence[0].Finished = now.Add(121 * time.Second) }},
		{"too old", harness.Unclear, "clock", func(c *harness.Case) { c.Stage.Limits.Age = harness.Duration(time.Minute) }},
		{"over the time", harness.Block, "time", func(c *harness.Case) { c.Stage.Budget.Max = harness.Duration(19 * time.Second) }},
		{"a person's own place", harness.Block, "target", func(c *harness.Case) { c.Target.Dev = true }},
		{"evidence that came after the closing", harness.Unclear, "closed", func(c *harness.Case) { c.Runs[0].Closings[0].Evidence = nil }},
		{"the deploy left other files", harness.Block, "artifact", func(c *harness.Case) {
			other := harness.NewArtifact(nil)
			c.Runs[0].Deployment.Artifact = &other
		}},
		{"what was deployed is not recorded", harness.Unclear, "artifact", func(c *harness.Case) { c.Runs[0].Deployment.Artifact = nil }},
		{"the suites changed the artifact", harness.Block, "artifact", func(c *harness.Case) { c.Runs[0].Closings[0].Artifact = "" }},
		{"the suites changed the checkout", harness.Block, "source", func(c *harness.Case) { c.Runs[0].Closings[0].Source.Tree = "other" }},
		{"another service", harness.Block, "subject", func(c *harness.Case) { c.Service = "payments" }},
		{"a scenario's row that says it is a plain test", harness.Unclear, "witnesses", func(c *harness.Case) { row(c, 0, 0, func(r *harness.Row) { r.Kind = harness.Test }) }},
		{"a row that says it is offline", harness.Unclear, "witnesses", func(c *harness.Case) { row(c, 0, 0, func(r *harness.Row) { r.Tags = []string{"@offline"} }) }},
		{"evidence handed in for a suite that gate runs", harness.Unclear, "witnesses", func(c *harness.Case) { c.Runs[0].Evidence[0].Source = harness.Recorded }},
		{"a suite that ended before it began", harness.Unclear, "clock", func(c *harness.Case) { c.Runs[0].Evidence[0].Finished = now.Add(-48 * time.Hour) }},
		{"a closing from the future", harness.Unclear, "clock", func(c *harness.Case) { c.Runs[0].Closings[0].At = now.Add(time.Hour) }},
		{"evidence gone since the closing", harness.Unclear, "evidence", func(c *harness.Case) {
			c.Runs[0].Closings[0].Evidence = append(c.Runs[0].Closings[0].Evidence, harness.DigestOf([]byte("gone")))
		}},
		{"the run is not there", harness.Unclear, "run", func(c *harness.Case) { c.Run = "staging/x/7" }},
	}
	hold(t, stagingExit, changes)
}

// again adds a failed first attempt before the first row.
func again(c *harness.Case) {
	retried(&c.Runs[0].Evidence[0])
}

func hold(t *testing.T, base func() harness.Case, changes []change) {
	t.Helper()
	for _, ch := range changes {
		t.Run(ch.name, func(t *testing.T) {
			c := base()
			ch.edit(&c)
			v := harness.Decide(c)
			if v.Verdict != ch.want {
				t.Errorf("got %s, want %s: %+v", v.Verdict, ch.want, v.Failing())
			}
			if !slices.ContainsFunc(v.Failing(), func(r harness.Ruling) bool { return r.Rule == ch.rule }) {
				t.Errorf("rule %s did not complain: %+v", ch.rule, v.Failing())
			}
		})
	}
}

func TestExceptionsAreAllowedByName(t *testing.T) {
	for name, edit := range map[string]func(*harness.Case){
		"a skip within the limit": func(c *harness.Case) { outcome(harness.Skipped)(c); c.Stage.Limits.Skips = 1 },
		"a flake within the budget": func(c *harness.Case) {
			again(c)
			c.Stage.Limits.Flakes, c.Stage.Limits.Attempts = 1, 2
		},
		"a flake over runs within the budget": func(c *harness.Case) {
			outcome(harness.Failed)(c)
			c.Runs = append(c.Runs, stagingRun(2))
			c.Run, c.Stage.Limits.Flakes = c.Runs[1].Record.ID, 1
		},
		"offline without a call": func(c *harness.Case) { row(c, 0, 2, func(r *harness.Row) { r.Calls = 0 }) },
		"one second within the skew": func(c *harness.Case) {
			c.Runs[0].Evidence[0].Finished = now.Add(119 * time.Second)
		},
		"over the time to worry": func(c *harness.Case) { c.Stage.Budget.Warn = harness.Duration(time.Second) },
	} {
		c := stagingExit()
		edit(&c)
		v := harness.Decide(c)
		if !v.Allowed() {
			t.Errorf("%s: got %s, want allow: %+v", name, v.Verdict, v.Failing())
		}
		if strings.Contains(name, "skip ") || strings.Contains(name, "flake") || strings.Contains(name, "worry") {
			if len(v.Warnings) == 0 {
				t.Errorf("%s: the exception does not appear in the verdict", name)
			}
		}
	}
}

func TestHold(t *testing.T) {
	for name, tt := range map[string]struct {
		edit func(*harness.Run)
		held bool
	}{
		"passed": {func(*harness.Run) {}, false},
		"mismatch": {func(r *harness.Run) {
			rewrite(&r.Evidence[0], 0, func(r *harness.Row) { r.Outcome = harness.ResponseMismatch })
		}, true},
		"nothing": {func(r *harness.Run) { r.Evidence = nil }, true},
		"no rows": {func(r *harness.Run) { r.Evidence[0].Rows = nil }, true},
		"no run":  {func(r *harness.Run) { r.Record.ID = "other" }, true},
		"skipped": {func(r *harness.Run) { rewrite(&r.Evidence[0], 0, func(r *harness.Row) { r.Outcome = harness.Skipped }) }, true},
	} {
		r := prodRun(1)
		c := exitOf(production, prod, r)
		tt.edit(&c.Runs[0])
		if got := harness.Hold(c) != ""; got != tt.held {
			t.Errorf("%s: held %v, want %v (%s)", name, got, tt.held, harness.Hold(c))
		}
	}
}

func TestRecoveryIsInTheVerdict(t *testing.T) {
	c := exitOf(production, prod, prodRun(1))
	c.Last = &harness.Recovery{Commit: commit, Command: "gate run production --artifact x"}
	if v := harness.Decide(c); v.Recovery != nil {
		t.Error("an allowed verdict offers a way back")
	}
	outcome(harness.ResponseMismatch)(&c)
	if v := harness.Decide(c); v.Recovery == nil || v.Recovery.Command == "" {
		t.Error("a blocked verdict offers no way back")
	}
}
