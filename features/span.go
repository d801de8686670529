package features

import (
	"io/fs"
	"strings"

	messages "github.com/cucumber/messages/go/v34"
)

// A span is a part of a feature file, and the scenarios that it stands for.
type span struct {
	from, to int    // its lines, both included
	lines    []int  // where the scenarios stand
	parts    []span // inside: a line in one of them stands for its scenarios alone
}

// readSpans reads a feature file once more for where everything in it begins and
// ends: nobody needs to remember it for runs that select nothing.
func readSpans(root fs.FS, name string) ([]span, error) {
	f, err := parse(root, name, (&messages.Incrementing{}).NewId)
	if err != nil {
		return nil, err
	}
	return f.spans(), nil
}

// standsFor is where the scenarios stand that a line stands for.
func standsFor(all []span, line int) []int {
	for _, s := range all {
		if s.from <= line && line <= s.to {
			if at := standsFor(s.parts, line); len(at) > 0 {
				return at
			}
			return s.lines
		}
	}
	return nil
}

// spans are the parts of f in the order of the file. The line of a feature, a
// rule or a background stands for all scenarios in it, that of an outline or of
// examples for their rows. What is blank or a comment between two scenarios
// stands for none.
func (f *feature) spans() []span {
	all := []span{{from: begins(f.doc.Location, f.doc.Tags)}}
	for _, c := range f.doc.Children {
		all = append(all, scenarioSpans(c.Background, c.Scenario)...)
		if c.Rule != nil {
			all = append(all, ruleSpans(c.Rule)...)
		}
	}
	whole := union(all)
	for i := range all {
		if all[i].lines == nil {
			all[i].lines = whole
		}
	}
	source := strings.Split(string(f.source), "\n")
	end(all, len(source), source)
	return all
}

func ruleSpans(r *messages.Rule) []span {
	all := []span{{from: begins(r.Location, r.Tags)}}
	for _, c := range r.Children {
		all = append(all, scenarioSpans(c.Background, c.Scenario)...)
	}
	whole := union(all)
	for i := range all {
		if all[i].lines == nil {
			all[i].lines = whole
		}
	}
	return all
}

// scenarioSpans has one element; that of a background stands for nothing yet.
func scenarioSpans(b *messages.Background, s *messages.Scenario) []span {
	switch {
	case b != nil:
		return []span{{from: begins(b.Location, nil)}}
	case s == nil:
		return nil
	case len(s.Examples) == 0:
		return []span{{from: begins(s.Location, s.Tags), lines: []int{int(s.Location.Line)}}}
	}
	outline := span{from: begins(s.Location, s.Tags)}
	for _, ex := range s.Examples {
		e := span{from: begins(ex.Location, ex.Tags)}
		for _, row := range ex.TableBody {
			line := int(row.Location.Line)
			e.lines = append(e.lines, line)
			e.parts = append(e.parts, span{from: line, to: line, lines: []int{line}})
		}
		if len(ex.TableBody) == 0 {
			e.lines = []int{int(ex.Location.Line)}
		}
		outline.parts = append(outline.parts, e)
	}
	outline.lines = union(outline.parts)
	return []span{outline}
}

func union(all []span) (lines []int) {
	for _, s := range all {
		lines = append(lines, s.lines...)
	}
	return lines
}

// begins is the first line of what stands at l, its tags included.
func begins(l *messages.Location, tags []*messages.Tag) int {
	first := l.Line
	for _, t := range tags {
		first = min(first, t.Location.Line)
	}
	return int(first)
}

// end sets where each of all, which follow one another, ends: before the next
// one, or at last, without blank lines and comments.
func end(all []span, last int, source []string) {
	for i := range all {
		s := &all[i]
		s.to = last
		if i+1 < len(all) {
			s.to = all[i+1].from - 1
		}
		for s.to > s.from && skipped(source[s.to-1]) {
			s.to--
		}
		if len(s.parts) > 0 && s.parts[0].to == 0 {
			end(s.parts, s.to, source)
		}
	}
}

func skipped(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || strings.HasPrefix(line, "#")
}
