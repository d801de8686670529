package expression

import "unicode"

// A tokenKind has the name that the published cases use.
type tokenKind string

const (
	startOfLine    tokenKind = "START_OF_LINE"
	endOfLine      tokenKind = "END_OF_LINE"
	whiteSpace     tokenKind = "WHITE_SPACE"
	beginOptional  tokenKind = "BEGIN_OPTIONAL"
	endOptional    tokenKind = "END_OPTIONAL"
	beginParameter tokenKind = "BEGIN_PARAMETER"
	endParameter   tokenKind = "END_PARAMETER"
	alternation    tokenKind = "ALTERNATION"
	text           tokenKind = "TEXT"
)

// A token is a part of an expression, from start to end in code points; its
// text is without escapes.
type token struct {
	kind       tokenKind
	start, end int
	text       string
}

const escape = '\\'

func kindOf(r rune) tokenKind {
	switch r {
	case '(':
		return beginOptional
	case ')':
		return endOptional
	case '{':
		return beginParameter
	case '}':
		return endParameter
	case '/':
		return alternation
	}
	if unicode.IsSpace(r) {
		return whiteSpace
	}
	return text
}

func canEscape(r rune) bool { return r == escape || kindOf(r) != text }

// tokenize splits an expression. Neighbouring code points of text, and of white
// space, are one token.
func tokenize(source string) ([]token, error) {
	all := []token{{kind: startOfLine}}
	runes := []rune(source)
	for i := 0; i < len(runes); i++ {
		start, r, kind := i, runes[i], kindOf(runes[i])
		if r == escape {
			if i++; i == len(runes) {
				return nil, problemAt(source, start, "The end of line can not be escaped", `You can use '\\' to escape the '\'`)
			}
			if r, kind = runes[i], text; !canEscape(r) {
				return nil, problemAt(source, i, `Only the characters '{', '}', '(', ')', '\', '/' and whitespace can be escaped`,
					`If you did mean to use an '\' you can use '\\' to escape it`)
			}
		}
		last := &all[len(all)-1]
		if kind == last.kind && (kind == text || kind == whiteSpace) {
			last.text, last.end = last.text+string(r), i+1
			continue
		}
		all = append(all, token{kind, start, i + 1, string(r)})
	}
	return append(all, token{kind: endOfLine, start: len(runes), end: len(runes)}), nil
}
