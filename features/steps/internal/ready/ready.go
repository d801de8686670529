package ready

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/stagegate/stagegate/features"
)

// A Step is one ready-made step.
type Step struct {
	Expr    string // regular expression
	Fn      any    // func(C, ...): as features.Steps has it, with the client as the world
	Mutates bool   // it changes its target
	Doc     string // a sentence
	Example string // Gherkin, as it stands in a scenario
}

// Define defines steps for worlds that have a client of type C.
func Define[W, C any](s *features.Steps[W], of func(W) C, steps []Step) {
	for _, step := range steps {
		d := s.Step(step.Expr, bound[W](reflect.ValueOf(step.Fn), reflect.ValueOf(of)))
		if step.Mutates {
			d.Mutates()
		}
	}
}

// errNoClient is what a step says whose world has none.
var errNoClient = errors.New("this world has no client for the ready-made step\nhint: in process there is no AWS and no deployed service: leave such scenarios out of that suite by a tag (tags: \"not @aws\")")

// bound is fn with a world in the place of the client that of finds in it.
func bound[W any](fn, of reflect.Value) any {
	t := fn.Type()
	in, out := []reflect.Type{reflect.TypeFor[W]()}, []reflect.Type(nil)
	for i := 1; i < t.NumIn(); i++ {
		in = append(in, t.In(i))
	}
	for i := range t.NumOut() {
		out = append(out, t.Out(i))
	}
	return reflect.MakeFunc(reflect.FuncOf(in, out, false), func(args []reflect.Value) []reflect.Value {
		client := of.Call(args[:1])
		if client[0].Kind() == reflect.Pointer && client[0].IsNil() {
			results := make([]reflect.Value, len(out)) // the last one is an error
			for i, t := range out {
				results[i] = reflect.Zero(t)
			}
			results[len(out)-1] = reflect.ValueOf(&errNoClient).Elem()
			return results
		}
		return fn.Call(append(client, args[1:]...))
	}).Interface()
}

// Page is the reference of steps, in Markdown.
func Page(steps []Step) string {
	var b strings.Builder
	for _, s := range steps {
		what := "reads"
		if s.Mutates {
			what = "**mutates**"
		}
		fmt.Fprintf(&b, "### `%s`\n\n%s It %s.\n\n```gherkin\n%s\n```\n\n", words(s.Expr), s.Doc, what, s.Example)
	}
	return b.String()
}

// words is an expression as people read it: without ^ and $, groups by their names.
func words(expr string) string {
	expr = strings.TrimSuffix(strings.TrimPrefix(expr, "^"), "$")
	return strings.NewReplacer(`"([^"]*)"`, `"..."`, `(\d+)`, "N", `(\S+)`, "TIME", `(.+)`, "VALUE", `(GET|HEAD|OPTIONS)`, "GET|HEAD|OPTIONS",
		`(POST|PUT|PATCH|DELETE)`, "POST|PUT|PATCH|DELETE", `(\{.+\})`, "{KEY}", `(OK|ALARM|INSUFFICIENT_DATA)`, "OK|ALARM|INSUFFICIENT_DATA").Replace(expr)
}
