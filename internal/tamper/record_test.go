package tamper

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// What the right signers could have written instead: of the record, the
// deployment and the closing of a run that is decided.

// onRun is a mutation of the decided run.
func onRun(name string, phases []phase, edit func(*trial, *site, *run) want) mutation {
	return mutation{name: name, kind: meaningChanged, phases: phases, try: func(t *trial) want {
		s := t.site()
		t.note("run %d on %s", s.decided().number, s.place)
		return edit(t, s, s.decided())
	}}
}

// The phases that look at a place to which something was deployed.
var deployments = []phase{stagingExit, prodExit, prodEntry}

// onDeployed is onRun where something was deployed.
func onDeployed(name string, edit func(*trial, *site, *run) want) mutation {
	return onRun(name, deployments, func(t *trial, s *site, r *run) want {
		if !s.deployed() {
			return none
		}
		return edit(t, s, r)
	})
}

// otherwise is w, unless an entry may look at an earlier run in the place of
// the decided one, because that is not about what the entry is about any more.
func (t *trial) otherwise(w want, s *site) want {
	switch {
	case t.phase != prodEntry:
		return w
	case len(s.runs) > 1:
		return anything
	default:
		return never
	}
}

func recordMutations() (all []mutation) {
	final := func(name string, w want, edit func(*harness.RunRecord)) {
		all = append(all, onRun("record: another "+name, nil, func(t *trial, s *site, r *run) want {
			finally(t, s.base(r.number)+"record", edit)
			return w
		}))
	}
	final("format", never, func(r *harness.RunRecord) { r.Format++ })
	final("id", never, func(r *harness.RunRecord) { r.ID += "0" })
	final("number", never, func(r *harness.RunRecord) { r.Number++ })
	final("record before it", blocks, func(r *harness.RunRecord) { r.Previous = harness.DigestOf([]byte(r.ID)) })
	final("commit", never, func(r *harness.RunRecord) { r.Subject.Source.Commit = strings.Repeat("9", 40) })
	final("tree", never, func(r *harness.RunRecord) { r.Subject.Source.Tree = strings.Repeat("9", 40) })
	final("artifact", never, func(r *harness.RunRecord) { r.Subject.Artifact = harness.DigestOf([]byte("other")) })
	final("target", never, func(r *harness.RunRecord) { r.Target.Name += "2"; r.Target.Mode = harness.Deployed })
	final("mode of the target", never, func(r *harness.RunRecord) { r.Target.Mode = harness.Safe })
	final("nonce", never, func(r *harness.RunRecord) { r.Nonce = strings.Repeat("0", 32) })
	return slices.Concat(all, recordTexts(), recordFields())
}

// recordTexts change what is signed where nothing that writes records would.
func recordTexts() (all []mutation) {
	text := func(name string, edit func(*site, []byte) []byte) {
		all = append(all, onRun("record: "+name, nil, func(t *trial, s *site, r *run) want {
			t.text(s.base(r.number)+"record", func(b []byte) []byte { return edit(s, b) })
			return never
		}))
	}
	text("a statement about another commit", func(s *site, b []byte) []byte {
		return bytes.Replace(b, []byte(`"gitCommit":"`+s.subject.Source.Commit), []byte(`"gitCommit":"`+strings.Repeat("9", 40)), 1)
	})
	text("a member twice", func(_ *site, b []byte) []byte { return memberTwice(b, "nonce") })
	text("a strange member", func(_ *site, b []byte) []byte {
		return bytes.Replace(b, []byte(`"nonce":`), []byte(`"x":1,"nonce":`), 1)
	})
	text("another predicate type", func(_ *site, b []byte) []byte { return bytes.Replace(b, []byte("/run/v1"), []byte("/closing/v1"), 1) })
	return all
}

// recordFields change what a record says, and all that follows from it.
func recordFields() []mutation {
	return []mutation{
		onRun("record: another service", nil, func(_ *trial, _ *site, r *run) want {
			r.rec.Service = "payments"
			return blocks
		}),
		onRun("record: another stage", nil, func(t *trial, s *site, r *run) want {
			r.rec.Stage.Name = "soak"
			return t.otherwise(blocks, s)
		}),
		onRun("record: another policy", nil, func(_ *trial, _ *site, r *run) want {
			r.rec.Policy = harness.DigestOf([]byte("other"))
			return unclear
		}),
		onDeployed("record: another account", func(_ *trial, _ *site, r *run) want {
			r.rec.Account = "444444444444"
			return blocks
		}),
		onRun("record: deployed otherwise", []phase{prodEntry}, func(t *trial, _ *site, _ *run) want {
			s := t.own(stagingExit)
			if t.sites[prodExit].covered("logic") {
				return none
			}
			if t.IntN(2) == 0 {
				s.decided().rec.Logic.Command += " FORCE=1"
			} else {
				s.decided().rec.Logic.Inputs = harness.DigestOf([]byte("other"))
			}
			return blocks
		}),
	}
}

// other is an artifact that nobody made.
func other() harness.Artifact {
	return harness.NewArtifact([]harness.File{{Name: "dist/other", Digest: harness.DigestOf([]byte("other")), Size: 1}})
}

func deploymentMutations() []mutation {
	step := func(name string, w want, edit func(*harness.Deployment, int)) mutation {
		return onRun("deployment: "+name, nil, func(t *trial, _ *site, r *run) want {
			edit(r.dep, t.IntN(len(r.dep.Steps)))
			return w
		})
	}
	final := func(name string, w want, edit func(*harness.Deployment)) mutation {
		return onRun("deployment: "+name, nil, func(t *trial, s *site, r *run) want {
			finally(t, s.base(r.number)+"deployment", edit)
			return w
		})
	}
	return []mutation{
		step("a step that failed", blocks, func(d *harness.Deployment, i int) { d.Steps[i].Exit = 1 }),
		step("a step that was killed", blocks, func(d *harness.Deployment, i int) { d.Steps[i].Exit = -1 }),
		step("a step that was interrupted", unclear, func(d *harness.Deployment, i int) { d.Steps[i].Interrupted = true }),
		step("a step lost", unclear, func(d *harness.Deployment, i int) { d.Steps = slices.Delete(d.Steps, i, i+1) }),
		step("a step more", unclear, func(d *harness.Deployment, i int) { d.Steps = append(d.Steps, d.Steps[i]) }),
		step("held", blocks, func(d *harness.Deployment, _ int) { d.Held = "contracts: i0" }),
		// DESIGN.md has it that such a lie blocks; the gate says that it cannot tell.
		final("of another run", never, func(d *harness.Deployment) { d.Run += "0" }),
		final("of another nonce", never, func(d *harness.Deployment) { d.Nonce = strings.Repeat("0", 32) }),
		final("of no time", never, func(d *harness.Deployment) { d.At = time.Time{} }),
		final("the list of other files", never, func(d *harness.Deployment) { d.Artifact.Manifest = d.Artifact.Files[0].Digest }),
		final("another digest of the same files", never, func(d *harness.Deployment) { d.Artifact.Digest = harness.DigestOf([]byte("other")) }),
		onRun("deployment: withdrawn", nil, func(_ *trial, _ *site, r *run) want {
			r.dep = nil
			return unclear
		}),
		onRun("deployment: other files", nil, func(t *trial, s *site, r *run) want {
			a := other()
			r.dep.Artifact = &a
			if s.deployed() {
				return blocks
			}
			return t.otherwise(blocks, s) // a commit stage may make one thing today, and another tomorrow
		}),
		onRun("deployment: no files", deployments, func(t *trial, s *site, r *run) want {
			r.dep.Artifact = nil
			if s.deployed() {
				return unclear
			}
			return blocks
		}),
		onDeployed("deployment: another commit is served", func(_ *trial, _ *site, r *run) want {
			r.dep.Served.Commit = strings.Repeat("9", 40)
			return blocks
		}),
		onDeployed("deployment: nobody knows what is served", func(_ *trial, _ *site, r *run) want {
			r.dep.Served.Commit, r.dep.Served.Error = "", "503"
			return unclear
		}),
	}
}

// monitorMutations change what was seen of alarms and checks, where a stage asks.
func monitorMutations() []mutation {
	alarms := func(name string, w want, edit func(*harness.Closing)) mutation {
		return onDeployed("alarms: "+name, func(_ *trial, s *site, r *run) want {
			if s.stage.Alarms == nil {
				return none
			}
			c := &r.closings[len(r.closings)-1].c
			if c.Watch != nil { // a watch of its own: worlds share what they point to
				own := *c.Watch
				own.Alarms = slices.Clone(own.Alarms)
				c.Watch = &own
			}
			edit(c)
			return w
		})
	}
	checks := func(name string, w want, edit func(*harness.Closing)) mutation {
		return onDeployed("checks: "+name, func(_ *trial, s *site, r *run) want {
			if len(s.stage.Checks) == 0 {
				return none
			}
			c := &r.closings[len(r.closings)-1].c
			c.Checks = slices.Clone(c.Checks)
			edit(c)
			return w
		})
	}
	return []mutation{
		alarms("one rings", blocks, func(c *harness.Closing) { c.Watch.Alarms[1].State = "ALARM" }),
		alarms("one has no data", unclear, func(c *harness.Closing) { c.Watch.Alarms[0].State = "INSUFFICIENT_DATA" }),
		alarms("one has no state", unclear, func(c *harness.Closing) { c.Watch.Alarms[0].State = "" }),
		alarms("there are none", unclear, func(c *harness.Closing) { c.Watch.Alarms = nil }),
		alarms("nobody looked", unclear, func(c *harness.Closing) { c.Watch = nil }),
		alarms("a short look", unclear, func(c *harness.Closing) { c.Watch.From = c.Watch.Until.Add(-time.Second) }),
		alarms("not to the end", unclear, func(c *harness.Closing) { c.Watch.Error = "throttled" }),
		checks("it fails", blocks, func(c *harness.Closing) { c.Checks[0].Exit = 1 }),
		checks("it has no data", unclear, func(c *harness.Closing) { c.Checks[0].Exit = 75 }),
		checks("it was not run", unclear, func(c *harness.Closing) { c.Checks = nil }),
		checks("another was run", unclear, func(c *harness.Closing) { c.Checks[0].Name = "other" }),
	}
}

func closingMutations() []mutation {
	on := func(name string, w want, edit func(*harness.Closing)) mutation {
		return onRun("closing: "+name, nil, func(_ *trial, _ *site, r *run) want {
			edit(&r.closings[len(r.closings)-1].c)
			return w
		})
	}
	final := func(name string, w want, edit func(*harness.Closing)) mutation {
		return onRun("closing: "+name, nil, func(t *trial, s *site, r *run) want {
			finally(t, s.closingKey(r, len(r.closings)-1), edit)
			return w
		})
	}
	return []mutation{
		on("another commit is checked out", blocks, func(c *harness.Closing) { c.Source.Commit = strings.Repeat("9", 40) }),
		on("another tree is checked out", blocks, func(c *harness.Closing) { c.Source = harness.Source{Tree: strings.Repeat("9", 40)} }),
		on("nothing is checked out", blocks, func(c *harness.Closing) { c.Source = harness.Source{} }),
		on("other files", blocks, func(c *harness.Closing) { c.Artifact = other().Digest }),
		on("no files", blocks, func(c *harness.Closing) { c.Artifact = "" }),
		on("overtaken", unclear, func(c *harness.Closing) { c.Overtaken = "bob" }),
		final("of another run", blocks, func(c *harness.Closing) { c.Run += "0" }),
		final("of another nonce", blocks, func(c *harness.Closing) { c.Nonce = strings.Repeat("0", 32) }),
		final("names what is not there", unclear, func(c *harness.Closing) { c.Evidence = append(c.Evidence, harness.DigestOf([]byte("other"))) }),
		final("names nothing", unclear, func(c *harness.Closing) { c.Evidence = nil }),
		onRun("closing: withdrawn", nil, func(_ *trial, _ *site, r *run) want {
			r.closings = nil
			return unclear
		}),
		onRun("closing: the last withdrawn", nil, func(_ *trial, _ *site, r *run) want {
			r.closings = r.closings[:len(r.closings)-1]
			return unclear
		}),
		onRun("closing: the first of two withdrawn", nil, func(t *trial, s *site, r *run) want {
			if len(r.closings) < 2 {
				return none
			}
			t.after = func() { delete(t.store.values, s.closingKey(r, 0)) }
			return unclear
		}),
		onDeployed("closing: another commit is served", func(_ *trial, _ *site, r *run) want {
			r.closings[len(r.closings)-1].c.Served.Commit = strings.Repeat("9", 40)
			return blocks
		}),
		onDeployed("closing: nobody knows what is served", func(_ *trial, _ *site, r *run) want {
			r.closings[len(r.closings)-1].c.Served = harness.Reading{Error: "503"}
			return unclear
		}),
	}
}
