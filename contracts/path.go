package contracts

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/pact-foundation/pact-go/v2/matchers"
)

// A Path is a template with placeholders, "/cards/{card}". Every placeholder has
// a regular expression in Match, which the whole of its value must match. The
// adapter escapes values as [url.PathEscape] does; the text between them is
// taken as it is written here.
type Path struct {
	Template string
	Match    map[string]string
	// Example has values for mock mode. Without one a short value is made from
	// the regular expression, always the same.
	Example map[string]string

	literal bool
	expr    string // of the whole path; the template is its example, and literal
}

// Literal is a path without placeholders, braces included.
func Literal(path string) Path { return Path{Template: path, literal: true} }

// RegexPath is a path that expr, a regular expression of the engine's, matches
// somewhere. There are no fixtures for it: in each mode the test asks for a path
// of its own. [Path] says more and is the better choice for a new contract.
func RegexPath(example, expr string) Path {
	return Path{Template: example, literal: true, expr: expr}
}

// A segment is a piece of a template: text, or a placeholder.
type segment struct{ text, placeholder string }

func (p Path) segments() ([]segment, error) {
	if p.literal {
		return []segment{{text: p.Template}}, nil
	}
	var all []segment
	for rest := p.Template; rest != ""; {
		text, after, open := strings.Cut(rest, "{")
		if strings.Contains(text, "}") {
			return nil, fmt.Errorf("%q: a } without its {", p.Template)
		}
		if text != "" {
			all = append(all, segment{text: text})
		}
		if !open {
			break
		}
		name, next, closed := strings.Cut(after, "}")
		if !closed || name == "" || strings.Contains(name, "{") {
			return nil, fmt.Errorf("%q: want {name}", p.Template)
		}
		all = append(all, segment{placeholder: name})
		rest = next
	}
	return all, nil
}

// placeholders are the names in p's template, each once, in their order.
func (p Path) placeholders() []string {
	segments, _ := p.segments()
	var names []string
	seen := map[string]bool{}
	for _, s := range segments {
		if s.placeholder != "" && !seen[s.placeholder] {
			seen[s.placeholder] = true
			names = append(names, s.placeholder)
		}
	}
	return names
}

func (p Path) validate() error {
	if !strings.HasPrefix(p.Template, "/") || strings.ContainsAny(p.Template, "?#") {
		return fmt.Errorf("%q: want a path that begins with / and has neither ? nor #", p.Template)
	}
	if _, err := p.segments(); err != nil {
		return err
	}
	// The engine's expressions can do more than Go's: one that Go does not know is left to the engine.
	if expr, err := regexp.Compile(p.expr); err == nil && !expr.MatchString(p.Template) {
		return fmt.Errorf("%q does not match %s", p.Template, p.expr)
	}
	var wrong []error
	has := map[string]bool{}
	for _, name := range p.placeholders() {
		has[name] = true
		if p.Match[name] == "" {
			wrong = append(wrong, fmt.Errorf("placeholder %q has no regular expression in Match", name))
		} else if _, err := parse(p.Match[name]); err != nil {
			wrong = append(wrong, fmt.Errorf("placeholder %q: %w", name, err))
		} else if _, err := p.example(name); err != nil {
			wrong = append(wrong, fmt.Errorf("placeholder %q: %w", name, err))
		}
	}
	for _, m := range []map[string]string{p.Match, p.Example} {
		for name := range m {
			if !has[name] {
				wrong = append(wrong, fmt.Errorf("%q is not a placeholder of %q", name, p.Template))
			}
		}
	}
	return errors.Join(wrong...)
}

// example is the value of a placeholder in mock mode.
func (p Path) example(name string) (string, error) {
	if v, ok := p.Example[name]; ok {
		return v, p.accepts(name, v)
	}
	v, err := generate(p.Match[name])
	if err == nil {
		err = p.accepts(name, v)
	}
	if err != nil {
		return "", fmt.Errorf("%w: give an Example", err)
	}
	return v, nil
}

// accepts returns an error unless v can be the value of a placeholder. In the
// path it stands escaped ([url.PathEscape]), and so stays within its segment.
func (p Path) accepts(name, v string) error {
	expr, err := regexp.Compile(`^(?:` + p.Match[name] + `)$`)
	if err != nil {
		return err
	}
	switch {
	case v == "":
		return errors.New("the value is empty")
	case v == "." || v == "..":
		return fmt.Errorf("value %q would be another path", v)
	case !expr.MatchString(v):
		return fmt.Errorf("value %q does not match %s", v, p.Match[name])
	}
	return nil
}

// matcher is what the engine compares a request's path with. The values must be
// those that accepts accepts.
func (p Path) matcher(values map[string]string) matchers.Matcher {
	if p.expr != "" {
		return matchers.Regex(p.Template, p.expr)
	}
	segments, _ := p.segments()
	var example, expr strings.Builder
	expr.WriteString("^")
	rules := false
	for _, s := range segments {
		if s.placeholder == "" {
			example.WriteString(s.text)
			expr.WriteString(regexp.QuoteMeta(s.text))
			continue
		}
		rules = true
		example.WriteString(url.PathEscape(values[s.placeholder]))
		expr.WriteString("(?:" + p.Match[s.placeholder] + escapes(values[s.placeholder]) + ")")
	}
	expr.WriteString("$")
	if !rules {
		return matchers.S(example.String())
	}
	return matchers.Regex(example.String(), expr.String())
}

// escapes are further alternatives for an expression: the value in each way in
// which it may be escaped, because the engine compares paths as they are
// written. Some adapters leave + and @ as they are (RFC 3986 allows both).
func escapes(value string) string {
	var b strings.Builder
	plain := true
	for _, c := range []byte(value) {
		hex := fmt.Sprintf("%%%02X", c)
		switch {
		case url.QueryEscape(string(rune(c))) == string(rune(c)) && c < 0x80:
			b.WriteString(regexp.QuoteMeta(string(rune(c))))
			continue
		case c < 0x80 && url.PathEscape(string(rune(c))) == string(rune(c)):
			b.WriteString("(?:" + regexp.QuoteMeta(string(rune(c))) + "|(?i:" + hex + "))")
		default:
			b.WriteString("(?i:" + hex + ")")
		}
		plain = false
	}
	if plain {
		return ""
	}
	return "|" + b.String()
}
