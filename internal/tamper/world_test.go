package tamper

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// now is when everything is decided.
var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const (
	service = "orders"
	gate    = "https://example.org/gate"
	version = "v0.9.0"
	skew    = 2 * time.Minute // how far a clock may be ahead
)

// A phase is a question that is asked of a world.
type phase int

// The phases: whether each stage was passed, and whether the last may be entered.
const (
	commitExit phase = iota
	stagingExit
	prodExit
	prodEntry
	phases
)

func (p phase) String() string {
	return [...]string{"exit of commit", "exit of staging", "exit of prod", "entry of prod"}[p]
}

// A world is a service on its way to production: what was planned, what ran,
// and the store that holds it.
type world struct {
	ring     ring
	trust    trustSpec
	policy   harness.Digest
	sites    [3]*site // by phase
	before   []*site  // staging and prod for the subject that was allowed last; or none
	loosened bool     // prod asks for less than it did then
	base     *memory  // as the ledger wrote it
	things   []thing  // what is in base of sites and before
	seals    map[string][]byte
}

// A site is one place and all runs of one subject there. The last run is the
// one that is decided.
type site struct {
	place     string
	subject   harness.Subject
	artifact  harness.Artifact
	stage     harness.Stage
	target    harness.Target
	logic     harness.Logic
	shards    int
	suites    []suite
	runs      []*run
	approvals []approval
}

// A suite is what one suite runs at one moment. Another tool's has rows that
// nobody planned.
type suite struct {
	at     harness.Placed
	def    harness.Suite
	shards int
	plan   []harness.Planned
	tool   []string // ids of another tool's rows
}

func (s suite) planned() bool { return s.def.Run != nil }

// A run is what one run leaves in the store.
type run struct {
	number   int
	how      string // passed, failed, given up, broken or held
	begun    time.Time
	nonce    string
	rec      harness.RunRecord // all of it but what follows from the rest
	suites   []suite
	dep      *harness.Deployment
	pieces   []*piece
	closings []closing
}

// A piece is the evidence of one shard of one suite.
type piece struct {
	at    harness.Placed
	shard int
	e     harness.Evidence // what does not follow from the rest
	rows  []harness.Row
}

type closing struct {
	c      harness.Closing
	pieces []*piece // that there were
}

type approval struct {
	harness.Approval
	by string // whose key
}

// clone is a copy of s in which everything can be changed. Tags are shared.
func (s *site) clone() *site {
	c := *s
	c.approvals = slices.Clone(s.approvals)
	c.runs = nil
	for _, r := range s.runs {
		c.runs = append(c.runs, r.clone())
	}
	return &c
}

func (r *run) clone() *run {
	c := *r
	c.rec.Stage.Steps = slices.Clone(r.rec.Stage.Steps)
	c.suites = slices.Clone(r.suites)
	for i, s := range c.suites {
		c.suites[i].plan = slices.Clone(s.plan)
	}
	if r.dep != nil {
		d := *r.dep
		d.Steps = slices.Clone(d.Steps)
		c.dep = &d
	}
	same := map[*piece]*piece{}
	c.pieces = nil
	for _, p := range r.pieces {
		q := *p
		q.rows = slices.Clone(p.rows)
		same[p] = &q
		c.pieces = append(c.pieces, &q)
	}
	c.closings = slices.Clone(r.closings)
	for i, x := range c.closings {
		c.closings[i].pieces = nil
		for _, p := range x.pieces {
			c.closings[i].pieces = append(c.closings[i].pieces, same[p])
		}
	}
	return &c
}

// decided is the run that an exit decides, and that a later entry looks at.
func (s *site) decided() *run { return s.runs[len(s.runs)-1] }

// deployed reports whether s is a place to which something is deployed.
func (s *site) deployed() bool { return s.place != "commit" }

// subjectKey is the subject's name in the store.
func subjectKey(s harness.Subject) string {
	if s.Artifact != "" {
		return strings.Replace(string(s.Artifact), ":", "-", 1)
	}
	return "commit-" + s.Source.Commit
}

// base is what all keys of run number n begin with.
func (s *site) base(n int) string {
	return fmt.Sprintf("runs/%s/%s/%04d/", s.place, subjectKey(s.subject), n)
}

// id is the name of run number n.
func (s *site) id(n int) string {
	_, hex, _ := strings.Cut(subjectKey(s.subject), "-")
	return fmt.Sprintf("%s/%s/%d", s.place, hex[:12], n)
}

// closingKey is where closing i of a run stands, from 0.
func (s *site) closingKey(r *run, i int) string {
	return fmt.Sprintf("%sclosings/%d", s.base(r.number), i+1)
}

func (p *piece) key() string { return fmt.Sprintf("evidence/%s/%s/%d", p.at.When, p.at.Suite, p.shard) }

// suite is the plan for what stands at p.
func (r *run) suite(p harness.Placed) (suite, bool) {
	i := slices.IndexFunc(r.suites, func(s suite) bool { return s.at == p })
	if i < 0 {
		return suite{}, false
	}
	return r.suites[i], true
}

// modeOf is how something of kind k has to run at s.
func (s *site) modeOf(k harness.Kind) harness.Mode {
	switch {
	case !s.deployed() && k == harness.Interaction:
		return harness.Mock
	case !s.deployed():
		return harness.InProcess
	case k == harness.Interaction && s.target.Live:
		return harness.Safe
	case k == harness.Interaction:
		return harness.Live
	default:
		return harness.Deployed
	}
}

// bad reports whether an outcome is of something that was tried and is wrong.
func bad(o harness.Outcome) bool { return slices.Contains(failures, o) }

// failures are all outcomes that block, but for skips, which have a limit.
var failures = []harness.Outcome{harness.Failed, harness.Undefined, harness.Pending, harness.Ambiguous, harness.Empty, harness.HookFailed,
	harness.RequestMismatch, harness.ResponseMismatch, harness.NotCalled, harness.TestFailed, harness.NotSafe, "", "good"}

// open are the outcomes that leave a question.
var unanswered = []harness.Outcome{harness.NotRun, harness.Unreachable, harness.Timeout, harness.NoFixture}

func tagged(tags []string, tag string) bool { return slices.Contains(tags, tag) }
