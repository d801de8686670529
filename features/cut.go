package features

import (
	messages "github.com/cucumber/messages/go/v34"
)

// span is the lines [from, to) of a file, counted from 0.
type span struct{ from, to int }

// A place is where a scenario or an outline stands in its feature, and which
// lines of the file it needs to be a feature of its own.
type place struct {
	*messages.Scenario
	rule   *messages.Rule // nil outside of rules
	before []span         // feature's header, rule's header, backgrounds
	own    span
}

// places lists the scenarios of f in the order of the file.
func (f *feature) places() []place {
	var all []place
	starts := make([]int, 0, len(f.doc.Children)+1)
	for _, c := range f.doc.Children {
		starts = append(starts, startOf(c.Background, c.Scenario, c.Rule))
	}
	starts = append(starts, len(f.lines))
	before := []span{{0, starts[0]}}
	for i, c := range f.doc.Children {
		here := span{starts[i], starts[i+1]}
		switch {
		case c.Background != nil:
			before = append(before, here)
		case c.Scenario != nil:
			all = append(all, place{c.Scenario, nil, before[:len(before):len(before)], here})
		case c.Rule != nil:
			all = append(all, inRule(c.Rule, before[:len(before):len(before)], here)...)
		}
	}
	return all
}

func inRule(rule *messages.Rule, before []span, whole span) []place {
	var all []place
	starts := make([]int, 0, len(rule.Children)+1)
	for _, c := range rule.Children {
		starts = append(starts, startOf(c.Background, c.Scenario, nil))
	}
	starts = append(starts, whole.to)
	before = append(before, span{whole.from, starts[0]})
	for i, c := range rule.Children {
		here := span{starts[i], starts[i+1]}
		if c.Background != nil {
			before = append(before, here)
		} else {
			all = append(all, place{c.Scenario, rule, before[:len(before):len(before)], here})
		}
	}
	return all
}

func startOf(b *messages.Background, s *messages.Scenario, r *messages.Rule) int {
	switch {
	case b != nil:
		return first(b.Location, nil)
	case s != nil:
		return first(s.Location, s.Tags)
	default:
		return first(r.Location, r.Tags)
	}
}

// first is the line of a thing or of the tags above it, counted from 0.
func first(at *messages.Location, tags []*messages.Tag) int {
	line := at.Line
	for _, t := range tags {
		line = min(line, t.Location.Line)
	}
	return int(line) - 1
}

// alone is the text of a feature that has this scenario and nothing else; row
// is the one row of ex that an outline keeps. The lines are copied as they
// are, because the language, the indentation of doc strings and the escapes of
// tables are in them.
func (f *feature) alone(p place, ex *messages.Examples, row *messages.TableRow) []byte {
	keep := append([]span(nil), p.before...)
	if ex == nil {
		keep = append(keep, p.own)
	} else {
		e := p.Examples[0]
		keep = append(keep, span{p.own.from, first(e.Location, e.Tags)},
			line(ex.Location), line(ex.TableHeader.Location), line(row.Location))
	}
	var b []byte
	for _, s := range keep {
		for _, l := range f.lines[s.from:s.to] {
			b = append(b, l...)
		}
		if n := len(b); n > 0 && b[n-1] != '\n' { // the file's last line
			b = append(b, '\n')
		}
	}
	return b
}

func line(at *messages.Location) span { return span{int(at.Line) - 1, int(at.Line)} }
