package messagetest

import (
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// Compare says in what the stream got differs from want, a golden one of the
// kit; nothing if they are the same run. The package comment says what counts.
func Compare(t testing.TB, got, want io.Reader) []string {
	t.Helper()
	expected, err := read(want)
	if err != nil {
		t.Fatal("the stream to compare with: ", err)
	}
	real, err := read(got)
	if err != nil {
		return []string{err.Error()}
	}
	return append(order(real), difference(plain(real), plain(expected))...)
}

// plain is a stream without what is different in each run, in one of the orders
// that mean the same.
func plain(all []envelope) []envelope {
	all = sorted(all)
	names, count := map[string]string{}, map[string]int{}
	for _, e := range all {
		walk(e.body, func(key, id string) {
			if key == "id" {
				count[e.kind]++
				names[id] = fmt.Sprintf("%s %d", e.kind, count[e.kind])
			}
		})
	}
	for i, e := range all {
		all[i].body, _ = without(e.kind, e.body, names).(map[string]any)
	}
	return all
}

// without is v, which is called key, without what differs in each run.
func without(key string, v any, names map[string]string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, inner := range v {
			if inner = without(k, inner, names); inner != nil && !(key == "exception" && k == "type") {
				out[k] = inner
			}
		}
		switch key {
		case "meta", "timestamp", "duration", "sourceReference":
			return present
		case "snippets":
			return map[string]any{"language": v["language"] != "", "code": v["code"] != ""}
		}
		return out
	case []any:
		var out []any
		for _, inner := range v {
			out = append(out, without(key, inner, names))
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case string:
		switch key {
		case "stackTrace", "workerId":
			return nil
		case "message":
			if v != "" {
				return present
			}
		case "uri":
			return path.Base(v)
		}
		if key == "id" || slices.Contains(references, key) {
			if name, ok := names[v]; ok {
				return name
			}
			return "nothing"
		}
	}
	return v
}

const present = "(something)"

// walk calls f with each string below v and the key that holds it, or a list
// with it; keys in their alphabetical order.
func walk(v map[string]any, f func(key, text string)) {
	var in func(key string, v any)
	in = func(key string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				in(k, v[k])
			}
		case []any:
			for _, v := range v {
				in(key, v)
			}
		case string:
			f(key, v)
		}
	}
	in("", v)
}

// difference goes along a longest common subsequence.
func difference(got, want []envelope) (all []string) {
	g, w := lines(got), lines(want)
	length := make([][]int, len(g)+1)
	for i := range length {
		length[i] = make([]int, len(w)+1)
	}
	for i := len(g) - 1; i >= 0; i-- {
		for j := len(w) - 1; j >= 0; j-- {
			if length[i][j] = max(length[i+1][j], length[i][j+1]); g[i] == w[j] {
				length[i][j] = length[i+1][j+1] + 1
			}
		}
	}
	i, j := 0, 0
	for i < len(g) || j < len(w) {
		switch {
		case i < len(g) && j < len(w) && g[i] == w[j]:
			i, j = i+1, j+1
		case i < len(g) && j < len(w) && got[i].kind == want[j].kind:
			all = append(all, fmt.Sprintf("%v:\n\t%s", got[i], strings.Join(fields("", got[i].body, want[j].body), "\n\t")))
			i, j = i+1, j+1
		case j == len(w) || i < len(g) && length[i+1][j] >= length[i][j+1]:
			all = append(all, fmt.Sprintf("%v: not wanted here: %s", got[i], g[i]))
			i++
		default:
			all = append(all, fmt.Sprintf("missing, before %s: %s", before(got, i), w[j]))
			j++
		}
	}
	return all
}

func before(all []envelope, i int) string {
	if i == len(all) {
		return "the end"
	}
	return all[i].String()
}

func lines(all []envelope) (text []string) {
	for _, e := range all {
		b, err := json.Marshal(e.body, json.Deterministic(true))
		if err != nil {
			b = []byte(err.Error())
		}
		text = append(text, e.kind+" "+string(b))
	}
	return text
}

// fields are the places below path where got and want differ.
func fields(path string, got, want any) (all []string) {
	g, isMap := got.(map[string]any)
	w, both := want.(map[string]any)
	if isMap && both {
		keys := maps.Clone(g)
		maps.Copy(keys, w)
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			all = append(all, fields(path+"."+k, g[k], w[k])...)
		}
		return all
	}
	gs, isList := got.([]any)
	ws, both := want.([]any)
	if isList && both && len(gs) == len(ws) {
		for i := range gs {
			all = append(all, fields(fmt.Sprintf("%s[%d]", path, i), gs[i], ws[i])...)
		}
		return all
	}
	a, errA := json.Marshal(got, json.Deterministic(true))
	b, errB := json.Marshal(want, json.Deterministic(true))
	if errA == nil && errB == nil && string(a) == string(b) {
		return nil
	}
	return []string{fmt.Sprintf("%s: got %s, want %s", strings.TrimPrefix(path, "."), a, b)}
}
