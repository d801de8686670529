package tamper

import (
	"slices"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// What the checkout could have said instead: gate.yaml as it is now, what would
// run, how it would be deployed, and what is on the disk.

func caseMutations() []mutation {
	return slices.Concat(policyMutations(), stricterMutations(), entryMutations(), mercyMutations())
}

// onCase is a mutation of what a case has from elsewhere than the store.
func onCase(name string, phases []phase, ok func(*trial, *site) want, edit func(*harness.Case)) mutation {
	return mutation{name: "case: " + name, kind: meaningChanged, phases: phases, try: func(t *trial) want {
		t.edit = edit
		return ok(t, t.sites[min(t.phase, prodExit)])
	}}
}

// The phases that end a run.
var exits = []phase{commitExit, stagingExit, prodExit}

func policyMutations() []mutation {
	until := func(at time.Time) func(*harness.Case) {
		return func(c *harness.Case) {
			c.Stage.Quarantine = slices.Clone(c.Stage.Quarantine)
			c.Stage.Quarantine[0].Until = at
		}
	}
	quarantined := func(w want) func(*trial, *site) want {
		return func(_ *trial, s *site) want {
			if len(s.stage.Quarantine) == 0 {
				return none
			}
			return w
		}
	}
	return []mutation{
		onCase("another policy", nil, func(*trial, *site) want { return unclear }, func(c *harness.Case) { c.Policy = harness.DigestOf([]byte("other")) }),
		onCase("another service", nil, func(*trial, *site) want { return never }, func(c *harness.Case) { c.Service = "payments" }),
		onCase("a phase that there is not", nil, func(*trial, *site) want { return blocks }, func(c *harness.Case) { c.Phase = "during" }),
		onCase("another account", deployments, func(*trial, *site) want { return never }, func(c *harness.Case) {
			c.Target.Account = "444444444444"
			for i := range c.Needs {
				if c.Needs[i].Target.Account != "" {
					c.Needs[i].Target.Account = "444444444444"
				}
			}
		}),
		onCase("a person's own place", deployments, func(*trial, *site) want { return blocks }, func(c *harness.Case) { c.Target.Dev = true }),
		onCase("the quarantine ends now", exits, quarantined(blocks), until(now)),
		onCase("the quarantine ends in a second", exits, quarantined(allowed), until(now.Add(time.Second))),
	}
}

// stricterMutations let a stage allow no more what its runs need.
func stricterMutations() []mutation {
	return []mutation{
		onCase("no quarantine", exits, func(t *trial, s *site) want {
			if len(s.stage.Quarantine) == 0 {
				return none
			}
			return s.unless(blocks, "outcomes")
		}, func(c *harness.Case) { c.Stage.Quarantine = nil }),
		onCase("a skip less", exits, func(t *trial, s *site) want {
			if s.decided().count(harness.Skipped) == 0 {
				return none
			}
			return s.unless(blocks, "skips")
		}, func(c *harness.Case) { c.Stage.Limits.Skips = 0 }),
		onCase("a flake less", exits, func(t *trial, s *site) want {
			if n, _ := s.flaky(); n == 0 {
				return none
			}
			return s.unless(blocks, "flakes")
		}, func(c *harness.Case) { c.Stage.Limits.Flakes = 0 }),
		onCase("an attempt less", exits, func(t *trial, s *site) want {
			if s.decided().tries() < 2 {
				return none
			}
			return s.unless(blocks, "attempts")
		}, func(c *harness.Case) { c.Stage.Limits.Attempts = 1 }),
		onCase("a day later", nil, func(t *trial, s *site) want {
			old := s.stage.Limits.Age > 0
			if t.phase == prodEntry { // which looks at what the stages before saw
				old = t.sites[commitExit].stage.Limits.Age > 0 || t.sites[stagingExit].stage.Limits.Age > 0
			}
			if !old {
				return none
			}
			return never
		}, func(c *harness.Case) { c.Now = c.Now.Add(25 * time.Hour) }),
	}
}

func entryMutations() []mutation {
	at := []phase{prodEntry}
	on := func(name string, w want, edit func(*harness.Case)) mutation {
		return onCase(name, at, func(*trial, *site) want { return w }, edit)
	}
	smoke := func(edit func(*harness.PlannedRun, []harness.Planned)) func(*harness.Case) {
		return func(c *harness.Case) {
			i := slices.IndexFunc(c.Plan, func(x harness.PlannedRun) bool { return x.Suite == "smoke" })
			all, _ := c.Plan[i].Inventory.All()
			edit(&c.Plan[i], slices.Clone(all))
		}
	}
	replan := func(name string, edit func([]harness.Planned) []harness.Planned) mutation {
		return on(name, blocks, smoke(func(x *harness.PlannedRun, all []harness.Planned) { x.Inventory = harness.PlanOf(edit(all)) }))
	}
	scenario := func(all []harness.Planned) *harness.Planned {
		return &all[slices.IndexFunc(all, func(p harness.Planned) bool { return p.Kind == harness.Scenario })]
	}
	logic := func(name string, edit func(*harness.Logic)) mutation {
		return onCase(name, at, func(_ *trial, s *site) want { return s.unless(blocks, "logic") }, func(c *harness.Case) { edit(&c.Logic) })
	}
	return []mutation{
		replan("a text that did not pass before", func(all []harness.Planned) []harness.Planned { scenario(all).Hash += "0"; return all }),
		replan("a scenario that never ran", func(all []harness.Planned) []harness.Planned {
			more := *scenario(all)
			more.ID += "/more"
			return append(all, more)
		}),
		replan("a scenario with an undefined step", func(all []harness.Planned) []harness.Planned { scenario(all).Problem = harness.Undefined; return all }),
		replan("a suite with nothing in it", func([]harness.Planned) []harness.Planned { return nil }),
		on("one planned twice", blocks, smoke(func(x *harness.PlannedRun, all []harness.Planned) {
			x.Inventory = harness.PlanOf(append(all, *scenario(all)))
		})),
		on("no suites", blocks, func(c *harness.Case) { c.Plan = nil }),
		logic("another command", func(l *harness.Logic) { l.Command = "make deploy FORCE=1" }),
		logic("other inputs", func(l *harness.Logic) { l.Inputs = harness.DigestOf([]byte("other")) }),
		on("files that differ", blocks, func(c *harness.Case) { c.Differs = []string{"dist/f0 was changed"} }),
		on("a subject that nobody could tell", unclear, func(c *harness.Case) { c.Unproven = "git failed" }),
		on("somebody has the target", unclear, func(c *harness.Case) { c.Busy = "bob has it" }),
		on("a need not brought", never, func(c *harness.Case) { c.Needs = c.Needs[:1] }),
		on("no runs of a need", never, func(c *harness.Case) { c.Needs[len(c.Needs)-1].Runs = nil }),
		on("no trust", unclear, func(c *harness.Case) { c.Trust = nil }),
		on("a subject without an artifact", never, func(c *harness.Case) { c.Subject.Artifact = "" }),
		on("a subject that is not committed", blocks, func(c *harness.Case) { c.Subject.Source.Commit = "" }),
	}
}

// mercyMutations ask for exceptions that there are not: for smoke on a live
// target, and from rules that nobody can override.
func mercyMutations() (all []mutation) {
	smoke := func(a spot) bool { return a.planned() && tagged(a.row().Tags, "@smoke") }
	for name, edit := range map[string]func(*trial, spot) func(*harness.Case){
		"in quarantine": func(_ *trial, a spot) func(*harness.Case) {
			id := a.row().ID
			a.p.fail(a.i, harness.Failed)
			return func(c *harness.Case) {
				c.Stage.Quarantine = append(slices.Clone(c.Stage.Quarantine), harness.Quarantined{ID: id, Owner: "alice", Issue: "ORD-2", Until: now.Add(time.Hour)})
				c.Stage.Limits.Quarantine += 2
			}
		},
		"skipped": func(_ *trial, a spot) func(*harness.Case) {
			a.row().Outcome, a.row().Reason = harness.Skipped, "not today"
			return func(c *harness.Case) { c.Stage.Limits.Skips += 9 }
		},
		"retried": func(_ *trial, a spot) func(*harness.Case) {
			first := *a.row()
			first.Outcome = harness.Failed
			a.row().Attempt = 2
			a.p.rows = append(a.p.rows, first)
			return func(c *harness.Case) { c.Stage.Limits.Flakes, c.Stage.Limits.Attempts = 99, 9 }
		},
	} {
		all = append(all, among([]phase{prodExit}, onRow("smoke on a live target "+name, smoke, func(t *trial, a spot) want {
			edit := edit(t, a)
			t.edit = func(c *harness.Case) {
				if edit(c); c.Trust != nil { // which allows it, too
					lenient := harness.Trust{Digest: c.Trust.Digest, Places: map[string]harness.TrustedPlace{"prod": {}}}
					c.Trust = &lenient
				}
			}
			return a.s.unless(blocks, "outcomes", "skips", "flakes")
		})))
	}
	for rule, edit := range map[string]func(spot){
		"witnesses": func(a spot) { a.p.e.Doubts = []string{"the trailer is missing"} },
		"mode":      func(a spot) { a.row().Mode = "real" },
		"evidence":  func(a spot) { a.r.drop(func(p *piece) bool { return p == a.p }) },
		"subject":   func(a spot) { a.r.rec.Service = "payments" },
		"policy":    func(a spot) { a.r.rec.Policy = harness.DigestOf([]byte("other")) },
		"steps":     func(a spot) { a.r.dep.Steps[0].Exit = 1 },
		"closed":    func(a spot) { a.r.closings = nil },
	} {
		all = append(all, onRow("an override of rule "+rule, func(a spot) bool { return a.plain() && a.proves() }, func(t *trial, a spot) want {
			edit(a)
			for _, by := range people {
				a.s.approvals = append(a.s.approvals, (&maker{Rand: t.Rand}).approval(a.s, rule, by))
			}
			return never
		}))
	}
	return all
}
