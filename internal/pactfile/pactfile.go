// Package pactfile merges what the tests of one run define into pact files, one
// for each pair of consumer and provider, as the Pact specification (version 4)
// has them. It reads JSON and knows no engine.
//
//	files, err := pactfile.Merge(fragments)    // conflicts are an error that shows both definitions
//	err = pactfile.Write("build/pacts", files) // a new folder: what is no longer defined is gone
package pactfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A Fragment is a whole pact document with the interactions of one test.
type Fragment struct {
	From     string // the test, for people
	Document jsontext.Value
}

// object is a JSON object whose members are kept as they are written.
type object = map[string]jsontext.Value

// A file is a pact file in the making.
type file struct {
	consumer, provider string
	head               object // of the first fragment, without interactions
	version            string
	entries            map[string]entry // by description and states
}

// An entry is one interaction. Definition is its canonical form, text its own.
type entry struct {
	key, description string
	text             jsontext.Value
	Definition
}

// Merge returns pact files by name, CONSUMER-PROVIDER.json. An interaction is
// known by its description and provider states, as brokers know it; the same
// one may be defined twice, but only in the same way. The result does not
// depend on the order of the fragments. The error joins every [ConflictError].
func Merge(fragments []Fragment) (map[string][]byte, error) {
	sorted := slices.SortedStableFunc(slices.Values(fragments), func(a, b Fragment) int {
		return cmp.Or(cmp.Compare(a.From, b.From), bytes.Compare(a.Document, b.Document))
	})
	files := map[string]*file{}
	var wrong []error
	for _, f := range sorted {
		if err := add(files, f); err != nil {
			wrong = append(wrong, err)
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for name, f := range files {
		b, err := f.document()
		if err != nil {
			return nil, fmt.Errorf("pact %s - %s: %w", f.consumer, f.provider, err)
		}
		out[name] = b
	}
	return out, nil
}

// add puts the interactions of a fragment into its file.
func add(files map[string]*file, from Fragment) error {
	head, doc, err := read(from.Document)
	if err != nil {
		return fmt.Errorf("pact of %s: %w", from.From, err)
	}
	name := url.PathEscape(doc.Consumer.Name) + "-" + url.PathEscape(doc.Provider.Name) + ".json"
	f := files[name]
	if f == nil {
		f = &file{consumer: doc.Consumer.Name, provider: doc.Provider.Name, head: head, version: doc.Metadata.Specification.Version, entries: map[string]entry{}}
		files[name] = f
	}
	switch {
	case f.consumer != doc.Consumer.Name || f.provider != doc.Provider.Name:
		return fmt.Errorf("pact of %s: %q - %q and %q - %q would share the file %s", from.From, f.consumer, f.provider, doc.Consumer.Name, doc.Provider.Name, name)
	case f.version != doc.Metadata.Specification.Version:
		return fmt.Errorf("pact of %s: specification version %s, others of %s have %s", from.From, doc.Metadata.Specification.Version, name, f.version)
	}
	var wrong []error
	for _, text := range doc.Interactions {
		wrong = append(wrong, f.add(from.From, text))
	}
	return errors.Join(wrong...)
}

// A document is what has to be known of a pact document.
type document struct {
	Consumer     struct{ Name string }
	Provider     struct{ Name string }
	Interactions []jsontext.Value
	Metadata     struct {
		Specification struct{ Version string } `json:"pactSpecification"`
	}
}

func read(b jsontext.Value) (object, document, error) {
	var head object
	var doc document
	lenient := json.MatchCaseInsensitiveNames(true)
	if err := errors.Join(json.Unmarshal(b, &head), json.Unmarshal(b, &doc, lenient)); err != nil {
		return nil, doc, err
	}
	if doc.Consumer.Name == "" || doc.Provider.Name == "" || len(doc.Interactions) == 0 {
		return nil, doc, errors.New("it names no consumer, no provider or no interaction")
	}
	delete(head, "interactions")
	return head, doc, nil
}

func (f *file) add(from string, text jsontext.Value) error {
	var i struct {
		Type        string         `json:"type"`
		Description string         `json:"description"`
		States      jsontext.Value `json:"providerStates"`
	}
	canonical := text.Clone()
	if err := errors.Join(json.Unmarshal(text, &i), canonical.Canonicalize()); err != nil {
		return fmt.Errorf("pact of %s: %w", from, err)
	}
	if i.Description == "" {
		return fmt.Errorf("pact of %s: an interaction without a description", from)
	}
	if i.States == nil {
		i.States = jsontext.Value("[]")
	}
	if err := i.States.Canonicalize(); err != nil {
		return fmt.Errorf("pact of %s: %w", from, err)
	}
	key := fmt.Sprintf("%q %s %q", i.Description, i.States, i.Type)
	e := entry{key: key, description: i.Description, text: text.Clone(), Definition: Definition{From: from, JSON: string(canonical)}}
	if old, ok := f.entries[key]; ok {
		if old.JSON != e.JSON {
			return &ConflictError{f.consumer, f.provider, i.Description, old.Definition, e.Definition}
		}
		return nil
	}
	f.entries[key] = e
	return nil
}

// document is f as it is written, its interactions sorted.
func (f *file) document() ([]byte, error) {
	var all []jsontext.Value
	sorted := make([]entry, 0, len(f.entries))
	for _, e := range f.entries {
		sorted = append(sorted, e)
	}
	slices.SortFunc(sorted, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	for _, e := range sorted {
		all = append(all, e.text)
	}
	interactions, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	out := object{"interactions": interactions}
	for name, v := range f.head {
		out[name] = v
	}
	b, err := json.Marshal(out, json.Deterministic(true), jsontext.WithIndent("  "))
	return append(b, '\n'), err
}
