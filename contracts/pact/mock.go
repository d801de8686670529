package pact

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
)

// RefusedHeader is a header that the mock server puts only on its answer to a
// request that is not in the document.
const RefusedHeader = "X-Pact"

// A Server is the engine's mock server for one document.
type Server struct {
	e    *Engine
	port int32
}

// Serve starts the mock server on a free port of 127.0.0.1. It must be closed.
func (p *Pact) Serve() (*Server, error) {
	p.frozen = true
	port := p.e.serve(p.handle, "127.0.0.1", 0, "http", "{}")
	if port <= 0 {
		return nil, fmt.Errorf("start mock server: the engine returned %d", port)
	}
	return &Server{p.e, port}, nil
}

// URL is where s listens, without a trailing slash.
func (s *Server) URL() string { return fmt.Sprintf("http://127.0.0.1:%d", s.port) }

// Close stops s.
func (s *Server) Close() { s.e.cleanup(s.port) }

// A RequestMismatch is what was wrong with the requests that s got.
type RequestMismatch struct {
	Kind         RequestProblem
	Method, Path string
	Differences  []Difference
}

// A RequestProblem tells what is wrong with a request.
type RequestProblem string

// Problems of requests, as the engine calls them.
const (
	Missing   RequestProblem = "missing-request"   // in the document, and was not made
	Differs   RequestProblem = "request-mismatch"  // nearly in the document
	NotInPact RequestProblem = "request-not-found" // nothing like it is in the document
)

// A Difference is one place where a request or a response is not as agreed.
type Difference struct {
	Part     string // "method", "path", "query", "header", "body", "status"
	Where    string // name of the header or parameter, or path in the body; may be empty
	Expected string
	Actual   string
	Message  string // the engine's sentence, which contains the two
}

// Mismatches is what s has seen so far that is not as agreed, and what it has not
// seen yet. None means: each request was made, and no other one.
func (s *Server) Mismatches() ([]RequestMismatch, error) {
	text := s.e.mismatches(s.port)
	if text == "" {
		return nil, fmt.Errorf("read mismatches: the engine has no mock server at port %d", s.port)
	}
	var all []struct {
		Type       RequestProblem  `json:"type"`
		Method     string          `json:"method"`
		Path       string          `json:"path"`
		Mismatches []rawDifference `json:"mismatches"`
	}
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return nil, fmt.Errorf("read mismatches: %w", err)
	}
	var found []RequestMismatch
	for _, m := range all {
		r := RequestMismatch{Kind: m.Type, Method: m.Method, Path: m.Path}
		for _, d := range m.Mismatches {
			r.Differences = append(r.Differences, d.difference())
		}
		found = append(found, r)
	}
	return found, nil
}

// A rawDifference is a difference as the engine writes it. Expected and actual
// values are strings, numbers, or arrays of bytes.
type rawDifference struct {
	Type      string `json:"type"`
	Path      string `json:"path"`
	Key       string `json:"key"`
	Parameter string `json:"parameter"`
	Expected  any    `json:"expected"`
	Actual    any    `json:"actual"`
	Mismatch  string `json:"mismatch"`
}

func (d rawDifference) difference() Difference {
	where := d.Key + d.Parameter
	part := strings.ToLower(strings.TrimSuffix(d.Type, "Mismatch"))
	part = strings.TrimSuffix(strings.TrimSuffix(part, "-type"), "type")
	if where == "" && part == "body" {
		where = d.Path
	}
	return Difference{Part: part, Where: where, Expected: text(d.Expected), Actual: text(d.Actual), Message: d.Mismatch}
}

// text is a value of the engine's reports as a person reads it.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		b := make([]byte, 0, len(v))
		for _, x := range v {
			n, ok := x.(float64)
			if !ok || n < 0 || n > 255 {
				return fmt.Sprint(v)
			}
			b = append(b, byte(n))
		}
		return string(b)
	default:
		return fmt.Sprint(v)
	}
}
