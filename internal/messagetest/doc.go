// Package messagetest holds a stream of Cucumber Messages (NDJSON) beside what
// the field has: the published schema, the official formatters, the
// compatibility kit.
//
//	for _, wrong := range messagetest.Schema(t, stream) { ... }
//	page := messagetest.HTML(t, stream)
//	for _, d := range messagetest.Compare(t, got, want) { ... }
//
// # What Compare asks
//
// The kit's README: the number, the type and the order of messages count, and
// the content that would be the same in each run; generated identifiers,
// timestamps, durations and file URLs do not. Messages are ordered only in part.
// [Compare] takes it more strictly than cucumber-js, which drops all such keys:
//
//   - Identifiers are renamed by the order in which they are defined, so that a
//     reference has to point to the same thing.
//   - The value of a timestamp, duration, message, exception type, source
//     reference and snippet does not count, but that there is one does. The kit
//     runs in TypeScript, so stack traces, the worker and the contents of meta
//     are left out altogether. Of a URI the base name counts.
//   - A list that is empty and one that is absent are the same; the schema says
//     which must be there.
//   - Order counts among definitions, test cases, run hooks, attempts, and
//     within each of these; not between them. In addition [Order] is asked.
package messagetest

import (
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
)

// An envelope is one line of a stream.
type envelope struct {
	line int
	kind string
	body map[string]any
}

func (e envelope) String() string { return fmt.Sprintf("line %d, %s", e.line, e.kind) }

// text is a field of the body, "" if there is none.
func (e envelope) text(key string) string {
	s, _ := e.body[key].(string)
	return s
}

// read returns an error for a line that is not an object of one message.
func read(r io.Reader) (all []envelope, err error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	text := string(b)
	if text == "" || !strings.HasSuffix(text, "\n") {
		return nil, fmt.Errorf("the stream has %d bytes and does not end with a line: it is empty or was cut off", len(b))
	}
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		var m map[string]map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if len(m) != 1 {
			return nil, fmt.Errorf("line %d has %d messages, want 1", i+1, len(m))
		}
		for kind, body := range m {
			all = append(all, envelope{i + 1, kind, body})
		}
	}
	return all, nil
}
