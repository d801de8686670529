package gotest

import (
	"regexp"
	"strings"
)

// bare is a line that says where, and not why: all that t.Skip() prints.
var bare = regexp.MustCompile(`^(\S+ was skipped: )?\S+\.go:[0-9]+:$`)

// why is the reason that a skipped test printed, "" if it gave none: limits
// count only skips that say why.
func why(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !bare.MatchString(line) {
			return text
		}
	}
	return ""
}

// whySkipped is the reason of a contract's test that skipped itself. It is not
// in its row: the test's own process cannot know what it printed.
func (c *court) whySkipped(pkg, id string) string {
	name := strings.TrimPrefix(id, pkg+".")
	t := c.test(pkg, top(name))
	if t == nil {
		return ""
	}
	if s := t.Lookup(name); s != nil && s.Action == "skip" {
		return why(s.Output.Text())
	}
	return ""
}
