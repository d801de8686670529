package harness_test

import (
	"testing"

	"github.com/stagegate/stagegate/harness"
)

func TestProdExit(t *testing.T) {
	hold(t, func() harness.Case { return exitOf(production, prod, prodRun(1)) }, []change{
		{"smoke skipped, although the limit allows it", harness.Block, "skips", func(c *harness.Case) {
			c.Stage.Limits.Skips = 5
			row(c, 1, 0, func(r *harness.Row) { r.Outcome, r.Reason = harness.Skipped, "because" })
			recount(c)
		}},
		{"smoke flaky, although the budget allows it", harness.Block, "flakes", func(c *harness.Case) {
			c.Stage.Limits.Flakes, c.Stage.Limits.Attempts = 5, 5
			retried(&c.Runs[0].Evidence[1])
		}},
		{"an unplanned extra", harness.Block, "inventory", func(c *harness.Case) {
			extra := scenario("extra")
			c.Runs[0].Evidence[1].Rows = harness.RowsOf(append(rows(c.Runs[0].Evidence[1]), passed(extra, prod)))
			recount(c)
		}},
		{"live instead of safe", harness.Block, "mode", func(c *harness.Case) { row(c, 0, 0, func(r *harness.Row) { r.Mode = harness.Live }) }},
		{"the deploy was held", harness.Block, "deploy", func(c *harness.Case) { c.Runs[0].Deployment.Held = "contracts failed" }},
	})
}

func TestProdEntry(t *testing.T) {
	need := func(c *harness.Case, i int) *harness.Need { return &c.Needs[i] }
	hold(t, prodEntry, []change{
		{"staging never ran", harness.Unclear, "needs acceptance", func(c *harness.Case) { need(c, 1).Runs = nil }},
		{"staging is not brought", harness.Unclear, "needs acceptance", func(c *harness.Case) { c.Needs = c.Needs[:1] }},
		{"staging blocked", harness.Block, "needs acceptance", func(c *harness.Case) {
			e := &need(c, 1).Runs[0].Evidence[0]
			rewrite(e, 1, func(r *harness.Row) { r.Outcome = harness.Failed })
			e.Counts, e.Exit = harness.CountRows(rows(*e)), 1
		}},
		{"a later run of staging failed and was never decided", harness.Block, "needs acceptance", func(c *harness.Case) {
			r := stagingRun(2)
			r.Closings = nil
			rewrite(&r.Evidence[0], 0, func(r *harness.Row) { r.Outcome = harness.Failed })
			r.Evidence[0].Counts, r.Evidence[0].Exit = harness.CountRows(rows(r.Evidence[0])), 1
			need(c, 1).Runs = append(need(c, 1).Runs, r)
		}},
		{"a later run of staging was never decided", harness.Unclear, "needs acceptance", func(c *harness.Case) {
			r := stagingRun(2)
			r.Closings = nil
			need(c, 1).Runs = append(need(c, 1).Runs, r)
		}},
		{"a later run of staging cannot be read", harness.Unclear, "needs acceptance", func(c *harness.Case) {
			need(c, 1).Runs = append(need(c, 1).Runs, harness.Run{Number: 2})
		}},
		{"a later commit run failed a step", harness.Block, "needs commit", func(c *harness.Case) {
			r := commitRun()
			r.Number, r.Record.Number, r.Record.ID = 2, 2, "commit/x/2"
			r.Deployment = &harness.Deployment{Steps: []harness.StepTime{{Name: "vet", Exit: 1}}}
			need(c, 0).Runs = append(need(c, 0).Runs, r)
		}},
		{"a suite of another tool that staging did not run", harness.Unclear, "subset", func(c *harness.Case) {
			c.Plan = append(c.Plan, harness.PlannedRun{Placed: harness.Placed{When: harness.After, Suite: "load"}, Definition: harness.Suite{Name: "load", Cmd: "load"}})
		}},
		{"staging not decided", harness.Unclear, "needs acceptance", func(c *harness.Case) { need(c, 1).Runs[0].Closings = nil }},
		{"commit made another artifact", harness.Unclear, "needs commit", func(c *harness.Case) {
			other := harness.NewArtifact(nil)
			need(c, 0).Runs[0].Deployment.Artifact = &other
		}},
		{"commit failed a step", harness.Block, "needs commit", func(c *harness.Case) { need(c, 0).Runs[0].Deployment.Steps[0].Exit = 1 }},
		{"files changed", harness.Block, "artifact", func(c *harness.Case) { c.Differs = []string{"dist/orders was changed"} }},
		{"not committed", harness.Block, "artifact", func(c *harness.Case) { c.Subject.Source.Commit = "" }},
		{"no artifact", harness.Unclear, "artifact", func(c *harness.Case) { c.Subject.Artifact = "" }},
		{"a smoke scenario that staging does not know", harness.Block, "subset", func(c *harness.Case) {
			c.Plan[1].Inventory = harness.PlanOf(append(planned(c.Plan[1]), scenario("new", "@smoke")))
		}},
		{"a smoke scenario with another text", harness.Block, "subset", func(c *harness.Case) { replan(&c.Plan[1], func(p *harness.Planned) { p.Hash = "other" }) }},
		{"an interaction that did not pass live", harness.Block, "subset", func(c *harness.Case) {
			rewrite(&need(c, 1).Runs[0].Evidence[1], 0, func(r *harness.Row) { r.Mode = harness.Mock })
		}},
		{"another deploy command", harness.Block, "logic", func(c *harness.Case) { c.Logic.Command = "make deploy-prod" }},
		{"other deploy inputs", harness.Block, "logic", func(c *harness.Case) { c.Logic.Inputs = harness.DigestOf(nil) }},
		{"nothing to run", harness.Block, "plan", func(c *harness.Case) { c.Plan[1].Inventory = nil }},
		{"no suites", harness.Block, "plan", func(c *harness.Case) { c.Plan = nil }},
		{"an undefined step", harness.Block, "plan", func(c *harness.Case) { replan(&c.Plan[1], func(p *harness.Planned) { p.Problem = harness.Undefined }) }},
		{"suites that overlap", harness.Block, "plan", func(c *harness.Case) {
			c.Plan = append(c.Plan, suite("acceptance", harness.After, scenario("order", "@smoke")))
		}},
		{"an undecided run", harness.Unclear, "runs", func(c *harness.Case) {
			r := prodRun(1)
			r.Closings = nil
			c.Runs = []harness.Run{r}
		}},
		{"no stage before it", harness.Block, "needs", func(c *harness.Case) { c.Stage.Needs, c.Needs = nil, nil }},
	})
}

func TestConfigurationMayDiffer(t *testing.T) {
	c := prodEntry()
	c.Logic.Config = harness.DigestOf([]byte("prod.json"))
	if v := harness.Decide(c); !v.Allowed() {
		t.Errorf("got %s, want allow: %+v", v.Verdict, v.Failing())
	}
}

func TestUnreachableBeforeTheDeployIsAWarning(t *testing.T) {
	again := production
	again.After = []string{"smoke", "contracts"}
	contracts := suite("contracts", harness.After, interaction("card"))
	r := goodRun(again, prod, harness.Subject{Source: src, Artifact: artifact.Digest}, 1,
		suite("contracts", harness.Before, interaction("card")), suite("smoke", harness.After, scenario("order", "@smoke")), contracts)
	rewrite(&r.Evidence[0], 0, func(r *harness.Row) { r.Outcome = harness.Unreachable })
	r.Evidence[0].Counts, r.Evidence[0].Exit = harness.CountRows(rows(r.Evidence[0])), 1
	c := exitOf(again, prod, r)
	if why := harness.Hold(c); why != "" {
		t.Errorf("the deploy is held: %s", why)
	}
	if v := harness.Decide(c); !v.Allowed() || len(v.Warnings) == 0 {
		t.Errorf("got %s %v, want allow with a warning: %+v", v.Verdict, v.Warnings, v.Failing())
	}
	r.Evidence = r.Evidence[:2] // nobody asked again after the deploy
	r.Record.Suites = r.Record.Suites[:2]
	r.Closings[0].Evidence = r.Closings[0].Evidence[:2]
	r.Record.Stage = production
	if v := harness.Decide(exitOf(production, prod, r)); v.Verdict != harness.Unclear {
		t.Errorf("never asked again: got %s, want inconclusive", v.Verdict)
	}
}
