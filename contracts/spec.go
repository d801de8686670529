package contracts

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/pact-foundation/pact-go/v2/matchers"

	"github.com/stagegate/stagegate/contracts/pact"
	"github.com/stagegate/stagegate/harness"
)

// A spec is what one test of a contract says, before any mode is known.
type spec struct {
	consumer, provider string
	name               string
	all                []Interaction
}

func (s spec) validate() error {
	var wrong []error
	if s.name == "" || !utf8.ValidString(s.name) {
		wrong = append(wrong, errors.New("it needs a name, in UTF-8"))
	}
	if len(s.all) == 0 {
		wrong = append(wrong, errors.New("a test without interactions checks nothing"))
	}
	titles, descriptions, match := map[string]bool{}, map[string]bool{}, map[string]string{}
	for n, i := range s.all {
		if err := i.validate(); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", i.title(), err))
			continue
		}
		if titles[i.title()] {
			wrong = append(wrong, fmt.Errorf("%s: there are two: give each a Name", i.title()))
		}
		titles[i.title()] = true
		if d := s.description(n); descriptions[d] {
			wrong = append(wrong, fmt.Errorf("%s: another interaction of this test has its description %q", i.title(), d))
		} else {
			descriptions[d] = true
		}
		if i.RealURL != s.all[0].RealURL {
			wrong = append(wrong, fmt.Errorf("%s: RealURL differs from the first interaction's: a test has one endpoint", i.title()))
		}
		for _, name := range i.Request.Path.placeholders() {
			expr := i.Request.Path.Match[name]
			if other, ok := match[name]; ok && other != expr {
				wrong = append(wrong, fmt.Errorf("%s: placeholder %q matches %s here and %s before", i.title(), name, expr, other))
			}
			match[name] = expr
			if len(i.Given) == 0 {
				wrong = append(wrong, fmt.Errorf("%s: placeholder %q needs a state in Given: a target's fixtures are by state", i.title(), name))
			}
		}
	}
	return errors.Join(wrong...)
}

// safe reports whether all of s may be sent to a dependency with real users.
func (s spec) safe() bool {
	return !slices.ContainsFunc(s.all, func(i Interaction) bool { return !i.Safe })
}

// hash is the digest of everything that s says, in canonical JSON.
func (s spec) hash() string {
	type part struct {
		Headers any `json:"headers"`
		Body    any `json:"body"`
	}
	all := []any{s.consumer, s.provider, s.name}
	half := func(headers map[string]matchers.Matcher, b Body) part { return part{headers, b.identity()} }
	for _, i := range s.all {
		p := i.Request.Path
		all = append(all, i.title(), i.Description, i.Given, i.Safe, i.SafeBecause, i.RealURL,
			i.Request.Method, p.Template, p.literal, p.expr, p.Match, i.Request.Query, half(i.Request.Headers, i.Request.Body),
			i.Response.Status, half(i.Response.Headers, i.Response.Body), i.Comments, i.Pending)
	}
	b, err := json.Marshal(all)
	canonical := jsontext.Value(b)
	if err = errors.Join(err, canonical.Canonicalize()); err != nil {
		return "" // decides against: a plan without a hash never matches
	}
	return string(harness.DigestOf(canonical))
}

// description is what interaction n is called in the document.
func (s spec) description(n int) string {
	if d := s.all[n].Description; d != "" {
		return d
	}
	if len(s.all) == 1 {
		return s.name
	}
	return s.name + ": " + s.all[n].title()
}

// document writes s for the engine. With marks, the mock server's answers say
// which interaction they are of.
func (s spec) document(e *pact.Engine, values map[string]string, marks bool) (*pact.Pact, error) {
	p, err := e.NewPact(s.consumer, s.provider)
	if err != nil {
		return nil, err
	}
	for n, i := range s.all {
		x, err := i.forEngine(s.description(n), values)
		if err == nil {
			if marks {
				x.ResponseHeader = append(x.ResponseHeader, pact.Value{Name: pact.MarkHeader, Value: strconv.Itoa(n)})
			}
			err = p.Add(x)
		}
		if err != nil {
			p.Free()
			return nil, err
		}
	}
	return p, nil
}

func (i Interaction) forEngine(description string, values map[string]string) (pact.Interaction, error) {
	path, err := engineText(i.Request.Path.matcher(values))
	query, err1 := engineValues(i.Request.Query)
	request, err2 := engineValues(i.Request.Headers)
	response, err3 := engineValues(i.Response.Headers)
	given, err4 := engineStates(i.Given)
	return pact.Interaction{
		Description: description, Given: given,
		Method: i.Request.Method, Path: path, Query: query, RequestHeader: request, RequestBody: i.Request.Body.forEngine(),
		Status: i.Response.Status, ResponseHeader: response, ResponseBody: i.Response.Body.forEngine(),
		Comments: i.Comments, Pending: i.Pending,
	}, errors.Join(err, err1, err2, err3, err4)
}

func engineStates(given []State) ([]pact.State, error) {
	var all []pact.State
	for _, g := range given {
		s := pact.State{Name: g.Name}
		if len(g.Params) > 0 {
			b, err := json.Marshal(g.Params)
			if err != nil {
				return nil, fmt.Errorf("state %q: %w", g.Name, err)
			}
			s.Params = string(b)
		}
		all = append(all, s)
	}
	return all, nil
}
