package pactfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A ConflictError says that two tests define one interaction in two ways. Its
// text, one line, shows where they differ and what each says there.
type ConflictError struct {
	Consumer, Provider, Description string
	First, Second                   Definition
}

// A Definition is an interaction as one test has it.
type Definition struct {
	From string
	JSON string // canonical
}

func (e *ConflictError) Error() string {
	var all []string
	differences([]byte(e.First.JSON), []byte(e.Second.JSON), "", func(at, first, second string) {
		all = append(all, fmt.Sprintf("%s is %s in %s, and %s in %s", at, first, e.First.From, second, e.Second.From))
	})
	const most = 3
	if more := len(all) - most; more > 0 {
		all = append(all[:most], fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("pact %s - %s: two definitions of %q: %s", e.Consumer, e.Provider, e.Description, strings.Join(all, "; "))
}

// differences calls found for each place below at where two canonical texts differ.
func differences(a, b jsontext.Value, at string, found func(at, a, b string)) {
	if string(a) == string(b) {
		return
	}
	if a.Kind() == '{' && b.Kind() == '{' {
		var x, y object
		if json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil {
			names := maps.Clone(x)
			maps.Copy(names, y)
			for _, name := range slices.Sorted(maps.Keys(names)) {
				differences(x[name], y[name], strings.TrimPrefix(at+"."+name, "."), found)
			}
			return
		}
	}
	found(at, shown(a), shown(b))
}

// shown is a value as it fits into a sentence.
func shown(v jsontext.Value) string {
	const most = 100
	switch {
	case v == nil:
		return "absent"
	case len(v) > most:
		return strings.ToValidUTF8(string(v[:most]), "") + "..."
	}
	return string(v)
}
