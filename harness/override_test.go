package harness_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// word is alice's approval of a rule for the case that is decided.
func word(c harness.Case, rule string) harness.Approval {
	return harness.Approval{Format: harness.ApprovalFormat, Service: c.Service, Stage: c.Stage.Name, Place: harness.PlaceOf(c.Target), Subject: c.Subject,
		Rule: rule, Reason: "the refund service is being replaced", At: now.Add(-time.Hour), Until: now.Add(time.Hour), By: "alice", Digest: harness.DigestOf([]byte(rule))}
}

// failing is a case of staging that blocks by the rule outcomes alone.
func failing() harness.Case {
	c := stagingExit()
	c.Trust = trusted()
	outcome(harness.Failed)(&c)
	return c
}

func ruling(v harness.Verdict, rule string) harness.Ruling {
	for _, r := range v.Rules {
		if r.Rule == rule {
			return r
		}
	}
	return harness.Ruling{}
}

func TestOverride(t *testing.T) {
	c := failing()
	if v := harness.Decide(c); v.Verdict != harness.Block {
		t.Fatalf("to begin with: got %s, want block", v.Verdict)
	}
	c.Approvals = []harness.Approval{word(c, "outcomes")}
	v := harness.Decide(c)
	r := ruling(v, "outcomes")
	if !v.Allowed() || r.Result != harness.Overridden || !strings.Contains(r.Reason, "alice") || !strings.Contains(r.Reason, "being replaced") {
		t.Errorf("got %s, %+v", v.Verdict, r)
	}
	if len(v.Approvals) != 1 || v.Approvals[0].By != "alice" || v.Approvals[0].Digest == "" {
		t.Errorf("the verdict names the approvals %+v", v.Approvals)
	}
}

// An approval counts for one rule of one stage, one artifact, one place, for
// its time, from somebody who is named: each of these is needed.
func TestAnApprovalOfSomethingElseCountsForNothing(t *testing.T) {
	other := harness.Subject{Source: src, Artifact: harness.DigestOf([]byte("other"))}
	for name, edit := range map[string]func(*harness.Case, *harness.Approval){
		"another rule":     func(_ *harness.Case, a *harness.Approval) { a.Rule = "flakes" },
		"another artifact": func(_ *harness.Case, a *harness.Approval) { a.Subject = other },
		"another commit":   func(_ *harness.Case, a *harness.Approval) { a.Subject.Source.Commit = strings.Repeat("9", 40) },
		"another stage":    func(_ *harness.Case, a *harness.Approval) { a.Stage = "production" },
		"another place":    func(_ *harness.Case, a *harness.Approval) { a.Place = "prod" },
		"another service":  func(_ *harness.Case, a *harness.Approval) { a.Service = "payments" },
		"another format":   func(_ *harness.Case, a *harness.Approval) { a.Format = 2 },
		"no reason":        func(_ *harness.Case, a *harness.Approval) { a.Reason = " " },
		"nobody's":         func(_ *harness.Case, a *harness.Approval) { a.By = "" },
		"over this moment": func(_ *harness.Case, a *harness.Approval) { a.Until = now },
		"from the future": func(_ *harness.Case, a *harness.Approval) {
			a.At, a.Until = now.Add(2*time.Minute+time.Second), now.Add(time.Hour)
		},
		"for too long":  func(_ *harness.Case, a *harness.Approval) { a.Until = a.At.Add(30*24*time.Hour + time.Second) },
		"no trust file": func(c *harness.Case, _ *harness.Approval) { c.Trust = nil },
		"forbidden overrides": func(c *harness.Case, _ *harness.Approval) {
			c.Trust.Places["staging"] = harness.TrustedPlace{NoOverride: true}
		},
	} {
		c := failing()
		a := word(c, "outcomes")
		edit(&c, &a)
		c.Approvals = []harness.Approval{a}
		if v := harness.Decide(c); v.Verdict != harness.Block {
			t.Errorf("%s: got %s, want block", name, v.Verdict)
		}
	}
	for name, edit := range map[string]func(*harness.Approval){
		"until a second from now":    func(a *harness.Approval) { a.Until = now.Add(time.Second) },
		"from within the skew":       func(a *harness.Approval) { a.At = now.Add(2 * time.Minute) },
		"for as long as is possible": func(a *harness.Approval) { a.Until = a.At.Add(30 * 24 * time.Hour) },
	} {
		c := failing()
		a := word(c, "outcomes")
		edit(&a)
		c.Approvals = []harness.Approval{a}
		if v := harness.Decide(c); !v.Allowed() {
			t.Errorf("%s: got %s, want allow: %+v", name, v.Verdict, v.Failing())
		}
	}
}

// Whose evidence it is, of what and from where, and whether all of it is
// there, nobody can override: with approvals of every rule there still is.
func TestWhatCannotBeOverridden(t *testing.T) {
	for rule, edit := range map[string]func(*harness.Case){
		"subject":  func(c *harness.Case) { c.Service = "payments" },
		"evidence": func(c *harness.Case) { c.Runs[0].Evidence = c.Runs[0].Evidence[:1] },
		"runs":     func(c *harness.Case) { c.Runs[0].Number = 2 },
		"executed": func(c *harness.Case) {
			c.Runs[0].Evidence[0].Rows, c.Runs[0].Record.Suites[0].Inventory = nil, nil
			recount(c)
		},
		"witnesses": func(c *harness.Case) { c.Runs[0].Evidence[0].Doubts = []string{"odd"} },
		"mode":      func(c *harness.Case) { row(c, 0, 0, func(r *harness.Row) { r.Mode = harness.InProcess }) },
		"served":    func(c *harness.Case) { c.Runs[0].Closings[0].Served.Commit = strings.Repeat("9", 40) },
		"artifact":  func(c *harness.Case) { c.Runs[0].Closings[0].Artifact = "" },
		"source":    func(c *harness.Case) { c.Runs[0].Closings[0].Source.Tree = "other" },
		"closed":    func(c *harness.Case) { c.Runs[0].Closings = nil },
		"clock":     func(c *harness.Case) { c.Runs[0].Record.Begun = now.Add(time.Hour) },
		"trust":     func(c *harness.Case) { c.Trust.Places["staging"] = harness.TrustedPlace{Account: "999999999999"} },
		"alone":     func(c *harness.Case) { c.Runs[0].Closings[0].Overtaken = "run x" },
		"policy":    func(c *harness.Case) { c.Policy = harness.DigestOf(nil) },
		"steps":     func(c *harness.Case) { c.Runs[0].Deployment.Steps[0].Exit = 1 },
	} {
		c := stagingExit()
		c.Trust = trusted()
		edit(&c)
		for _, r := range append(harness.Overridable(), rule) {
			c.Approvals = append(c.Approvals, word(c, r))
		}
		v := harness.Decide(c)
		if v.Allowed() || ruling(v, rule).Result == harness.Pass || ruling(v, rule).Result == harness.Overridden {
			t.Errorf("%s: got %s, %+v", rule, v.Verdict, ruling(v, rule))
		}
		if err := word(c, rule).Check(); err == nil {
			t.Errorf("%s: an approval of it can be given", rule)
		}
	}
}

func TestOverrideOfAStageBefore(t *testing.T) {
	c := prodEntry()
	e := &c.Needs[1].Runs[0].Evidence[0]
	rewrite(e, 1, func(r *harness.Row) { r.Outcome, r.Reason = harness.Failed, "500" }) // refund, which prod does not run
	e.Counts, e.Exit = harness.CountRows(rows(*e)), 1
	if v := harness.Decide(c); v.Verdict != harness.Block {
		t.Fatalf("to begin with: got %s, want block", v.Verdict)
	}
	there := c
	there.Stage, there.Target = c.Needs[1].Stage, c.Needs[1].Target
	c.Approvals = []harness.Approval{word(there, "outcomes")}
	if v := harness.Decide(c); v.Verdict != harness.Block {
		t.Errorf("an approval for staging among those for prod: got %s, want block", v.Verdict)
	}
	c.Approvals, c.Needs[1].Approvals = nil, c.Approvals
	v := harness.Decide(c)
	if !v.Allowed() || len(v.Approvals) != 1 || !strings.Contains(strings.Join(v.Warnings, "\n"), "override of rule outcomes by alice") {
		t.Errorf("got %s, approvals %+v, warnings %q: %+v", v.Verdict, v.Approvals, v.Warnings, v.Failing())
	}
}

func TestManualGate(t *testing.T) {
	two := func() harness.Case {
		c := prodEntry()
		c.Stage.Approvals = 1
		c.Trust.Places["prod"] = harness.TrustedPlace{Approvals: 2}
		return c
	}
	c := two()
	alice, bob := word(c, harness.Manual), word(c, harness.Manual)
	bob.By = "bob"
	for name, tt := range map[string]struct {
		by   []harness.Approval
		want harness.Answer
	}{
		"nobody":      {nil, harness.Unclear},
		"one":         {[]harness.Approval{alice}, harness.Unclear},
		"alice twice": {[]harness.Approval{alice, alice}, harness.Unclear},
		"two":         {[]harness.Approval{bob, alice}, harness.Allow},
	} {
		c := two()
		c.Approvals = tt.by
		v := harness.Decide(c)
		if v.Verdict != tt.want {
			t.Errorf("%s: got %s, want %s: %+v", name, v.Verdict, tt.want, v.Failing())
		}
		if v.Allowed() && (len(v.Approvals) != 2 || !strings.Contains(ruling(v, harness.Manual).Reason, "alice until")) {
			t.Errorf("%s: approvals %+v, %+v", name, v.Approvals, ruling(v, harness.Manual))
		}
	}
	c = prodEntry() // gate.yaml alone asks for one
	c.Stage.Approvals = 1
	if v := harness.Decide(c); v.Verdict != harness.Unclear {
		t.Errorf("gate.yaml's: got %s, want inconclusive", v.Verdict)
	}
}

func TestQuarantine(t *testing.T) {
	held := func(until time.Time) harness.Case {
		c := failing()
		c.Stage.Quarantine = []harness.Quarantined{{ID: "f.TestFeatures/order", Owner: "alice", Issue: "#7", Until: until}}
		c.Stage.Limits.Quarantine = 1
		return c
	}
	v := harness.Decide(held(now.Add(time.Second)))
	if !v.Allowed() || !strings.Contains(strings.Join(v.Warnings, "\n"), "in quarantine until 2026-11-22, alice, #7") {
		t.Errorf("got %s, warnings %q: %+v", v.Verdict, v.Warnings, v.Failing())
	}
	for name, tt := range map[string]struct {
		edit func(*harness.Case)
		rule string
	}{
		"its time is over":         {func(c *harness.Case) { *c = held(now) }, "quarantine"},
		"over, though it passes":   {func(c *harness.Case) { *c = held(now); outcome(harness.Passed)(c) }, "quarantine"},
		"more than the limit":      {func(c *harness.Case) { c.Stage.Limits.Quarantine = 0 }, "quarantine"},
		"another scenario":         {func(c *harness.Case) { c.Stage.Quarantine[0].ID = "f.TestFeatures/refund" }, "outcomes"},
		"not written yet":          {outcome(harness.Undefined), "outcomes"},
		"skipped":                  {outcome(harness.Skipped), "skips"},
		"smoke on a live target":   {func(c *harness.Case) { c.Target.Live = true }, "outcomes"},
		"more than the trust file": {func(c *harness.Case) { c.Trust.Places["staging"] = harness.TrustedPlace{Limits: &harness.Limits{}} }, "trust"},
	} {
		c := held(now.Add(time.Hour))
		tt.edit(&c)
		if v := harness.Decide(c); v.Verdict != harness.Block || ruling(v, tt.rule).Result != harness.Fail {
			t.Errorf("%s: got %s, rule %s %+v", name, v.Verdict, tt.rule, ruling(v, tt.rule))
		}
	}
}

// What is in quarantine for other stages is no matter here; what is planned here
// is counted before anything is deployed.
func TestQuarantineOfAnotherStage(t *testing.T) {
	elsewhere := []harness.Quarantined{{ID: "f.TestFeatures/elsewhere", Owner: "alice", Issue: "#7", Until: now.Add(time.Hour)}}
	here := []harness.Quarantined{{ID: "c.TestPayments/card", Owner: "alice", Issue: "#7", Until: now.Add(time.Hour)}}
	exit, entry := stagingExit(), prodEntry()
	exit.Stage.Quarantine, entry.Stage.Quarantine = elsewhere, elsewhere
	for _, c := range []harness.Case{exit, entry} {
		if v := harness.Decide(c); !v.Allowed() {
			t.Errorf("%s, of another stage: got %s, %+v", c.Phase, v.Verdict, v.Failing())
		}
	}
	exit.Stage.Quarantine, entry.Stage.Quarantine = here, here
	for _, c := range []harness.Case{exit, entry} {
		if v := harness.Decide(c); v.Verdict != harness.Block || ruling(v, "quarantine").Result != harness.Fail {
			t.Errorf("%s, of this stage: got %s, %+v", c.Phase, v.Verdict, v.Rules)
		}
	}
}

// An override is an exception, and there is none for smoke on a live target.
func TestNobodyOverridesSmokeOnALiveTarget(t *testing.T) {
	for _, tagged := range []bool{true, false} {
		for name, edit := range map[string]func(*harness.Row){
			"outcomes": func(r *harness.Row) { r.Outcome = harness.Failed },
			"skips":    func(r *harness.Row) { r.Outcome, r.Reason = harness.Skipped, "today" },
		} {
			r := prodRun(1)
			e := &r.Evidence[1]
			if !tagged {
				replan(&r.Record.Suites[1], func(p *harness.Planned) { p.Tags = nil })
				rewrite(e, 0, func(r *harness.Row) { r.Tags = nil })
			}
			rewrite(e, 0, edit)
			e.Counts, e.Exit = harness.CountRows(rows(*e)), map[string]int{"outcomes": 1}[name]
			if name == "skips" { // something has to run
				r.Record.Suites[1].Inventory = harness.PlanOf(append(planned(r.Record.Suites[1]), scenario("other")))
				all := append(rows(*e), passed(scenario("other"), prod))
				e.Rows, e.Counts = harness.RowsOf(all), harness.CountRows(all)
			}
			c := exitOf(production, prod, r)
			c.Trust = trusted()
			c.Approvals = []harness.Approval{word(c, name)}
			v := harness.Decide(c)
			if v.Allowed() == tagged {
				t.Errorf("%s, smoke %t: got %s, %+v", name, tagged, v.Verdict, v.Failing())
			}
			if told := strings.Contains(strings.Join(v.Warnings, "\n"), "the override of "+name+" by alice does not count"); told != tagged {
				t.Errorf("%s, smoke %t: warnings %q", name, tagged, v.Warnings)
			}
		}
	}
}

// Who let a stage before begin may have had another trust file.
func TestAManualGateOfAStageBefore(t *testing.T) {
	c := prodEntry()
	c.Trust.Places["staging"] = harness.TrustedPlace{Approvals: 1}
	if v := harness.Decide(c); v.Verdict != harness.Unclear {
		t.Errorf("nobody approved: got %s", v.Verdict)
	}
	there := c
	there.Stage, there.Target = acceptance, staging
	a := word(there, harness.Manual) // an hour before now, when the run began, and over since
	a.Until = now.Add(-time.Minute)
	c.Needs[1].Approvals = []harness.Approval{a}
	if v := harness.Decide(c); !v.Allowed() {
		t.Errorf("approved: got %s, %+v", v.Verdict, v.Failing())
	}
	c.Needs[1].Approvals[0].Until = c.Needs[1].Runs[0].Record.Begun
	if v := harness.Decide(c); v.Verdict != harness.Unclear {
		t.Errorf("over before it began: got %s", v.Verdict)
	}
}

// An older run is no way around what failed since.
func TestAnOlderRunAfterOneThatFailed(t *testing.T) {
	first, second := stagingRun(1), stagingRun(2)
	second.Record.Previous = first.Digest
	e := &second.Evidence[0]
	rewrite(e, 0, func(r *harness.Row) { r.Outcome = harness.Failed })
	e.Counts, e.Exit = harness.CountRows(rows(*e)), 1
	c := exitOf(acceptance, staging, first, second)
	c.Run = first.Record.ID
	if v := harness.Decide(c); v.Verdict != harness.Block || ruling(v, "flakes").Result != harness.Fail {
		t.Errorf("got %s, %+v", v.Verdict, v.Rules)
	}
}

// A run that was given up before its suites had ended was a try.
func TestARunThatWasGivenUpIsAFlake(t *testing.T) {
	given := stagingRun(1)
	given.Evidence = given.Evidence[:1]
	given.Closings[0].Evidence = given.Closings[0].Evidence[:1]
	c := exitOf(acceptance, staging, given, stagingRun(2))
	if v := harness.Decide(c); v.Verdict != harness.Block || !strings.Contains(strings.Join(ruling(v, "flakes").Details, ""), "was given up: suite contracts left no evidence") {
		t.Errorf("got %s, %+v", v.Verdict, ruling(v, "flakes"))
	}
	c.Stage.Limits.Flakes = 1
	if v := harness.Decide(c); !v.Allowed() {
		t.Errorf("within the budget: got %s, %+v", v.Verdict, v.Failing())
	}
	c.Stage.Limits.Flakes = 0
	c.Runs[0].Deployment.Steps[0].Exit = 1 // its suites never began
	if v := harness.Decide(c); !v.Allowed() {
		t.Errorf("a run whose deploy failed: got %s, %+v", v.Verdict, v.Failing())
	}
}

func TestNoTrustFileNoLaterStage(t *testing.T) {
	c := prodEntry()
	c.Trust = nil
	if v := harness.Decide(c); v.Verdict != harness.Unclear || ruling(v, "attested").Result != harness.Inconclusive || v.Attested {
		t.Errorf("got %s, %+v", v.Verdict, ruling(v, "attested"))
	}
}

func TestBusy(t *testing.T) {
	c := prodEntry()
	c.Busy = "run x has it"
	if v := harness.Decide(c); v.Verdict != harness.Unclear || ruling(v, "alone").Reason != "run x has it" {
		t.Errorf("got %s, %+v", v.Verdict, ruling(v, "alone"))
	}
}
