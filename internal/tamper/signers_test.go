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
