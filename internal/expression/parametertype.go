package expression

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"regexp/syntax"
	"strings"
)

// A ParameterType is what stands between braces in a Cucumber expression.
type ParameterType struct {
	Name    string   // {color}; the anonymous type {} has none
	Regexps []string // any of them matches a value

	// Transform makes the value: a func(string...) T or func(string...) (T, error)
	// with a string for each group that the Regexps capture, or with one for the
	// whole where they capture none. Without it the value is text, and whoever
	// takes it converts it.
	Transform reflect.Value

	// Type is what Transform makes. Without Transform it is the Go type that
	// people would take, for snippets; nil stands for string.
	Type reflect.Type

	UseForSnippets       bool // propose it for undefined steps
	PreferForRegexpMatch bool // take it for a regular expression's group where others have the same Regexps
	Where                string

	builtin bool
	quoted  bool // the value stands between quotes
	trees   []*syntax.Regexp
}

// Builtin reports whether t came with the registry.
func (t *ParameterType) Builtin() bool { return t.builtin }

// pattern is a regular expression with one outermost group.
func (t *ParameterType) pattern() string {
	if len(t.Regexps) == 1 {
		return "(" + t.Regexps[0] + ")"
	}
	return "((?:" + strings.Join(t.Regexps, ")|(?:") + "))"
}

// Value calls Transform. A Transform that panics does so here.
func (t *ParameterType) Value(a Argument) (reflect.Value, error) {
	var in []reflect.Value
	for _, s := range a.Values() {
		in = append(in, reflect.ValueOf(s))
	}
	out := t.Transform.Call(in)
	if len(out) == 2 && !out[1].IsNil() {
		return reflect.Value{}, fmt.Errorf("{%s} of %q: %w", t.Name, a.Group.Value, out[1].Interface().(error))
	}
	return out[0], nil
}

// check fills in what follows from the rest.
func (t *ParameterType) check() error {
	if t.Name == "" {
		return errors.New("a parameter type needs a name")
	}
	if strings.ContainsAny(t.Name, `{}()\/[]$.|?*+`) {
		return fmt.Errorf(`a parameter type {%s}: a name has none of { } ( ) \ / [ ] $ . | ? * +`, t.Name)
	}
	if len(t.Regexps) == 0 {
		return fmt.Errorf("parameter type {%s}: has no regular expression", t.Name)
	}
	t.trees = nil
	groups := 0
	for _, s := range t.Regexps {
		re, err := syntax.Parse(s, syntax.Perl)
		if err == nil {
			_, err = regexp.Compile(s)
		}
		if err != nil {
			return fmt.Errorf("parameter type {%s}: %w%s", t.Name, err, re2Hint(err))
		}
		groups += len(captures(re))
		t.trees = append(t.trees, uncounted(re))
	}
	if !t.Transform.IsValid() {
		return nil
	}
	if err := t.checkTransform(max(groups, 1)); err != nil {
		return fmt.Errorf("parameter type {%s}: %w", t.Name, err)
	}
	t.Type = t.Transform.Type().Out(0)
	return nil
}

func (t *ParameterType) checkTransform(values int) error {
	if t.Transform.Kind() != reflect.Func || t.Transform.IsNil() {
		return errors.New("the transformer must be a function")
	}
	f := t.Transform.Type()
	params := make([]reflect.Type, f.NumIn())
	for i := range params {
		if params[i] = f.In(i); f.IsVariadic() && i == len(params)-1 {
			params[i] = f.In(i).Elem()
		}
		if params[i] != reflect.TypeFor[string]() {
			return fmt.Errorf("the transformer is %v: it may take strings alone", f)
		}
	}
	if !f.IsVariadic() && len(params) != values || f.IsVariadic() && len(params)-1 > values {
		return fmt.Errorf("the transformer is %v: it is called with %d strings, one for each group that the regular expressions capture, or one for the whole", f, values)
	}
	if n := f.NumOut(); n == 1 && f.Out(0) != reflect.TypeFor[error]() || n == 2 && f.Out(1) == reflect.TypeFor[error]() {
		return nil
	}
	return fmt.Errorf("the transformer is %v: it must return a value, or a value and an error", f)
}
