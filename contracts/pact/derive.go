package pact

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// derivedPrefix marks the interactions of a derived document, and with the
// number that follows it the path that the replay answers at.
const derivedPrefix = "stagegate-recorded-"

// An object keeps what this package does not understand, byte for byte.
type object = map[string]jsontext.Value

// renamed is what a header is called in the expectation and in the replay, so
// that the engine compares it without anybody acting on it: its HTTP client would
// follow a Location, and the replay has a length and a coding of its own.
func renamed(header string) string {
	switch name := http.CanonicalHeaderKey(header); name {
	case "Location", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Connection", "Keep-Alive", "Trailer", "Upgrade":
		return "X-Stagegate-" + name
	}
	return header
}

// derive makes a document with one interaction for each recorded response: the
// response and its rules are the contract's, the request only addresses the replay.
func derive(doc []byte, recorded []Recorded) ([]byte, error) {
	var d object
	if err := json.Unmarshal(doc, &d); err != nil {
		return nil, fmt.Errorf("read pact: %w", err)
	}
	var interactions []object
	if err := json.Unmarshal(d["interactions"], &interactions); err != nil {
		return nil, fmt.Errorf("read interactions: %w", err)
	}
	byName := map[string]object{}
	for _, i := range interactions {
		var name string
		if err := json.Unmarshal(i["description"], &name); err != nil {
			return nil, fmt.Errorf("read interactions: %w", err)
		}
		byName[name] = i
	}
	out := make([]object, 0, len(recorded))
	for n, r := range recorded {
		i, ok := byName[r.Description]
		if !ok {
			return nil, fmt.Errorf("no interaction is called %q", r.Description)
		}
		response, err := deriveResponse(i["response"])
		if err != nil {
			return nil, fmt.Errorf("interaction %q: %w", r.Description, err)
		}
		name := fmt.Sprintf("%s%d", derivedPrefix, n)
		out = append(out, object{
			"type":        jsontext.Value(`"Synchronous/HTTP"`),
			"pending":     jsontext.Value(`false`),
			"key":         quote(name),
			"description": quote(name),
			"request":     jsontext.Value(fmt.Sprintf(`{"method":%s,"path":%s}`, quote(replayMethod(r.Method)), quote("/"+name))),
			"response":    response,
		})
	}
	all, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	d["interactions"] = all
	return json.Marshal(d)
}

// replayMethod is the method by which the verifier fetches a recorded response:
// its own only where the method decides whether there is a body.
func replayMethod(method string) string {
	if method == http.MethodHead {
		return method
	}
	return http.MethodGet
}

func deriveResponse(response jsontext.Value) (jsontext.Value, error) {
	var r object
	if err := json.Unmarshal(response, &r); err != nil {
		return nil, err
	}
	if err := renameIn(r, "headers"); err != nil {
		return nil, err
	}
	if rules, ok := r["matchingRules"]; ok {
		var m object
		if err := json.Unmarshal(rules, &m); err != nil {
			return nil, err
		}
		if err := renameIn(m, "header"); err != nil {
			return nil, err
		}
		b, err := json.Marshal(m)
		if err != nil {
			return nil, err
		}
		r["matchingRules"] = b
	}
	return json.Marshal(r)
}

// renameIn renames the headers that are members of o's member.
func renameIn(o object, member string) error {
	raw, ok := o[member]
	if !ok {
		return nil
	}
	var headers object
	if err := json.Unmarshal(raw, &headers); err != nil {
		return err
	}
	out := object{}
	for name, v := range headers {
		if strings.EqualFold(name, MarkHeader) {
			continue
		}
		out[renamed(name)] = v
	}
	b, err := json.Marshal(out)
	o[member] = b
	return err
}

// MarkHeader is a response header that a caller may add to an interaction in
// order to learn from the mock server's answer which one it was. Recorded
// responses need not have it.
const MarkHeader = "X-Stagegate-Interaction"

// quote is s as JSON; what is not UTF-8 in it is replaced.
func quote(s string) jsontext.Value {
	b, _ := jsontext.AppendQuote(nil, s)
	return b
}
