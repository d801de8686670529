package features

import (
	"fmt"
	"strings"

	"github.com/stagegate/stagegate/harness/tags"
)

// godogTags reads tags in godog's syntax (@a && ~@b,@c) or a tag expression
// (@a and not @b). godog would take the second for the name of a tag, and panics
// on an empty name.
func godogTags(s string) (tags.Expr, error) {
	if strings.TrimSpace(s) == "" {
		return tags.Parse("")
	}
	if !strings.ContainsAny(s, "~,") && !strings.Contains(s, "&&") {
		if !strings.ContainsAny(s, " @") { // godog takes a name without "@"
			s = "@" + s
		}
		return tags.Parse(s)
	}
	var all []string
	for _, and := range strings.Split(s, "&&") {
		var any []string
		for _, name := range strings.Split(and, ",") {
			name = strings.TrimSpace(name)
			bare, not := strings.CutPrefix(name, "~")
			bare = strings.TrimPrefix(bare, "@")
			if bare == "" || strings.ContainsAny(bare, " ~@()\\\t") {
				return tags.Expr{}, fmt.Errorf("%q: want a tag, have %q\nhint: write godog's @a && ~@b,@c, or a tag expression such as @a and (not @b or @c)", s, name)
			}
			if bare = "@" + bare; not {
				bare = "not " + bare
			}
			any = append(any, bare)
		}
		all = append(all, "("+strings.Join(any, " or ")+")")
	}
	return tags.Parse(strings.Join(all, " and "))
}
