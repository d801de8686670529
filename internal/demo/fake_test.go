package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stagegate/stagegate/harness"
)

// A fakeWorld behaves as the real one should: a change that reads another
// attribute fails on staging, one with a wrong address fails on prod. Where a
// spoiler is set it spoils what the world answers to its n-th call.
type fakeWorld struct {
	commits []*fakeCommit
	served  map[string]string

	calls   []string // what was asked, in order
	n       int      // the call to spoil, from 0
	exit    func(int) int
	verdict func(*harness.Verdict)
	commit  func(string) string
	err     error
}

type fakeCommit struct {
	name        string
	bad, wrong  bool
	staged      bool // acceptance allowed it
	runs        int  // of its artifact on prod
	lastVerdict map[string]harness.Verdict
}

func newFakeWorld() *fakeWorld { return &fakeWorld{served: map[string]string{}, n: -1} }

// call writes a call down and reports whether it is the one to spoil.
func (f *fakeWorld) call(kind string) bool {
	f.calls = append(f.calls, kind)
	return len(f.calls)-1 == f.n
}

func (f *fakeWorld) Change(_ context.Context, _ string, edits ...edit) (string, error) {
	if f.call("change") && f.err != nil {
		return "", f.err
	}
	c := &fakeCommit{name: fmt.Sprintf("%040x", len(f.commits)+1), lastVerdict: map[string]harness.Verdict{},
		bad: slices.Contains(edits, otherAttribute()), wrong: slices.Contains(edits, wrongAddress())}
	f.commits = append(f.commits, c)
	return c.name, nil
}

func (c *fakeCommit) artifact() harness.Digest { return harness.DigestOf([]byte(c.name)) }

// about is the commit that args ask for: the one of --artifact, else the last.
func (f *fakeWorld) about(args []string) *fakeCommit {
	for _, c := range f.commits {
		if slices.Contains(args, string(c.artifact())) {
			return c
		}
	}
	return f.commits[len(f.commits)-1]
}

func (f *fakeWorld) Gate(_ context.Context, args ...string) (int, error) {
	spoil := f.call("gate")
	if spoil && f.err != nil {
		return 0, f.err
	}
	c, stage := f.about(args), args[1]
	v := f.run(c, stage)
	c.lastVerdict[stage] = v
	exit := exitOf(v.Verdict)
	if spoil && f.exit != nil {
		exit = f.exit(exit)
	}
	return exit, nil
}

func (f *fakeWorld) run(c *fakeCommit, stage string) harness.Verdict {
	v := harness.Verdict{Verdict: harness.Allow, Phase: harness.Exit, Stage: stage, Source: harness.Source{Commit: c.name},
		Rules: []harness.Ruling{{Rule: "outcomes", Result: harness.Pass}}}
	if stage == "commit" {
		return v
	}
	v.Subjects = []harness.SubjectName{{Name: "orders", Digest: map[string]string{"sha256": c.artifact().Hex()}}, {Name: "source"}}
	v.Emulated = true
	v.Target = map[string]string{"acceptance": "staging", "production": "prod"}[stage]
	block := func(rule, detail string) {
		v.Verdict, v.Rules = harness.Block, append(v.Rules, harness.Ruling{Rule: rule, Result: harness.Fail, Details: []string{detail}})
	}
	switch {
	case stage == "production" && !c.staged:
		v.Phase = harness.Entry
		block("needs acceptance", "")
		return v
	case stage == "acceptance" && c.bad:
		block("outcomes", "An order can be looked at later")
	case stage == "production" && c.wrong:
		block("outcomes", "The shop can be paid: failed")
		first := f.commits[0]
		v.Recovery = &harness.Recovery{Serves: c.name, Commit: first.name, Artifact: first.artifact(),
			Command: "gate run production --commit " + first.name + " --artifact " + string(first.artifact())}
	}
	f.served[v.Target] = c.name
	c.staged = c.staged || stage == "acceptance" && v.Allowed()
	if stage == "production" {
		c.runs++
	}
	v.Runs = make([]harness.RunSummary, c.runs)
	return v
}

func (f *fakeWorld) Ask(_ context.Context, args ...string) (harness.Verdict, error) {
	spoil := f.call("ask")
	v := f.about(args).lastVerdict[args[1]]
	v.Rules = slices.Clone(v.Rules)
	if v.Recovery != nil {
		r := *v.Recovery
		v.Recovery = &r
	}
	if spoil && f.verdict != nil {
		f.verdict(&v)
	}
	if spoil && f.err != nil {
		return v, f.err
	}
	return v, nil
}

func (f *fakeWorld) Served(_ context.Context, target string) (string, error) {
	got := f.served[target]
	if f.call("served") {
		if f.commit != nil {
			got = f.commit(got)
		}
		return got, f.err
	}
	return got, nil
}

var errFake = errors.New("the world broke")
