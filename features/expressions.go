package features

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"

	"github.com/stagegate/stagegate/internal/expression"
)

// ParameterType defines what {name} stands for in Cucumber expressions, before
// the first step that uses it. A value is what one of patterns matches, each a
// regular expression without anchors. transform makes it: a func(string) T or
// func(string) (T, error), with a string for each group that the patterns
// capture; nil leaves it text, which a function takes as what it converts to.
func (s *Steps[W]) ParameterType(name string, transform any, patterns ...string) {
	where := caller(2)
	err := s.types.Define(expression.ParameterType{Name: name, Regexps: patterns, Transform: reflect.ValueOf(transform), UseForSnippets: true, Where: where})
	if err != nil {
		s.problems = append(s.problems, fmt.Errorf("%s: %w", where, err))
	}
}

// compile compiles what a definition was called with.
func (r *registry) compile(expr any) (*expression.Expression, error) {
	switch x := expr.(type) {
	case string:
		e, err := expression.Compile(x, r.types)
		var undefined *expression.Problem
		if errors.As(err, &undefined) && undefined.UndefinedType != "" {
			return nil, fmt.Errorf("%w\nhint: s.ParameterType(%q, ...) before the steps that use it", err, undefined.UndefinedType)
		}
		return e, err
	case *regexp.Regexp:
		return expression.Regexp(x, r.types)
	default:
		return nil, fmt.Errorf("want a string or a *regexp.Regexp, have %T", expr)
	}
}

// valueTypes are the types of what a function may take, nil for text: of each
// parameter of a Cucumber expression; of each group of a regular expression, or
// of each outermost one where one is of a parameter type that transforms it.
func valueTypes(e *expression.Expression) []*expression.ParameterType {
	if e.Cucumber() || transforms(e) {
		return e.Types()
	}
	return make([]*expression.ParameterType, e.Regexp().NumSubexp())
}

func transforms(e *expression.Expression) bool {
	for _, t := range e.Types() {
		if t != nil && t.Transform.IsValid() {
			return true
		}
	}
	return false
}

// takes says why a parameter cannot be the value of a type, or nothing.
func (d *definition) takes(t *expression.ParameterType, param reflect.Type) error {
	switch {
	case t != nil && t.Transform.IsValid() && t.Type.AssignableTo(param):
		return nil
	case t != nil && t.Transform.IsValid() && d.expr.Cucumber():
		return fmt.Errorf("parameter %v: {%s} is %s (%s)", param, t.Name, article(t.Type), t.Where)
	case !takesText(param):
		return fmt.Errorf("parameter %v: want the world first, then a context.Context, then text, []byte, bool, integers, floats, time.Duration, types with UnmarshalText, pointers to these, what a parameter type makes, and last *godog.Table, a struct or a slice of structs for it, or *godog.DocString", param)
	}
	return nil
}

// values makes the first n values of what a step says, as the function's
// parameters from first on want them.
func (d *definition) values(text string, n, first int) ([]reflect.Value, error) {
	all := make([]reflect.Value, 0, n)
	if !d.expr.Cucumber() && !transforms(d.expr) {
		for i, s := range d.re.FindStringSubmatch(text)[1 : n+1] {
			v, err := fromText(s, d.fn.Type().In(first+i))
			if err != nil {
				return nil, err
			}
			all = append(all, v)
		}
		return all, nil
	}
	args, _ := d.expr.Match(text)
	for i, a := range args[:n] {
		v, err := argumentValue(a, d.fn.Type().In(first+i))
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

func argumentValue(a expression.Argument, param reflect.Type) (reflect.Value, error) {
	if a.Type == nil || !a.Type.Transform.IsValid() || !a.Type.Type.AssignableTo(param) {
		return fromText(a.Text(), param)
	}
	return a.Type.Value(a)
}
