package strictyaml

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/stagegate/stagegate/harness"
)

// A Reader walks the nodes of a file and collects what is wrong with them.
type Reader struct {
	Name  string // of the file, for errors
	wrong []mistake
	lines map[string]int // "stages.commit.needs" -> line
}

// Fail notes a mistake at a line.
func (r *Reader) Fail(line int, format string, args ...any) {
	r.wrong = append(r.wrong, mistake{r.Name, line, fmt.Sprintf(format, args...)})
}

// At is the line at which the value of a key was written.
func (r *Reader) At(path string) int {
	for path != "" {
		if n, ok := r.lines[path]; ok {
			return n
		}
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
	return 1
}

// A Field reads the value of one key; path is the keys that lead to it.
type Field func(path string, n *yaml.Node)

// resolve follows an alias.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// Each calls do for every key of the mapping n, in the file's order.
func (r *Reader) Each(path string, n *yaml.Node, do func(key string, line int, path string, v *yaml.Node)) {
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		r.Fail(n.Line, "%s: want a mapping (key: value), got %s", r.root(path), describe(n))
		return
	}
	if r.lines == nil {
		r.lines = map[string]int{}
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode || k.Value == "<<" {
			r.Fail(k.Line, "%s: a key must be a plain word; merge keys are not supported", r.root(path))
			continue
		}
		if first, ok := seen[k.Value]; ok {
			r.Fail(k.Line, "%s: duplicate key %q, first at line %d", r.root(path), k.Value, first)
			continue
		}
		seen[k.Value] = k.Line
		p := strings.TrimPrefix(path+"."+k.Value, ".")
		r.lines[p] = k.Line
		do(k.Value, k.Line, p, v)
	}
}

// Fields reads the mapping n by the given fields; any other key is a mistake.
func (r *Reader) Fields(path string, n *yaml.Node, known map[string]Field) {
	r.Each(path, n, func(key string, line int, p string, v *yaml.Node) {
		if f := known[key]; f != nil {
			f(p, v)
			return
		}
		keys := make([]string, 0, len(known))
		for k := range known {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		r.Fail(line, "%s: unknown key %q%s; known: %s", r.root(path), key, Meant(key, keys), strings.Join(keys, ", "))
	})
}

// Text reads a text that is not empty.
func (r *Reader) Text(dst *string) Field {
	return func(path string, n *yaml.Node) {
		n = resolve(n)
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
			r.Fail(n.Line, "%s: want a text, got %s", path, describe(n))
			return
		}
		*dst = n.Value
	}
}

// Texts reads a list of texts, or one text.
func (r *Reader) Texts(dst *[]string) Field {
	return func(path string, n *yaml.Node) {
		n = resolve(n)
		if n.Kind == yaml.ScalarNode {
			var s string
			r.Text(&s)(path, n)
			*dst = []string{s}
			return
		}
		if n.Kind != yaml.SequenceNode {
			r.Fail(n.Line, "%s: want a list, got %s", path, describe(n))
			return
		}
		*dst = []string{}
		for _, c := range n.Content {
			var s string
			r.Text(&s)(path, c)
			if slices.Contains(*dst, s) {
				r.Fail(c.Line, "%s: %q stands twice", path, s)
			}
			*dst = append(*dst, s)
		}
	}
}

// Flag reads true or false.
func (r *Reader) Flag(dst *bool) Field {
	return func(path string, n *yaml.Node) {
		n = resolve(n)
		switch {
		case n.Kind == yaml.ScalarNode && n.Value == "true":
			*dst = true
		case n.Kind == yaml.ScalarNode && n.Value == "false":
			*dst = false
		default:
			r.Fail(n.Line, "%s: want true or false, got %s", path, describe(n))
		}
	}
}

// Count reads a whole number from 0.
func (r *Reader) Count(dst *int) Field {
	return func(path string, n *yaml.Node) {
		n = resolve(n)
		v, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || v < 0 {
			r.Fail(n.Line, "%s: want a whole number from 0, got %s", path, describe(n))
			return
		}
		*dst = v
	}
}

// Duration reads a time with its unit, more than zero.
func (r *Reader) Duration(dst *harness.Duration) Field {
	return func(path string, n *yaml.Node) {
		n = resolve(n)
		if n.Kind != yaml.ScalarNode || dst.UnmarshalText([]byte(n.Value)) != nil || *dst == 0 {
			r.Fail(n.Line, "%s: want a time with its unit, such as 90s, 5m or 24h, got %s", path, describe(n))
		}
	}
}

// Table reads a mapping of texts.
func (r *Reader) Table(dst *map[string]string) Field {
	return func(path string, n *yaml.Node) {
		*dst = map[string]string{}
		r.Each(path, n, func(key string, _ int, p string, v *yaml.Node) {
			var s string
			r.Text(&s)(p, v)
			(*dst)[key] = s
		})
	}
}

// root is what the top of the file is called in errors.
func (r *Reader) root(path string) string {
	if path == "" {
		return filepath.Base(r.Name)
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

// Meant suggests the nearest of words, if one is near.
func Meant(word string, words []string) string {
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

// MaxSize bounds a file, in bytes.
const MaxSize = 1 << 20

// Document is the one document of b. A file that is empty, too large or not
// YAML is an error.
func (r *Reader) Document(b []byte) (*yaml.Node, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("%s: is larger than 1 MiB", r.Name)
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, fmt.Errorf("%s:1: is empty", r.Name)
	}
	var doc yaml.Node
	if err := yaml.Load(b, &doc); err != nil {
		return nil, fmt.Errorf("%s: %s", r.Name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(doc.Content) != 1 {
		return nil, fmt.Errorf("%s:1: is empty", r.Name)
	}
	return doc.Content[0], nil
}

// Sound reports whether nothing is wrong so far.
func (r *Reader) Sound() bool { return len(r.wrong) == 0 }

// Err joins all mistakes in the order of their lines; nil if there are none.
func (r *Reader) Err() error {
	slices.SortFunc(r.wrong, func(a, b mistake) int { return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.text, b.text)) })
	var all []error
	for _, m := range r.wrong {
		all = append(all, m)
	}
	return errors.Join(all...)
}

// A mistake is one thing that is wrong, and where.
type mistake struct {
	name string
	line int
	text string
}

func (m mistake) Error() string { return fmt.Sprintf("%s:%d: %s", m.name, m.line, m.text) }
