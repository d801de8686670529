package features

import "slices"

// An index finds the definitions that may match a text by the letters that they
// begin with, so that a step is held against few of them, however many there are.
type index struct {
	root branch
	defs []definition
	none found
	only []found // for each definition, the finding of it alone
}

type branch struct {
	here []int
	next map[byte]*branch
}

func newIndex(defs []definition) *index {
	x := &index{defs: defs, only: make([]found, len(defs))}
	for i := range defs {
		b := &x.root
		for _, c := range []byte(defs[i].expr.Prefix()) {
			if b.next == nil {
				b.next = map[byte]*branch{}
			}
			if b.next[c] == nil {
				b.next[c] = &branch{}
			}
			b = b.next[c]
		}
		b.here = append(b.here, i)
		x.only[i].defs = []int{i}
	}
	return x
}

// match returns the definitions whose expression matches text, in the order in
// which they were defined: none means undefined, two mean ambiguous.
func (x *index) match(text string) *found {
	var room [2]int // so that the usual case takes no memory
	hits := room[:0]
	b := &x.root
	for i := 0; b != nil; i++ {
		for _, d := range b.here {
			if x.defs[d].re.MatchString(text) {
				hits = append(hits, d)
			}
		}
		if i == len(text) {
			break
		}
		b = b.next[text[i]]
	}
	switch len(hits) {
	case 0:
		return &x.none
	case 1:
		return &x.only[hits[0]]
	}
	slices.Sort(hits)
	return &found{slices.Clone(hits)}
}
