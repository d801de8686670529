package expression

import "strings"

// A Group is what a group of the regular expression matched.
type Group struct {
	Value      string
	Start, End int  // in bytes of the step's text; 0 where Matched is false
	Matched    bool // an optional group may have matched nothing
	Children   []Group
}

// An Argument is a part of a step's text that a definition takes.
type Argument struct {
	Group Group
	Type  *ParameterType // nil: the group of a regular expression is no type's
}

// Match returns the arguments that text has for e, and false where e does not
// match text.
func (e *Expression) Match(text string) ([]Argument, bool) {
	if !strings.HasPrefix(text, e.prefix) {
		return nil, false
	}
	at := e.regexp.FindStringSubmatchIndex(text)
	if at == nil {
		return nil, false
	}
	args := make([]Argument, len(e.groups))
	for i, c := range e.groups {
		args[i] = Argument{c.group(text, at), e.types[i]}
	}
	return args, true
}

func (c capture) group(text string, at []int) Group {
	var g Group
	if from, to := at[2*c.index], at[2*c.index+1]; from >= 0 {
		g = Group{Value: text[from:to], Start: from, End: to, Matched: true}
	}
	for _, child := range c.children {
		g.Children = append(g.Children, child.group(text, at))
	}
	return g
}

// Values are what a transformer is called with: the groups within the
// argument's own, or that one where there are none within. What matched nothing
// is empty.
func (a Argument) Values() []string {
	if len(a.Group.Children) == 0 {
		return []string{a.Group.Value}
	}
	all := make([]string, len(a.Group.Children))
	for i, child := range a.Group.Children {
		all[i] = child.Value
	}
	return all
}

// Text is the argument as text: what matched, and for a {string} what stands
// between the quotes.
func (a Argument) Text() string {
	if a.Type == nil || !a.Type.quoted {
		return a.Group.Value
	}
	return strings.NewReplacer(`\"`, `"`, `\'`, `'`).Replace(strings.Join(a.Values(), ""))
}
