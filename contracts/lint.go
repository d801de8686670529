package contracts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pact-foundation/pact-go/v2/matchers"

	"github.com/stagegate/stagegate/contracts/pact"
)

// A Lint is a rule for what is probably not meant in a contract.
type Lint string

// The lints. A secret fails the test; the others are told in its output.
const (
	LintLiteral Lint = "literal" // an id, a date or a token that must be equal
	LintDecimal Lint = "decimal" // Decimal with a whole number, which JSON writes without a point
	LintSecret  Lint = "secret"  // a secret as an example
)

// A finding is what a lint says of one place.
type finding struct {
	lint        Lint
	where, what string
}

func (f finding) String() string {
	return fmt.Sprintf("%s: %s\nhint: if it is meant, the interaction says so: Allow: []contracts.Lint{%q}", f.where, f.what, string(f.lint))
}

// lint is everything in i that it does not allow. Environ is as of [os.Environ].
func (i Interaction) lint(environ []string) []finding {
	l := linter{known: secretsIn(environ)}
	l.path(i.Request.Path)
	l.values("request: query", i.Request.Query)
	l.values("request: header", i.Request.Headers)
	l.body("request: body", i.Request.Body)
	l.answered = true
	l.values("response: header", i.Response.Headers)
	l.body("response: body", i.Response.Body)
	l.secret("description", i.Description)
	for _, s := range i.Given {
		l.secret("given", s.Name)
		if b, err := json.Marshal(s.Params); err == nil {
			l.texts("given: "+s.Name, b)
		}
	}
	for _, c := range i.Comments {
		l.secret("comments", c)
	}
	return slices.DeleteFunc(l.found, func(f finding) bool { return slices.Contains(i.Allow, f.lint) })
}

// A linter collects findings.
type linter struct {
	known    map[string]string // secrets of the environment -> variable
	answered bool              // what follows is the dependency's to choose
	found    []finding
}

func (l *linter) add(lint Lint, where, format string, args ...any) {
	l.found = append(l.found, finding{lint, where, fmt.Sprintf(format, args...)})
}

func (l *linter) path(p Path) {
	segments, _ := p.segments()
	for _, s := range segments {
		for part := range strings.SplitSeq(s.text, "/") {
			if kind := kindOf("", part); kind != "" || longNumber.MatchString(part) {
				l.add(LintLiteral, "request: path", "%q looks like %s, which another place does not have: make it a placeholder of a Template, with a fixture for each target", part, or(kind, "an id"))
			}
		}
	}
	l.secret("request: path", p.Template)
	for _, name := range slices.Sorted(maps.Keys(p.Example)) {
		l.secret("request: path: "+name, p.Example[name])
	}
	for _, name := range slices.Sorted(maps.Keys(p.Match)) {
		l.secret("request: path: "+name, p.Match[name])
	}
}

func (l *linter) values(where string, from map[string]matchers.Matcher) {
	for _, name := range slices.Sorted(maps.Keys(from)) {
		if b, err := json.Marshal(from[name]); err == nil {
			at := where + " " + name
			l.texts(at, b)
			if v, ok := decode(b); ok {
				l.walk(at, name, v, false)
			}
		}
	}
}

func (l *linter) body(where string, b Body) {
	if b.form != pact.Embedded || b.contentType == "text/plain" {
		l.secret(where, string(b.content))
		return
	}
	l.texts(where, b.content)
	if v, ok := decode(b.content); ok {
		l.walk(where+" $", "", v, false)
	}
}

// walk looks at the literals in v, which is called name. Matched says that they
// are examples of a matcher around them, and need not be equal.
func (l *linter) walk(where, name string, v any, matched bool) {
	switch v := v.(type) {
	case map[string]any:
		kind, rule := v["pact:matcher:type"]
		switch {
		case !rule:
			for _, member := range slices.Sorted(maps.Keys(v)) {
				l.walk(where+"."+member, member, v[member], matched)
			}
		case kind == "arrayContains":
			l.walk(where, name, v["variants"], matched)
		default:
			l.decimal(where, kind, v["value"])
			l.walk(where, name, v["value"], true)
		}
	case []any:
		for n, x := range v {
			l.walk(fmt.Sprintf("%s[%d]", where, n), name, x, matched)
		}
	case string:
		l.literal(where, name, v, matched)
	case json.Number:
		l.literal(where, name, v.String(), matched)
	}
}

func (l *linter) decimal(where string, kind, value any) {
	if n, ok := value.(json.Number); ok && kind == "decimal" && !strings.ContainsAny(n.String(), ".eE") {
		l.add(LintDecimal, where, "Decimal(%s): JSON writes it without a point, and then the engine takes it for no decimal: use Like, or Decimal(%s.5) where there always is a fraction", n, n)
	}
}

func (l *linter) literal(where, name, text string, matched bool) {
	kind := kindOf(name, text)
	if kind == "" && l.answered && idName.MatchString(name) {
		kind = "an id"
	}
	if matched || kind == "" {
		return
	}
	told := fmt.Sprintf("%q", bounded(text, 60))
	if secretName(name) {
		told = "the value"
	}
	l.add(LintLiteral, where, "%s looks like %s, and has to be equal each time: use %s", told, kind, map[string]string{
		"an id": "a matcher, such as matchers.Like or matchers.UUID", "a date": "a matcher, such as matchers.Timestamp or matchers.Date",
		"a token": "matchers.Regex here and ep.Secret in the test"}[kind])
}

// decode reads JSON with its numbers as they are written.
func decode(b []byte) (v any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return v, d.Decode(&v) == nil
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}
