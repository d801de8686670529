package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/stagegate/stagegate/contracts/pact"
)

// A fileError says what is wrong in a file, and where.
type fileError struct {
	file, key string
	err       error
}

func (e *fileError) Error() string {
	if e.key == "" {
		return fmt.Sprintf("%s: %v", e.file, e.err)
	}
	return fmt.Sprintf("%s: %s: %v", e.file, e.key, e.err)
}

func (e *fileError) Unwrap() error { return e.err }

// A served is one interaction and where it stands.
type served struct {
	file      string
	number    int // in its file, from 0
	forEngine pact.Interaction
	request   string // canonical: equal requests cannot be told apart
}

func (s served) wrong(member string, err error) error {
	return &fileError{s.file, strings.TrimSuffix(fmt.Sprintf("interactions[%d].%s", s.number, member), "."), err}
}

// String is s as people know it.
func (s served) String() string {
	i := s.forEngine
	text := fmt.Sprintf("%-6s %s -> %d  %s", i.Method, i.Path, i.Status, i.Description)
	before := ", given "
	for _, state := range i.Given {
		text += before + state.Name
		before = " and "
	}
	return text
}

// A selection is what is served.
type selection struct {
	consumer, provider string // consumers of several files are joined
	all                []served
}

// load reads the files and selects what is to be served. What is left out for
// a reason that nobody asked for is said on stderr.
func load(o options, stderr io.Writer) (selection, error) {
	var s selection
	found := 0
	for _, name := range o.files {
		f, err := read(name)
		if err != nil {
			return s, err
		}
		if s.provider != "" && s.provider != f.Provider.Name {
			return s, &fileError{name, "provider.name", fmt.Errorf("%q, and %s is of %q\nhint: start pact-mock once for each provider", f.Provider.Name, o.files[0], s.provider)}
		}
		s.provider = f.Provider.Name
		s.consumer = strings.TrimPrefix(s.consumer+" and "+f.Consumer.Name, " and ")
		all, err := f.served(name, stderr)
		if err != nil {
			return s, err
		}
		found += len(all)
		s.all = append(s.all, slices.DeleteFunc(all, func(i served) bool { return !o.wants(i.forEngine) })...)
	}
	if len(s.all) == 0 {
		return s, &fileError{strings.Join(o.files, ", "), "interactions", fmt.Errorf("none of %d HTTP interactions is left to serve\nhint: look at -state and -match", found)}
	}
	s.warn(stderr)
	return s, nil
}

func (o options) wants(i pact.Interaction) bool {
	has := o.state == "" || len(i.Given) == 0 || slices.ContainsFunc(i.Given, func(s pact.State) bool { return s.Name == o.state })
	return has && strings.Contains(i.Description, o.match)
}

// warn tells of requests that two interactions share.
func (s selection) warn(stderr io.Writer) {
	first := map[string]served{}
	for _, i := range s.all {
		if f, ok := first[i.request]; ok {
			fmt.Fprintf(stderr, "pact-mock: one request, two answers; the engine chooses:\n  %s\n  %s\nhint: choose with -state or -match\n", f, i)
			continue
		}
		first[i.request] = i
	}
}

// A file is a pact file of any specification version.
type file struct {
	Consumer     party            `json:"consumer"`
	Provider     party            `json:"provider"`
	Interactions []interaction    `json:"interactions"`
	Messages     []jsontext.Value `json:"messages"`
	Metadata     struct {
		Specification struct {
			Version string `json:"version"`
		} `json:"pactSpecification"`
		Plugins []struct {
			Name string `json:"name"`
		} `json:"plugins"`
	} `json:"metadata"`
}

type party struct {
	Name string `json:"name"`
}

func read(name string) (f file, err error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return f, &fileError{name, "", fmt.Errorf("%w\nhint: gate run writes pact files; name one of them", err)}
	}
	if err := json.Unmarshal(b, &f); err != nil {
		var semantic *json.SemanticError
		if errors.As(err, &semantic) {
			return f, &fileError{name, string(semantic.JSONPointer), fmt.Errorf("want another JSON type than %s", semantic.JSONKind)}
		}
		return f, &fileError{name, "", fmt.Errorf("it is not JSON: %w", err)}
	}
	for _, of := range []struct{ key, value string }{{"consumer.name", f.Consumer.Name}, {"provider.name", f.Provider.Name}} {
		if of.value == "" {
			return f, &fileError{name, of.key, errors.New("is missing: this is no pact file")}
		}
	}
	if len(f.Metadata.Plugins) > 0 {
		return f, &fileError{name, "metadata.plugins", fmt.Errorf("the plugin %q is needed, and plugins are not loaded\nhint: serve it with the Pact CLI", f.Metadata.Plugins[0].Name)}
	}
	return f, nil
}

// served are the HTTP interactions of f.
func (f file) served(name string, stderr io.Writer) ([]served, error) {
	v4 := strings.HasPrefix(f.Metadata.Specification.Version, "4")
	var all []served
	skipped := len(f.Messages)
	for n, i := range f.Interactions {
		if i.Type != "" && i.Type != "Synchronous/HTTP" {
			skipped++
			continue
		}
		s := served{file: name, number: n}
		if err := s.read(i, v4); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	if skipped > 0 {
		fmt.Fprintf(stderr, "pact-mock: %s: %d interactions are messages and are not served\n", name, skipped)
	}
	return all, nil
}
