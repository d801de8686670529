package tamper

import (
	"bytes"
	"slices"

	"github.com/stagegate/stagegate/harness"
)

// What the right signers could have written instead: of the plan of a run that
// is decided, while what ran stays as it is.

// onPlan is a mutation of one suite that the decided run planned, x of its suites.
func onPlan(name string, ok func(suite) bool, edit func(t *trial, s *site, x int) want) mutation {
	return mutation{name: "plan: " + name, kind: meaningChanged, try: func(t *trial) want {
		s := t.site()
		var some []int
		for i, x := range s.decided().suites {
			if ok(x) {
				some = append(some, i)
			}
		}
		i, found := one(t, some)
		if !found {
			return none
		}
		t.note("suite %s on %s", s.decided().suites[i].at, s.place)
		return edit(t, s, i)
	}}
}

func anySuite(suite) bool { return true }

// extra is what an unplanned extra is at s.
func (s *site) extra() want {
	if s.target.Live {
		return blocks
	}
	return unclear
}

func planMutations() []mutation {
	item := func(name string, edit func(*harness.Planned)) mutation {
		return onPlan("another "+name, suite.planned, func(t *trial, s *site, x int) want {
			plan := s.decided().suites[x].plan
			edit(&plan[t.IntN(len(plan))])
			return unclear
		})
	}
	all := []mutation{
		item("text", func(p *harness.Planned) { p.Hash += "0" }),
		item("kind", func(p *harness.Planned) { p.Kind += "s" }),
		item("tag", func(p *harness.Planned) { p.Tags = append(slices.Clone(p.Tags), "@y") }),
		onPlan("one less than ran", suite.planned, func(t *trial, s *site, x int) want {
			plan := &s.decided().suites[x].plan
			i := t.IntN(len(*plan))
			*plan = slices.Delete(*plan, i, i+1)
			return s.extra()
		}),
		onPlan("one more than ran", suite.planned, func(_ *trial, s *site, x int) want {
			plan := &s.decided().suites[x].plan
			*plan = append(*plan, harness.Planned{ID: "app/features.TestFeatures/zz", Kind: harness.Scenario, Hash: "0", Shard: 1})
			return unclear
		}),
		onPlan("one twice", suite.planned, func(t *trial, s *site, x int) want {
			plan := &s.decided().suites[x].plan
			*plan = append(*plan, (*plan)[t.IntN(len(*plan))])
			return unclear
		}),
		onPlan("more shards", suite.planned, func(_ *trial, s *site, x int) want {
			r := s.decided()
			r.suites[x].shards++
			r.rec.Shards = max(r.rec.Shards, r.suites[x].shards)
			return unclear
		}),
		onPlan("fewer shards in the record", func(x suite) bool { return x.shards > 1 }, func(_ *trial, s *site, x int) want {
			s.decided().rec.Shards = s.decided().suites[x].shards - 1
			return blocks
		}),
		onPlan("another tool's suite", suite.planned, func(t *trial, s *site, x int) want {
			def := &s.decided().suites[x].def
			def.Run, def.Cmd, def.Record = nil, "make test", t.IntN(2) == 0
			return never
		}),
		onPlan("the other moment", anySuite, func(_ *trial, s *site, x int) want {
			at := &s.decided().suites[x].at
			at.When = map[harness.Moment]harness.Moment{harness.Before: harness.After, harness.After: harness.Before}[at.When]
			return never
		}),
		onPlan("a suite forgotten", anySuite, func(_ *trial, s *site, x int) want {
			r := s.decided()
			r.suites = slices.Delete(r.suites, x, x+1)
			return never
		}),
	}
	return append(append(all, listMutations()...), promiseMutations()...)
}

// listMutations spoil the list of what is planned.
func listMutations() (all []mutation) {
	for name, edit := range map[string]func([]byte, *int) []byte{
		"counted wrong":      func(b []byte, n *int) []byte { *n++; return b },
		"counted less":       func(b []byte, n *int) []byte { *n--; return b },
		"its last line lost": func(b []byte, _ *int) []byte { return b[:bytes.LastIndexByte(b[:len(b)-1], '\n')+1] },
		"a strange member":   func(b []byte, _ *int) []byte { return slices.Concat([]byte(`{"x":1,`), b[1:]) },
		"a member twice":     func(b []byte, _ *int) []byte { return slices.Concat([]byte(`{"id":"a",`), b[1:]) },
		"cut short":          func(b []byte, _ *int) []byte { return b[:len(b)-1] },
		"out of order": func(b []byte, n *int) []byte {
			lines := bytes.SplitAfter(b[:len(b)-1], []byte("\n"))
			lines[len(lines)-1] = append(bytes.Clone(lines[len(lines)-1]), '\n')
			slices.Reverse(lines)
			return bytes.Join(lines, nil)
		},
	} {
		spoil := func(t *trial, at string) {
			done := false
			t.hand.lines = func(key string, b []byte, n *int) []byte {
				if key != at || done || len(b) == 0 {
					return b
				}
				done = true
				return edit(b, n)
			}
		}
		all = append(all, mutation{name: "list of a plan: " + name, kind: meaningChanged, try: func(t *trial) want {
			s := t.site()
			r := s.decided()
			if len(r.suites[0].plan) < 2 {
				return none
			}
			spoil(t, s.base(r.number)+"record")
			return never
		}}, onPiece("rows: "+name, func(_ *site, p *piece) bool { return len(p.rows) > 1 }, func(t *trial, s *site, p *piece) want {
			spoil(t, s.base(s.decided().number)+p.key())
			return unclear
		}))
	}
	return all
}

// promiseMutations let a record promise less than the stage asks for, with
// nothing left that would tell: gate.yaml is the same, and it says more.
func promiseMutations() []mutation {
	return []mutation{
		onPlan("a suite of the stage that nobody planned, and that left nothing", anySuite, func(_ *trial, s *site, x int) want {
			r := s.decided()
			at := r.suites[x].at
			r.suites = slices.Delete(r.suites, x, x+1)
			r.drop(func(p *piece) bool { return p.at == at })
			return never
		}),
		{name: "plan: no suite at all, and no evidence", kind: meaningChanged, try: func(t *trial) want {
			r := t.site().decided()
			r.suites = nil
			r.drop(func(*piece) bool { return true })
			return never
		}},
		{name: "plan: a stage that does not deploy, and did not", kind: meaningChanged, phases: []phase{stagingExit, prodExit, prodEntry}, try: func(t *trial) want {
			r := t.own(max(t.place(), stagingExit)).decided()
			r.rec.Stage.Deploy, r.dep.Steps = false, nil
			return never
		}},
		{name: "plan: a step less, and it did not run", kind: meaningChanged, phases: []phase{commitExit, prodEntry}, try: func(t *trial) want {
			r := t.own(commitExit).decided()
			i := t.IntN(len(r.rec.Stage.Steps))
			r.rec.Stage.Steps = slices.Delete(r.rec.Stage.Steps, i, i+1)
			r.dep.Steps = slices.Delete(r.dep.Steps, i, i+1)
			return never
		}},
	}
}

// drop takes evidence away as if it had never been written.
func (r *run) drop(which func(*piece) bool) {
	r.pieces = slices.DeleteFunc(r.pieces, which)
	for i := range r.closings {
		r.closings[i].pieces = slices.DeleteFunc(r.closings[i].pieces, which)
	}
}
