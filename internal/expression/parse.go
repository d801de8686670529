package expression

import (
	"slices"
	"strings"
)

// A nodeKind has the name that the published cases use.
type nodeKind string

const (
	textNode        nodeKind = "TEXT_NODE"
	optionalNode    nodeKind = "OPTIONAL_NODE"
	alternationNode nodeKind = "ALTERNATION_NODE"
	alternativeNode nodeKind = "ALTERNATIVE_NODE"
	parameterNode   nodeKind = "PARAMETER_NODE"
	expressionNode  nodeKind = "EXPRESSION_NODE"
)

// A node is a part of a parsed expression, from start to end in code points.
type node struct {
	kind       nodeKind
	start, end int
	nodes      []*node
	token      string // of a text
}

// String is the text of n without escapes.
func (n *node) String() string {
	if n.kind == textNode {
		return n.token
	}
	var b strings.Builder
	for _, child := range n.nodes {
		b.WriteString(child.String())
	}
	return b.String()
}

// has returns the first child of a kind, or nil.
func (n *node) has(kind nodeKind) *node {
	if i := slices.IndexFunc(n.nodes, func(c *node) bool { return c.kind == kind }); i >= 0 {
		return n.nodes[i]
	}
	return nil
}

// parse reads a Cucumber expression:
//
//	expression  = { alternation | optional | parameter | text }
//	alternation = { alternative } "/" { alternative } ..., from a boundary to the next
//	alternative = optional | parameter | text
//	optional    = "(" { optional | parameter | text } ")"
//	parameter   = "{" { name } "}"
func parse(source string) (*node, error) {
	tokens, err := tokenize(source)
	if err != nil {
		return nil, err
	}
	p := &parser{source: source, tokens: tokens, at: 1}
	nodes, err := p.until(p.anything, endOfLine)
	if err != nil {
		return nil, err
	}
	return &node{kind: expressionNode, end: tokens[len(tokens)-1].end, nodes: nodes}, nil
}

type parser struct {
	source string
	tokens []token
	at     int // the next token; the last one, the end of the line, is never taken
}

func (p *parser) next() token { return p.tokens[p.at] }

// until parses with one until the next token is of one of kinds, or is the end.
func (p *parser) until(one func() (*node, error), kinds ...tokenKind) ([]*node, error) {
	var all []*node
	for k := p.next().kind; k != endOfLine && !slices.Contains(kinds, k); k = p.next().kind {
		n, err := one()
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

func (p *parser) anything() (*node, error) {
	if n, err := p.alternation(); n != nil || err != nil {
		return n, err
	}
	return p.simple()
}

// simple parses an optional, a parameter or a text.
func (p *parser) simple() (*node, error) {
	switch t := p.next(); t.kind {
	case beginOptional:
		return p.between(optionalNode, endOptional, p.simple, ")", "optional text")
	case beginParameter:
		return p.between(parameterNode, endParameter, p.name, "}", "a parameter")
	case alternation:
		return nil, alternationInOptional(p.source, t)
	}
	return p.text(), nil
}

func (p *parser) text() *node {
	t := p.next()
	p.at++
	return &node{kind: textNode, start: t.start, end: t.end, token: t.text}
}

func (p *parser) name() (*node, error) {
	if t := p.next(); t.kind != text && t.kind != whiteSpace {
		return nil, badName(p.source, t)
	}
	return p.text(), nil
}

func (p *parser) between(kind nodeKind, end tokenKind, one func() (*node, error), symbol, purpose string) (*node, error) {
	begin := p.next()
	p.at++
	nodes, err := p.until(one, end)
	if err != nil {
		return nil, err
	}
	last := p.next()
	if last.kind != end {
		return nil, missingEnd(p.source, begin, symbol, purpose)
	}
	p.at++
	return &node{kind: kind, start: begin.start, end: last.end, nodes: nodes}, nil
}

// alternation parses up to white space, a parameter or the end, and returns
// nil, without having taken anything, where no "/" came.
func (p *parser) alternation() (*node, error) {
	if !slices.Contains([]tokenKind{startOfLine, whiteSpace, endParameter}, p.tokens[p.at-1].kind) {
		return nil, nil
	}
	at, start := p.at, p.next().start
	all := &node{kind: alternationNode, start: start}
	for {
		nodes, err := p.until(p.simple, whiteSpace, beginParameter, alternation)
		if err != nil {
			return nil, err
		}
		next := p.next()
		all.nodes = append(all.nodes, &node{kind: alternativeNode, start: start, end: next.start, nodes: nodes})
		if next.kind != alternation {
			all.end = next.start
			break
		}
		p.at++
		start = next.end
	}
	if len(all.nodes) == 1 {
		p.at = at
		return nil, nil
	}
	return all, nil
}
