package tags

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// A SyntaxError says why an expression could not be read, in the words of
// Cucumber's specification, and how to write it where that can be guessed.
type SyntaxError struct {
	Expression string
	Problem    string // "Expected operand."
	Hint       string // may be empty
}

// Error is the specification's sentence, and the hint.
func (e *SyntaxError) Error() string {
	s := fmt.Sprintf(`Tag expression "%s" could not be parsed because of syntax error: %s`, e.Expression, e.Problem)
	if e.Hint != "" {
		s += " Hint: " + e.Hint
	}
	return s
}

// Parse reads a tag expression. The empty expression, or one of spaces alone,
// matches everything. The error is a [*SyntaxError].
func Parse(expression string) (Expr, error) {
	tokens, err := split(expression)
	if err != nil {
		return Expr{}, err
	}
	if len(tokens) == 0 {
		return Expr{everything{}}, nil
	}
	p := parser{expression: expression, rest: tokens}
	root, err := p.or()
	if err != nil {
		return Expr{}, err
	}
	switch {
	case len(p.rest) == 0:
		return Expr{root}, nil
	case p.rest[0].is(")"):
		return Expr{}, p.fail("Unmatched ).")
	default:
		return Expr{}, p.fail("Expected operator.")
	}
}

type token struct {
	text string
	tag  bool // has an escape in it, so that it is a tag whatever it looks like
}

func (t token) is(s string) bool { return !t.tag && t.text == s }

func (t token) operator() bool { return t.is("and") || t.is("or") || t.is("not") }

func special(r rune) bool { return r == '(' || r == ')' || r == '\\' || unicode.IsSpace(r) }

func split(expression string) ([]token, error) {
	var all []token
	var b strings.Builder
	escape, escaped := false, false
	flush := func() {
		if b.Len() > 0 {
			all = append(all, token{b.String(), escaped})
		}
		b.Reset()
		escaped = false
	}
	for _, r := range expression {
		switch {
		case escape && !special(r):
			return nil, &SyntaxError{Expression: expression, Problem: fmt.Sprintf(`Illegal escape before "%c".`, r)}
		case escape:
			b.WriteRune(r)
			escape, escaped = false, true
		case r == '\\':
			escape = true
		case r == '(' || r == ')':
			flush()
			all = append(all, token{text: string(r)})
		case unicode.IsSpace(r):
			flush()
		default:
			b.WriteRune(r)
		}
	}
	if escape {
		return nil, &SyntaxError{Expression: expression, Problem: "Illegal escape at the end."}
	}
	flush()
	return all, nil
}

// maxDepth bounds how deep an expression nests, so that a long one cannot use
// up the stack.
const maxDepth = 500

type parser struct {
	expression string
	rest       []token
	depth      int
}

func (p *parser) fail(problem string) error {
	return &SyntaxError{Expression: p.expression, Problem: problem, Hint: p.hint()}
}

// hint guesses what a person meant who knows another syntax.
func (p *parser) hint() string {
	for _, t := range p.rest {
		if h := foreign(t); h != "" {
			return h
		}
	}
	return ""
}

func (p *parser) take(s string) bool {
	if len(p.rest) == 0 || !p.rest[0].is(s) {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *parser) or() (node, error)  { return p.chain("or", p.and) }
func (p *parser) and() (node, error) { return p.chain("and", p.operand) }

func (p *parser) chain(op string, next func() (node, error)) (node, error) {
	left, err := next()
	for err == nil && p.take(op) {
		var right node
		right, err = next()
		left = binary{op == "and", left, right}
	}
	return left, err
}

func (p *parser) operand() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail(fmt.Sprintf("Nested deeper than %d.", maxDepth))
	}
	defer func() { p.depth-- }()
	switch {
	case p.take("not"):
		of, err := p.operand()
		return not{of}, err
	case p.take("("):
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		if p.take(")") {
			return inner, nil
		}
		if len(p.rest) == 0 {
			return nil, p.fail("Unmatched (.")
		}
		return nil, p.fail("Expected operator.")
	case len(p.rest) == 0 || p.rest[0].is(")") || p.rest[0].operator():
		return nil, p.fail("Expected operand.")
	}
	t := p.rest[0]
	if h := foreign(t); h != "" {
		return nil, &SyntaxError{Expression: p.expression, Problem: fmt.Sprintf("%q is not a tag.", t.text), Hint: h}
	}
	p.rest = p.rest[1:]
	return tag(t.text), nil
}

// foreign is how a token in another tool's syntax is written in the standard
// one, or empty. The standard itself would take it for a tag's name.
func foreign(t token) string {
	if t.tag {
		return ""
	}
	switch s := t.text; {
	case slices.Contains([]string{"AND", "OR", "NOT", "And", "Or", "Not"}, s):
		return fmt.Sprintf("operators are written small: %s.", strings.ToLower(s))
	case strings.Contains(s, "&"):
		return fmt.Sprintf("write %q.", around(s, "&", "@a and @b", " and "))
	case strings.Contains(s, "|"):
		return fmt.Sprintf("write %q.", around(s, "|", "@a or @b", " or "))
	case strings.Contains(s, ","):
		return fmt.Sprintf("write %q.", around(s, ",", "@a or @b", " or "))
	case s[0] == '~' || s[0] == '!' || s[0] == '-':
		return fmt.Sprintf("write %q.", "not "+orExample(strings.TrimLeft(s, "~!-")))
	}
	return ""
}

func around(s, sep, example, op string) string {
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(sep, r) })
	if len(parts) < 2 {
		return example
	}
	for i, p := range parts {
		if q := strings.TrimLeft(p, "~!"); q != p {
			parts[i] = "not " + orExample(q)
		}
	}
	return strings.Join(parts, op)
}

func orExample(s string) string {
	if s == "" {
		return "@a"
	}
	return s
}
