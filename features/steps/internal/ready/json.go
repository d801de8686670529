package ready

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Decode reads one JSON value; numbers stay as they are written.
func Decode(b []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, errors.New("something follows the first value")
	}
	return v, nil
}

// Differences lists where got is not as want says. In want, a text that is a
// placeholder stands for any value of its kind. Members that want has not got are
// a difference unless only a part is asked for.
func Differences(want, got any, path string, part bool) []string {
	name := strings.TrimPrefix(path, ".")
	if name == "" {
		name = "the whole"
	}
	if kind, ok := want.(string); ok {
		if fits, is := kindOf(kind, got); is {
			if fits {
				return nil
			}
			return []string{fmt.Sprintf("%s: got %s, want %s", name, shown(got), kind)}
		}
	}
	switch w := want.(type) {
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			return members(w, g, path, part)
		}
	case []any:
		if g, ok := got.([]any); ok {
			return elements(w, g, path, part)
		}
	default:
		if shown(want) == shown(got) {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s: got %s, want %s", name, shown(got), shown(want))}
}

func members(want, got map[string]any, path string, part bool) (all []string) {
	names := maps.Clone(want)
	if !part {
		maps.Copy(names, got)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		at := path + "." + name
		w, wanted := want[name]
		g, there := got[name]
		switch {
		case !there:
			all = append(all, fmt.Sprintf("%s: is absent, want %s", at[1:], shown(w)))
		case !wanted:
			all = append(all, fmt.Sprintf("%s: is %s, want none", at[1:], shown(g)))
		default:
			all = append(all, Differences(w, g, at, part)...)
		}
	}
	return all
}

func elements(want, got []any, path string, part bool) (all []string) {
	if len(want) != len(got) {
		return []string{fmt.Sprintf("%s: has %d elements, want %d: %s", strings.TrimPrefix(path+".", "."), len(got), len(want), shown(got))}
	}
	for i := range want {
		all = append(all, Differences(want[i], got[i], fmt.Sprintf("%s.%d", path, i), part)...)
	}
	return all
}

// kindOf reports whether got is of the kind that a placeholder stands for, and
// whether kind is one.
func kindOf(kind string, got any) (fits, is bool) {
	switch kind {
	case "{any}":
		return true, true
	case "{text}":
		_, fits = got.(string)
	case "{number}":
		_, fits = got.(json.Number)
	case "{bool}":
		_, fits = got.(bool)
	case "{time}":
		s, _ := got.(string)
		_, err := time.Parse(time.RFC3339, s)
		fits = err == nil
	default:
		return false, false
	}
	return fits, true
}

func shown(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// isKind reports a placeholder that stands for any value of a kind.
func isKind(s string) bool {
	_, is := kindOf(s, nil)
	return is
}
