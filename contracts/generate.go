package contracts

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
)

// generate makes a short text that a regular expression matches, the same one
// for the same expression. What can be left out is left out, except that
// something repeated appears once.
func generate(expr string) (string, error) {
	re, err := parse(expr)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := write(&b, re); err != nil {
		return "", fmt.Errorf("cannot make a value for %s: %w", expr, err)
	}
	return b.String(), nil
}

// parse reads the expression of a placeholder. It will stand within the
// expression of a whole path, where an anchor of its own would never match.
func parse(expr string) (*syntax.Regexp, error) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err == nil && looksAround(re) {
		err = fmt.Errorf("%s: leave out ^, $ and \\b: the whole value is matched in any case", expr)
	}
	return re, err
}

func looksAround(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	return slices.ContainsFunc(re.Sub, looksAround)
}

// maxGenerated bounds a generated value, in bytes: nested repetitions multiply.
const maxGenerated = 4096

func write(b *strings.Builder, re *syntax.Regexp) error {
	if b.Len() > maxGenerated {
		return fmt.Errorf("it would be longer than %d bytes", maxGenerated)
	}
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpQuest:
		return nil
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
		return nil
	case syntax.OpCharClass:
		r, err := pick(re.Rune)
		b.WriteRune(r)
		return err
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
		return nil
	case syntax.OpRepeat:
		times := re.Min
		if times == 0 && re.Max != 0 {
			times = 1
		}
		for range times {
			if err := write(b, re.Sub[0]); err != nil {
				return err
			}
		}
		return nil
	case syntax.OpStar, syntax.OpPlus, syntax.OpCapture, syntax.OpAlternate:
		return write(b, re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if err := write(b, sub); err != nil {
				return err
			}
		}
		return nil
	default: // OpNoMatch
		return fmt.Errorf("nothing matches it")
	}
}

// pick takes a character of a class, which is a list of ranges: one that needs
// no escaping in a URL where there is one.
func pick(ranges []rune) (rune, error) {
	if len(ranges) == 0 {
		return 0, fmt.Errorf("nothing matches it")
	}
	for _, want := range "a1A-_~" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= want && want <= ranges[i+1] {
				return want, nil
			}
		}
	}
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1] && r <= unicode.MaxASCII; r++ {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r, nil
			}
		}
	}
	return ranges[0], nil
}
