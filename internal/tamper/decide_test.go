package tamper

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/notary"
	"github.com/stagegate/stagegate/internal/trustfile"
)

// definitions are the suites of gate.yaml.
func (w *world) definitions() map[string]harness.Suite {
	all := map[string]harness.Suite{}
	for _, s := range w.sites {
		for _, x := range s.suites {
			all[x.at.Suite] = x.def
		}
	}
	return all
}

// gather makes the case of a phase from what is in a store, as flow does it:
// from the checkout come stage, plan and policy, from the store all else.
func (w *world) gather(p phase, store harness.Store, trust *trusted) (c harness.Case, err error) {
	ctx := context.Background()
	l := ledger.Ledger{Store: store, Notary: trust.notary}
	s := w.sites[min(p, prodExit)]
	c = harness.Case{Phase: harness.Exit, Service: service, Stage: s.stage, Target: s.target, Subject: s.subject, Policy: w.policy, Suites: w.definitions(), Gate: version, Now: now, Trust: &trust.file.Trust}
	if c.Runs, err = l.Runs(ctx, s.place, subjectKey(s.subject)); err != nil {
		return c, err
	}
	if c.Approvals, c.Unproved, err = l.Approvals(ctx, s.place, s.subject); err != nil {
		return c, err
	}
	if p != prodEntry {
		c.Run = s.id(s.decided().number)
		return c, nil
	}
	c.Phase, c.Logic = harness.Entry, s.logic
	for _, x := range s.suites {
		c.Plan = append(c.Plan, harness.PlannedRun{Placed: x.at, Definition: x.def, Shards: 1, Inventory: harness.PlanOf(x.plan)})
	}
	for _, s := range w.sites[:prodExit] {
		n := harness.Need{Stage: s.stage, Target: s.target, Subject: s.subject}
		if n.Runs, err = l.Runs(ctx, s.place, subjectKey(s.subject)); err != nil {
			return c, err
		}
		if n.Approvals, _, err = l.Approvals(ctx, s.place, s.subject); err != nil {
			return c, err
		}
		c.Needs = append(c.Needs, n)
	}
	for i, s := range w.before { // staging, prod
		runs, err := l.Runs(ctx, s.place, subjectKey(s.subject))
		if err != nil {
			return c, err
		}
		rec := ledger.Candidate{Number: 1, Runs: runs}.Run().Record
		if i == 0 {
			c.Needs[1].Before = rec
		} else {
			c.Before = rec
		}
	}
	return c, nil
}

// decide reads and decides. What is in a store never makes it fail.
func (w *world) decide(p phase, store harness.Store, trust *trusted, edit func(*harness.Case)) (v harness.Verdict, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	c, err := w.gather(p, store, trust)
	if err != nil {
		return v, fmt.Errorf("damage is an error of the store: %w", err)
	}
	if edit != nil {
		edit(&c)
	}
	v = harness.Decide(c)
	if v.Unread != nil {
		return v, fmt.Errorf("damage is an error of the store: %w", v.Unread)
	}
	return v, nil
}

// A trusted file is a trust file, and the notary that has it.
type trusted struct {
	file   *trustfile.File
	notary ledger.Notary
}

// A proven world is one that is allowed in every phase.
type proven struct {
	*world
	trust    *trusted
	verdicts [phases]harness.Verdict
	classes  [phases]map[string]class
}

// prove makes world number n of a seed, writes it and proves that it is allowed.
func prove(seed, n uint64, both [2]ring) (*proven, error) {
	m := &maker{Rand: newRand(seed, n)}
	w := newWorld(m, both[n%2])
	trust, err := w.trust.read(w.ring)
	if err != nil {
		return nil, err
	}
	w.base, err = w.write(trust, func(rows []harness.Row) { m.Shuffle(len(rows), func(i, k int) { rows[i], rows[k] = rows[k], rows[i] }) })
	if err != nil {
		return nil, err
	}
	if err := w.reforged(); err != nil {
		return nil, err
	}
	all := &proven{world: w, trust: &trusted{trust, notary.Notary{Trust: trust, ID: gate}}}
	if n%8 != 0 { // some do without
		all.trust.notary = newReader(trust)
	}
	for p := range phases {
		if all.verdicts[p], err = w.decide(p, w.base, all.trust, nil); err != nil {
			return nil, err
		}
		if !all.verdicts[p].Allowed() {
			return nil, fmt.Errorf("the %s is not allowed to begin with: %+v", p, all.verdicts[p].Failing())
		}
		all.classes[p] = w.inputs(p)
	}
	return all, w.keepVerdicts(w.base, all.verdicts)
}

// reforged proves that forge writes what the ledger wrote, to the last bit: what
// it writes with one change is otherwise what the signers would have written.
func (w *world) reforged() error {
	forged := newMemory()
	for _, s := range slices.Concat(w.before, w.sites[:]) {
		w.things = append(w.things, w.forge(forged, s, hand{})...)
	}
	for key, b := range forged.values {
		if string(w.base.values[key]) != string(b) {
			return fmt.Errorf("%s is\n%s\nwhere the ledger wrote\n%s", key, b, w.base.values[key])
		}
	}
	for _, key := range slices.Concat(w.base.keys("runs/"), w.base.keys("approvals/")) {
		if _, ok := forged.values[key]; !ok {
			return errors.New(key + " was not forged")
		}
	}
	return nil
}
