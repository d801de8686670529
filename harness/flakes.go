package harness

import (
	"fmt"
	"slices"
	"strings"
)

// A wobble is what failed at least once; if it also passed, it is flaky.
type wobble struct {
	name   string
	why    string
	run    int // of why
	passed bool
	smoke  bool
}

// fallen is what failed, by id, and what is known of it so far.
type fallen struct {
	all  map[string]*wobble
	read map[Placed]int // how much had failed when the rows of a suite of the decided run had been read
}

func newFallen() *fallen { return &fallen{map[string]*wobble{}, map[Placed]int{}} }

// note adds what failed in h, the rows of one id in a run, and looks there for
// what had failed before, too.
func (f *fallen) note(h history, run int, s Stage) {
	for _, r := range h.rows {
		if _, held := s.quarantined(h.id); !r.Outcome.fell() || held {
			continue
		}
		w := f.all[h.id]
		if w == nil {
			w = &wobble{name: r.name()}
			f.all[h.id] = w
		}
		if run >= w.run {
			w.run, w.why = run, fmt.Sprintf("%s in attempt %d of run %d", r.Outcome, r.Attempt, run)
		}
	}
	for _, r := range h.rows {
		f.all[h.id].saw(r.Row)
	}
}

// flakes counts what failed and passed, in one attempt after the other or in
// one run after the other of the same subject on the same place. A run that was
// given up counts with all that it saw, and as one flake for what it may have
// seen and did not write down.
func (j *judgement) flakes(upto Run, f *fallen) {
	lost := j.wobbles(upto, f)
	if len(lost) > 0 {
		j.check("runs", Inconclusive, lost, "pieces of evidence of this and other runs cannot be read", "")
	}
	var all, forbidden []string
	for _, w := range f.all {
		if !w.passed {
			continue
		}
		line := fmt.Sprintf("%s: %s, and it also passed", w.name, w.why)
		all = append(all, line)
		if w.smoke && j.Target.Live {
			forbidden = append(forbidden, line)
		}
	}
	slices.Sort(all)
	slices.Sort(forbidden)
	j.spend(append(all, j.abandoned(upto)...), forbidden)
}

// wobbles adds to f what failed in other runs than one whose rows were read, and
// finds out whether it passed too. It returns what cannot be read.
func (j *judgement) wobbles(upto Run, f *fallen) (lost []string) {
	pieces := j.pieces()
	known := make([]int, len(pieces)) // how much had failed when a piece had been read
	for i, p := range pieces {
		if p.run.Number == upto.Number {
			known[i] = f.read[p.Placed]
			continue
		}
		if err := j.failures(p, f); err != nil {
			lost = append(lost, fmt.Sprintf("the rows of %s of run %s: %v", shardName(p.Placed, p.Shard, p.run.Record.Shards), p.run.Record.ID, err))
		}
		known[i] = len(f.all)
	}
	for i, p := range pieces {
		if known[i] < len(f.all) { // what failed elsewhere may have passed here
			j.each(p.Evidence, func(row Row) { f.all[row.ID].saw(row) })
		}
	}
	return lost
}

// A piece is evidence, and the run that it is of.
type piece struct {
	Evidence
	run Run
}

// pieces are the evidence of the suites that runs promised, also of those after
// the one that is decided: an older one is no way around what failed since.
func (j *judgement) pieces() (all []piece) {
	for _, r := range j.Runs {
		if r.Record == nil {
			continue
		}
		for _, e := range r.Evidence {
			if _, ok := r.Record.Suite(e.Placed); ok {
				all = append(all, piece{e, r})
			}
		}
	}
	return all
}

// failures notes what failed in p.
func (j *judgement) failures(p piece, f *fallen) error {
	t := newTally(p.Evidence)
	walk(nil, []*tally{t}, func(h history) { f.note(h, p.run.Number, j.Stage) }) // without a plan it is t that has the error
	j.unread(t.err)
	return t.err
}

// saw notes what else is known of w, if w failed at all.
func (w *wobble) saw(r Row) {
	if w != nil {
		w.passed = w.passed || r.Outcome == Passed
		w.smoke = w.smoke || r.Tagged("@smoke")
	}
}

// fell reports whether an outcome counts as a failure of what may also pass.
func (o Outcome) fell() bool { return o.Result() == Fail && o != Skipped }

// abandoned are the other runs than one whose suites could run, and did not
// leave all their evidence: whoever ends a run before it can fail has had a try.
func (j *judgement) abandoned(than Run) (all []string) {
	for _, r := range j.Runs {
		if r.Record == nil || r.Number == than.Number || !r.Closed() || !r.Ready() || len(lost(r)) > 0 {
			continue
		}
		for _, s := range r.Record.Suites {
			if n := len(r.missing(s)); n > 0 {
				all = append(all, fmt.Sprintf("run %s was given up: suite %s left no evidence of what it saw", r.Record.ID, s))
				break
			}
		}
	}
	return all
}

// spend holds flakes to the budget; there is none for smoke on a live target.
func (j *judgement) spend(all, forbidden []string) {
	budget := j.Stage.Limits.Flakes
	switch {
	case len(forbidden) > 0:
		j.firm = append(j.firm, "flakes")
		j.rule("flakes", Fail, fmt.Sprintf("%d smoke scenarios are flaky on a live target: there is no budget for them", len(forbidden)), forbidden...)
	case len(all) > budget:
		j.rule("flakes", Fail, fmt.Sprintf("%d flaky, the budget is %d", len(all), budget), all...).Hint =
			"a result that changed by itself proves nothing: find out why, and hand in a new commit; a run that was given up is finished with gate test --run and gate decide --run"
	case len(all) > 0:
		j.rule("flakes", Pass, fmt.Sprintf("%d flaky, the budget is %d", len(all), budget), all...)
		j.warn("%d of %d in the flake budget are spent: %s", len(all), budget, strings.Join(all, "; "))
	default:
		j.rule("flakes", Pass, "nothing failed and passed")
	}
}
