package harness

import (
	"cmp"
	"errors"
	"iter"
	"slices"
)

// A Stream gives values one after the other, from the first each time that it
// is called. It may read them as it goes: a million rows need not fit into
// memory. An error is the last thing that a stream gives. A nil Stream is empty.
type Stream[T any] func(yield func(T, error) bool)

// StreamOf gives the values of a slice in their order.
func StreamOf[T any](all ...T) Stream[T] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// All are the values of s, as far as they can be read.
func (s Stream[T]) All() (all []T, err error) {
	if s == nil {
		return nil, nil
	}
	for v, err := range iter.Seq2[T, error](s) {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}

// RowsOf gives rows in the order that a decision reads them in: [CompareRows].
func RowsOf(rows []Row) Stream[Row] {
	return StreamOf(slices.SortedFunc(slices.Values(rows), CompareRows)...)
}

// PlanOf gives what is planned in the order that a decision reads it in: by id.
func PlanOf(all []Planned) Stream[Planned] {
	return StreamOf(slices.SortedStableFunc(slices.Values(all), ComparePlanned)...)
}

// ComparePlanned orders by id.
func ComparePlanned(a, b Planned) int { return cmp.Compare(a.ID, b.ID) }

// CompareRows orders by id, then by attempt, then by content: the order in
// which tests end decides nothing.
func CompareRows(a, b Row) int {
	if c := cmp.Compare(a.ID, b.ID); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Reason, b.Reason),
		cmp.Compare(a.Hash, b.Hash), cmp.Compare(a.Mode, b.Mode), cmp.Compare(a.Calls, b.Calls), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Where, b.Where),
		slices.Compare(a.Created, b.Created))
}

// errOrder says that a stream is not in the order that it promises.
var errOrder = errors.New("is not in order")

// A cursor stands at one value of a stream that is in order.
type cursor[T any] struct {
	next    func() (T, error, bool)
	stop    func()
	compare func(a, b T) int
	value   T
	ok      bool  // there is a value
	err     error // why there are no more
}

// at opens s before its first value and moves there.
func at[T any](s Stream[T], compare func(a, b T) int) *cursor[T] {
	if s == nil {
		s = StreamOf[T]()
	}
	c := &cursor[T]{compare: compare}
	c.next, c.stop = iter.Pull2(iter.Seq2[T, error](s))
	c.value, c.err, c.ok = c.next()
	c.ok = c.ok && c.err == nil
	return c
}

// advance moves to the next value.
func (c *cursor[T]) advance() {
	before := c.value
	c.value, c.err, c.ok = c.next()
	if c.ok && c.err == nil && c.compare(before, c.value) > 0 {
		c.err = errOrder
	}
	c.ok = c.ok && c.err == nil
}
