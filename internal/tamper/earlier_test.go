package tamper

import (
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// What the right signers could have written instead: of a run before the one
// that is decided, or of one on a place that is to be entered.

// onEarlier is a mutation of an earlier run of the same subject. An entry looks
// at those on its own place, too.
func onEarlier(name string, ok func(*run) bool, edit func(*trial, *site, *run) want) mutation {
	return mutation{name: "earlier run: " + name, kind: meaningChanged, try: func(t *trial) want {
		p := t.place()
		if t.phase == prodEntry {
			p = phase(t.IntN(3))
		}
		s := t.own(p)
		r, found := one(t, filter(s.runs[:len(s.runs)-1], ok))
		if !found {
			return none
		}
		t.note("run %d of %d on %s, which %s", r.number, len(s.runs), s.place, r.how)
		return edit(t, s, r)
	}}
}

func anyRun(*run) bool { return true }

func hasEvidence(r *run) bool { return len(r.pieces) > 0 }

// spent is what may be decided when the runs of s are what they are now.
func (t *trial) spent(s *site) want {
	n, smoke := s.flaky()
	switch {
	case t.phase == prodEntry && s.place == "prod": // what was flaky there does not keep anything out
		return allowed
	case smoke: // on a live target: no budget, and nobody may override it
		return blocks
	case n <= s.stage.Limits.Flakes, s.covered("flakes"):
		return allowed
	default:
		return blocks
	}
}

func earlierMutations() []mutation {
	final := func(name, key string) mutation {
		lie := func(run, nonce *string) {
			if strings.HasSuffix(name, "nonce") {
				*nonce = strings.Repeat("0", 32)
			} else {
				*run += "0"
			}
		}
		return onEarlier(name, anyRun, func(t *trial, s *site, r *run) want {
			t.hand.final = func(at string, v any) {
				if at != s.base(r.number)+key {
					return
				}
				switch v := v.(type) {
				case *harness.Deployment:
					lie(&v.Run, &v.Nonce)
				case *harness.Closing:
					lie(&v.Run, &v.Nonce)
				case *harness.RunRecord:
					lie(&v.ID, &v.Nonce)
				}
			}
			return never
		})
	}
	return append([]mutation{
		final("a record of another id", "record"), final("a record of another nonce", "record"),
		final("a deployment of another run", "deployment"), final("a deployment of another nonce", "deployment"),
		final("a closing of another run", "closings/1"), final("a closing of another nonce", "closings/1"),
	}, earlierResults()...)
}

func earlierResults() []mutation {
	return []mutation{
		onEarlier("gone", anyRun, func(t *trial, s *site, r *run) want {
			t.after = func() {
				for _, k := range t.store.keys(s.base(r.number)) {
					delete(t.store.values, k)
				}
			}
			return unclear
		}),
		onEarlier("follows another", anyRun, func(t *trial, s *site, r *run) want {
			finally(t, s.base(r.number)+"record", func(r *harness.RunRecord) { r.Previous = harness.DigestOf([]byte("other")) })
			return never
		}),
		onEarlier("left open", anyRun, func(_ *trial, _ *site, r *run) want {
			r.closings = nil
			return unclear
		}),
		onEarlier("its closing names what is not there", anyRun, func(t *trial, s *site, r *run) want {
			finally(t, s.closingKey(r, 0), func(c *harness.Closing) { c.Evidence = append(c.Evidence, harness.DigestOf([]byte("other"))) })
			return unclear
		}),
		onEarlier("evidence with another nonce", hasEvidence, func(t *trial, s *site, r *run) want {
			p, _ := one(t, r.pieces)
			finally(t, s.base(r.number)+p.key(), func(e *harness.Evidence) { e.Nonce = strings.Repeat("0", 32) })
			return never
		}),
		onEarlier("evidence of another artifact", hasEvidence, func(t *trial, s *site, r *run) want {
			p, _ := one(t, r.pieces)
			finally(t, s.base(r.number)+p.key(), func(e *harness.Evidence) { e.Subject.Artifact = other().Digest })
			return never
		}),
		onEarlier("something else failed", hasEvidence, func(t *trial, s *site, r *run) want {
			p, _ := one(t, r.pieces)
			passed := filter(p.rows, func(row harness.Row) bool { return row.Outcome == harness.Passed })
			row, ok := one(t, passed)
			if !ok {
				return none
			}
			p.fail(slices.IndexFunc(p.rows, func(o harness.Row) bool { return o.ID == row.ID && o.Attempt == row.Attempt }), failures[t.IntN(len(failures))])
			return t.spent(s)
		}),
		onEarlier("given up", hasEvidence, func(t *trial, s *site, r *run) want {
			p, _ := one(t, r.pieces)
			r.drop(func(o *piece) bool { return o == p })
			return t.spent(s)
		}),
		onEarlier("everything failed", hasEvidence, func(t *trial, s *site, r *run) want {
			for _, p := range r.pieces {
				for i := range p.rows {
					p.fail(i, harness.Failed)
				}
			}
			return t.spent(s)
		}),
	}
}
