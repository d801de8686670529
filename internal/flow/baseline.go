package flow

import (
	"context"
	"fmt"
	"slices"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
)

// baseline finds the last run of a stage that was allowed: the newest that was
// noted as such and passes when it is decided anew, of another subject than not:
// the same bytes made from another commit are another one, which may have another
// gate.yaml. lost are those noted later that do not: see [harness.Case.Lost].
func (g *Gate) baseline(ctx context.Context, s harness.Stage, t harness.Target, not harness.Subject) (best *harness.RunRecord, lost []string, err error) {
	lies := false
	for c, err := range g.Ledger.LastAllowed(ctx, ledger.Place(t), s.Name, g.Now()) {
		if err != nil {
			return nil, nil, err
		}
		r := c.Run()
		switch {
		case r.Record != nil && r.Record.Subject == not, r.Record == nil && c.Subject == not.Key():
			continue
		case c.Lies:
			lies = true
			continue
		case r.Record == nil:
			lost = loss(lost, c.String()+": its record is missing, or nobody signed it who may begin there")
			continue
		}
		approvals, _, err := g.Ledger.Approvals(ctx, ledger.Place(t), r.Record.Subject)
		if err != nil {
			return nil, nil, err
		}
		// As it was then: a limit that has become stricter, evidence that has
		// aged, an approval that has ended do not undo what was allowed.
		then := r.Closing().At
		v := harness.Decide(harness.Case{Phase: harness.Exit, Service: r.Record.Service, Stage: r.Record.Stage, Target: r.Record.Target,
			Subject: r.Record.Subject, Policy: r.Record.Policy, Suites: promised(*r.Record), Now: then, Trust: g.weakest(), Runs: upTo(c.Runs, c.Number), Run: r.Record.ID, Approvals: approvals})
		if v.Unread != nil {
			return nil, nil, v.Unread
		}
		if v.Allowed() {
			return r.Record, lost, nil
		}
		lost = loss(lost, fmt.Sprintf("run %s: decided anew it is %s", r.Record.ID, v.Verdict))
	}
	if lies && len(lost) == 0 { // what hides the truth is no proof that there was none
		lost = loss(lost, "the index names runs of other times or stages")
	}
	return nil, lost, nil
}

// namedLost is how many runs that do not count any more are named: it may be
// those of years.
const namedLost = 10

// loss adds to those that are lost, as long as there are few.
func loss(lost []string, one string) []string {
	if len(lost) < namedLost {
		lost = append(lost, one)
	}
	return lost
}

// promised are the suites as they were when a run began.
func promised(r harness.RunRecord) map[string]harness.Suite {
	all := map[string]harness.Suite{}
	for _, s := range r.Suites {
		all[s.Suite] = s.Definition
	}
	return all
}

// weakest is a trust file that counts approvals and asks for nothing; nil where
// there is none. Signatures were checked when the runs were read.
func (g *Gate) weakest() *harness.Trust {
	if g.Trust == nil {
		return nil
	}
	open := harness.Trust{Digest: g.Trust.Digest, Places: map[string]harness.TrustedPlace{}}
	for name, p := range g.Trust.Places {
		open.Places[name] = harness.TrustedPlace{Emulated: true, NoOverride: p.NoOverride}
	}
	return &open
}

// upTo are the runs up to a number: those that there were when it was decided.
func upTo(runs []harness.Run, n int) (all []harness.Run) {
	for _, r := range runs {
		if r.Number <= n {
			all = append(all, r)
		}
	}
	return all
}

// recovery says what the target serves, and what it was last allowed to serve.
func (g *Gate) recovery(ctx context.Context, s harness.Stage, t harness.Target, now harness.Run) (*harness.Recovery, error) {
	serves := now.Closing().Served
	if serves.Commit == "" && now.Deployment != nil {
		serves = now.Deployment.Served
	}
	rec := &harness.Recovery{Serves: serves.Commit}
	best, _, err := g.baseline(ctx, s, t, now.Record.Subject)
	if best != nil {
		rec.Commit, rec.Artifact = best.Subject.Source.Commit, best.Subject.Artifact
		rec.Command = fmt.Sprintf("gate run %s --commit %s --artifact %s", s.Name, rec.Commit, rec.Artifact)
	}
	return rec, err
}

// compareWith fills in what the stage and its needs are compared with: the last
// allowed run, and the runs of its artifact in the stages before.
func (g *Gate) compareWith(ctx context.Context, in *inputs) error {
	if in.Target.InProcess() {
		return nil
	}
	last, lost, err := g.baseline(ctx, in.Stage, in.Target, in.Subject)
	in.Lost = lost
	if err == nil && last == nil && len(lost) == 0 {
		in.Lost, err = g.renamed(ctx, in.Target)
	}
	if err != nil || last == nil {
		return err
	}
	in.Before = refTo(*last)
	for i := range in.Needs {
		n := &in.Needs[i]
		subject := last.Subject
		if n.Target.InProcess() {
			subject = harness.Subject{Source: subject.Source}
		}
		runs, err := g.Ledger.Runs(ctx, ledger.Place(n.Target), subject.Key())
		if err != nil {
			return err
		}
		for _, r := range runs {
			if r.Record != nil && r.Record.Stage.Name == n.Stage.Name {
				n.Before = refTo(*r.Record)
			}
		}
		if n.Before == nil && slices.ContainsFunc(runs, func(r harness.Run) bool { return r.Record == nil }) {
			in.Lost = loss(in.Lost, fmt.Sprintf("stage %s before run %s: a record is missing, or nobody signed it who may begin there", n.Stage.Name, last.ID))
		}
	}
	return nil
}

// renamed are the stages that were allowed on t and that gate.yaml does not have
// any more: what takes the place of one of them is compared with nothing.
func (g *Gate) renamed(ctx context.Context, t harness.Target) (all []string, err error) {
	names, err := g.Ledger.AllowedStages(ctx, ledger.Place(t))
	for _, name := range names {
		if _, ok := g.File.Stage(name); !ok {
			all = loss(all, fmt.Sprintf("stage %s was allowed here, and gate.yaml does not have it any more", name))
		}
	}
	return all, err
}

func refTo(r harness.RunRecord) *runRef {
	return &runRef{Place: ledger.Place(r.Target), Subject: r.Subject.Key(), Number: r.Number}
}
