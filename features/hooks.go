package features

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/tags"
)

// hookKind is when a hook runs.
type hookKind int

const (
	beforeRun hookKind = iota
	afterRun
	beforeFeature
	afterFeature
	beforeScenario
	afterScenario
	beforeStep
	afterStep
	around // not a user's: what this package does before and after a scenario
)

func (k hookKind) after() bool {
	return k == afterRun || k == afterFeature || k == afterScenario || k == afterStep
}

func (k hookKind) String() string {
	return []string{"before the run", "after the run", "before the feature", "after the feature", "before the scenario", "after the scenario",
		"before the step", "after the step", "around the scenario"}[k]
}

// ScenarioInfo is what a hook may know of its scenario.
type ScenarioInfo struct {
	Feature, Name, Where string
	Tags                 []string // with their "@"
	Attempt              int
	Outcome              harness.Outcome // so far; empty before it ran
	Reason               string          // why it has not passed
}

// StepInfo is what a hook may know of its step.
type StepInfo struct {
	Keyword, Text, Where string
	Outcome              harness.Outcome // empty before it ran
	Reason               string
}

// FeatureInfo is what a hook may know of its feature.
type FeatureInfo struct {
	Name, Path string
	Tags       []string // with their "@"
}

// BeforeRun is called once, before the first scenario. fn takes a
// [context.Context] if it wants one, and returns nothing or an error. After an
// error no scenario runs, and all have failed.
func (s *Steps[W]) BeforeRun(fn any) Hook { return s.addHook(beforeRun, fn) }

// AfterRun is called once, after the last scenario, whatever happened: the last
// defined hook first, as all hooks that come after something. An error fails the
// scenario that ran last.
func (s *Steps[W]) AfterRun(fn any) Hook { return s.addHook(afterRun, fn) }

// BeforeFeature is called before the first scenario of each feature; fn takes a
// [context.Context] and a [FeatureInfo], each if it wants it. After an error all
// scenarios of the feature have failed.
func (s *Steps[W]) BeforeFeature(fn any) Hook { return s.addHook(beforeFeature, fn) }

// AfterFeature is called after the last scenario of each feature. An error fails
// the scenario that ran last in it.
func (s *Steps[W]) AfterFeature(fn any) Hook { return s.addHook(afterFeature, fn) }

// Before is called for each attempt of a scenario, when its world is open. fn
// takes the world, a [context.Context] and a [ScenarioInfo], in this order and
// each if it wants it; it returns nothing, an error, a context, or both. An error
// that wraps godog.ErrSkip skips the scenario.
func (s *Steps[W]) Before(fn any) Hook { return s.addHook(beforeScenario, fn) }

// After is called for each attempt of a scenario before its world is cleaned up,
// also where it has failed. fn is as in [Steps.Before].
func (s *Steps[W]) After(fn any) Hook { return s.addHook(afterScenario, fn) }

// BeforeStep is called before each step that runs. fn is as in [Steps.Before],
// with a [StepInfo] in the end.
func (s *Steps[W]) BeforeStep(fn any) Hook { return s.addHook(beforeStep, fn) }

// AfterStep is called after each step that ran. fn is as in [Steps.BeforeStep].
func (s *Steps[W]) AfterStep(fn any) Hook { return s.addHook(afterStep, fn) }

// A Hook is a hook that was defined.
type Hook struct {
	in *registry
	at int // in in.hooks; -1 where the hook is not defined well
}

// Named gives the hook a name, for failures and reports.
func (h Hook) Named(name string) Hook {
	if h.at >= 0 {
		h.in.hooks[h.at].name = name
	}
	return h
}

// Tagged lets the hook run for scenarios alone (for features, of their own tags)
// that match a tag expression.
func (h Hook) Tagged(expression string) Hook {
	if h.at < 0 {
		return h
	}
	k := &h.in.hooks[h.at]
	e, err := tags.Parse(expression)
	switch {
	case err != nil:
		h.in.problems = append(h.in.problems, fmt.Errorf("%s: hook %s: tags: %w", k.where, k.kind, err))
	case expression == "":
		h.in.problems = append(h.in.problems, fmt.Errorf("%s: hook %s: an empty tag expression: leave out Tagged to run it for all", k.where, k.kind))
	case k.kind == beforeRun || k.kind == afterRun:
		h.in.problems = append(h.in.problems, fmt.Errorf("%s: hook %s: has no tags to look at", k.where, k.kind))
	}
	k.tags, k.expression = e, expression
	return h
}

// A hook is one hook, checked.
type hook struct {
	kind        hookKind
	name, where string
	tags        tags.Expr
	expression  string
	fn          reflect.Value
	steps       int    // that were defined before it
	id          string // in messages
}

func (h *hook) String() string {
	switch {
	case h.kind == around:
		return h.name
	case h.name != "":
		return fmt.Sprintf("hook %q (%s)", h.name, h.where)
	}
	return fmt.Sprintf("hook %s (%s)", h.kind, h.where)
}

func (r *registry) addHook(kind hookKind, fn any) Hook {
	h := hook{kind: kind, where: caller(3), fn: reflect.ValueOf(fn), tags: tags.All(), steps: len(r.defs)}
	if err := r.checkHook(h, fn); err != nil {
		r.problems = append(r.problems, fmt.Errorf("%s: hook %s: %w", h.where, kind, err))
		return Hook{r, -1}
	}
	r.hooks = append(r.hooks, h)
	return Hook{r, len(r.hooks) - 1}
}

func (r *registry) checkHook(h hook, fn any) error {
	if fn == nil || h.fn.Kind() != reflect.Func || h.fn.IsNil() {
		return fmt.Errorf("want a function, have %T", fn)
	}
	may := []reflect.Type{contextType}
	switch h.kind {
	case beforeFeature, afterFeature:
		may = append(may, reflect.TypeFor[FeatureInfo]())
	case beforeScenario, afterScenario:
		may = append([]reflect.Type{r.world}, append(may, reflect.TypeFor[ScenarioInfo]())...)
	case beforeStep, afterStep:
		may = append([]reflect.Type{r.world}, append(may, reflect.TypeFor[StepInfo]())...)
	}
	t, next := h.fn.Type(), 0
	for i := range t.NumIn() {
		at := slices.Index(may[next:], t.In(i))
		if at < 0 || t.IsVariadic() {
			return fmt.Errorf("%v: want %v, in this order and each only if it is wanted", t, may)
		}
		next += at + 1
	}
	results := []reflect.Type{}
	for i := range t.NumOut() {
		results = append(results, t.Out(i))
	}
	if err := checkResults(results); err != nil {
		return fmt.Errorf("%v: %w", t, err)
	}
	if h.kind < beforeScenario && len(results) > 0 && results[0] == contextType {
		return fmt.Errorf("%v: a context of this hook goes nowhere: return an error or nothing", t)
	}
	return nil
}

// call runs a hook with what it wants of these values.
func (h *hook) call(ctx context.Context, have ...reflect.Value) (context.Context, error) {
	have = append(have, reflect.ValueOf(&ctx).Elem())
	in := make([]reflect.Value, h.fn.Type().NumIn())
	for i := range in {
		want := h.fn.Type().In(i)
		at := slices.IndexFunc(have, func(v reflect.Value) bool { return v.IsValid() && v.Type() == want })
		in[i] = have[at]
	}
	return results(ctx, h.fn.Call(in))
}

// results reads what a step or a hook returned: nothing, an error, a context,
// or both. A nil context changes nothing.
func results(ctx context.Context, out []reflect.Value) (context.Context, error) {
	var err error
	for _, v := range out {
		switch x := v.Interface().(type) {
		case context.Context:
			ctx = x
		case error:
			err = x
		}
	}
	return ctx, err
}
