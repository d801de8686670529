package tags

import (
	"slices"
	"strings"
)

// An Expr is a tag expression that was read by [Parse]. The zero Expr matches
// nothing.
type Expr struct{ root node }

// All is the expression that means everything.
func All() Expr { return Expr{everything{}} }

// Match reports whether a scenario with these tags is meant.
func (e Expr) Match(tags []string) bool { return e.root != nil && e.root.match(tags) }

// String is e with every pair of parentheses written, as Cucumber formats it:
// "( @a and not ( @b ) )". It is empty for the expression that means everything.
func (e Expr) String() string {
	if e.root == nil {
		return ""
	}
	return e.root.String()
}

// Tags are the tags that e names, in order, each once.
func (e Expr) Tags() []string {
	if e.root == nil {
		return nil
	}
	var all []string
	for _, t := range e.root.tags(nil) {
		if !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return all
}

type node interface {
	match(have []string) bool
	tags(before []string) []string
	String() string
}

// everything is the empty expression.
type everything struct{}

func (everything) match([]string) bool           { return true }
func (everything) tags(before []string) []string { return before }
func (everything) String() string                { return "" }

type tag string

func (t tag) match(have []string) bool      { return slices.Contains(have, string(t)) }
func (t tag) tags(before []string) []string { return append(before, string(t)) }

func (t tag) String() string {
	var b strings.Builder
	for _, r := range string(t) {
		if special(r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

type not struct{ of node }

func (n not) match(have []string) bool      { return !n.of.match(have) }
func (n not) tags(before []string) []string { return n.of.tags(before) }

func (n not) String() string {
	if _, ok := n.of.(binary); ok { // has its own parentheses
		return "not " + n.of.String()
	}
	return "not ( " + n.of.String() + " )"
}

type binary struct {
	and         bool // else or
	left, right node
}

func (n binary) match(have []string) bool {
	if n.and {
		return n.left.match(have) && n.right.match(have)
	}
	return n.left.match(have) || n.right.match(have)
}

func (n binary) tags(before []string) []string { return n.right.tags(n.left.tags(before)) }

func (n binary) String() string {
	op := " or "
	if n.and {
		op = " and "
	}
	return "( " + n.left.String() + op + n.right.String() + " )"
}
