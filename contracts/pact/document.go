package pact

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"
)

// specificationV4 is the engine's PactSpecification_V4.
const specificationV4 = 5

// Parts of an interaction, as the engine counts them.
const (
	requestPart  = 0
	responsePart = 1
)

// A Pact is a document that is being written: what one consumer expects of one
// provider. It must be freed.
type Pact struct {
	e      *Engine
	handle uint16
	frozen bool
}

// NewPact begins a document of specification version 4.
func (e *Engine) NewPact(consumer, provider string) (*Pact, error) {
	if err := noNUL(consumer, provider); err != nil {
		return nil, err
	}
	p := &Pact{e: e, handle: e.newPact(consumer, provider)}
	if !e.specification(p.handle, specificationV4) {
		p.Free()
		return nil, errors.New("begin pact: the engine refused specification version 4")
	}
	return p, nil
}

// Free releases what the engine holds of p, which cannot be used any more.
func (p *Pact) Free() { p.e.freePact(p.handle) }

// An Interaction is one request and its response. Path and the values of
// queries and headers are plain text, or the engine's JSON form of a matching
// rule ({"pact:matcher:type": "regex", ...}); bodies are JSON that may contain
// such rules.
type Interaction struct {
	Description    string // must be the only one of its name in the document
	Given          []State
	Method, Path   string
	Query          []Value
	RequestHeader  []Value
	RequestBody    *Body
	Status         int
	ResponseHeader []Value
	ResponseBody   *Body
	RequestExtra   Extra
	ResponseExtra  Extra
	Comments       []string
	Pending        bool // for those who verify the provider: new, may still fail
}

// A State is a provider state. Params is a JSON object, or empty.
type State struct{ Name, Params string }

// An Extra is what a pact file says of a request or response beside its values,
// as the file has it: JSON objects, or empty.
type Extra struct{ Rules, Generators string }

// Plain is a [Value] that means text and nothing else. The engine takes all that
// begins with a brace for a rule, and what it does not understand for nothing.
func Plain(text string) string {
	if !strings.HasPrefix(text, "{") {
		return text
	}
	b, _ := json.Marshal(map[string]string{"value": text}) // strings alone: it cannot fail
	return string(b)
}

// A Value is a header or a query parameter: text ([Plain]) or a rule in JSON.
// Index counts the values of one name, from 0.
type Value struct {
	Name, Value string
	Index       int
}

// A Body is content with its media type. A Content-Type header of the
// interaction comes before ContentType.
type Body struct {
	ContentType, Content string
	Form                 BodyForm
	// Rules are matching rules for content that cannot contain them, a JSON
	// object of the category "body" as in a pact file; or empty.
	Rules string
}

// A BodyForm says what the content of a [Body] is.
type BodyForm string

// Forms of bodies.
const (
	Embedded BodyForm = ""       // text; JSON and forms may contain matching rules
	Bytes    BodyForm = "bytes"  // any bytes, compared as the media type asks for
	Example  BodyForm = "sample" // any bytes; all content of that media type is as agreed
)

// Add writes an interaction. It fails after [Pact.Serve].
func (p *Pact) Add(i Interaction) error {
	if p.frozen {
		return fmt.Errorf("add %q: the mock server runs already", i.Description)
	}
	if err := i.noNUL(); err != nil {
		return fmt.Errorf("add: %w", err)
	}
	h := p.e.newInteraction(p.handle, i.Description)
	ok := p.e.request(h, i.Method, i.Path) && p.e.status(h, uint16(i.Status))
	for _, s := range i.Given {
		if s.Params == "" {
			ok = p.e.given(h, s.Name) && ok
		} else {
			ok = p.e.givenParams(h, s.Name, s.Params) == 0 && ok
		}
	}
	for _, q := range i.Query {
		ok = p.e.query(h, q.Name, uint64(q.Index), q.Value) && ok
	}
	for _, c := range i.Comments {
		ok = p.e.comment(h, c) && ok
	}
	if i.Pending {
		ok = p.e.pending(h, true) && ok
	}
	ok = p.addPart(h, requestPart, i.RequestHeader, i.RequestBody) && ok
	ok = p.addPart(h, responsePart, i.ResponseHeader, i.ResponseBody) && ok
	ok = p.addExtra(h, requestPart, i.RequestExtra) && p.addExtra(h, responsePart, i.ResponseExtra) && ok
	if !ok {
		return fmt.Errorf("add %q: the engine refused a part of it", i.Description)
	}
	return nil
}

// addPart writes headers before the body, because the engine adds a
// Content-Type with the body where there is none yet.
func (p *Pact) addPart(interaction uint32, part int32, headers []Value, b *Body) bool {
	ok := true
	for _, h := range headers {
		ok = p.e.header(interaction, part, h.Name, uint64(h.Index), h.Value) && ok
	}
	if b == nil {
		return ok
	}
	switch b.Form {
	case Embedded:
		ok = p.e.body(interaction, part, b.ContentType, b.Content) && ok
	case Bytes:
		ok = p.e.binaryBody(interaction, part, b.ContentType, unsafe.StringData(b.Content), uint64(len(b.Content))) && ok
	case Example:
		ok = p.e.binaryFile(interaction, part, b.ContentType, unsafe.StringData(b.Content), uint64(len(b.Content))) && ok
	default:
		return false
	}
	if b.Rules != "" {
		ok = p.e.rules(interaction, part, `{"body":`+b.Rules+`}`) && ok
	}
	return ok
}

func (p *Pact) addExtra(interaction uint32, part int32, x Extra) bool {
	return (x.Rules == "" || p.e.rules(interaction, part, x.Rules)) &&
		(x.Generators == "" || p.e.generators(interaction, part, x.Generators))
}

func (i Interaction) noNUL() error {
	texts := append([]string{i.Description, i.Method, i.Path, i.RequestExtra.Rules, i.RequestExtra.Generators,
		i.ResponseExtra.Rules, i.ResponseExtra.Generators}, i.Comments...)
	for _, s := range i.Given {
		texts = append(texts, s.Name, s.Params)
	}
	for _, values := range [][]Value{i.Query, i.RequestHeader, i.ResponseHeader} {
		for _, v := range values {
			texts = append(texts, v.Name, v.Value)
		}
	}
	for _, b := range []*Body{i.RequestBody, i.ResponseBody} {
		if b == nil {
			continue
		}
		texts = append(texts, b.ContentType, b.Rules)
		if b.Form == Embedded {
			texts = append(texts, b.Content)
		}
	}
	return noNUL(texts...)
}

// JSON is the document as the engine writes it. The engine only writes to
// files: this goes through a temporary folder.
func (p *Pact) JSON() ([]byte, error) {
	dir, err := os.MkdirTemp("", "stagegate-pact-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if code := p.e.writeFile(p.handle, dir, true); code != 0 {
		return nil, fmt.Errorf("write pact: the engine returned %d", code)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(names) != 1 {
		return nil, errors.Join(fmt.Errorf("write pact: the engine wrote %d files, want 1", len(names)), err)
	}
	return os.ReadFile(names[0])
}
