package harness_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// later is the entry of another artifact than the one that was allowed last.
func later() harness.Case {
	c := prodEntry()
	then := prodRun(1)
	c.Before = then.Record
	before := stagingRun(1)
	c.Needs[1].Before = before.Record
	return c
}

// Runs that do not count any more cannot be compared with, be there an older one
// or none: that is never quiet.
func TestLost(t *testing.T) {
	for name, edit := range map[string]func(*harness.Case){
		"all are":         func(c *harness.Case) { c.Before, c.Needs[1].Before = nil, nil },
		"the newest is":   func(*harness.Case) {},
		"and it is loose": func(c *harness.Case) { c.Stage.Limits.Skips = 2 },
	} {
		c := later()
		c.Lost = []string{"run 1 of x: its record is missing"}
		edit(&c)
		v := harness.Decide(c)
		if !v.Allowed() || !strings.Contains(strings.Join(v.Warnings, "\n"), "loosened: runs that were allowed here do not count any more") {
			t.Errorf("%s: got %s, %q", name, v.Verdict, v.Warnings)
		}
		if v := harness.Decide(unattested(c)); !strings.Contains(strings.Join(v.Warnings, "\n"), "do not count any more") {
			t.Errorf("%s, without a trust file: got %q", name, v.Warnings)
		}
		c.Trust.Places["prod"] = harness.TrustedPlace{Guarded: true}
		v = harness.Decide(c)
		if r := ruling(v, "loosened"); v.Verdict != harness.Block || r.Result != harness.Fail || len(r.Details) != 1 || r.Hint == "" {
			t.Errorf("%s, guarded: got %s, %+v", name, v.Verdict, r)
		}
		c.Approvals = []harness.Approval{word(c, "loosened")}
		if v := harness.Decide(c); !v.Allowed() {
			t.Errorf("%s, approved: got %s, %+v", name, v.Verdict, v.Failing())
		}
	}
}

func unattested(c harness.Case) harness.Case {
	c.Trust = nil
	return c
}

func TestLoosened(t *testing.T) {
	if v := harness.Decide(later()); !v.Allowed() || len(v.Loosened) != 0 {
		t.Fatalf("nothing has changed: got %s, %q: %+v", v.Verdict, v.Loosened, v.Failing())
	}
	staging := func(c *harness.Case) *harness.RunRecord { return c.Needs[1].Runs[0].Record }
	for name, tt := range map[string]struct {
		edit func(*harness.Case)
		want string
	}{
		"a scenario of smoke gone": {func(c *harness.Case) {
			c.Before.Suites[1].Inventory = harness.PlanOf(append(planned(c.Before.Suites[1]), scenario("gone", "@smoke")))
		}, "stage production: smoke: gone is gone"},
		"a scenario of staging gone": {func(c *harness.Case) {
			c.Needs[1].Before.Suites[0].Inventory = harness.PlanOf(append(planned(c.Needs[1].Before.Suites[0]), scenario("gone")))
		}, "stage acceptance: features: gone is gone"},
		"tags": {func(c *harness.Case) {
			replan(&c.Before.Suites[1], func(p *harness.Planned) { p.Tags = []string{"@smoke", "@slow"} })
		}, "order has the tags [@smoke], [@smoke @slow] before"},
		"not safe": {func(c *harness.Case) {
			replan(&staging(c).Suites[1], func(p *harness.Planned) { p.Safe = false })
		}, "card is not safe any more"},
		"a suite gone": {func(c *harness.Case) {
			c.Before.Suites = append(c.Before.Suites, suite("load", harness.After))
		}, "suite load is gone"},
		"a limit":       {func(c *harness.Case) { c.Stage.Limits.Skips = 2 }, "limits.skips is 2, at most 0 before"},
		"an age":        {func(c *harness.Case) { c.Before.Stage.Limits.Age = harness.Duration(time.Hour) }, "limits.age"},
		"a budget":      {func(c *harness.Case) { c.Before.Stage.Budget.Max = harness.Duration(time.Hour) }, "budget.max is 0s, 1h0m0s before"},
		"a manual gate": {func(c *harness.Case) { c.Before.Stage.Approvals = 1 }, "approvals is 0, 1 before"},
		"a need":        {func(c *harness.Case) { c.Before.Stage.Needs = []string{"acceptance", "load"} }, "does not need load any more"},
		"an account":    {func(c *harness.Case) { c.Before.Target.Account = "444444444444" }, `has account "333333333333", "444444444444" before`},
		"the service":   {func(c *harness.Case) { c.Before.Service = "shop" }, "the service is orders, shop before"},
		"a URL":         {func(c *harness.Case) { c.Before.Target.URL = "https://orders.example" }, `has the URL "", "https://orders.example" before`},
		"the version":   {func(c *harness.Case) { c.Before.Target.Version = &harness.VersionSource{Path: "/v"} }, "tells its version in another way"},
		"a dependency": {func(c *harness.Case) {
			c.Before.Target.Dependencies = map[string]harness.Dependency{"payments": {URL: "https://pay.example"}}
		}, `has dependency payments at "", "https://pay.example" before`},
		"a definition": {func(c *harness.Case) { c.Before.Suites[1].Definition.Tags = "@smoke" }, "suite smoke is defined in another way"},
		"a step": {func(c *harness.Case) {
			c.Needs[0].Before = &harness.RunRecord{Service: "orders", Stage: commitStage, Target: harness.InProcessTarget()}
			c.Needs[0].Before.Stage.Steps = []harness.Step{{Name: "vet", Run: "go vet"}, commitStage.Steps[0]}
		}, "stage commit: its steps are others than before"},
		"a part of the artifact": {func(c *harness.Case) {
			staging(c).Artifacts = []string{"dist/commit"}
			c.Needs[1].Before.Artifacts = []string{"dist/**"}
		}, "the files dist/** are not part of the artifact any more"},
		"quarantine": {func(c *harness.Case) {
			c.Stage.Quarantine = []harness.Quarantined{{ID: "f.TestFeatures/refund", Until: now.Add(time.Hour)}}
		}, "f.TestFeatures/refund is in quarantine until"},
	} {
		c := later()
		tt.edit(&c)
		v := harness.Decide(c)
		if !v.Allowed() || !strings.Contains(strings.Join(v.Loosened, "\n"), tt.want) || !strings.Contains(strings.Join(v.Warnings, "\n"), tt.want) {
			t.Errorf("%s: got %s, %q, want %q: %+v", name, v.Verdict, v.Loosened, tt.want, v.Failing())
		}
		c.Trust.Places["prod"] = harness.TrustedPlace{Guarded: true}
		if v := harness.Decide(c); v.Verdict != harness.Block || ruling(v, "loosened").Result != harness.Fail {
			t.Errorf("%s, guarded: got %s, %+v", name, v.Verdict, ruling(v, "loosened"))
		}
		c.Approvals = []harness.Approval{word(c, "loosened")}
		if v := harness.Decide(c); !v.Allowed() {
			t.Errorf("%s, approved: got %s, %+v", name, v.Verdict, v.Failing())
		}
	}
}
