package expression

import (
	"cmp"
	"fmt"
	"iter"
	"reflect"
	"regexp/syntax"
	"slices"
	"strings"
)

// A Registry has the parameter types that expressions may use. It is safe for
// concurrent use once nothing is defined any more.
type Registry struct {
	types []*ParameterType // in the order of definition
}

// NewRegistry has the built-in types: int, float, word, string, the anonymous
// one, bigdecimal, double, biginteger, byte, short and long.
func NewRegistry() *Registry {
	const (
		float  = `[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[E][+-]?\d+)?`
		quoted = `"([^"\\]*(\\.[^"\\]*)*)"|'([^'\\]*(\\.[^'\\]*)*)'`
	)
	ints := []string{`-?\d+`, `\d+`}
	r := &Registry{types: []*ParameterType{
		{Name: "int", Regexps: ints, Type: reflect.TypeFor[int](), UseForSnippets: true, PreferForRegexpMatch: true},
		{Name: "float", Regexps: []string{float}, Type: reflect.TypeFor[float64](), UseForSnippets: true},
		{Name: "word", Regexps: []string{`[^\s]+`}},
		{Name: "string", Regexps: []string{quoted}, UseForSnippets: true, quoted: true},
		{Name: "", Regexps: []string{`.*`}, PreferForRegexpMatch: true},
		{Name: "double", Regexps: []string{float}, Type: reflect.TypeFor[float64]()},
		{Name: "bigdecimal", Regexps: []string{float}},
		{Name: "byte", Regexps: ints, Type: reflect.TypeFor[int8]()},
		{Name: "short", Regexps: ints, Type: reflect.TypeFor[int16]()},
		{Name: "long", Regexps: ints, Type: reflect.TypeFor[int64]()},
		{Name: "biginteger", Regexps: ints},
	}}
	for _, t := range r.types {
		t.builtin = true
		for _, s := range t.Regexps {
			t.trees = append(t.trees, parsed(s))
		}
	}
	return r
}

// Define adds a type.
func (r *Registry) Define(t ParameterType) error {
	if err := t.check(); err != nil {
		return err
	}
	if other := r.Lookup(t.Name); other != nil {
		return fmt.Errorf("there is already a parameter type with name %s%s", t.Name, other.at())
	}
	for _, other := range r.types {
		for i, c := range t.trees {
			if t.PreferForRegexpMatch && other.PreferForRegexpMatch && slices.ContainsFunc(other.trees, c.Equal) {
				return fmt.Errorf("there can only be one preferential parameter type per regexp: /%s/ is used for two, {%s}%s and {%s}", t.Regexps[i], other.Name, other.at(), t.Name)
			}
		}
	}
	r.types = append(r.types, &t)
	return nil
}

func (t *ParameterType) at() string {
	if t.Where == "" {
		return ""
	}
	return " (" + t.Where + ")"
}

// Lookup returns the type of a name, or nil.
func (r *Registry) Lookup(name string) *ParameterType {
	if i := slices.IndexFunc(r.types, func(t *ParameterType) bool { return t.Name == name }); i >= 0 {
		return r.types[i]
	}
	return nil
}

// All are the types in the order of their definition, built-in ones first.
func (r *Registry) All() iter.Seq[*ParameterType] { return slices.Values(r.types) }

// byRegexp returns the type of a regular expression's group, or nil. Built-in
// types that have the same regular expression are told apart by who takes them.
func (r *Registry) byRegexp(group *syntax.Regexp, source string) (*ParameterType, error) {
	var all []*ParameterType
	for _, t := range r.types {
		if slices.ContainsFunc(t.trees, group.Equal) {
			all = append(all, t)
		}
	}
	slices.SortStableFunc(all, comparePreference)
	if len(all) > 1 && !all[0].PreferForRegexpMatch && slices.ContainsFunc(all, func(t *ParameterType) bool { return !t.builtin }) {
		names := make([]string, len(all))
		for i, t := range all {
			names[i] = "{" + t.Name + "}" + t.at()
		}
		return nil, fmt.Errorf("the regular expression %s has a group that several parameter types match: %s\nhint: use a Cucumber expression, or prefer one of them for regular expressions", source, strings.Join(names, " "))
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all[0], nil
}

func comparePreference(a, b *ParameterType) int {
	switch {
	case a.PreferForRegexpMatch == b.PreferForRegexpMatch:
		return 0
	case a.PreferForRegexpMatch:
		return -1
	default:
		return 1
	}
}

func compareTypes(a, b *ParameterType) int {
	return cmp.Or(comparePreference(a, b), cmp.Compare(a.Name, b.Name))
}
