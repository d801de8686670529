package contracts

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/pact-foundation/pact-go/v2/matchers"
)

// An Interaction is one request that the adapter makes and the response that
// it relies on.
type Interaction struct {
	// Name tells the interactions of one [Contract.TestAll] apart. Empty means
	// method and path.
	Name string
	// Description is what the pact file calls the interaction. Empty means the
	// test's name, and in a TestAll that and Name.
	Description string
	// Given are the provider states that the response depends on.
	Given []State
	// Safe says that the interaction may be sent to a dependency with real
	// users: it changes nothing there. Where the method is not GET, HEAD or
	// OPTIONS, SafeBecause has to say why.
	Safe        bool
	SafeBecause string
	// RealURL gives the test the dependency's own URL instead of a loopback
	// guard's, for adapters that sign the host or need its TLS name. Such an
	// adapter must use [Endpoint.Client]: nothing else is checked.
	RealURL  bool
	Request  Request
	Response Response
	// Comments go into the pact file, for the people who read it.
	Comments []string
	// Pending goes into the pact file: it tells those who verify the provider
	// that the interaction is new, and that their build need not fail by it.
	// Here it changes nothing: what is pending is checked, in every mode.
	Pending bool
	// Allow names the lints that are not to be applied: what looks like a
	// mistake here is meant.
	Allow []Lint
}

// A State is a condition of the dependency, by the name that its fixtures have
// in gate.yaml.
type State struct {
	Name   string
	Params map[string]any
}

// A Request is what the adapter sends. Headers and query parameters that are
// not named here: further headers are allowed, further parameters are not. One
// that has several values has them in [Values].
type Request struct {
	Method  string // in capital letters
	Path    Path
	Query   map[string]matchers.Matcher
	Headers map[string]matchers.Matcher
	Body    Body
}

// A Response is what the adapter relies on. What is not named here may be
// anything.
type Response struct {
	Status  int
	Headers map[string]matchers.Matcher
	Body    Body
}

// readMethods are those that by their definition (RFC 9110, 9.2.1) change nothing.
var readMethods = [...]string{http.MethodGet, http.MethodHead, http.MethodOptions}

// validate is everything that can be said of i without a target.
func (i Interaction) validate() error {
	var wrong []error
	add := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	m := i.Request.Method
	if m == "" || m != strings.ToUpper(m) {
		add("request: method %q: want a method in capital letters", m)
	}
	if i.Safe && !slices.Contains(readMethods[:], m) && i.SafeBecause == "" {
		add("Safe, but %s may change the dependency: say in SafeBecause why this one does not", m)
	}
	if !i.Safe && i.SafeBecause != "" {
		add("SafeBecause is given, but Safe is not set")
	}
	if i.Response.Status < 200 || i.Response.Status > 599 {
		add("response: status %d: want 200 to 599", i.Response.Status)
	}
	for _, s := range i.Given {
		if s.Name == "" {
			add("given: a state without a name")
		}
	}
	for _, lint := range i.Allow {
		if lint != LintLiteral && lint != LintDecimal && lint != LintSecret {
			add("allow: there is no lint %q", lint)
		}
	}
	if err := i.Request.Path.validate(); err != nil {
		add("request: path: %w", err)
	}
	for part, values := range map[string]map[string]matchers.Matcher{"request: query": i.Request.Query, "request: header": i.Request.Headers, "response: header": i.Response.Headers} {
		if _, err := engineValues(values); err != nil {
			add("%s: %w", part, err)
		}
	}
	if err := i.Request.Body.err; err != nil {
		add("request: body: %w", err)
	}
	if err := i.Response.Body.err; err != nil {
		add("response: body: %w", err)
	}
	return errors.Join(wrong...)
}

// title is how i is called within its test.
func (i Interaction) title() string {
	if i.Name != "" {
		return i.Name
	}
	return i.Request.Method + " " + i.Request.Path.Template
}
