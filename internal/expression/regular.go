package expression

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Regexp takes a compiled regular expression. Its groups have the parameter
// types whose regular expression they are: (\d+) is an {int}.
func Regexp(re *regexp.Regexp, r *Registry) (*Expression, error) {
	if re == nil {
		return nil, errors.New("the regular expression is nil")
	}
	e, err := compileRegexp(re.String(), r)
	if err == nil {
		e.regexp = re // it may be one that prefers the longest match
	}
	return e, err
}

func compileRegexp(source string, r *Registry) (*Expression, error) {
	e := &Expression{source: source}
	if err := e.compile(source); err != nil {
		return nil, err
	}
	for _, g := range e.groups {
		t, err := r.byRegexp(g.tree, source)
		if err != nil {
			return nil, err
		}
		e.types = append(e.types, t)
	}
	return e, nil
}

// re2Hint explains what people miss in Go's regular expressions.
func re2Hint(err error) string {
	var wrong *syntax.Error
	if errors.As(err, &wrong) && wrong.Code == syntax.ErrInvalidPerlOp {
		return "\nhint: Go's regular expressions have no lookahead, no lookbehind and no backreference"
	}
	return ""
}

// A capture is a group that captures, and those within it.
type capture struct {
	index    int
	tree     *syntax.Regexp // its regular expression, however it was written
	children []capture
}

// captures lists the outermost groups of re.
func captures(re *syntax.Regexp) []capture {
	if re.Op == syntax.OpCapture {
		return []capture{{re.Cap, uncounted(re.Sub[0]), captures(re.Sub[0])}}
	}
	var all []capture
	for _, sub := range re.Sub {
		all = append(all, captures(sub)...)
	}
	return all
}

// prefix is the text with which everything begins that re matches.
func prefix(re *syntax.Regexp) string {
	if re.Op != syntax.OpConcat || re.Sub[0].Op != syntax.OpBeginText {
		return ""
	}
	var b strings.Builder
	for _, sub := range re.Sub[1:] {
		if sub.Op != syntax.OpLiteral || sub.Flags&syntax.FoldCase != 0 {
			break
		}
		b.WriteString(string(sub.Rune))
	}
	return b.String()
}

// parsed is a regular expression that is known to be right.
func parsed(source string) *syntax.Regexp {
	re, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return &syntax.Regexp{Op: syntax.OpNoMatch}
	}
	return uncounted(re)
}

// uncounted is re with groups that have no numbers, so that it is the same
// wherever it stands in another.
func uncounted(re *syntax.Regexp) *syntax.Regexp {
	c := *re
	c.Cap = 0
	c.Sub = make([]*syntax.Regexp, len(re.Sub))
	for i, sub := range re.Sub {
		c.Sub[i] = uncounted(sub)
	}
	return &c
}
