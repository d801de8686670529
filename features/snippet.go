package features

import (
	"fmt"
	"regexp"
	"strings"
)

// snippet is a definition for st to start from.
func (r *registry) snippet(st step) string {
	params := []string{"w " + r.worldName(), "ctx context.Context"}
	var expr strings.Builder
	rest := st.text
	for n := 1; rest != ""; n++ {
		at := value().FindStringIndex(rest)
		if at == nil {
			expr.WriteString(regexp.QuoteMeta(rest))
			break
		}
		expr.WriteString(regexp.QuoteMeta(rest[:at[0]]))
		if rest[at[0]] == '"' {
			expr.WriteString(`"([^"]*)"`)
			params = append(params, fmt.Sprintf("arg%d string", n))
		} else {
			expr.WriteString(`(\d+)`)
			params = append(params, fmt.Sprintf("arg%d int", n))
		}
		rest = rest[at[1]:]
	}
	switch {
	case st.argument == nil:
	case st.argument.DataTable != nil:
		params = append(params, "table *godog.Table")
	case st.argument.DocString != nil:
		params = append(params, "doc *godog.DocString")
	}
	quoted := "`^" + expr.String() + "$`"
	if strings.Contains(expr.String(), "`") {
		quoted = fmt.Sprintf("%q", "^"+expr.String()+"$")
	}
	return fmt.Sprintf("\ts.Step(%s, func(%s) error {\n\t\treturn godog.ErrPending\n\t})", quoted, strings.Join(params, ", "))
}

// value finds what is probably a value in a step's text.
func value() *regexp.Regexp { return regexp.MustCompile(`"[^"]*"|\b\d+\b`) }

// worldName is the world's type as the test's own package writes it.
func (r *registry) worldName() string {
	name := r.world.String()
	stars := len(name) - len(strings.TrimLeft(name, "*[]"))
	if r.world.Name() == "" && strings.ContainsAny(name[stars:], " {[(") {
		return name // a type without a name
	}
	return name[:stars] + name[strings.LastIndexByte(name, '.')+1:]
}
