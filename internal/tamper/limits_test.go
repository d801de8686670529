package tamper

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// people can approve; each is one person under two keys at most.
var people = []string{"alice", "bob", "carol"}

// limits sets the exceptions of a stage to what its runs need, and sometimes to
// less and has it overridden.
func (m *maker) limits(s *site) {
	d := s.decided()
	l := &s.stage.Limits
	flaky, smoke := s.flaky()
	if smoke {
		panic("smoke is flaky on a live target: " + s.place)
	}
	l.Flakes, l.Skips, l.Quarantine, l.Attempts = flaky+m.slack(), d.count(harness.Skipped)+m.slack(), len(s.stage.Quarantine)+m.slack(), m.IntN(2)
	if tries := d.tries(); tries > 1 || m.chance(20) {
		l.Attempts = tries + m.slack()
	}
	if m.chance(60) {
		l.Age = harness.Duration(24 * time.Hour)
	}
	if m.chance(50) {
		s.stage.Budget = harness.Budget{Warn: harness.Duration(time.Minute), Max: harness.Duration(2 * time.Hour)}
	}
	if s.fails(d) > 0 {
		m.approve(s, "outcomes", m.IntN(2)+1)
	}
	switch m.IntN(8) {
	case 0:
		s.stage.Budget.Max = harness.Duration(time.Second)
		m.approve(s, "time", 1)
	case 1:
		if flaky > 0 {
			l.Flakes = flaky - 1
			m.approve(s, "flakes", m.IntN(2)+1)
		}
	case 2:
		if n := d.count(harness.Skipped); n > 0 {
			l.Skips = n - 1
			m.approve(s, "skips", 1)
		}
	}
	m.unused(s)
}

// slack is now and then more than what is needed.
func (m *maker) slack() int {
	if m.chance(20) {
		return 1
	}
	return 0
}

// count is how many results of r have an outcome in the end.
func (r *run) count(o harness.Outcome) (n int) {
	for _, p := range r.pieces {
		n += len(filter(p.rows, func(row harness.Row) bool { return row.Outcome == o && p.final(row) }))
	}
	return n
}

// final reports whether row is the last attempt of what it is of.
func (p *piece) final(row harness.Row) bool {
	return !slices.ContainsFunc(p.rows, func(o harness.Row) bool { return o.ID == row.ID && o.Attempt > row.Attempt })
}

// tries is the most attempts that anything took.
func (r *run) tries() (n int) {
	for _, p := range r.pieces {
		for _, row := range p.rows {
			n = max(n, row.Attempt)
		}
	}
	return n
}

// fails is how much failed in r in the end, and is not in quarantine.
func (s *site) fails(r *run) (n int) {
	for _, p := range r.pieces {
		for _, row := range p.rows {
			if bad(row.Outcome) && p.final(row) && !s.held(row.ID) {
				n++
			}
		}
	}
	return n
}

// held reports whether id is in quarantine.
func (s *site) held(id string) bool {
	return slices.ContainsFunc(s.stage.Quarantine, func(q harness.Quarantined) bool { return q.ID == id })
}

// flaky is how much of the budget the runs of s spend: ids that failed and
// passed, and earlier runs whose suites could run and did not leave all that
// they saw. smoke says that something of it is smoke on a live target.
func (s *site) flaky() (n int, smoke bool) {
	failed, passed, tags := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range s.runs {
		for _, p := range r.pieces {
			if _, ok := r.suite(p.at); !ok {
				continue
			}
			for _, row := range p.rows {
				failed[row.ID] = failed[row.ID] || bad(row.Outcome) && !s.held(row.ID)
				passed[row.ID] = passed[row.ID] || row.Outcome == harness.Passed
				tags[row.ID] = tags[row.ID] || tagged(row.Tags, "@smoke")
			}
		}
		if r != s.decided() && r.ready() && r.absent() {
			n++
		}
	}
	for id := range failed {
		if failed[id] && passed[id] {
			n++
			smoke = smoke || s.target.Live && tags[id]
		}
	}
	return n, smoke
}

// ready reports whether the suites of r had something to run against.
func (r *run) ready() bool {
	return r.dep != nil && r.dep.Held == "" && !slices.ContainsFunc(r.dep.Steps, func(s harness.StepTime) bool { return s.Exit != 0 })
}

// absent reports whether something that was planned left no evidence.
func (r *run) absent() bool {
	for _, x := range r.suites {
		for n := 1; n <= x.shards; n++ {
			if !slices.ContainsFunc(r.pieces, func(p *piece) bool { return p.at == x.at && p.shard == n }) {
				return true
			}
		}
	}
	return false
}

// approve lets n people approve a rule of s.
func (m *maker) approve(s *site, rule string, n int) {
	for _, i := range m.Perm(len(people))[:n] {
		s.approvals = append(s.approvals, m.approval(s, rule, people[i]))
	}
}

func (m *maker) approval(s *site, rule, by string) approval {
	return approval{harness.Approval{Format: harness.ApprovalFormat, Service: service, Stage: s.stage.Name, Place: s.place, Subject: s.subject, Rule: rule,
		Reason: "ticket " + m.hex(4), At: now.Add(-time.Hour), Until: now.Add(24 * time.Hour)}, by}
}

// unused adds approvals that nothing needs: of another rule, or that ended.
func (m *maker) unused(s *site) {
	if m.chance(25) {
		a := m.approval(s, "outcomes", people[m.IntN(3)])
		a.At, a.Until = now.Add(-3*time.Hour), now.Add(-2*time.Hour)
		s.approvals = append(s.approvals, a)
	}
	if m.chance(25) {
		a := m.approval(s, "skips", people[m.IntN(3)])
		a.Stage = "another"
		s.approvals = append(s.approvals, a)
	}
	if m.chance(10) {
		s.approvals = append(s.approvals, m.approval(s, "calls", "carol"))
	}
}

// counts reports whether a says something about a rule of s, now.
func (s *site) counts(a approval, rule string) bool {
	return a.Rule == rule && a.Service == service && a.Stage == s.stage.Name && a.Place == s.place && a.Subject == s.subject && a.Format == harness.ApprovalFormat &&
		strings.TrimSpace(a.Reason) != "" && !a.At.After(now.Add(skew)) && now.Before(a.Until) && a.Until.After(a.At) && a.Until.Sub(a.At) <= 30*24*time.Hour &&
		slices.Contains(append(people, "alice-2"), a.by)
}

// covered reports whether somebody has approved a rule of s.
func (s *site) covered(rules ...string) bool {
	return slices.ContainsFunc(rules, func(rule string) bool {
		return slices.ContainsFunc(s.approvals, func(a approval) bool { return s.counts(a, rule) })
	})
}

// persons are how many people have approved a rule of s, without approval not.
func (s *site) persons(rule string, not int) int {
	all := map[string]bool{}
	for i, a := range s.approvals {
		if i != not && s.counts(a, rule) {
			all[strings.TrimSuffix(a.by, "-2")] = true
		}
	}
	return len(all)
}

// past makes up what was allowed before, of another commit.
func (m *maker) past() {
	if !m.chance(40) {
		return
	}
	subject, artifact := m.subject()
	for _, phase := range []phase{stagingExit, prodExit} {
		s := *m.w.sites[phase]
		s.subject, s.artifact, s.runs, s.approvals = subject, artifact, nil, nil
		s.suites = slices.Clone(s.suites)
		r := &run{number: 1, how: "passed", begun: s.begins().Add(-48 * time.Hour), nonce: m.hex(32), suites: s.suites}
		if phase == prodExit && m.chance(60) {
			m.w.loosened = true
			x := &r.suites[slices.IndexFunc(r.suites, func(x suite) bool { return x.at.Suite == "smoke" })]
			x.plan = append(slices.Clone(x.plan), harness.Planned{ID: "app/features.TestFeatures/old", Name: "old", Kind: harness.Scenario, Tags: []string{"@smoke"}, Hash: m.hex(16), Shard: 1})
		}
		m.run(&s, r, nil)
		s.runs = []*run{r}
		m.w.before = append(m.w.before, &s)
	}
}

// entry decides what else the last stage asks for.
func (m *maker) entry() {
	prod := m.w.sites[prodExit]
	want := m.IntN(3)
	if m.chance(50) {
		prod.stage.Approvals = want
	}
	m.w.trust = m.w.trust.place("prod", func(p *placeSpec) {
		if prod.stage.Approvals < want || m.chance(20) {
			p.Approvals = want
		}
		p.Guarded = m.chance(50)
	})
	m.approve(prod, harness.Manual, min(want, 2))
	if want > 0 && m.chance(20) {
		prod.approvals = append(prod.approvals, m.approval(prod, harness.Manual, "alice-2"))
	}
	if m.w.loosened && m.w.trust.places["prod"].Guarded {
		m.approve(prod, "loosened", 1)
	}
	if m.chance(15) {
		prod.logic.Command = "make deploy-prod"
		m.approve(prod, "logic", 1)
	}
	m.Shuffle(len(prod.approvals), func(i, k int) { prod.approvals[i], prod.approvals[k] = prod.approvals[k], prod.approvals[i] })
}

// floor lets the trust file ask for as much as the stage does, or for nothing.
func (m *maker) floor(s *site) {
	m.w.trust = m.w.trust.place(s.place, func(p *placeSpec) {
		if m.chance(60) {
			p.Account = s.target.Account
		}
		p.Live = s.target.Live && m.chance(60)
		if m.chance(50) {
			p.Needs = map[string][]string{"staging": {"commit"}, "prod": {"staging", "commit"}}[s.place]
		}
		for _, x := range s.suites {
			if m.chance(40) && !slices.Contains(p.Suites, x.at.Suite) {
				p.Suites = append(p.Suites, x.at.Suite)
			}
		}
		if m.chance(50) {
			l := s.stage.Limits
			p.Limits = &l
		}
		p.NoOverride = !p.Guarded && m.chance(20) && !slices.ContainsFunc(s.approvals, func(a approval) bool { return a.Rule != harness.Manual && s.counts(a, a.Rule) })
	})
}

// wanted is how many people have to approve an entry of prod.
func (w *world) wanted() int {
	return max(w.sites[prodExit].stage.Approvals, w.trust.places["prod"].Approvals)
}

// shapes names what is special of a world, to count it.
func (w *world) shapes() (all []string) {
	for _, s := range w.sites {
		all = append(all, fmt.Sprintf("%d runs on %s", len(s.runs), s.place))
		for _, r := range s.runs {
			all = append(all, r.shapeOf()...)
		}
		for _, a := range s.approvals {
			if s.counts(a, a.Rule) {
				all = append(all, "approval of "+a.Rule)
			}
		}
	}
	if len(w.before) > 0 {
		all = append(all, "something allowed before")
	}
	return append(all, fmt.Sprintf("manual gate of %d", w.wanted()))
}
