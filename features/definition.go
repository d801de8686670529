package features

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"

	"github.com/cucumber/godog"

	"github.com/stagegate/stagegate/internal/expression"
)

// A definition is one step definition, checked.
type definition struct {
	expr    *expression.Expression
	re      *regexp.Regexp              // of expr
	types   []*expression.ParameterType // of what fn may take
	fn      reflect.Value
	where   string
	from    origin
	world   bool         // the first parameter is the world
	context bool         // the next one is a context
	mutates bool         // it changes its target
	groups  int          // values that fn takes
	extra   reflect.Type // parameter for the step's table or doc string; nil if there is none
	used    bool         // by a scenario, selected or not
	id      string       // in messages
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
	tableType   = reflect.TypeFor[*godog.Table]()
	docType     = reflect.TypeFor[*godog.DocString]()
	bytesType   = reflect.TypeFor[[]byte]()
	stringType  = reflect.TypeFor[string]()
	boolType    = reflect.TypeFor[bool]()
)

// define checks that fn can be called for what e matches.
func define(e *expression.Expression, fn any, world reflect.Type) (definition, error) {
	d := definition{expr: e, re: e.Regexp(), types: valueTypes(e), fn: reflect.ValueOf(fn)}
	if fn == nil || d.fn.Kind() != reflect.Func {
		return d, fmt.Errorf("want a function, have %T", fn)
	}
	if d.fn.IsNil() {
		return d, errors.New("the function is nil")
	}
	t := d.fn.Type()
	if t.IsVariadic() {
		return d, fmt.Errorf("%v: the number of parameters must be fixed", t)
	}
	params := make([]reflect.Type, t.NumIn())
	for i := range params {
		params[i] = t.In(i)
	}
	results := make([]reflect.Type, t.NumOut())
	for i := range results {
		results[i] = t.Out(i)
	}
	if err := checkResults(results); err != nil {
		return d, fmt.Errorf("%v: %w", t, err)
	}
	if len(params) > 0 && params[0] == world {
		d.world, params = true, params[1:]
	}
	values := params
	if len(values) > 0 && values[0] == contextType {
		d.context, values = true, values[1:]
	}
	if err := d.checkParams(values); err != nil {
		return d, fmt.Errorf("%v: %w", t, err)
	}
	return d, nil
}

func checkResults(out []reflect.Type) error {
	switch {
	case len(out) == 0,
		len(out) == 1 && (out[0] == errorType || out[0] == contextType),
		len(out) == 2 && out[0] == contextType && out[1] == errorType:
		return nil
	case len(out) == 1 && out[0] == reflect.TypeFor[godog.Steps]():
		return errors.New("steps that are made of steps are not supported: call the functions instead")
	default:
		return errors.New("must return nothing, an error, a context.Context, or (context.Context, error)")
	}
}

func (d *definition) checkParams(values []reflect.Type) error {
	groups := len(d.types)
	if len(values) > groups+1 {
		return fmt.Errorf("takes %d values, the expression captures %d", len(values), groups)
	}
	for i, v := range values {
		last := i == len(values)-1
		switch {
		case v == tableType || v == docType:
			if !last || i != groups {
				return fmt.Errorf("%v must be the last parameter, after the %d captured values", v, groups)
			}
			d.extra = v
		case i == groups && (v == stringType || v == bytesType || ofTable(v)):
			d.extra = v
		case i == groups:
			return fmt.Errorf("takes %d values, the expression captures %d; only a *godog.Table, a struct or a slice of structs for it, or a *godog.DocString may follow", len(values), groups)
		default:
			if err := d.takes(d.types[i], v); err != nil {
				return err
			}
			d.groups++
		}
	}
	return nil
}

// call runs the function of d for a step.
func (d *definition) call(ctx context.Context, world reflect.Value, st *step) (context.Context, error) {
	in, err := d.arguments(ctx, world, st)
	if err != nil {
		return ctx, err
	}
	return results(ctx, d.fn.Call(in))
}

// arguments makes what the function takes of what the step says.
func (d *definition) arguments(ctx context.Context, world reflect.Value, st *step) ([]reflect.Value, error) {
	t := d.fn.Type()
	in := make([]reflect.Value, 0, t.NumIn())
	if d.world {
		in = append(in, world)
	}
	if d.context {
		in = append(in, reflect.ValueOf(&ctx).Elem())
	}
	if d.groups > 0 {
		values, err := d.values(st.text, d.groups, len(in))
		if err != nil {
			return nil, err
		}
		in = append(in, values...)
	}
	if d.extra != nil {
		v, err := st.extra(d.extra)
		if err != nil {
			return nil, err
		}
		in = append(in, v)
	}
	return in, nil
}
