package tamper

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// A maker makes a world by chance.
type maker struct {
	*rand.Rand
	w            *world
	scenarios    []harness.Planned
	helpers      []harness.Planned // plain tests beside the scenarios
	interactions []harness.Planned
	units        []harness.Planned
	firm         map[string]bool // ids that have to pass on staging: prod runs them
}

// chance is true in so many of 100 cases.
func (m *maker) chance(percent int) bool { return m.IntN(100) < percent }

func (m *maker) hex(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte("0123456789abcdef"[m.IntN(16)])
	}
	return b.String()
}

// newWorld makes a world that is allowed in every phase. It is not written yet.
func newWorld(m *maker, r ring) *world {
	w := &world{ring: r, trust: newTrust(), policy: harness.DigestOf([]byte(m.hex(9))), seals: map[string][]byte{}}
	m.w = w
	m.catalogue()
	subject, artifact := m.subject()
	w.sites = [3]*site{
		m.site("commit", harness.Subject{Source: subject.Source}, artifact),
		m.site("staging", subject, artifact),
		m.site("prod", subject, artifact),
	}
	m.shape()
	for _, s := range w.sites {
		m.runs(s)
		m.limits(s)
	}
	m.past()
	m.entry()
	for _, s := range w.sites {
		m.floor(s)
	}
	m.settle()
	return w
}

// catalogue makes up the tests that the service has.
func (m *maker) catalogue() {
	item := func(kind harness.Kind, id string, tags ...string) harness.Planned {
		return harness.Planned{ID: id, Name: id[strings.LastIndex(id, "/")+1:], Kind: kind, Where: fmt.Sprintf("a.feature:%d", m.IntN(99)+1), Tags: tags, Hash: m.hex(16)}
	}
	for i := range 2 + m.IntN(4) {
		tags := []string{"@all"}
		if i == 0 || m.chance(40) {
			tags = append(tags, "@smoke")
		}
		if m.chance(20) {
			tags = append(tags, "@offline")
		}
		m.scenarios = append(m.scenarios, item(harness.Scenario, fmt.Sprintf("app/features.TestFeatures/s%d", i), tags...))
	}
	for i := range m.IntN(3) {
		m.helpers = append(m.helpers, item(harness.Test, fmt.Sprintf("app/features.TestHelper%d", i)))
	}
	for i := range 2 + m.IntN(3) {
		p := item(harness.Interaction, fmt.Sprintf("app/contracts.TestPayments/i%d", i))
		p.Safe = i == 0 || m.chance(60)
		m.interactions = append(m.interactions, p)
	}
	for i := range 1 + m.IntN(4) {
		m.units = append(m.units, item(harness.Test, fmt.Sprintf("app/orders.Test%d", i)))
	}
}

// subject is a commit and the artifact that was made of it.
func (m *maker) subject() (harness.Subject, harness.Artifact) {
	var files []harness.File
	for i := range 1 + m.IntN(3) {
		files = append(files, harness.File{Name: fmt.Sprintf("dist/f%d", i), Digest: harness.DigestOf([]byte(m.hex(8))), Size: int64(m.IntN(1e6)), Exec: m.chance(50)})
	}
	a := harness.NewArtifact(files)
	return harness.Subject{Source: harness.Source{Commit: m.hex(40), Tree: m.hex(40)}, Artifact: a.Digest}, a
}

// site is a place with its stage, before it is known what runs there.
func (m *maker) site(place string, subject harness.Subject, a harness.Artifact) *site {
	s := &site{place: place, subject: subject, artifact: a, shards: 1 + m.IntN(3)}
	switch place {
	case "commit":
		s.stage = harness.Stage{Name: "commit", Steps: []harness.Step{{Name: "vet", Run: "go vet ./..."}, {Name: "dist", Run: "make dist"}}[m.IntN(2):]}
		s.target = harness.Target{Mode: harness.InProcess}
		return s
	case "staging":
		s.stage = harness.Stage{Name: "acceptance", Needs: []string{"commit"}}
		s.target = harness.Target{Account: "222222222222"}
	case "prod":
		s.stage = harness.Stage{Name: "production", Needs: []string{"acceptance"}}
		s.target = harness.Target{Account: "333333333333", Live: true}
	}
	s.stage.Target, s.stage.Deploy = place, true
	if m.chance(50) {
		s.stage.Alarms = &harness.Alarms{Tagged: "service=orders", For: harness.Duration(time.Minute)}
	}
	if m.chance(30) {
		s.stage.Checks = []harness.Check{{Name: "errors", Run: "make errors", Within: harness.Duration(time.Minute)}}
	}
	s.target.Name, s.target.Mode, s.target.Region, s.target.URL = place, harness.Deployed, "eu-west-1", "https://"+place+".orders.example"
	s.logic = harness.Logic{Command: "make deploy", Inputs: harness.DigestOf([]byte("infra")), Config: harness.DigestOf([]byte(place))}
	return s
}

// shape says which suites each stage runs.
func (m *maker) shape() {
	commit, staging, prod := m.w.sites[commitExit], m.w.sites[stagingExit], m.w.sites[prodExit]
	m.add(commit, harness.After, "unit")
	if m.chance(40) {
		m.add(commit, harness.After, "features")
	}
	if m.chance(40) {
		m.add(commit, harness.After, "contracts")
	}
	before := m.chance(35)
	if before {
		m.add(staging, harness.Before, "contracts")
	}
	m.add(staging, harness.After, "features")
	if !before || m.chance(60) {
		m.add(staging, harness.After, "contracts")
	}
	e2e := m.chance(30)
	if e2e {
		m.add(staging, harness.After, "e2e")
	}
	if m.chance(20) {
		m.add(staging, harness.After, "manual")
	}
	if m.chance(50) {
		m.add(prod, harness.Before, "contracts")
	}
	m.add(prod, harness.After, "smoke")
	if m.chance(50) {
		m.add(prod, harness.After, "contracts")
	}
	if e2e && m.chance(50) {
		m.add(prod, harness.After, "e2e")
	}
	m.firm = map[string]bool{}
	for _, s := range prod.suites {
		for _, p := range s.plan {
			m.firm[p.ID] = true
		}
	}
}

// add makes a suite part of a stage.
func (m *maker) add(s *site, when harness.Moment, name string) {
	x := suite{at: harness.Placed{When: when, Suite: name}, def: harness.Suite{Name: name}, shards: 1}
	switch name {
	case "unit":
		x.def.Run, x.def.Except, x.plan = []string{"./..."}, []string{"./features"}, m.units
	case "features":
		x.def.Run, x.plan = []string{"./features"}, slices.Concat(m.scenarios, m.helpers)
	case "smoke":
		x.def.Run, x.def.Tags, x.plan = []string{"./features"}, "@smoke", slices.Concat(filter(m.scenarios, func(p harness.Planned) bool { return tagged(p.Tags, "@smoke") }), m.helpers)
	case "contracts":
		x.def.Run, x.plan = []string{"./contracts"}, m.interactions
		if s.target.Live {
			x.plan = filter(m.interactions, func(p harness.Planned) bool { return p.Safe })
		}
	case "e2e":
		x.def.Cmd, x.def.Results = "npx playwright test", "out.xml"
	case "manual":
		x.def.Record = true
	}
	x.plan = slices.Clone(x.plan)
	if when == harness.After && x.planned() {
		x.shards = s.shards
	}
	for i := range x.plan {
		x.plan[i].Shard = i%x.shards + 1
	}
	if !x.planned() {
		for i := range 1 + m.IntN(3) {
			x.tool = append(x.tool, fmt.Sprintf("%s › t%d", name, i))
		}
	}
	s.suites = append(s.suites, x)
	if when == harness.Before {
		s.stage.Before = append(s.stage.Before, name)
	} else {
		s.stage.After = append(s.stage.After, name)
	}
}

func filter[T any](all []T, keep func(T) bool) (some []T) {
	for _, v := range all {
		if keep(v) {
			some = append(some, v)
		}
	}
	return some
}

// settle gives all runs what is the same for them, now that it is known.
func (m *maker) settle() {
	file, err := m.w.trust.read(m.w.ring)
	if err != nil {
		panic(fmt.Sprintf("%v\n%s", err, m.w.trust.text()))
	}
	for _, s := range slices.Concat(m.w.sites[:], m.w.before) {
		for _, r := range s.runs {
			r.rec = harness.RunRecord{Service: service, Stage: s.stage, Subject: s.subject, Target: s.target, Account: s.target.Account, Nonce: r.nonce,
				Begun: r.begun, Shards: s.shards, Logic: s.logic, Policy: m.w.policy, Trust: file.Digest, Lock: r.number, Gate: version}
		}
	}
}

// begins is when the first run of a place began.
func (s *site) begins() time.Time {
	return now.Add(map[string]time.Duration{"commit": -6 * time.Hour, "staging": -4 * time.Hour, "prod": -2 * time.Hour}[s.place])
}
