package conceal

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A Concealer takes known secrets out of texts. The zero Concealer knows none.
type Concealer struct {
	names map[string]string // form -> what stands for it
	forms []string          // longest first
}

// New knows secrets by their names, in each of the forms that they take on
// their way: as they are, escaped for URLs and for JSON, in base64; and each longer
// line of those that have several.
func New(secrets map[string]string) Concealer {
	c := Concealer{names: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		for _, part := range parts(secrets[name]) {
			for _, form := range looks(part) {
				c.names[form] = "[" + name + "]"
			}
		}
	}
	delete(c.names, "")
	c.forms = slices.SortedFunc(maps.Keys(c.names), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return c
}

// In is text with "[NAME]" in the place of each secret.
func (c Concealer) In(text string) string {
	for _, form := range c.forms {
		text = strings.ReplaceAll(text, form, c.names[form])
	}
	return text
}

// shortest is the least length of a line that is concealed by itself, in bytes:
// what is shorter stands in many texts.
const shortest = 8

// parts are v and, where it has several, its lines: who prints it may indent them.
func parts(v string) []string {
	all := []string{v}
	if !strings.Contains(v, "\n") {
		return all
	}
	for line := range strings.Lines(v) {
		if line = strings.TrimSpace(line); len(line) >= shortest {
			all = append(all, line)
		}
	}
	return all
}

// looks are the forms in which v may appear; some may be there twice.
func looks(v string) []string {
	b := []byte(v)
	all := []string{v, url.QueryEscape(v), url.PathEscape(v), base64.StdEncoding.EncodeToString(b),
		base64.RawStdEncoding.EncodeToString(b), base64.URLEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b)}
	for range 2 { // in JSON, and in JSON in JSON, with and without its escapes for HTML
		for _, form := range all {
			plain, _ := jsontext.AppendQuote(nil, form)
			html, _ := json.Marshal(form)
			all = append(all, string(plain[1:len(plain)-1]), string(html[1:len(html)-1]))
		}
	}
	return all
}
