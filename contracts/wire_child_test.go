package contracts

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/pact-foundation/pact-go/v2/matchers"
)

// A wired is an interaction of the child "wire", which talks to the server
// process, and how it has to end there.
type wired struct {
	all  []Interaction
	call func(Endpoint) error
	want string // outcome
	says []string
}

func cardBody() Body {
	return JSON(matchers.MapMatcher{"status": matchers.Regex("valid", "^(valid|blocked)$"), "limit": matchers.Integer(5)})
}

func one(method, path string, r Response) []Interaction {
	return []Interaction{{Safe: method == "GET" || method == "HEAD", Request: Request{Method: method, Path: Literal(path)}, Response: r}}
}

func ask(path string) func(Endpoint) error { return send("GET", path, "") }

// follow follows redirects, as http.Client does when nobody stops it.
func follow(path string) func(Endpoint) error {
	return func(ep Endpoint) error {
		r, err := ep.Client.Get(ep.URL + path)
		if err != nil {
			return err
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err == nil && string(b) != good {
			err = fmt.Errorf("got %s %q", r.Status, b)
		}
		return err
	}
}

func real(all []Interaction) []Interaction {
	for n := range all {
		all[n].RealURL = true
	}
	return all
}

func wires() map[string]wired {
	okay := Response{Status: 200, Body: cardBody()}
	away := Response{Status: 302, Headers: matchers.Map{"Location": matchers.Regex("/good", `^(http://.*)?/good$`)}}
	last := JSON(matchers.MapMatcher{"filler": matchers.Like("x"), "last": matchers.Integer(1)})
	first := one("GET", "/good", okay)
	first[0].Given = []State{{Name: "nobody has it"}}
	first[0].Request.Path = Path{Template: "/{page}", Match: map[string]string{"page": "[a-z]+"}}
	takes := one("POST", "/take", Response{Status: 201})
	takes[0].Request.Body = last
	all := map[string]wired{
		"good":             {one("GET", "/good", okay), ask("/good"), "passed", nil},
		"redirect":         {one("GET", "/away", away), ask("/away"), "passed", nil},
		"redirect taken":   {append(one("GET", "/away", away), one("GET", "/good", okay)...), follow("/away"), "passed", nil},
		"redirect refused": {one("GET", "/away", away), follow("/away"), "request-mismatch", []string{"the adapter's fault", "GET /good is not in the contract", "It was not sent"}},
		"redirect, real":   {real(append(one("GET", "/absolute", away), one("GET", "/good", okay)...)), follow("/absolute"), "passed", nil},
		"no content":       {one("DELETE", "/none", Response{Status: 204}), send("DELETE", "/none", ""), "passed", nil},
		"HEAD":             {one("HEAD", "/head", Response{Status: 200, Headers: matchers.Map{"X-A": matchers.S("1")}}), send("HEAD", "/head", ""), "passed", nil},
		"gzip":             {one("GET", "/gzip", okay), ask("/gzip"), "passed", nil},
		"gzip cut":         {one("GET", "/cut", okay), ask("/cut"), "response-mismatch", []string{"GET /cut"}},
		"chunked":          {one("GET", "/chunked", okay), ask("/chunked"), "passed", nil},
		"truncated":        {one("GET", "/short", okay), ask("/short"), "unreachable", []string{"not the adapter's fault", "GET /short", "expected an answer", "unexpected EOF"}},
		"slow":             {one("GET", "/slow", okay), ask("/slow"), "passed", nil},
		"hang":             {one("GET", "/hang", okay), ask("/hang"), "timeout", []string{"not the adapter's fault", "GET /hang", "expected an answer within 10s, got none"}},
		"big":              {one("GET", "/big", Response{Status: 200, Body: last}), ask("/big"), "passed", nil},
		"big, wrong":       {one("GET", "/bigwrong", Response{Status: 200, Body: last}), ask("/bigwrong"), "response-mismatch", []string{"GET /bigwrong", "$.last: expected 1, got \"x\""}},
		"big request":      {takes, send("POST", "/take", oneMiB("1"), "Content-Type", "application/json"), "passed", nil},
		"broken":           {one("GET", "/broken", okay), ask("/broken"), "response-mismatch", []string{"the dependency's fault", "GET /broken", "status: expected 200, got 500"}},
		"wrong":            {one("GET", "/wrong", okay), ask("/wrong"), "response-mismatch", []string{"the dependency's fault", "GET /wrong", "$.limit: expected 5, got \"seven\""}},
		"missing":          {one("GET", "/missing", okay), ask("/missing"), "response-mismatch", []string{"status: expected 200, got 404"}},
		"wrong request":    {one("GET", "/good", okay), send("DELETE", "/forbidden", ""), "request-mismatch", []string{"the adapter's fault", "DELETE /forbidden is not in the contract", "It was not sent"}},
		"not called":       {one("GET", "/good", okay), func(Endpoint) error { return nil }, "not-called", []string{"the adapter's fault", "it never requested GET /good, and sent nothing"}},
		"no fixture":       {first, ask("/forbidden"), "no-fixture", []string{"the configuration's fault", `placeholder "page" of GET /{page} in state "nobody has it"`}},
		"no secret":        {one("GET", "/good", okay), func(ep Endpoint) error { ep.Secret("STAGEGATE_TEST_NO_SUCH", "x"); return nil }, "no-fixture", []string{"STAGEGATE_TEST_NO_SUCH"}},
		"test failed":      {one("GET", "/good", okay), func(ep Endpoint) error { return errors.Join(ask("/good")(ep), errors.New("own")) }, "test-failed", []string{"the test's own fault", "GET /good is answered as agreed, with status 200"}},
	}
	return all
}

// wireChild runs all of wires against the server process, side by side.
func wireChild(provider string, only func(string) bool) func(*testing.T) {
	return func(t *testing.T) {
		c := For(t, "orders", provider)
		for name, w := range wires() {
			if only != nil && !only(name) {
				continue
			}
			c.TestAll(name, w.all, func(t *testing.T, ep Endpoint) {
				t.Parallel()
				if err := w.call(ep); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// sixtyChild has 60 contracts, each with its own provider name, in parallel.
func sixtyChild(t *testing.T) {
	for n := range 60 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			c := For(t, "orders", fmt.Sprintf("p%d", n))
			c.Test("good", one("GET", "/good", Response{Status: 200, Body: cardBody()})[0], func(t *testing.T, ep Endpoint) {
				if err := follow("/good")(ep); err != nil {
					t.Error(err)
				}
			})
			c.Test("wrong", one("GET", "/wrong", Response{Status: 200, Body: cardBody()})[0], func(t *testing.T, ep Endpoint) {
				if err := ask("/wrong")(ep); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
