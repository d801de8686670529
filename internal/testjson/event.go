package testjson

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json"
)

// An Event is one line of go test -json, as `go doc test2json` describes it.
type Event struct {
	Time        time.Time `json:"Time,omitzero"`
	Action      string    `json:"Action"`
	Package     string    `json:"Package,omitempty"`
	ImportPath  string    `json:"ImportPath,omitempty"` // of build events
	Test        string    `json:"Test,omitempty"`
	Elapsed     float64   `json:"Elapsed,omitempty"` // seconds
	Output      string    `json:"Output,omitempty"`
	FailedBuild string    `json:"FailedBuild,omitempty"`
}

// MaxLine bounds one event, in bytes: go test itself splits what a test prints
// into pieces that are much smaller.
const MaxLine = 4 << 20

// ParseEvent reads one line. Duplicate members, invalid UTF-8, an action that
// go test does not have, and anything that is not an object are errors.
func ParseEvent(line []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(line, &e); err != nil {
		return Event{}, err
	}
	switch e.Action {
	case "start", "run", "pause", "cont", "pass", "fail", "skip", "bench", "output", "attr", "artifacts", "build-output", "build-fail":
		return e, nil
	case "":
		return Event{}, errors.New("an event without an action")
	default:
		return Event{}, fmt.Errorf("unknown action %q", e.Action)
	}
}

// Read reads a whole stream and closes it. It returns an error only where r
// does or where a line is longer than [MaxLine]; what is odd in the stream is
// in Odd.
func Read(r io.Reader) (*Stream, error) {
	var s Stream
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, 64<<10), MaxLine)
	for sc.Scan() {
		s.Line(sc.Bytes())
	}
	s.Close()
	return &s, sc.Err()
}

// Line takes one line of the stream. It returns the event, and false where the
// line is none.
func (s *Stream) Line(line []byte) (Event, bool) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return Event{}, false
	}
	e, err := ParseEvent(line)
	if err != nil {
		s.odd("not an event of go test -json (%v): %q", err, shorten(string(line), 120))
		return Event{}, false
	}
	s.take(e)
	return e, true
}

// maxOdd bounds how many odd things are kept: one is enough to doubt.
const maxOdd = 20

func (s *Stream) odd(format string, args ...any) {
	if len(s.Odd) < maxOdd {
		s.Odd = append(s.Odd, fmt.Sprintf(format, args...))
	}
}

func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "..."
}
