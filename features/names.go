package features

import (
	"fmt"
	"strconv"
	"strings"
)

// maxValues bounds what the values of an example row add to a name.
const maxValues = 120

// subtest is the name of a scenario below the test that runs it, as package
// testing will write it.
func subtest(parts ...string) string {
	for i, p := range parts {
		if p = rewrite(strings.TrimSpace(p)); p == "" {
			p = "unnamed"
		}
		parts[i] = p
	}
	return strings.Join(parts, "/")
}

func values(cells []string) string {
	for i, c := range cells {
		if c == "" {
			cells[i] = `""`
		}
	}
	s := []rune(strings.Join(cells, ", "))
	if len(s) > maxValues {
		return string(s[:maxValues]) + "..."
	}
	return string(s)
}

// distinct gives every name that was seen before a number, as package testing
// does it for subtests, and never one that another scenario has by itself: no
// scenario is lost, and package testing has nothing to change.
func distinct(names []string) []string {
	taken := map[string]bool{}
	for _, n := range names {
		taken[n] = true
	}
	used := map[string]bool{}
	all := make([]string, len(names))
	for i, n := range names {
		name := n
		for k := 1; used[name]; k++ {
			if c := fmt.Sprintf("%s#%02d", n, k); !taken[c] && !used[c] {
				name = c
			}
		}
		used[name] = true
		all[i] = name
	}
	return all
}

// rewrite is the rule of package testing for the names of subtests, so that
// the plan has the names that will run.
func rewrite(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case isSpace(r):
			b.WriteByte('_')
		case !strconv.IsPrint(r):
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isSpace(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', ' ', 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000:
		return true
	}
	return r >= 0x2000 && r <= 0x200a
}
