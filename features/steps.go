package features

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"time"

	"github.com/stagegate/stagegate/internal/expression"
)

// Steps says what steps mean to a world of type W.
//
// Given, When, Then and Step are the same: as everywhere in Cucumber the
// keyword is for readers, and a definition matches under each.
//
// expr is a Cucumber expression ("I order {int} box(es) of {string}"; see
// [Steps.ParameterType]), or a regular expression: a string that begins with ^ or
// ends with $, or a *regexp.Regexp.
//
// fn takes, in this order, and each only if it wants it: the world (W); a
// [context.Context]; a value for each parameter of expr, or for each group that
// it captures (what a parameter type makes, text, []byte, bool, an integer, a
// float, a [time.Duration], anything with UnmarshalText, types that are one of
// these, pointers to them), the last ones may be left out; where the step has
// one, a *godog.Table, a struct or a slice of structs for it (see [Rows]), or a
// *godog.DocString, string or []byte. It returns nothing, an error, a context,
// or both.
//
// A step is pending with godog.ErrPending, and skips the scenario with
// godog.ErrSkip; fmt.Errorf("no printer here: %w", godog.ErrSkip) says why.
type Steps[W any] struct{ registry }

// Given defines a step.
func (s *Steps[W]) Given(expr any, fn any) Definition { return s.add(expr, fn) }

// When defines a step.
func (s *Steps[W]) When(expr any, fn any) Definition { return s.add(expr, fn) }

// Then defines a step.
func (s *Steps[W]) Then(expr any, fn any) Definition { return s.add(expr, fn) }

// Step defines a step.
func (s *Steps[W]) Step(expr any, fn any) Definition { return s.add(expr, fn) }

// Parallel is how many scenarios run at once; if it is not called, go test's
// -parallel decides, which is the number of processors. Scenarios that wait for
// a deployed system want more.
func (s *Steps[W]) Parallel(n int) {
	if n < 1 {
		s.problems = append(s.problems, fmt.Errorf("%s: %d scenarios at once: want 1 or more", caller(2), n))
	}
	s.parallel = n
}

// StepLimit is how long each step may take, and each hook of a scenario or of a
// step; without it only the limit of the scenario counts.
func (s *Steps[W]) StepLimit(d time.Duration) {
	if d <= 0 {
		s.problems = append(s.problems, fmt.Errorf("%s: a limit of %v leaves no time", caller(2), d))
	}
	s.stepLimit = d
}

// Limit is how long each scenario may take; a minute if it is not called. A scenario
// that takes longer has failed. Cleaning up after it may take twice as long, each
// cleanup half of what is left. A hook of the run or of a feature may take as long,
// but always a minute.
func (s *Steps[W]) Limit(d time.Duration) {
	if d <= 0 {
		s.problems = append(s.problems, fmt.Errorf("%s: a limit of %v leaves no time", caller(2), d))
	}
	s.limit = d
}

// defaultLimit is for a scenario against a deployed system.
const defaultLimit = time.Minute

func newSteps[W any]() *Steps[W] {
	return &Steps[W]{registry{world: reflect.TypeFor[W](), types: expression.NewRegistry(), limit: defaultLimit}}
}

// registry is what Steps collects, whatever W is.
type registry struct {
	world     reflect.Type
	types     *expression.Registry
	limit     time.Duration
	stepLimit time.Duration // 0: none of its own
	parallel  int           // 0: as go test says
	defs      []definition
	hooks     []hook
	problems  []error               // why nothing can run
	missing   []error               // why steps have no definition: a parameter type that nobody defined
	unknown   []*expression.Problem // the same
}

func (r *registry) add(expr, fn any) Definition {
	where := caller(3)
	e, err := r.compile(expr)
	var unknown *expression.Problem
	if errors.As(err, &unknown) && unknown.UndefinedType != "" {
		r.unknown = append(r.unknown, unknown)
		r.missing = append(r.missing, fmt.Errorf("%s: step %q: %w", where, fmt.Sprint(expr), err))
		return Definition{r, -1}
	}
	if err != nil {
		r.problems = append(r.problems, fmt.Errorf("%s: step %q: %w", where, fmt.Sprint(expr), err))
		return Definition{r, -1}
	}
	d, err := define(e, fn, r.world)
	if err != nil {
		r.problems = append(r.problems, fmt.Errorf("%s: step %q: %w", where, fmt.Sprint(expr), err))
		return Definition{r, -1}
	}
	d.where, d.from = where, originOf(3)
	r.defs = append(r.defs, d)
	return Definition{r, len(r.defs) - 1}
}

// err is everything that was wrong with the definitions.
func (r *registry) err() error { return errors.Join(r.problems...) }

// caller is the file and line of a caller, relative to the working folder
// where it is below it.
func caller(skip int) string {
	_, file, line, ok := runtime.Caller(skip)
	if !ok {
		return "unknown place"
	}
	short := filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(file))
	if dir, err := filepath.Abs("."); err == nil {
		if rel, err := filepath.Rel(dir, file); err == nil && !strings.HasPrefix(rel, "..") {
			short = rel
		}
	}
	return fmt.Sprintf("%s:%d", filepath.ToSlash(short), line)
}
