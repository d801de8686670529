package tamper

import (
	"context"
	"fmt"
	"slices"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/notary"
	"github.com/stagegate/stagegate/internal/trustfile"
)

// write leaves w in a store as gate does: with the real ledger and the real
// notary, each job with its own key. mix orders the rows of evidence.
func (w *world) write(trust *trustfile.File, mix func([]harness.Row)) (*memory, error) {
	m := newMemory()
	for _, s := range slices.Concat(w.before, w.sites[:]) {
		for _, r := range s.runs {
			if err := w.writeRun(m, s, r, mix); err != nil {
				return nil, fmt.Errorf("run %d on %s: %w", r.number, s.place, err)
			}
		}
		for _, a := range s.approvals {
			l := ledger.Ledger{Store: m, Notary: notary.Notary{Signer: w.ring[a.by], Trust: trust, ID: gate}}
			if _, err := l.Approve(context.Background(), a.Approval); err != nil {
				return nil, err
			}
		}
	}
	for _, noise := range []string{"locks/prod/000001/claim", "locks/staging/000001/release"} {
		m.values[noise] = []byte("{}\n")
	}
	_, err := ledger.Ledger{Store: m}.PutBlob(context.Background(), []byte("the text of gate.yaml\n"))
	return m, err
}

// as is the ledger of somebody who has one key. Without a trust file it opens
// what the other jobs have written whoever they are.
func (w *world) as(m *memory, name string) ledger.Ledger {
	return ledger.Ledger{Store: m, Notary: notary.Notary{Signer: w.ring[name], ID: gate}}
}

func (w *world) writeRun(m *memory, s *site, r *run, mix func([]harness.Row)) error {
	ctx := context.Background()
	begin, test, decide := w.as(m, s.place+"-begin"), w.as(m, s.place+"-test"), w.as(m, s.place+"-decide")
	rec := r.rec
	for _, x := range r.suites {
		rec.Suites = append(rec.Suites, harness.PlannedRun{Placed: x.at, Definition: x.def, Shards: x.shards, Inventory: harness.StreamOf(x.plan...)})
	}
	rec, err := begin.Begin(ctx, rec)
	if err != nil {
		return err
	}
	dep := *r.dep
	if err := begin.Deployed(ctx, rec, dep); err != nil {
		return err
	}
	written := map[*piece]bool{}
	for _, c := range r.closings {
		for _, p := range c.pieces {
			if written[p] {
				continue
			}
			written[p] = true
			e, rows := p.e, slices.Clone(p.rows)
			mix(rows)
			e.Placed, e.Shard, e.Rows = p.at, p.shard, harness.StreamOf(rows...)
			if _, err := test.Add(ctx, rec, e); err != nil {
				return err
			}
		}
		if err := closeRun(ctx, decide, s, c.c); err != nil {
			return err
		}
	}
	if r != s.decided() {
		return nil
	}
	return decide.Allowed(ctx, rec)
}

// closeRun closes the newest run of s.
func closeRun(ctx context.Context, l ledger.Ledger, s *site, c harness.Closing) error {
	runs, err := l.Runs(ctx, s.place, subjectKey(s.subject))
	if err != nil {
		return err
	}
	return l.Close(ctx, runs[len(runs)-1], c)
}

// keepVerdicts writes what was decided, which nothing reads.
func (w *world) keepVerdicts(m *memory, all [phases]harness.Verdict) error {
	for p, s := range w.sites {
		rec := s.decided().rec
		rec.Number, rec.ID = s.decided().number, s.id(s.decided().number)
		if err := w.as(m, s.place+"-decide").Verdict(context.Background(), rec, all[p]); err != nil {
			return err
		}
	}
	return nil
}
