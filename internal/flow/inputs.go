package flow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
)

// inputsFormat is the format of inputs that this version reads and writes.
const inputsFormat = 1

// inputs are everything that a decision depends on: what came from elsewhere
// than the store, and a transcript of what was read there. With them it can be
// decided again, years later and offline.
type inputs struct {
	Format   int                      `json:"format"`
	Phase    harness.Phase            `json:"phase"`
	Service  string                   `json:"service"`
	Stage    harness.Stage            `json:"stage"`
	Target   harness.Target           `json:"target"`
	Subject  harness.Subject          `json:"subject"`
	Policy   harness.Digest           `json:"policy"`
	Suites   map[string]harness.Suite `json:"suites"`
	Now      time.Time                `json:"now"`
	Run      string                   `json:"run,omitempty"`
	Last     *harness.Recovery        `json:"last,omitempty"`
	Plan     []harness.PlannedRun     `json:"plan,omitempty"`
	Before   *runRef                  `json:"before,omitempty"`
	Lost     []string                 `json:"lost,omitempty"`
	Logic    harness.Logic            `json:"logic,omitzero"`
	Differs  []string                 `json:"differs,omitempty"`
	Unproven string                   `json:"unproven,omitempty"`
	Busy     string                   `json:"busy,omitempty"`
	Newer    bool                     `json:"newer,omitempty"` // Busy is a newer candidate
	Needs    []needRef                `json:"needs,omitempty"`
	Read     ledger.Transcript        `json:"read"`
}

// A runRef names a run without its record.
type runRef struct {
	Place   string `json:"place"`
	Subject string `json:"subject"` // its key
	Number  int    `json:"number"`
}

// A needRef is a stage that must have passed.
type needRef struct {
	Stage   harness.Stage   `json:"stage"`
	Target  harness.Target  `json:"target"`
	Subject harness.Subject `json:"subject"`
	Before  *runRef         `json:"before,omitempty"`
}

// gather makes the case of in, reading what there is to read from l.
func (in inputs) gather(ctx context.Context, l ledger.Ledger, trust *harness.Trust, version string) (c harness.Case, err error) {
	c = harness.Case{Phase: in.Phase, Service: in.Service, Stage: in.Stage, Target: in.Target, Subject: in.Subject, Policy: in.Policy, Suites: in.Suites,
		Gate: version, Now: in.Now, Trust: trust, Run: in.Run, Last: in.Last, Plan: slices.Clone(in.Plan), Lost: in.Lost, Logic: in.Logic,
		Differs: in.Differs, Unproven: in.Unproven, Busy: in.Busy, Newer: in.Newer}
	place := ledger.Place(in.Target)
	if c.Runs, err = l.Runs(ctx, place, in.Subject.Key()); err != nil {
		return c, err
	}
	if c.Approvals, c.Unproved, err = l.Approvals(ctx, place, in.Subject); err != nil {
		return c, err
	}
	if c.Before, err = in.Before.record(ctx, l); err != nil {
		return c, err
	}
	for _, ref := range in.Needs {
		n := harness.Need{Stage: ref.Stage, Target: ref.Target, Subject: ref.Subject}
		there := ledger.Place(ref.Target)
		if n.Runs, err = l.Runs(ctx, there, ref.Subject.Key()); err != nil {
			return c, fmt.Errorf("runs of stage %s: %w", ref.Stage.Name, err)
		}
		if n.Approvals, _, err = l.Approvals(ctx, there, ref.Subject); err != nil {
			return c, err
		}
		if n.Before, err = ref.Before.record(ctx, l); err != nil {
			return c, err
		}
		c.Needs = append(c.Needs, n)
	}
	return c, nil
}

// record reads the record of a run; nil for no reference, or one to a run whose
// record cannot be read.
func (r *runRef) record(ctx context.Context, l ledger.Ledger) (*harness.RunRecord, error) {
	if r == nil {
		return nil, nil
	}
	runs, err := l.Runs(ctx, r.Place, r.Subject)
	if err != nil {
		return nil, err
	}
	return ledger.Candidate{Subject: r.Subject, Number: r.Number, Runs: runs}.Run().Record, nil
}

// settle decides in, and returns it with the transcript of what was read.
func (g *Gate) settle(ctx context.Context, in inputs) (harness.Verdict, inputs, error) {
	seen := ledger.Record(g.Ledger.Store)
	l := g.Ledger
	l.Store = seen
	c, err := in.gather(ctx, l, g.Trust, g.Version)
	if err != nil {
		return harness.Verdict{}, in, err
	}
	v := harness.Decide(c)
	if v.Unread != nil {
		return harness.Verdict{}, in, v.Unread
	}
	in.Format, in.Read = inputsFormat, seen.Transcript()
	return v, in, nil
}

// keepInputs writes what v depends on and makes v name it.
func (g *Gate) keepInputs(ctx context.Context, v *harness.Verdict, in inputs) (err error) {
	in.Plan = slices.Clone(in.Plan)
	for i := range in.Plan {
		if in.Plan[i], err = g.Ledger.KeepPlan(ctx, in.Plan[i]); err != nil {
			return err
		}
	}
	b, err := json.Marshal(in, json.Deterministic(true))
	if err != nil {
		return err
	}
	v.Inputs, err = g.Ledger.PutBlob(ctx, b)
	return err
}

// readInputs reads what a verdict depends on.
func (g *Gate) readInputs(ctx context.Context, at harness.Digest) (in inputs, err error) {
	b, err := g.Ledger.Blob(ctx, at)
	if err != nil {
		return in, err
	}
	if err := json.Unmarshal(b, &in, json.RejectUnknownMembers(true)); err != nil {
		return in, fmt.Errorf("the inputs of the verdict cannot be read: %w", err)
	}
	if in.Format != inputsFormat {
		return in, fmt.Errorf("the inputs of the verdict have format %d, this gate reads %d", in.Format, inputsFormat)
	}
	for i := range in.Plan {
		if in.Plan[i], err = g.Ledger.OpenPlan(ctx, in.Plan[i]); err != nil {
			return in, err
		}
	}
	return in, nil
}
