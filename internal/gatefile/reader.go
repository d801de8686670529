package gatefile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/stagegate/stagegate/harness"
)

// A reader walks the nodes of a file and collects what is wrong with them.
type reader struct {
	name  string
	wrong []mistake
	lines map[string]int // "stages.commit.needs" -> line
}

func (r *reader) fail(line int, format string, args ...any) {
	r.wrong = append(r.wrong, mistake{r.name, line, fmt.Sprintf(format, args...)})
}

// at is the line at which the value of a key was written.
func (r *reader) at(path string) int {
	for path != "" {
		if n, ok := r.lines[path]; ok {
			return n
		}
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
	return 1
}

// A field reads the value of one key.
type field func(path string, n *yaml.Node)

// resolve follows an alias.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// each calls do for every key of the mapping n, in the file's order.
func (r *reader) each(path string, n *yaml.Node, do func(key string, line int, path string, v *yaml.Node)) {
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		r.fail(n.Line, "%s: want a mapping (key: value), got %s", orRoot(path), describe(n))
		return
	}
	if r.lines == nil {
		r.lines = map[string]int{}
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode || k.Value == "<<" {
			r.fail(k.Line, "%s: a key must be a plain word; merge keys are not supported", orRoot(path))
			continue
		}
		if first, ok := seen[k.Value]; ok {
			r.fail(k.Line, "%s: duplicate key %q, first at line %d", orRoot(path), k.Value, first)
			continue
		}
		seen[k.Value] = k.Line
		p := strings.TrimPrefix(path+"."+k.Value, ".")
		r.lines[p] = k.Line
		do(k.Value, k.Line, p, v)
	}
}

// fields reads the mapping n by the given fields; any other key is a mistake.
func (r *reader) fields(path string, n *yaml.Node, known map[string]field) {
	r.each(path, n, func(key string, line int, p string, v *yaml.Node) {
		if f := known[key]; f != nil {
			f(p, v)
			return
		}
		keys := make([]string, 0, len(known))
		for k := range known {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		r.fail(line, "%s: unknown key %q%s; known: %s", orRoot(path), key, meant(key, keys), strings.Join(keys, ", "))
	})
}

func (r *reader) text(dst *string) field {
	return func(path string, n *yaml.Node) {
		n = resolve(n)
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
			r.fail(n.Line, "%s: want a text, got %s", path, describe(n))
			return
		}
		*dst = n.Value
	}
}

// texts reads a list of texts, or one text.
func (r *reader) texts(dst *[]string) field {
	return func(path string, n *yaml.Node) {
		n = resolve(n)
		if n.Kind == yaml.ScalarNode {
			var s string
			r.text(&s)(path, n)
			*dst = []string{s}
			return
		}
		if n.Kind != yaml.SequenceNode {
			r.fail(n.Line, "%s: want a list, got %s", path, describe(n))
			return
		}
		*dst = []string{}
		for _, c := range n.Content {
			var s string
			r.text(&s)(path, c)
			if slices.Contains(*dst, s) {
				r.fail(c.Line, "%s: %q stands twice", path, s)
			}
			*dst = append(*dst, s)
		}
	}
}

func (r *reader) flag(dst *bool) field {
	return func(path string, n *yaml.Node) {
		n = resolve(n)
		switch {
		case n.Kind == yaml.ScalarNode && n.Value == "true":
			*dst = true
		case n.Kind == yaml.ScalarNode && n.Value == "false":
			*dst = false
		default:
			r.fail(n.Line, "%s: want true or false, got %s", path, describe(n))
		}
	}
}

func (r *reader) count(dst *int) field {
	return func(path string, n *yaml.Node) {
		n = resolve(n)
		v, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || v < 0 {
			r.fail(n.Line, "%s: want a whole number from 0, got %s", path, describe(n))
			return
		}
		*dst = v
	}
}

func (r *reader) duration(dst *harness.Duration) field {
	return func(path string, n *yaml.Node) {
		n = resolve(n)
		if n.Kind != yaml.ScalarNode || dst.UnmarshalText([]byte(n.Value)) != nil || *dst == 0 {
			r.fail(n.Line, "%s: want a time with its unit, such as 90s, 5m or 24h, got %s", path, describe(n))
		}
	}
}

// table reads a mapping of texts.
func (r *reader) table(dst *map[string]string) field {
	return func(path string, n *yaml.Node) {
		*dst = map[string]string{}
		r.each(path, n, func(key string, _ int, p string, v *yaml.Node) {
			var s string
			r.text(&s)(p, v)
			(*dst)[key] = s
		})
	}
}

func orRoot(path string) string {
	if path == "" {
		return "gate.yaml"
	}
	return path
}

func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null" || n.Value == "":
		return "nothing"
	default:
		return strconv.Quote(n.Value)
	}
}

// meant suggests the nearest of words, if one is near.
func meant(word string, words []string) string {
	best, dist := "", 3
	for _, w := range words {
		if d := distance(strings.ToLower(word), w); d < dist && d < len(w) {
			best, dist = w, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}

// distance is the number of letters to insert, remove, replace or swap
// (Damerau and Levenshtein's, with adjacent swaps).
func distance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
