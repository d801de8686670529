package ready

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Values are what steps saved, by name.
type Values map[string]string

// placeholder is a name in braces.
var placeholder = regexp.MustCompile(`\{([A-Za-z][\w-]*)\}`)

// Fill puts saved values, escaped, in the place of {name}; the kinds of [Differences]
// stand for themselves.
func (v Values) Fill(text string, escape func(string) string) (string, error) {
	var missing []string
	filled := placeholder.ReplaceAllStringFunc(text, func(m string) string {
		value, ok := v[m[1:len(m)-1]]
		switch {
		case ok:
			return escape(value)
		case isKind(m):
			return m
		}
		missing = append(missing, m)
		return ""
	})
	if len(missing) > 0 {
		return "", &unknownError{missing, slices.Sorted(maps.Keys(v))}
	}
	return filled, nil
}

// An unknownError names values that nobody saved.
type unknownError struct{ missing, have []string }

func (e *unknownError) Error() string {
	return fmt.Sprintf("nothing was saved as %s\nhint: there are %s", strings.Join(e.missing, ", "), strings.Join(e.have, ", "))
}

// RetryableError says that another look finds them missing too.
func (e *unknownError) RetryableError() bool { return false }

// Save keeps a value under a name.
func (v Values) Save(name, value string) error {
	if !placeholder.MatchString("{"+name+"}") || name == "id" || isKind("{"+name+"}") {
		return fmt.Errorf("%s cannot be a name: letters, digits, - and _, and none of id, any, text, number, bool, time", strconv.Quote(name))
	}
	v[name] = value
	return nil
}

// JSON is text with its values, as JSON.
func (v Values) JSON(text string) (any, error) {
	filled, err := v.Fill(text, InJSON)
	if err != nil {
		return nil, err
	}
	value, err := Decode([]byte(filled))
	if err != nil {
		return nil, fmt.Errorf("%s is not JSON: %w\nhint: texts have quotes", filled, err)
	}
	return value, nil
}

// Same leaves a value as it is.
func Same(s string) string { return s }

// InJSON escapes a value for a text in JSON.
func InJSON(s string) string {
	b, _ := json.Marshal(s)
	return string(b[1 : len(b)-1])
}
