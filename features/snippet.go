package features

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/stagegate/stagegate/internal/expression"
)

// snippet is the most probable one of [registry.snippets].
func (r *registry) snippet(st step) string {
	return r.proposal(st, expression.Generate(st.text, r.types)[0])
}

// snippets are definitions for st to start from, the most probable one first.
func (r *registry) snippets(st step) (all []string) {
	for _, g := range expression.Generate(st.text, r.types) {
		all = append(all, r.proposal(st, g))
	}
	return all
}

// proposal is a definition with a Cucumber expression, or with a regular
// expression where that would be read as something else.
func (r *registry) proposal(st step, g expression.Generated) string {
	params := []string{"w " + r.worldName(), "ctx context.Context"}
	source := g.Source
	if e, err := expression.Compile(source, r.types); err != nil || !e.Cucumber() {
		source, g.Types = "^"+regexp.QuoteMeta(st.text)+"$", nil
	}
	for i, t := range g.Types {
		made := t.Type
		if made == nil {
			made = stringType
		}
		params = append(params, fmt.Sprintf("arg%d %s", i+1, r.own(made)))
	}
	switch {
	case st.argument == nil:
	case st.argument.DataTable != nil:
		params = append(params, "table *godog.Table")
	case st.argument.DocString != nil:
		params = append(params, "doc *godog.DocString")
	}
	quoted := "`" + source + "`"
	if strings.Contains(source, "`") {
		quoted = fmt.Sprintf("%q", source)
	}
	return fmt.Sprintf("\ts.Step(%s, func(%s) error {\n\t\treturn godog.ErrPending\n\t})", quoted, strings.Join(params, ", "))
}

// own is a type as the test's own package writes it, if it is the world's.
func (r *registry) own(t reflect.Type) string {
	elem, world := t, r.world
	if elem.Kind() == reflect.Pointer {
		elem = elem.Elem()
	}
	if world.Kind() == reflect.Pointer {
		world = world.Elem()
	}
	if elem.PkgPath() == "" || elem.PkgPath() != world.PkgPath() {
		return t.String()
	}
	return t.String()[:len(t.String())-len(elem.String())] + elem.Name()
}

// worldName is the world's type as the test's own package writes it.
func (r *registry) worldName() string {
	name := r.world.String()
	stars := len(name) - len(strings.TrimLeft(name, "*[]"))
	if r.world.Name() == "" && strings.ContainsAny(name[stars:], " {[(") {
		return name // a type without a name
	}
	return name[:stars] + name[strings.LastIndexByte(name, '.')+1:]
}
