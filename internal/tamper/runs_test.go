package tamper

import (
	"fmt"
	"slices"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// An exception is what goes otherwise than it should in the decided run of a
// site, and is allowed to.
type exception struct {
	at  harness.Placed
	id  string
	how string // retried, skipped, quarantined, unanswered or failed
}

// runs fills a site with runs: the last one passes, those before it did
// whatever runs do.
func (m *maker) runs(s *site) {
	n := 1 + m.IntN(3)
	except := m.exceptions(s)
	for k := 1; k <= n; k++ {
		r := &run{number: k, how: "passed", begun: s.begins().Add(time.Duration(k) * 20 * time.Minute), nonce: m.hex(32), suites: slices.Clone(s.suites)}
		if k < n {
			r.how = m.fate(s)
			m.run(s, r, nil)
		} else {
			m.run(s, r, except)
		}
		s.runs = append(s.runs, r)
	}
}

// fate is what became of a run that was not the last.
func (m *maker) fate(s *site) string {
	all := []string{"passed", "failed", "failed", "given up", "broken"}
	if s.suites[0].at.When == harness.Before {
		all = append(all, "held")
	}
	return all[m.IntN(len(all))]
}

// exceptions are what goes wrong in the decided run of s.
func (m *maker) exceptions(s *site) (all []exception) {
	used := map[string]bool{}
	pick := func(how string, percent int, ok func(suite, harness.Planned) bool) {
		if !m.chance(percent) {
			return
		}
		x := s.suites[m.IntN(len(s.suites))]
		some := filter(x.plan, func(p harness.Planned) bool { return !used[p.ID] && ok(x, p) })
		if len(some) > 0 {
			p := some[m.IntN(len(some))]
			used[p.ID] = true
			all = append(all, exception{x.at, p.ID, how})
		}
	}
	free := func(_ suite, p harness.Planned) bool { return m.free(s, p) }
	twice := func(x suite, p harness.Planned) bool {
		_, ok := s.runsAfter(p.ID)
		return x.at.When == harness.Before && ok
	}
	pick("unanswered", 60, twice)
	pick("retried", 40, func(_ suite, p harness.Planned) bool { return !s.target.Live || !tagged(p.Tags, "@smoke") })
	pick("skipped", 40, func(x suite, p harness.Planned) bool { return m.free(s, p) && s.others(x, p) > 0 })
	pick("quarantined", 30, free)
	pick("failed", 15, free)
	for _, e := range all {
		if e.how == "quarantined" {
			s.stage.Quarantine = append(s.stage.Quarantine, harness.Quarantined{ID: e.id, Owner: "alice", Issue: "ORD-1", Until: now.Add(48 * time.Hour)})
		}
	}
	return all
}

// free reports whether p need not pass on s.
func (m *maker) free(s *site, p harness.Planned) bool {
	if s.target.Live && tagged(p.Tags, "@smoke") {
		return false
	}
	return s.place != "staging" || !m.firm[p.ID] || p.Kind == harness.Test
}

// runsAfter reports whether id is planned after the deploy, and where.
func (s *site) runsAfter(id string) (harness.Placed, bool) {
	for _, x := range s.suites {
		if x.at.When == harness.After && slices.ContainsFunc(x.plan, func(p harness.Planned) bool { return p.ID == id }) {
			return x.at, true
		}
	}
	return harness.Placed{}, false
}

// proves reports whether a result of p is one that a suite is run for: a plain
// Go test touches no target.
func (s *site) proves(p harness.Planned) bool { return !s.deployed() || p.Kind != harness.Test }

// others are how many results x is run for besides that of p.
func (s *site) others(x suite, p harness.Planned) int {
	return len(filter(x.plan, func(o harness.Planned) bool { return o.ID != p.ID && s.proves(o) }))
}

// run makes up what a run leaves.
func (m *maker) run(s *site, r *run, except []exception) {
	at := r.begun.Add(30 * time.Second)
	for _, x := range r.suites {
		if x.at.When == harness.Before {
			r.pieces = append(r.pieces, m.piece(s, x, 1, at))
		}
	}
	m.deploy(s, r)
	if r.how == "held" {
		p := r.pieces[0]
		p.fail(0, harness.ResponseMismatch)
	}
	at = r.begun.Add(3 * time.Minute)
	for _, x := range r.suites {
		for n := 1; x.at.When == harness.After && n <= x.shards && r.how != "held" && r.how != "broken"; n++ {
			r.pieces = append(r.pieces, m.piece(s, x, n, at))
		}
	}
	m.fall(s, r)
	for _, e := range except {
		r.except(e)
	}
	m.closings(s, r)
}

// piece is the evidence of a shard in which all is well.
func (m *maker) piece(s *site, x suite, n int, at time.Time) *piece {
	p := &piece{at: x.at, shard: n, e: harness.Evidence{Source: harness.GoTest, Started: at, Finished: at.Add(time.Duration(20+m.IntN(40)) * time.Second)}}
	for _, item := range x.plan {
		if item.Shard != n {
			continue
		}
		row := harness.Row{ID: item.ID, Name: item.Name, Kind: item.Kind, Mode: s.modeOf(item.Kind), Outcome: harness.Passed, Attempt: 1, Where: item.Where,
			Tags: item.Tags, Hash: item.Hash, Started: at, Took: harness.Duration(time.Duration(m.IntN(2000)) * time.Millisecond)}
		if item.Kind == harness.Scenario {
			row.Steps = 3
			if s.deployed() && !tagged(item.Tags, "@offline") {
				row.Calls = 1 + m.IntN(3)
			}
		}
		p.rows = append(p.rows, row)
	}
	if x.def.Cmd != "" {
		p.e.Source = harness.Command
	} else if x.def.Record {
		p.e.Source = harness.Recorded
	}
	for _, id := range x.tool {
		p.rows = append(p.rows, harness.Row{ID: id, Kind: harness.Test, Mode: s.modeOf(harness.Test), Outcome: harness.Passed, Attempt: 1, Took: harness.Duration(time.Second)})
	}
	return p
}

// fail makes row i one that did not pass, and the runner say so.
func (p *piece) fail(i int, o harness.Outcome) {
	p.rows[i].Outcome, p.rows[i].Reason, p.e.Exit = o, "because of "+string(o), 1
}

// fall lets an earlier run fail, or lose what it saw.
func (m *maker) fall(s *site, r *run) {
	var some []*piece
	for _, p := range r.pieces {
		if p.at.When == harness.After && len(p.rows) > 0 {
			some = append(some, p)
		}
	}
	switch r.how {
	case "failed":
		p := some[m.IntN(len(some))]
		i := m.IntN(len(p.rows))
		if !s.target.Live || !tagged(p.rows[i].Tags, "@smoke") { // it would be flaky, and nothing could allow that
			p.fail(i, []harness.Outcome{harness.Failed, harness.HookFailed, harness.Undefined}[m.IntN(3)])
		}
	case "given up":
		p := some[m.IntN(len(some))]
		r.pieces = slices.DeleteFunc(r.pieces, func(o *piece) bool { return o == p })
	}
}

// except lets the decided run do what is excepted.
func (r *run) except(e exception) {
	for _, p := range r.pieces {
		i := slices.IndexFunc(p.rows, func(row harness.Row) bool { return row.ID == e.id })
		if p.at != e.at || i < 0 {
			continue
		}
		switch e.how {
		case "retried":
			first := p.rows[i]
			first.Outcome, first.Reason = harness.Failed, "not yet"
			p.rows[i].Attempt = 2
			p.rows = append(p.rows, first)
		case "skipped":
			p.rows[i].Outcome, p.rows[i].Reason, p.rows[i].Calls = harness.Skipped, "not on this target", 0
		case "quarantined", "failed":
			p.fail(i, harness.Failed)
		case "unanswered":
			p.fail(i, harness.Unreachable)
		}
	}
}

// deploy makes up what happened before the suites.
func (m *maker) deploy(s *site, r *run) {
	d := &harness.Deployment{Artifact: &s.artifact, At: r.begun.Add(2 * time.Minute)}
	step := func(name string) {
		d.Steps = append(d.Steps, harness.StepTime{Name: name, Started: r.begun, Took: harness.Duration(time.Duration(5+m.IntN(30)) * time.Second)})
	}
	for _, x := range s.stage.Steps {
		step(x.Name)
	}
	if s.stage.Deploy {
		step("deploy")
		d.Served = harness.Reading{Commit: s.subject.Source.Commit, At: d.At}
	}
	switch {
	case r.how == "held":
		d.Steps, d.Held, d.Served.Commit = nil, "contracts before the deploy: i0: response-mismatch", m.hex(40)
	case r.how == "broken":
		last := &d.Steps[len(d.Steps)-1]
		last.Exit, last.Error, d.Served.Commit = 2, "make: *** Error 2", m.hex(40)
		if !s.deployed() {
			d.Artifact = nil
		}
	}
	if !s.deployed() {
		d.Served = harness.Reading{}
	}
	r.dep = d
}

// closings makes up how a run ended: at once, or again after a shard that came late.
func (m *maker) closings(s *site, r *run) {
	c := harness.Closing{At: r.begun.Add(10 * time.Minute), Source: s.subject.Source, Served: r.dep.Served}
	if s.deployed() {
		c.Served.At = c.At
	}
	if r.dep.Artifact != nil {
		c.Artifact = s.artifact.Digest
	}
	if s.stage.Alarms != nil {
		c.Watch = &harness.Watch{From: c.At.Add(-time.Minute), Until: c.At, Alarms: []harness.Alarm{{Name: "5xx", State: "OK", At: c.At}, {Name: "slow", State: "OK", At: c.At}}}
	}
	if len(s.stage.Checks) > 0 {
		c.Checks = []harness.Checked{{Name: "errors", Tries: 1 + m.IntN(3), At: c.At}}
	}
	if n := len(r.pieces); n > 1 && r.pieces[n-1].at.When == harness.After && m.chance(20) {
		r.closings = append(r.closings, closing{c, slices.Clone(r.pieces[:n-1])})
		c.At = c.At.Add(5 * time.Minute)
	}
	r.closings = append(r.closings, closing{c, slices.Clone(r.pieces)})
}

// shapeOf names what is special of a run, to count it.
func (r *run) shapeOf() (all []string) {
	all = append(all, "run that "+r.how)
	if len(r.closings) > 1 {
		all = append(all, "shard that came late")
	}
	if slices.ContainsFunc(r.suites, func(x suite) bool { return x.shards > 1 }) {
		all = append(all, "run in shards")
	}
	for _, p := range r.pieces {
		for _, row := range p.rows {
			if row.Outcome != harness.Passed || row.Attempt > 1 {
				all = append(all, fmt.Sprintf("%s row of attempt %d", row.Outcome, row.Attempt))
			}
		}
		if p.e.Source != harness.GoTest {
			all = append(all, "evidence of "+string(p.e.Source))
		}
	}
	return all
}
