package tamper

import (
	"cmp"
	"slices"

	"github.com/stagegate/stagegate/harness"
)

// What the right signers could have written instead: of the rows of a run that
// is decided. Counters, blobs and digests follow.

// A spot is one row of the run that a site decides.
type spot struct {
	s *site
	r *run
	x suite
	p *piece
	i int
}

func (a spot) row() *harness.Row { return &a.p.rows[a.i] }

// spots are the rows of the decided run of s that ok says yes to.
func (s *site) spots(ok func(spot) bool) (all []spot) {
	r := s.decided()
	for _, p := range r.pieces {
		x, _ := r.suite(p.at)
		for i := range p.rows {
			if a := (spot{s, r, x, p, i}); ok(a) {
				all = append(all, a)
			}
		}
	}
	return all
}

// plain reports whether a passed at once, and is not in quarantine.
func (a spot) plain() bool {
	row := a.row()
	return row.Outcome == harness.Passed && row.Attempt == 1 && a.p.final(*row) && !a.s.held(row.ID)
}

// planned reports whether a is plain and was planned: another tool's rows are not.
func (a spot) planned() bool { return a.plain() && a.x.planned() }

// again reports whether what a is of is planned after the deploy, too.
func (a spot) again() bool {
	_, after := a.s.runsAfter(a.row().ID)
	return a.p.at.When == harness.Before && after
}

// proves reports whether a is a result that its suite is run for.
func (a spot) proves() bool {
	return !a.s.deployed() || a.row().Kind != harness.Test || !a.x.planned()
}

// alone reports whether no other row of its suite was executed against the target.
func (a spot) alone() bool {
	others := a.s.spots(func(o spot) bool {
		tried := !slices.Contains([]harness.Outcome{harness.Skipped, harness.NotRun, harness.NotSafe, harness.NoFixture, ""}, o.row().Outcome)
		return o.x.at == a.x.at && o.row().ID != a.row().ID && tried && o.proves()
	})
	return len(others) == 0
}

// onRow is a mutation of one row.
func onRow(name string, ok func(spot) bool, edit func(*trial, spot) want) mutation {
	return mutation{name: "row: " + name, kind: meaningChanged, try: func(t *trial) want {
		a, found := one(t, t.site().spots(ok))
		if !found {
			return none
		}
		t.note("%s of %s on %s", a.row().ID, a.p.key(), a.s.place)
		return edit(t, a)
	}}
}

// unless is w, if nobody has approved that a rule need not pass.
func (s *site) unless(w want, rules ...string) want {
	if s.covered(rules...) {
		return none
	}
	return w
}

func rowMutations() []mutation {
	return slices.Concat(outcomeMutations(), fieldMutations(), attemptMutations(), setMutations())
}

// outcomeMutations give a row that passed each other outcome.
func outcomeMutations() (all []mutation) {
	become := func(t *trial, a spot, o harness.Outcome) {
		a.row().Outcome, a.row().Reason = o, "because"
		a.p.e.Exit = t.IntN(2)
	}
	for _, o := range failures {
		all = append(all, onRow(cmp.Or(string(o), "no outcome"), spot.plain, func(t *trial, a spot) want {
			become(t, a, o)
			return a.s.unless(blocks, "outcomes")
		}))
	}
	for _, o := range unanswered {
		all = append(all, onRow(string(o), func(a spot) bool { return a.plain() && !a.again() }, func(t *trial, a spot) want {
			become(t, a, o)
			if o == harness.NoFixture && a.proves() && a.alone() {
				return never // nothing was executed, either
			}
			return unclear
		}))
	}
	return append(all,
		onRow("skipped without a reason", spot.plain, func(t *trial, a spot) want {
			become(t, a, harness.Skipped)
			a.row().Reason, a.p.e.Exit = "", 0
			return a.s.unless(blocks, "skips")
		}),
		onRow("skipped once too often", spot.plain, func(t *trial, a spot) want {
			become(t, a, harness.Skipped)
			a.p.e.Exit = 0
			smoke := a.s.target.Live && tagged(a.row().Tags, "@smoke")
			if a.r.count(harness.Skipped) <= a.s.stage.Limits.Skips && !smoke {
				return none
			}
			return a.s.unless(blocks, "skips")
		}),
	)
}

// fieldMutations change what else a row says.
func fieldMutations() []mutation {
	modes := []harness.Mode{harness.InProcess, harness.Deployed, harness.Mock, harness.Live, harness.Safe, "", "real"}
	kinds := []harness.Kind{harness.Scenario, harness.Interaction, harness.Test, "", "step"}
	return []mutation{
		onRow("another mode", func(a spot) bool { return a.plain() && a.proves() }, func(t *trial, a spot) want {
			right := a.row().Mode
			a.row().Mode, _ = one(t, filter(modes, func(m harness.Mode) bool { return m != right }))
			return blocks
		}),
		onRow("another kind", spot.planned, func(t *trial, a spot) want {
			right := a.row().Kind
			a.row().Kind, _ = one(t, filter(kinds, func(k harness.Kind) bool { return k != right }))
			return never
		}),
		onRow("another text", spot.planned, func(t *trial, a spot) want {
			a.row().Hash = []string{"", a.row().Hash + "0", "0000"}[t.IntN(3)]
			return unclear
		}),
		onRow("other tags", spot.planned, func(t *trial, a spot) want {
			tags := append(slices.Clone(a.row().Tags), "@x")
			if len(tags) > 2 && t.IntN(2) == 0 {
				slices.Reverse(tags[:2])
				tags = tags[:len(tags)-1]
			}
			a.row().Tags = tags
			return unclear
		}),
		among(deployments, onRow("no call to the target", func(a spot) bool { return a.s.deployed() && a.plain() && a.row().Calls > 0 }, func(_ *trial, a spot) want {
			a.row().Calls = 0
			return a.s.unless(blocks, "calls")
		})),
		onRow("told in other words", spot.plain, func(_ *trial, a spot) want {
			row := a.row()
			row.Name, row.Where, row.Took, row.Started = "otherwise", "b.feature:1", row.Took+1, row.Started.Add(1)
			return allowed
		}),
	}
}

// attemptMutations change how often something was tried.
func attemptMutations() []mutation {
	retried := func(a spot) bool { return a.row().Attempt == 2 }
	at := func(name string, n int) mutation {
		return onRow("attempt "+name, spot.plain, func(_ *trial, a spot) want {
			a.row().Attempt = n
			return a.s.unless(blocks, "attempts")
		})
	}
	return []mutation{
		at("2 alone", 2), at("3 alone", 3), at("0", 0), at("-1", -1),
		onRow("the first attempt lost", retried, func(_ *trial, a spot) want {
			a.p.rows = slices.DeleteFunc(a.p.rows, func(row harness.Row) bool { return row.ID == a.row().ID && row.Attempt == 1 })
			return a.s.unless(blocks, "attempts")
		}),
		onRow("the last attempt lost", retried, func(_ *trial, a spot) want {
			a.p.rows = slices.Delete(a.p.rows, a.i, a.i+1)
			return a.s.unless(blocks, "outcomes")
		}),
		onRow("twice", spot.plain, func(_ *trial, a spot) want {
			a.p.rows = append(a.p.rows, *a.row())
			return a.s.unless(blocks, "attempts")
		}),
		onRow("in another shard, too", spot.plain, func(t *trial, a spot) want {
			other, ok := one(t, filter(a.r.pieces, func(p *piece) bool { return p.at == a.p.at && p.shard != a.p.shard }))
			if !ok {
				return none
			}
			other.rows = append(other.rows, *a.row())
			return a.s.unless(blocks, "attempts")
		}),
		onRow("more attempts than the limit", spot.plain, func(_ *trial, a spot) want {
			for n := range max(a.s.stage.Limits.Attempts, 1) {
				more := *a.row()
				more.Attempt = n + 2
				a.p.rows = append(a.p.rows, more)
			}
			return a.s.unless(blocks, "attempts")
		}),
	}
}

// setMutations take rows away, or add some.
func setMutations() []mutation {
	clear := func(a spot) {
		for _, p := range a.r.pieces {
			if p.at == a.p.at {
				p.rows, p.e.Exit = nil, 0
			}
		}
	}
	return []mutation{
		onRow("lost", spot.planned, func(_ *trial, a spot) want {
			alone := a.proves() && a.alone()
			a.p.rows = slices.Delete(a.p.rows, a.i, a.i+1)
			if alone {
				return never
			}
			return unclear
		}),
		onRow("all of its suite lost", spot.plain, func(_ *trial, a spot) want {
			clear(a)
			return blocks
		}),
		onRow("all of its suite skipped", spot.plain, func(_ *trial, a spot) want {
			for _, p := range a.r.pieces {
				for i := range p.rows {
					if p.at == a.p.at {
						p.rows[i].Outcome, p.rows[i].Reason, p.e.Exit = harness.Skipped, "not today", 0
					}
				}
			}
			return blocks
		}),
		onRow("one more than was planned", spot.planned, func(_ *trial, a spot) want {
			more := *a.row()
			more.ID += "/more"
			a.p.rows = append(a.p.rows, more)
			if a.s.target.Live {
				return blocks
			}
			return unclear
		}),
	}
}
