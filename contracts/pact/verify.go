package pact

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"
)

// A Recorded is a response that a real dependency gave to the request of the
// interaction called Description.
type Recorded struct {
	Description string
	Method      string // of the request; HEAD has no body
	Status      int
	Header      map[string][]string
	Body        []byte // without content encoding
}

// A ResponseMismatch is how one recorded response breaks the document.
type ResponseMismatch struct {
	Recorded    int // its index
	Message     string
	Differences []Difference
}

// verifierTimeout bounds one request of the engine's verifier to this process,
// in milliseconds. It is long: only a machine without any time to spare meets it.
const verifierTimeout = 30_000

// VerifyResponses lets the engine's verifier compare recorded responses with
// what doc, a document of specification version 4, says of their interactions.
// No mismatch and no error means that all of them are as agreed. The error says
// that nothing was learned.
func (e *Engine) VerifyResponses(doc []byte, recorded []Recorded) ([]ResponseMismatch, error) {
	if len(recorded) == 0 {
		return nil, errors.New("verify responses: none was recorded")
	}
	derived, err := derive(doc, recorded)
	if err != nil {
		return nil, fmt.Errorf("verify responses: %w", err)
	}
	r, err := startReplay(recorded)
	if err != nil {
		return nil, fmt.Errorf("verify responses: %w", err)
	}
	defer r.close()
	code, report, err := e.verify(derived, r.port)
	if err != nil {
		return nil, fmt.Errorf("verify responses: %w", err)
	}
	return readReport(code, report, len(recorded))
}

// verify runs the verifier for a document against 127.0.0.1:port.
func (e *Engine) verify(doc []byte, port int) (code int32, report []byte, err error) {
	dir, err := os.MkdirTemp("", "stagegate-pact-")
	if err != nil {
		return 0, nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "derived.json")
	if err := os.WriteFile(file, doc, 0o600); err != nil {
		return 0, nil, err
	}
	v := e.verifierNew("stagegate", "1")
	if v == nil {
		return 0, nil, errors.New("the engine gave no verifier")
	}
	defer e.verifierShutdown(v)
	e.verifierProvider(v, "replay", "http", "127.0.0.1", uint16(port), "/")
	e.verifierFile(v, file)
	e.verifierOptions(v, 0, verifierTimeout)
	e.verifierColour(v, 0)
	quietly(func() { code = e.verifierExecute(v) })
	return code, e.take(e.verifierJSON(v)), nil
}

// readReport reads the verifier's report and refuses to conclude from one that
// contradicts itself or is not about each of n responses.
func readReport(code int32, report []byte, n int) ([]ResponseMismatch, error) {
	if code != 0 && code != 1 {
		return nil, fmt.Errorf("verify responses: the engine returned %d", code)
	}
	var v struct {
		Result       bool `json:"result"`
		Interactions []struct {
			Key    string `json:"interactionKey"`
			Result string `json:"result"`
		} `json:"interactionResults"`
		Errors []struct {
			Interaction string `json:"interaction"`
			Mismatch    struct {
				Type       string          `json:"type"`
				Message    string          `json:"message"`
				Mismatches []rawDifference `json:"mismatches"`
			} `json:"mismatch"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(report, &v); err != nil {
		return nil, fmt.Errorf("read the verifier's report: %w", err)
	}
	seen, good := map[string]bool{}, 0
	for _, i := range v.Interactions {
		seen[i.Key] = true
		if i.Result == "OK" {
			good++
		}
	}
	if len(seen) != n || len(v.Interactions) != n {
		return nil, fmt.Errorf("the verifier's report is about %d of %d responses", len(seen), n)
	}
	clean := code == 0 && good == n && len(v.Errors) == 0
	if v.Result != clean || (!clean && len(v.Errors) == 0) {
		return nil, fmt.Errorf("the verifier's report contradicts itself: code %d, result %v, %d of %d OK, %d errors", code, v.Result, good, n, len(v.Errors))
	}
	var found []ResponseMismatch
	for _, x := range v.Errors {
		m := ResponseMismatch{Recorded: indexIn(x.Interaction)}
		if x.Mismatch.Type == "error" {
			m.Message = x.Mismatch.Message
		}
		for _, d := range x.Mismatch.Mismatches {
			m.Differences = append(m.Differences, d.difference())
		}
		found = append(found, m)
	}
	return found, nil
}

// indexIn finds the number that derive wrote into a description: the engine's
// report calls an interaction by "Verifying a pact between ... - DESCRIPTION".
func indexIn(name string) int {
	n := -1
	if at := strings.LastIndex(name, derivedPrefix); at >= 0 {
		fmt.Sscanf(name[at+len(derivedPrefix):], "%d", &n)
	}
	return n
}
