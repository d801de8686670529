package expression

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Generated is a Cucumber expression for a step that has no definition.
type Generated struct {
	Source string
	Types  []*ParameterType
}

// maxGenerated bounds what Generate returns.
const maxGenerated = 256

// Generate returns Cucumber expressions that match text, the most probable one
// first: whole words that are a value of a type for snippets become parameters.
// There is always at least one.
func Generate(text string, r *Registry) []Generated {
	var parts []string // between the parameters
	var types [][]*ParameterType
	finders := r.finders()
	at := 0
	for at < len(text) {
		start, end, found := best(text, at, finders)
		if len(found) == 0 {
			break
		}
		parts, types = append(parts, escaped(text[at:start])), append(types, found)
		at = end
	}
	parts = append(parts, escaped(text[at:]))
	var all []Generated
	for _, chosen := range combinations(types) {
		all = append(all, assemble(parts, chosen))
	}
	return all
}

func assemble(parts []string, chosen []*ParameterType) Generated {
	var b strings.Builder
	for i, t := range chosen {
		b.WriteString(parts[i] + "{" + t.Name + "}")
	}
	b.WriteString(parts[len(parts)-1])
	return Generated{b.String(), chosen}
}

// A finder looks for values of a type.
type finder struct {
	t  *ParameterType
	re *regexp.Regexp
}

func (r *Registry) finders() []finder {
	var all []finder
	for _, t := range r.types {
		for _, s := range t.Regexps {
			if re, err := regexp.Compile(s); err == nil && t.UseForSnippets {
				all = append(all, finder{t, re})
			}
		}
	}
	return all
}

// find returns the first whole word at or after a place that is a value.
func (f finder) find(text string, at int) (start, end int, ok bool) {
	for at < len(text) {
		m := f.re.FindStringIndex(text[at:])
		if m == nil {
			return 0, 0, false
		}
		if start, end = at+m[0], at+m[1]; start < end && wordStart(text, start) && wordEnd(text, end) {
			return start, end, true
		}
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return 0, 0, false
}

// best returns the first value at or after a place, the longest of several, and
// the types whose value it is.
func best(text string, at int, finders []finder) (start, end int, types []*ParameterType) {
	for _, f := range finders {
		from, to, ok := f.find(text, at)
		if !ok {
			continue
		}
		switch order := cmp.Or(cmp.Compare(from, start), cmp.Compare(end, to)); {
		case len(types) == 0 || order < 0:
			start, end, types = from, to, []*ParameterType{f.t}
		case order == 0 && !slices.Contains(types, f.t):
			types = append(types, f.t)
		}
	}
	slices.SortStableFunc(types, compareTypes)
	return start, end, types
}

func wordStart(text string, at int) bool {
	r, _ := utf8.DecodeLastRuneInString(text[:at])
	return at == 0 || boundary(r)
}

func wordEnd(text string, at int) bool {
	r, _ := utf8.DecodeRuneInString(text[at:])
	return at == len(text) || boundary(r)
}

func boundary(r rune) bool { return unicode.In(r, unicode.Z, unicode.P, unicode.S) }

// escaped also escapes the backslash, which the official generator forgets.
func escaped(s string) string {
	return strings.NewReplacer(`\`, `\\`, "(", `\(`, "{", `\{`, "/", `\/`).Replace(s)
}

// combinations chooses one of each, in every way, the last changing fastest.
func combinations(choices [][]*ParameterType) [][]*ParameterType {
	all := [][]*ParameterType{nil}
	for _, among := range choices {
		var longer [][]*ParameterType
		for _, c := range all {
			for _, t := range among {
				if len(longer) < maxGenerated {
					longer = append(longer, append(c[:len(c):len(c)], t))
				}
			}
		}
		all = longer
	}
	return all
}
