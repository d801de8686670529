package contracts

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/pact-foundation/pact-go/v2/matchers"

	"github.com/stagegate/stagegate/contracts/pact"
)

// Values are the values of a header, query parameter or form field that has
// several, in this order.
func Values(all ...matchers.Matcher) matchers.Matcher { return several{all: all} }

// several is a matcher only by the interface that it embeds: pact-go's is closed.
type several struct {
	matchers.Matcher
	all []matchers.Matcher
}

// GetValue implements [matchers.Matcher].
func (s several) GetValue() any {
	var all []any
	for _, m := range s.all {
		all = append(all, m.GetValue())
	}
	return all
}

// MarshalJSON implements [json.Marshaler].
func (s several) MarshalJSON() ([]byte, error) { return json.Marshal(s.all) }

// each are the values of m in their order.
func each(m matchers.Matcher) ([]matchers.Matcher, error) {
	all := []matchers.Matcher{m}
	if s, ok := m.(several); ok {
		all = s.all
	}
	if len(all) == 0 || slices.Contains(all, nil) {
		return nil, errors.New("no value")
	}
	return all, nil
}

// engineValues are headers or parameters in the engine's form, sorted by name.
func engineValues(from map[string]matchers.Matcher) ([]pact.Value, error) {
	var values []pact.Value
	for _, name := range slices.Sorted(maps.Keys(from)) {
		all, err := each(from[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for n, m := range all {
			v, err := engineText(m)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			values = append(values, pact.Value{Name: name, Value: v, Index: n})
		}
	}
	return values, nil
}

// engineText is a matcher in the engine's form: a plain string as it is, a rule
// as JSON.
func engineText(m matchers.Matcher) (string, error) {
	if _, nested := m.(several); nested {
		return "", errors.New("Values within Values")
	}
	b, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	switch b[0] {
	case '"':
		plain, err := jsontext.AppendUnquote(nil, b)
		return pact.Plain(string(plain)), err
	case '{':
		return string(b), nil
	}
	return "", fmt.Errorf("%s is neither a text nor a rule", b)
}
