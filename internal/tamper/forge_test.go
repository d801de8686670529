package tamper

import (
	"bytes"
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
)

// A thing is one object in the store, and what it says.
type thing struct {
	key  string
	kind string // record, deployment, evidence, closing, approval; plan, rows or manifest are blobs
	s    *site
	r    *run
	p    *piece // of evidence and rows
	n    int    // of a closing or an approval, from 0
}

func (t thing) blob() bool { return strings.HasPrefix(t.key, "blobs/") }

// A hand interferes with what is being signed. Every function may be nil.
type hand struct {
	final func(key string, v any)                      // edits *harness.RunRecord and the like, after all that follows from the rest
	text  func(key string, statement []byte) []byte    // edits what is signed
	lines func(key string, list []byte, n *int) []byte // edits a list of rows or a plan, before it is digested; key is that of what names it
	by    func(key string) string                      // says who signs instead; "" is who should
}

// A forge writes a site as the ledger would, with nothing of the ledger's code,
// and as somebody would who has everybody's key.
type forge struct {
	*world
	s      *site
	hand   hand
	into   *memory
	things []thing
}

// forge writes the runs of s, in the place of what is there.
func (w *world) forge(into *memory, s *site, h hand) []thing {
	f := &forge{world: w, s: s, hand: h, into: into}
	for _, k := range into.keys("runs/" + s.place + "/" + subjectKey(s.subject) + "/") {
		if !strings.Contains(k, "/verdicts/") {
			delete(into.values, k)
		}
	}
	before := ""
	for _, r := range s.runs {
		before = f.run(r, before)
	}
	f.approvals()
	return f.things
}

func (f *forge) run(r *run, before string) (record string) {
	base := f.s.base(r.number)
	record = f.record(r, base+"record", before)
	if r.dep != nil {
		f.deployment(r, base+"deployment")
	}
	digests := map[*piece]harness.Digest{}
	for _, p := range r.pieces {
		digests[p] = harness.Digest(f.evidence(r, p, base+p.key(), record))
	}
	for i, c := range r.closings {
		v := c.c
		v.Run, v.Nonce = f.s.id(r.number), r.nonce
		for _, p := range c.pieces {
			v.Evidence = append(v.Evidence, digests[p])
		}
		slices.Sort(v.Evidence)
		f.put(thing{key: f.s.closingKey(r, i), kind: "closing", s: f.s, r: r, n: i}, "decide", attest.ClosingType, &v)
	}
	return record
}

func (f *forge) record(r *run, key, before string) string {
	v := r.rec
	v.Format, v.ID, v.Number, v.Previous = harness.RunFormat, f.s.id(r.number), r.number, harness.Digest(before)
	v.Suites = nil
	for _, x := range r.suites {
		v.Suites = append(v.Suites, harness.PlannedRun{Placed: x.at, Definition: x.def, Shards: x.shards,
			Listed: list(f, key, thing{kind: "plan", s: f.s, r: r}, slices.SortedStableFunc(slices.Values(x.plan), harness.ComparePlanned))})
	}
	return f.put(thing{key: key, kind: "record", s: f.s, r: r}, "begin", attest.RunType, &v)
}

func (f *forge) deployment(r *run, key string) {
	v := *r.dep
	v.Run, v.Nonce = f.s.id(r.number), r.nonce
	if v.Artifact != nil {
		b, err := json.Marshal(v.Artifact.Files, json.Deterministic(true))
		must(err)
		listed := *v.Artifact
		listed.Manifest = f.blob(b, thing{kind: "manifest", s: f.s, r: r})
		v.Artifact = &listed
	}
	f.put(thing{key: key, kind: "deployment", s: f.s, r: r}, "begin", attest.DeploymentType, &v)
}

func (f *forge) evidence(r *run, p *piece, key, record string) string {
	v := p.e
	v.Placed, v.Shard = p.at, p.shard
	v.Format, v.Run, v.Nonce, v.Subject = harness.EvidenceFormat, f.s.id(r.number), r.nonce, f.s.subject
	v.Target, v.Account, v.Counts = f.s.target.Name, r.rec.Account, harness.Counts{}
	for _, row := range p.rows {
		v.Counts[row.Outcome]++
	}
	v.Listed = list(f, key, thing{kind: "rows", s: f.s, r: r, p: p}, slices.SortedFunc(slices.Values(p.rows), harness.CompareRows))
	t := thing{key: key, kind: "evidence", s: f.s, r: r, p: p}
	if f.hand.final != nil {
		f.hand.final(key, &v)
	}
	statement, err := attest.EvidenceStatement(v.Subject.Names(service), v, harness.Digest(record))
	must(err)
	return f.sign(t, "test", statement)
}

// put signs v in a role and writes it.
func (f *forge) put(t thing, role, predicate string, v any) string {
	if f.hand.final != nil {
		f.hand.final(t.key, v)
	}
	subject := f.s.subject
	if rec, ok := v.(*harness.RunRecord); ok {
		subject = rec.Subject
	}
	if a, ok := v.(*harness.Approval); ok {
		subject = a.Subject
	}
	statement, err := attest.Statement(subject.Names(service), predicate, v)
	must(err)
	return f.sign(t, role, statement)
}

func (f *forge) sign(t thing, role string, statement []byte) string {
	by := f.s.place + "-" + role
	if t.kind == "approval" {
		by = role
	}
	if f.hand.by != nil {
		by = cmp.Or(f.hand.by(t.key), by)
	}
	if f.hand.text != nil {
		statement = f.hand.text(t.key, statement)
	}
	memo := by + "\n" + string(statement)
	b, ok := f.seals[memo]
	if !ok {
		b = digested(f.ring[by].seal(inToto, statement))
		f.seals[memo] = b
	}
	f.into.values[t.key] = b
	f.things = append(f.things, t)
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return string(line)
}

// blob writes b under its digest.
func (f *forge) blob(b []byte, t thing) harness.Digest {
	d := digestOf(b)
	t.key = "blobs/" + strings.TrimPrefix(d, "sha256:")
	f.into.values[t.key] = b
	f.things = append(f.things, t)
	return harness.Digest(d)
}

// list writes values as one JSON object a line, for what stands at key.
func list[T any](f *forge, key string, t thing, values []T) harness.Listing {
	at := harness.Listing{Count: len(values), Blobs: []harness.Digest{}}
	var b []byte
	for _, v := range values {
		line, err := json.Marshal(v, json.Deterministic(true))
		must(err)
		b = append(append(b, line...), '\n')
	}
	if f.hand.lines != nil {
		b = f.hand.lines(key, b, &at.Count)
	}
	if len(b) > 0 {
		at.Blobs = append(at.Blobs, f.blob(b, t))
	}
	return at
}

// approvals writes the approvals of s, in the place of what is there.
func (f *forge) approvals() {
	base := path.Join("approvals", f.s.place, subjectKey(f.s.subject))
	for _, k := range f.into.keys(base + "/") {
		delete(f.into.values, k)
	}
	for i, a := range f.s.approvals {
		v := a.Approval
		f.put(thing{key: path.Join(base, strconv.Itoa(i+1)), kind: "approval", s: f.s, n: i}, a.by, attest.ApprovalType, &v)
	}
}

// must is for what the test does itself: it cannot go wrong.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
