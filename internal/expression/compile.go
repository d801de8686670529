package expression

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// An Expression is a compiled Cucumber expression or regular expression. It is
// safe for concurrent use.
type Expression struct {
	source   string
	cucumber bool
	regexp   *regexp.Regexp
	groups   []capture        // outermost ones
	types    []*ParameterType // of groups; nil where a regular expression's group is no type's
	prefix   string
}

// Source is the expression as it was written, without the slashes of "/x/".
func (e *Expression) Source() string { return e.source }

// Regexp is the regular expression that does the matching.
func (e *Expression) Regexp() *regexp.Regexp { return e.regexp }

// Cucumber reports whether e is a Cucumber expression.
func (e *Expression) Cucumber() bool { return e.cucumber }

// Types are the types of the arguments, in order; nil stands for a group of a
// regular expression that is no parameter type's.
func (e *Expression) Types() []*ParameterType { return e.types }

// Prefix is text with which everything begins that e matches. It may be empty.
func (e *Expression) Prefix() string { return e.prefix }

// Compile compiles a regular expression where source begins with ^ or ends with
// $ or stands between slashes, as cucumber-jvm tells them apart, and a Cucumber
// expression everywhere else. A Cucumber expression that was probably meant to
// be a regular one is an error: it would match what nobody writes.
func Compile(source string, r *Registry) (*Expression, error) {
	if s, ok := unslash(source); ok {
		return compileRegexp(s, r)
	}
	if IsRegexp(source) {
		return compileRegexp(source, r)
	}
	if part := regexpPart(source); part != "" {
		return nil, fmt.Errorf("%q looks like a regular expression (%s), but has no anchor, and would be read as a Cucumber expression\nhint: anchor it with ^ and $, pass regexp.MustCompile(...), or write a Cucumber expression such as %q", source, part, "I have {int} of {string}")
	}
	return Cucumber(source, r)
}

// IsRegexp reports whether Compile takes source for a regular expression.
func IsRegexp(source string) bool {
	_, slashes := unslash(source)
	return slashes || strings.HasPrefix(source, "^") || strings.HasSuffix(source, "$")
}

func unslash(source string) (string, bool) {
	if len(source) > 1 && source[0] == '/' && source[len(source)-1] == '/' {
		return source[1 : len(source)-1], true
	}
	return source, false
}

// regexpPart is a part of source that only a regular expression has.
func regexpPart(source string) string {
	suspicious := regexp.MustCompile(`\(\?[:imsUP<]|\\[dDwWsSbBAz.+*?^$|\[\]]|\.[*+]|\[\^|\[(?:[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9])|[\])][*+]|\)\{[0-9]`)
	return suspicious.FindString(strings.ReplaceAll(source, `\\`, ""))
}

// Cucumber compiles a Cucumber expression, whatever it looks like. The error is
// a [*Problem], unless source is not UTF-8.
func Cucumber(source string, r *Registry) (*Expression, error) {
	if !utf8.ValidString(source) {
		return nil, fmt.Errorf("%q is not UTF-8", source)
	}
	root, err := parse(source)
	if err != nil {
		return nil, err
	}
	w := writer{source: source, registry: r}
	if err := w.all(root); err != nil {
		return nil, err
	}
	e := &Expression{source: source, cucumber: true, types: w.types}
	if err := e.compile("^" + w.out.String() + "$"); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Expression) compile(pattern string) error {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return fmt.Errorf("%q: %w%s", e.source, err, re2Hint(err))
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return fmt.Errorf("%q: %w", e.source, err)
	}
	e.regexp, e.groups, e.prefix = re, captures(tree), prefix(tree)
	return nil
}

// A writer makes a regular expression of the nodes.
type writer struct {
	source   string
	registry *Registry
	out      strings.Builder
	types    []*ParameterType
}

func (w *writer) all(n *node) error {
	for _, child := range n.nodes {
		if err := w.write(child); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) write(n *node) error {
	switch n.kind {
	case textNode:
		w.out.WriteString(regexp.QuoteMeta(n.token))
		return nil
	case optionalNode:
		return w.optional(n)
	case alternationNode:
		return w.alternation(n)
	default:
		return w.parameter(n)
	}
}

func (w *writer) optional(n *node) error {
	switch bad := n.has(parameterNode); {
	case bad != nil:
		return parameterInOptional(w.source, bad)
	case n.has(optionalNode) != nil:
		return optionalInOptional(w.source, n.has(optionalNode))
	case n.has(textNode) == nil:
		return emptyOptional(w.source, n)
	}
	w.out.WriteString("(?:")
	if err := w.all(n); err != nil {
		return err
	}
	w.out.WriteString(")?")
	return nil
}

func (w *writer) alternation(n *node) error {
	for _, alternative := range n.nodes {
		switch {
		case len(alternative.nodes) == 0:
			return emptyAlternative(w.source, alternative)
		case alternative.has(textNode) == nil:
			return onlyOptionals(w.source, alternative)
		}
	}
	for i, alternative := range n.nodes {
		w.out.WriteString([]string{"(?:", "|"}[min(i, 1)])
		if err := w.all(alternative); err != nil {
			return err
		}
	}
	w.out.WriteString(")")
	return nil
}

func (w *writer) parameter(n *node) error {
	t := w.registry.Lookup(n.String())
	if t == nil {
		return undefinedType(w.source, n)
	}
	w.types = append(w.types, t)
	w.out.WriteString(t.pattern())
	return nil
}
