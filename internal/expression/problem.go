package expression

import (
	"fmt"
	"strings"
)

// A Problem says what is wrong with a Cucumber expression, shows where, and
// says what to write instead. Its text is the one that all of Cucumber uses.
type Problem struct {
	Source        string
	Column        int    // in code points, from 1
	UndefinedType string // the name of a parameter type that nobody defined

	width          int
	what, solution string
}

func (p *Problem) Error() string {
	pointer := "^"
	if p.width > 1 {
		pointer += strings.Repeat("-", p.width-2) + "^"
	}
	return fmt.Sprintf("This Cucumber Expression has a problem at column %d:\n\n%s\n%s%s\n%s.\n%s",
		p.Column, p.Source, strings.Repeat(" ", p.Column-1), pointer, p.what, p.solution)
}

func problemAt(source string, index int, what, solution string) *Problem {
	return problem(source, index, index+1, what, solution)
}

func problem(source string, start, end int, what, solution string) *Problem {
	return &Problem{Source: source, Column: start + 1, width: end - start, what: what, solution: solution}
}

func missingEnd(source string, at token, end, purpose string) *Problem {
	return problem(source, at.start, at.end, fmt.Sprintf("The '%s' does not have a matching '%s'", at.text, end),
		fmt.Sprintf(`If you did not intend to use %s you can use '\%s' to escape the %[1]s`, purpose, at.text))
}

func alternationInOptional(source string, at token) *Problem {
	return problem(source, at.start, at.end, "An alternation can not be used inside an optional",
		`If you did not mean to use an alternation you can use '\/' to escape the '/'. Otherwise rephrase your expression or consider using a regular expression instead.`)
}

func badName(source string, at token) *Problem {
	return problem(source, at.start, at.end, `Parameter names may not contain '{', '}', '(', ')', '\' or '/'`,
		"Did you mean to use a regular expression?")
}

func undefinedType(source string, n *node) *Problem {
	name := n.String()
	p := problem(source, n.start, n.end, fmt.Sprintf("Undefined parameter type '%s'", name),
		fmt.Sprintf("Please register a ParameterType for '%s'", name))
	p.UndefinedType = name
	return p
}

func parameterInOptional(source string, n *node) *Problem {
	return problem(source, n.start, n.end, "An optional may not contain a parameter type",
		`If you did not mean to use an parameter type you can use '\{' to escape the '{'`)
}

func optionalInOptional(source string, n *node) *Problem {
	return problem(source, n.start, n.end, "An optional may not contain an other optional",
		`If you did not mean to use an optional type you can use '\(' to escape the '('. For more complicated expressions consider using a regular expression instead.`)
}

func emptyOptional(source string, n *node) *Problem {
	return problem(source, n.start, n.end, "An optional must contain some text",
		`If you did not mean to use an optional you can use '\(' to escape the '('`)
}

func emptyAlternative(source string, n *node) *Problem {
	return problem(source, n.start, n.end, "Alternative may not be empty",
		`If you did not mean to use an alternative you can use '\/' to escape the '/'`)
}

func onlyOptionals(source string, n *node) *Problem {
	return problem(source, n.start, n.end, "An alternative may not exclusively contain optionals",
		`If you did not mean to use an optional you can use '\(' to escape the '('`)
}
