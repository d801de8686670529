package tamper

import (
	"time"

	"github.com/stagegate/stagegate/harness"
)

// What the right signers could have written instead: of when. What is written
// may be two minutes ahead of the clock that decides and no more, and as old as
// the stage says and no older.

func timeMutations() (all []mutation) {
	move := map[string]func(r *run, to time.Time){
		"the record":     func(r *run, to time.Time) { r.begun, r.rec.Begun = to, to },
		"the deployment": func(r *run, to time.Time) { r.dep.At = to },
		"the closing":    func(r *run, to time.Time) { r.closings[len(r.closings)-1].c.At = to },
	}
	for what, to := range move {
		all = append(all, times(what, func(_ *trial, r *run, at time.Time) bool { to(r, at); return true })...)
	}
	return append(all, times("evidence", func(t *trial, r *run, at time.Time) bool {
		p, ok := one(t, r.pieces)
		if ok {
			p.e.Started, p.e.Finished = at.Add(p.e.Started.Sub(p.e.Finished)), at
		}
		return ok
	})...)
}

// times are the mutations of one time.
func times(what string, to func(*trial, *run, time.Time) bool) []mutation {
	at := func(name string, w want, when func(*site) time.Time) mutation {
		return onRun("time: "+what+" "+name, nil, func(t *trial, s *site, r *run) want {
			if when(s).IsZero() || !to(t, r, when(s)) {
				return none
			}
			return w
		})
	}
	aged := func(more time.Duration) func(*site) time.Time {
		return func(s *site) time.Time {
			if s.stage.Limits.Age == 0 {
				return time.Time{}
			}
			return now.Add(-time.Duration(s.stage.Limits.Age) - more)
		}
	}
	ahead := func(d time.Duration) func(*site) time.Time { return func(*site) time.Time { return now.Add(d) } }
	return []mutation{
		at("a second too far ahead", unclear, ahead(skew+time.Second)),
		at("as far ahead as a clock may be", allowed, ahead(skew-time.Second)),
		at("years ahead", unclear, ahead(5*365*24*time.Hour)),
		at("a second too old", unclear, aged(time.Second)),
		at("as old as it may be", allowed, aged(-time.Second)),
	}
}

// approvalMutations change one approval that is needed.
func approvalMutations() []mutation {
	on := func(name string, edit func(*trial, *site, *approval) bool) mutation {
		return mutation{name: "approval: " + name, kind: meaningChanged, try: func(t *trial) want {
			x, ok := t.thing(needed, func(x thing) bool { return x.kind == "approval" })
			if !ok {
				return none
			}
			s := t.own(siteOf(t.world, x.s))
			a := &s.approvals[x.n]
			t.note("%s of %s by %s on %s", x.key, a.Rule, a.by, s.place)
			manual := a.Rule == harness.Manual
			if !edit(t, s, a) {
				return none
			}
			if manual {
				return unclear
			}
			return blocks
		}}
	}
	with := func(name string, edit func(*approval)) mutation {
		return on(name, func(_ *trial, _ *site, a *approval) bool { edit(a); return true })
	}
	still := func(name string, edit func(*approval)) mutation {
		m := with(name, edit)
		try := m.try
		m.try = func(t *trial) want {
			if w := try(t); !w.some() {
				return none
			}
			return allowed
		}
		return m
	}
	return []mutation{
		with("of another rule", func(a *approval) { a.Rule = "inventory" }),
		with("of another stage", func(a *approval) { a.Stage = "soak" }),
		with("of another service", func(a *approval) { a.Service = "payments" }),
		with("of another place", func(a *approval) { a.Place += "2" }),
		with("of another commit", func(a *approval) { a.Subject.Source.Commit = "9999999999999999999999999999999999999999" }),
		with("of another artifact", func(a *approval) { a.Subject.Artifact = other().Digest }),
		with("of another format", func(a *approval) { a.Format++ }),
		with("without a reason", func(a *approval) { a.Reason = "" }),
		with("with a blank reason", func(a *approval) { a.Reason = " \t\n" }),
		with("ended a second ago", func(a *approval) { a.Until = now.Add(-time.Second) }),
		with("ends now", func(a *approval) { a.Until = now }),
		with("given in the future", func(a *approval) { a.At = now.Add(skew + time.Second) }),
		with("for longer than thirty days", func(a *approval) { a.At = a.Until.Add(-30*24*time.Hour - time.Second) }),
		with("ended before it began", func(a *approval) { a.Until = a.At.Add(-time.Second) }),
		among([]phase{prodEntry}, on("by the same person as another", func(t *trial, s *site, a *approval) bool {
			others := filter(s.approvals, func(o approval) bool { return o.Rule == a.Rule && o.by != a.by && s.counts(o, o.Rule) })
			o, ok := one(t, others)
			a.by = o.by
			return ok
		})),
		still("ends in a second", func(a *approval) { a.Until = now.Add(time.Second) }),
		still("given by a clock that is ahead", func(a *approval) { a.At = now.Add(skew - time.Second) }),
	}
}

// siteOf is the phase of which s is the site.
func siteOf(w *world, s *site) phase {
	for p, o := range w.sites {
		if o == s {
			return phase(p)
		}
	}
	panic("nobody decides " + s.place)
}
