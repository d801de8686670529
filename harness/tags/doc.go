// Package tags is Cucumber's tag expressions: which scenarios are meant.
//
//	@smoke
//	@smoke and not @slow
//	(@orders or @payments) and not @wip
//
// The operators are "not", "and", "or", in this order of precedence, and
// parentheses. A space, a parenthesis or a backslash that belongs to a tag is
// written with a backslash before it. The empty expression means every
// scenario.
//
// What other tools write ("~@wip", "@a && @b", "@a,@b") would be a tag that no
// scenario has, and so would select nothing or, negated, everything. It is an
// error here, with the standard form in it.
//
// See https://github.com/cucumber/tag-expressions.
package tags
