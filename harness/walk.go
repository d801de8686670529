package harness

import (
	"container/heap"
	"fmt"
	"slices"
)

// A tally is what the rows of one piece of evidence add up to.
type tally struct {
	Evidence
	counts      Counts
	red         bool // a row did not pass, and was not skipped
	unexplained bool // the same, and it was not tried again
	proof, test Mode // the first modes by name, of scenarios and interactions, and of plain tests
	err         error
}

func newTally(e Evidence) *tally { return &tally{Evidence: e, counts: Counts{}} }

// add counts the rows that t has of one id.
func (t *tally) add(rows []seen) {
	for i, r := range rows {
		if r.from != t {
			continue
		}
		t.counts[r.Outcome]++
		mode := &t.proof
		if r.Kind == Test {
			mode = &t.test
		}
		if *mode == "" || r.Mode < *mode {
			*mode = r.Mode
		}
		if r.Outcome.Result() == Pass || r.Outcome == Skipped {
			continue
		}
		t.red = true
		if !slices.ContainsFunc(rows[i+1:], func(o seen) bool { return o.from == t && o.Attempt > r.Attempt }) {
			t.unexplained = true
		}
	}
}

// mode is the mode in which scenarios and interactions ran, or plain tests
// where there is nothing else; of several the first by name.
func (t *tally) mode() Mode {
	if t.proof != "" {
		return t.proof
	}
	return t.test
}

// doubts are the ways in which the evidence contradicts itself.
func (t *tally) doubts() []string {
	all := slices.Clone(t.Doubts)
	if !t.counts.Equal(t.Counts) {
		all = append(all, fmt.Sprintf("its counters say %v, its rows %v", t.Counts, t.counts))
	}
	if t.Exit != 0 && !t.red && len(t.Doubts) == 0 {
		all = append(all, fmt.Sprintf("the exit code is %d, and no row tells why", t.Exit))
	}
	if t.Source == GoTest && t.Exit == 0 && t.unexplained {
		all = append(all, "the exit code is 0, and rows did not pass")
	}
	return all
}

// A seen is a row, and the evidence that it is of.
type seen struct {
	Row
	from *tally
}

// A history is what one run saw of one id: the plan for it, if it was planned,
// and its rows by attempt, if it has any. It is good until the next one.
type history struct {
	id      string
	planned *Planned
	rows    []seen
}

// last is the attempt that counts.
func (h history) last() seen { return h.rows[len(h.rows)-1] }

// walk goes through a plan and the rows of evidence side by side, by id, and
// adds up each piece of evidence. The memory it takes does not grow with them.
// The error is that of the plan; a tally has its own.
func walk(plan Stream[Planned], of []*tally, visit func(history)) error {
	p := at(plan, ComparePlanned)
	defer p.stop()
	var q queue
	for _, t := range of {
		s := source{at(t.Rows, CompareRows), t}
		defer s.stop()
		q.add(s)
	}
	h, planned := history{}, Planned{}
	for p.ok || len(q) > 0 {
		h.id, h.planned, h.rows = "", nil, h.rows[:0]
		switch {
		case !p.ok:
			h.id = q[0].value.ID
		case len(q) == 0:
			h.id = p.value.ID
		default:
			h.id = min(p.value.ID, q[0].value.ID)
		}
		if p.ok && p.value.ID == h.id {
			planned = p.value
			h.planned = &planned
			if p.advance(); p.ok && p.value.ID == h.id {
				return fmt.Errorf("plans %s twice", h.id)
			}
		}
		for len(q) > 0 && q[0].value.ID == h.id {
			h.rows = append(h.rows, q.take())
		}
		for i, r := range h.rows { // each piece of evidence once
			if !slices.ContainsFunc(h.rows[:i], func(o seen) bool { return o.from == r.from }) {
				r.from.add(h.rows)
			}
		}
		visit(h)
	}
	return p.err
}

// A source is where the rows of one piece of evidence come from.
type source struct {
	*cursor[Row]
	tally *tally
}

// A queue is a heap of sources by the row that they stand at.
type queue []source

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, k int) bool { return CompareRows(q[i].value, q[k].value) < 0 }
func (q queue) Swap(i, k int)      { q[i], q[k] = q[k], q[i] }

// Push implements [heap.Interface].
func (q *queue) Push(s any) { *q = append(*q, s.(source)) }

// Pop implements [heap.Interface].
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// add puts s into q, unless it is at its end.
func (q *queue) add(s source) {
	s.tally.err = s.err
	if s.ok {
		heap.Push(q, s)
	}
}

// take removes the first row.
func (q *queue) take() seen {
	s := (*q)[0]
	row := seen{s.value, s.tally}
	s.advance()
	if s.ok {
		heap.Fix(q, 0)
	} else {
		s.tally.err = s.err
		heap.Pop(q)
	}
	return row
}
