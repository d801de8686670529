package harness

import (
	"cmp"
	"slices"
)

// A history is what one run saw of one planned thing: its rows by attempt.
type history struct {
	id       string
	rows     []Row
	evidence Digest
}

// last is the attempt that counts.
func (h history) last() Row { return h.rows[len(h.rows)-1] }

// ordered returns runs by number and each run's evidence in a stable order,
// each piece once: the order in which a store lists things decides nothing.
func ordered(runs []Run) []Run {
	runs = slices.Clone(runs)
	slices.SortFunc(runs, func(a, b Run) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Digest, b.Digest))
	})
	runs = slices.CompactFunc(runs, func(a, b Run) bool {
		return a.Number == b.Number && a.Digest == b.Digest && a.Digest != "" &&
			len(a.Evidence) == len(b.Evidence) && len(a.Closings) == len(b.Closings)
	})
	for i := range runs {
		runs[i].Evidence = unique(runs[i].Evidence)
		runs[i].Problems = slices.SortedFunc(slices.Values(runs[i].Problems), func(a, b Problem) int {
			return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Reason, b.Reason))
		})
	}
	return runs
}

func unique(all []Evidence) []Evidence {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Evidence) int {
		return cmp.Or(cmp.Compare(a.When, b.When), cmp.Compare(a.Suite, b.Suite), cmp.Compare(a.Shard, b.Shard), cmp.Compare(a.Digest, b.Digest))
	})
	return slices.CompactFunc(all, func(a, b Evidence) bool { return a.Digest == b.Digest && a.Digest != "" })
}

// histories groups the rows of the suite at p by what they are about, sorted
// by id and then by attempt.
func (r Run) histories(p Placed) []history {
	by := map[string]*history{}
	for _, e := range r.Evidence {
		if e.Placed != p {
			continue
		}
		for _, row := range e.Rows {
			h := by[row.ID]
			if h == nil {
				h = &history{id: row.ID, evidence: e.Digest}
				by[row.ID] = h
			}
			h.rows = append(h.rows, row)
		}
	}
	all := make([]history, 0, len(by))
	for _, h := range by {
		slices.SortFunc(h.rows, func(a, b Row) int {
			return cmp.Or(cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Reason, b.Reason),
				cmp.Compare(a.Hash, b.Hash), cmp.Compare(a.Mode, b.Mode), cmp.Compare(a.Calls, b.Calls), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Where, b.Where))
		})
		all = append(all, *h)
	}
	slices.SortFunc(all, func(a, b history) int { return cmp.Compare(a.id, b.id) })
	return all
}

// counts reports whether row, seen by w, is a result of the kind that a suite
// on t is run for. A plain Go test beside the scenarios of a deployed suite
// must pass too, but it touched no target: it proves nothing about it.
func counts(row Row, w Witness, t Target) bool {
	return t.InProcess() || row.Kind != Test || w != GoTest
}

// name is what a person calls the row.
func (r Row) name() string {
	if r.Name != "" {
		return r.Name
	}
	return r.ID
}

// says is the row's name, outcome and reason, for a line of a verdict.
func (r Row) says() string {
	s := r.name() + ": " + string(r.Outcome)
	if r.Outcome == "" {
		s = r.name() + ": no outcome"
	}
	if r.Where != "" {
		s += " at " + r.Where
	}
	if r.Reason != "" {
		s += ": " + r.Reason
	}
	return s
}
