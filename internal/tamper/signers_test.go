package tamper

import (
	"cmp"
	"slices"
	"time"

	"github.com/stagegate/stagegate/internal/notary"
	"github.com/stagegate/stagegate/internal/trustfile"
)

// What somebody can do who has a key, and not the right one. Everything that
// follows from it is made right again, so that nothing but the key tells.

// keyMutations sign one needed thing by somebody else, or by the right one at
// the wrong time.
func keyMutations() []mutation {
	by := func(name string, choose func(*trial, thing) string) mutation {
		return onNeeded("signed by "+name, signed, func(t *trial, x thing) want {
			who := choose(t, x)
			t.signAs(x, who)
			t.note("%s by %s", x.key, who)
			return never
		})
	}
	return []mutation{
		by("a stranger", func(*trial, thing) string { return stranger }),
		by("somebody without a role", func(*trial, thing) string { return spare }),
		by("another role", func(t *trial, x thing) string { return x.s.place + "-" + otherRole(t, x) }),
		by("the same role elsewhere", func(t *trial, x thing) string {
			elsewhere, _ := one(t, filter(places, func(p string) bool { return p != x.s.place }))
			return elsewhere + "-" + cmp.Or(roleOf(x), "test")
		}),
		by("an approver", func(t *trial, x thing) string {
			if x.kind == "approval" { // those who are none
				return x.s.place + "-decide"
			}
			return people[t.IntN(len(people))]
		}),
		by("a revoked key", func(_ *trial, x thing) string {
			if x.kind == "approval" {
				return former
			}
			return gone
		}),
		by("a key that ended long ago", func(_ *trial, x thing) string {
			if x.kind == "approval" {
				return past
			}
			return ended
		}),
		bounded("a key that ended a second before", func(s *signerSpec, at time.Time) { s.until = at.Add(-time.Second) }, never),
		bounded("a key that began a second after", func(s *signerSpec, at time.Time) { s.from = at.Add(time.Second) }, never),
		lastOf("a key that ended then", func(s *signerSpec, _, last time.Time) { s.until = last }),
		lastOf("a key that began then", func(s *signerSpec, first, _ time.Time) { s.from = first }),
	}
}

// signAs signs x by somebody, and what rests on its digest anew.
func (t *trial) signAs(x thing, who string) {
	t.own(phase(slices.Index(t.sites[:], x.s)))
	t.hand.by = func(key string) string {
		if key == x.key {
			return who
		}
		return ""
	}
}

// roleOf is the role in which x is signed; approvals have none of a place.
func roleOf(x thing) string {
	return map[string]string{"record": "begin", "deployment": "begin", "evidence": "test", "closing": "decide"}[x.kind]
}

func otherRole(t *trial, x thing) string {
	role, _ := one(t, filter(roles, func(r trustfile.Role) bool { return string(r) != roleOf(x) }))
	return string(role)
}

// signerOf is whose key x is signed with.
func signerOf(x thing) string {
	if x.kind == "approval" {
		return x.s.approvals[x.n].by
	}
	return x.s.place + "-" + roleOf(x)
}

// at is when the signer of x says that it was made.
func at(x thing) time.Time {
	switch x.kind {
	case "record":
		return x.r.begun
	case "deployment":
		return x.r.dep.At
	case "evidence":
		return x.p.e.Finished
	case "closing":
		return x.r.closings[x.n].c.At
	default:
		return x.s.approvals[x.n].At
	}
}

// trusts reads another trust file.
func (t *trial) trusts(spec trustSpec) {
	file, err := spec.read(t.ring)
	must(err)
	t.world.trust = spec
	t.trust = &trusted{file, notary.Notary{Trust: file, ID: gate}}
}

// bounded gives the signer of a needed thing a time that it is outside of.
func bounded(name string, edit func(*signerSpec, time.Time), w want) mutation {
	return onNeeded(name, signed, func(t *trial, x thing) want {
		who := signerOf(x)
		t.note("%s by %s at %s", x.key, who, at(x))
		t.trusts(t.world.trust.signer(who, func(s *signerSpec) { edit(s, at(x)) }))
		return w
	})
}

// lastOf gives the signer of a needed thing a time that all it signed is inside of.
func lastOf(name string, edit func(s *signerSpec, first, last time.Time)) mutation {
	return mutation{name: name, kind: bytesChanged, try: func(t *trial) want {
		x, found := t.thing(needed, signed)
		if !found {
			return none
		}
		who := signerOf(x)
		var times []time.Time
		for _, o := range t.things {
			if signed(o) && signerOf(o) == who {
				times = append(times, at(o))
			}
		}
		slices.SortFunc(times, time.Time.Compare)
		t.note("%s, %s to %s", who, times[0], times[len(times)-1])
		t.trusts(t.world.trust.signer(who, func(s *signerSpec) { edit(s, times[0], times[len(times)-1]) }))
		return same
	}}
}

// trustMutations take something away from the trust file, or let it ask for more.
func trustMutations() []mutation {
	m := func(name string, phases []phase, try func(*trial, *site) want) mutation {
		return mutation{name: "trust: " + name, kind: meaningChanged, phases: phases, try: func(t *trial) want {
			s := t.sites[t.place()]
			t.note("%s", s.place)
			return try(t, s)
		}}
	}
	signer := func(name string, edit func(*trial, *signerSpec)) mutation {
		return m(name, nil, func(t *trial, s *site) want {
			who := s.place + "-" + string(roles[t.IntN(3)])
			t.note("%s", who)
			t.trusts(t.world.trust.signer(who, func(s *signerSpec) { edit(t, s) }))
			return never
		})
	}
	floor := func(name string, w want, edit func(*trial, *site, *placeSpec) bool) mutation {
		return m(name, nil, func(t *trial, s *site) want {
			ok := false
			spec := t.world.trust.place(s.place, func(p *placeSpec) { ok = edit(t, s, p) })
			if !ok {
				return none
			}
			t.trusts(spec)
			return w
		})
	}
	return []mutation{
		signer("a signer is revoked", func(_ *trial, s *signerSpec) { s.revoked = true }),
		signer("a signer has another key", func(_ *trial, s *signerSpec) { s.key = stranger }),
		signer("a signer ended before all", func(_ *trial, s *signerSpec) { s.until = now.Add(-100 * time.Hour) }),
		floor("a role is somebody else's", never, func(t *trial, _ *site, p *placeSpec) bool {
			p.roles[roles[t.IntN(3)]] = []string{spare}
			return true
		}),
		floor("roles are exchanged", never, func(_ *trial, _ *site, p *placeSpec) bool {
			p.roles["begin"], p.roles["test"], p.roles["decide"] = p.roles["test"], p.roles["decide"], p.roles["begin"]
			return true
		}),
		floor("another account", blocks, func(_ *trial, s *site, p *placeSpec) bool {
			p.Account = "444444444444"
			return true
		}),
		among([]phase{commitExit, stagingExit, prodEntry}, floor("it has to be live", blocks, func(_ *trial, s *site, p *placeSpec) bool {
			p.Live = true
			return !s.target.Live
		})),
		floor("another need", blocks, func(_ *trial, s *site, p *placeSpec) bool {
			p.Needs = append(slices.Clone(s.stage.Needs), "soak")
			return true
		}),
		floor("another suite", blocks, func(_ *trial, _ *site, p *placeSpec) bool {
			p.Suites = append(slices.Clone(p.Suites), "load")
			return true
		}),
		floor("a limit is lower", blocks, lowered),
		floor("overrides do not count", never, func(t *trial, s *site, p *placeSpec) bool {
			p.NoOverride = !p.Guarded
			return p.NoOverride && len(t.broken(s, t.phase)) > 0
		}),
		m("one more has to approve", []phase{prodEntry}, func(t *trial, _ *site) want {
			have := t.sites[prodExit].persons("approval", -1)
			if have >= 3 {
				return none
			}
			t.trusts(t.world.trust.place("prod", func(p *placeSpec) { p.Approvals = have + 1 }))
			return never
		}),
		m("what is loosened has to be approved", []phase{prodEntry}, func(t *trial, _ *site) want {
			p := t.world.trust.places["prod"]
			if !t.loosened || p.Guarded || p.NoOverride {
				return none
			}
			t.trusts(t.world.trust.place("prod", func(p *placeSpec) { p.Guarded = true }))
			return blocks
		}),
		m("another place asks for more", []phase{commitExit, stagingExit, prodExit}, func(t *trial, s *site) want {
			other, _ := one(t, filter(places, func(p string) bool { return p != s.place }))
			t.note("%s", other)
			t.trusts(t.world.trust.place(other, func(p *placeSpec) {
				p.Suites, p.Account = append(slices.Clone(p.Suites), "load"), "444444444444"
				p.roles["test"] = []string{spare}
			}))
			return same
		}),
	}
}

// lowered makes one limit of a place lower than the stage's.
func lowered(t *trial, s *site, p *placeSpec) bool {
	l := s.stage.Limits
	l.Attempts = max(l.Attempts, 1)
	var ways []func()
	if l.Skips > 0 {
		ways = append(ways, func() { l.Skips-- })
	}
	if l.Flakes > 0 {
		ways = append(ways, func() { l.Flakes-- })
	}
	if l.Quarantine > 0 {
		ways = append(ways, func() { l.Quarantine-- })
	}
	if l.Attempts > 1 {
		ways = append(ways, func() { l.Attempts-- })
	}
	ways = append(ways, func() {
		if l.Age == 0 {
			l.Age = 1 << 50
		} else {
			l.Age -= 1e9
		}
	})
	ways[t.IntN(len(ways))]()
	p.Limits = &l
	return true
}
