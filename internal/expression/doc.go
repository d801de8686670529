// Package expression matches the text of a step with a Cucumber expression, or
// with a regular expression, and says which part is which argument.
//
// Cucumber expressions are as in https://github.com/cucumber/cucumber-expressions,
// whose published cases are the tests here; errors have the text that they
// want. Parameter types are a [Registry], built-in ones and your own:
//
//	r := expression.NewRegistry()
//	err := r.Define(expression.ParameterType{Name: "color", Regexps: []string{"red|blue"}})
//	e, err := expression.Compile("I have {int} {color} ball(s)", r)
//	args, ok := e.Match("I have 3 red balls")
//
// Regular expressions are Go's (RE2): they have no lookahead and no
// backreference. The published cases need neither.
//
// Offsets in an expression are in code points, as in the published cases;
// offsets in a step's text are in bytes, as everywhere in Go.
package expression
