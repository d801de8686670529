package tamper

import (
	"slices"
	"time"
)

// What the verifier could have held against it all: another trust file.

// trustMutations take something away from the trust file, or let it ask for more.
func trustMutations() []mutation {
	return slices.Concat(signerMutations(), floorMutations(), []mutation{
		onTrust("one more has to approve", []phase{prodEntry}, func(t *trial, _ *site) want {
			have := t.sites[prodExit].persons("approval", -1)
			if have >= len(people) {
				return none
			}
			t.trusts(t.world.trust.place("prod", func(p *placeSpec) { p.Approvals = have + 1 }))
			return never
		}),
		onTrust("what is loosened has to be approved", []phase{prodEntry}, func(t *trial, _ *site) want {
			p := t.world.trust.places["prod"]
			if !t.loosened || p.Guarded || p.NoOverride {
				return none
			}
			t.trusts(t.world.trust.place("prod", func(p *placeSpec) { p.Guarded = true }))
			return blocks
		}),
		onTrust("another place asks for more", exits, func(t *trial, s *site) want {
			other, _ := one(t, filter(places, func(p string) bool { return p != s.place }))
			t.note("%s", other)
			t.trusts(t.world.trust.place(other, func(p *placeSpec) {
				p.Suites, p.Account = append(slices.Clone(p.Suites), "load"), "444444444444"
				p.roles["test"] = []string{spare}
			}))
			return same
		}),
	})
}

// onTrust is a mutation of the trust file for the place that is decided.
func onTrust(name string, phases []phase, try func(*trial, *site) want) mutation {
	return mutation{name: "trust: " + name, kind: meaningChanged, phases: phases, try: func(t *trial) want {
		s := t.sites[t.place()]
		t.note("%s", s.place)
		return try(t, s)
	}}
}

// onFloor is a mutation of what the trust file says of that place.
func onFloor(name string, w want, edit func(*trial, *site, *placeSpec) bool) mutation {
	return onTrust(name, nil, func(t *trial, s *site) want {
		ok := false
		spec := t.world.trust.place(s.place, func(p *placeSpec) { ok = edit(t, s, p) })
		if !ok {
			return none
		}
		t.trusts(spec)
		return w
	})
}

// signerMutations let somebody sign no more who did.
func signerMutations() []mutation {
	signer := func(name string, edit func(*trial, *signerSpec)) mutation {
		return onTrust(name, nil, func(t *trial, s *site) want {
			who := s.place + "-" + string(roles[t.IntN(3)])
			t.note("%s", who)
			t.trusts(t.world.trust.signer(who, func(s *signerSpec) { edit(t, s) }))
			return never
		})
	}
	return []mutation{
		signer("a signer is revoked", func(_ *trial, s *signerSpec) { s.revoked = true }),
		signer("a signer has another key", func(_ *trial, s *signerSpec) { s.key = stranger }),
		signer("a signer ended before all", func(_ *trial, s *signerSpec) { s.until = now.Add(-100 * time.Hour) }),
		onFloor("a role is somebody else's", never, func(t *trial, _ *site, p *placeSpec) bool {
			p.roles[roles[t.IntN(3)]] = []string{spare}
			return true
		}),
		onFloor("roles are exchanged", never, func(_ *trial, _ *site, p *placeSpec) bool {
			p.roles["begin"], p.roles["test"], p.roles["decide"] = p.roles["test"], p.roles["decide"], p.roles["begin"]
			return true
		}),
	}
}

// needsProd asks for what no stage needs: that something has passed on prod.
func needsProd(_ *trial, _ *site, p *placeSpec) bool {
	p.Needs = append(slices.Clone(p.Needs), "prod")
	return true
}

// floorMutations let the trust file ask for more than the stage does.
func floorMutations() []mutation {
	return []mutation{
		onFloor("another account", blocks, func(_ *trial, s *site, p *placeSpec) bool {
			p.Account = "444444444444"
			return true
		}),
		among([]phase{commitExit, stagingExit, prodEntry}, onFloor("it has to be live", blocks, func(_ *trial, s *site, p *placeSpec) bool {
			p.Live = true
			return !s.target.Live
		})),
		among([]phase{prodEntry}, onFloor("another need", blocks, needsProd)),
		among(exits, onFloor("another need, which is the entry's", same, needsProd)),
		onFloor("another suite", blocks, func(_ *trial, _ *site, p *placeSpec) bool {
			p.Suites = append(slices.Clone(p.Suites), "load")
			return true
		}),
		onFloor("a limit is lower", blocks, lowered),
		onFloor("overrides do not count", never, func(t *trial, s *site, p *placeSpec) bool {
			p.NoOverride = !p.Guarded
			return p.NoOverride && len(t.broken(s, t.phase)) > 0
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
