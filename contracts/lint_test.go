package contracts

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pact-foundation/pact-go/v2/matchers"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

const uuid = "fc763eba-0905-41c5-a27f-3934ab26786c"

// answering is an interaction whose response has this body.
func answering(v any) Interaction { return get("/a", Response{Status: 200, Body: JSON(v)}) }

func asking(f func(*Request)) Interaction {
	i := get("/a", Response{Status: 200})
	f(&i.Request)
	return i
}

func TestLints(t *testing.T) {
	type m = map[string]any
	for name, tt := range map[string]struct {
		i    Interaction
		lint Lint
		says []string
	}{
		"id by its name":     {answering(m{"id": "7"}), LintLiteral, []string{"response: body $.id", `"7" looks like an id`, "matchers.Like"}},
		"number by its name": {answering(m{"cards": []any{m{"card_id": 7}}}), LintLiteral, []string{"$.cards[0].card_id"}},
		"camel":              {answering(m{"cardId": "x"}), LintLiteral, []string{"$.cardId"}},
		"id by its form":     {answering(m{"who": uuid}), LintLiteral, []string{"$.who", "matchers.UUID"}},
		"date":               {answering([]any{"2026-11-23"}), LintLiteral, []string{"$[0]", "a date", "matchers.Date"}},
		"time":               {answering(m{"at": "2026-11-23T03:10:00Z"}), LintLiteral, []string{"a date"}},
		"date in a header":   {get("/a", Response{Status: 200, Headers: matchers.Map{"Last-Modified": matchers.S("Mon, 23 Nov 2026 03:10:00 GMT")}}), LintLiteral, []string{"response: header Last-Modified"}},
		"etag":               {get("/a", Response{Status: 200, Headers: matchers.Map{"ETag": matchers.S(`"x1"`)}}), LintLiteral, []string{"ETag"}},
		"token":              {asking(func(r *Request) { r.Headers = matchers.Map{"Authorization": matchers.S("Bearer HUSH1")} }), LintLiteral, []string{"request: header Authorization", "the value looks like a token", "ep.Secret"}},
		"token in a query":   {asking(func(r *Request) { r.Query = matchers.Map{"api_key": matchers.S("HUSH1")} }), LintLiteral, []string{"request: query api_key"}},
		"date in a request":  {asking(func(r *Request) { r.Body = JSON(m{"from": "2026-11-23"}) }), LintLiteral, []string{"request: body $.from"}},
		"several":            {asking(func(r *Request) { r.Query = matchers.Map{"d": Values(matchers.S("x"), matchers.S("2026-11-23"))} }), LintLiteral, []string{"request: query d[1]"}},
		"id in a path":       {get("/cards/"+uuid, Response{Status: 200}), LintLiteral, []string{"request: path", "placeholder"}},
		"number in a path":   {get("/cards/123456/x", Response{Status: 200}), LintLiteral, []string{`"123456" looks like an id`}},
		"in a variant":       {answering(m{"all": matchers.ArrayContaining([]any{m{"id": 1}})}), LintLiteral, []string{"$.all[0].id"}},
		"whole decimal":      {answering(m{"price": matchers.Decimal(5)}), LintDecimal, []string{"$.price: Decimal(5)"}},
		"within a matcher":   {answering(m{"all": matchers.EachLike(m{"price": matchers.Decimal(10)}, 1)}), LintDecimal, []string{"$.all[0].price"}},
		"AWS key":            {answering(m{"k": matchers.Like("AKIA" + "ABCDEFGHIJKLMNOP")}), LintSecret, []string{"response: body", "an AWS access key"}},
		"in a header": {asking(func(r *Request) {
			r.Headers = matchers.Map{"A": matchers.Regex("ghp_"+strings.Repeat("a1", 18), "^ghp_")}
		}), LintSecret, []string{"a GitHub token"}},
		"in a text": {get("/a", Response{Status: 200, Body: Text(matchers.Regex("-----BEGIN RSA PRIVATE KEY-----", "BEGIN"))}), LintSecret, []string{"a private key"}},
		"in bytes":  {get("/a", Response{Status: 200, Body: Binary("a/b", []byte("\x00sk_live_"+"abcdefghij1"))}), LintSecret, []string{"a live Stripe key"}},
		"in a form": {asking(func(r *Request) {
			r.Body = Form(matchers.Map{"t": matchers.Like("eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abcdefghijk")})
		}), LintSecret, []string{"a JSON Web Token"}},
		"in a path":          {get("/xoxb-1234567890a", Response{Status: 200}), LintSecret, []string{"request: path"}},
		"in a state":         {Interaction{Given: []State{{Name: "s", Params: m{"u": "https://u:p@x"}}}, Request: Request{Method: "GET", Path: Literal("/")}}, LintSecret, []string{"given: s", "a URL with a password"}},
		"after an example":   {answering(m{"k": matchers.Like("AKIAIOSFODNN7EXAMPLE AKIA" + "ABCDEFGHIJKLMNOP")}), LintSecret, []string{"an AWS access key"}},
		"in a state's name":  {Interaction{Given: []State{{Name: "glpat-" + strings.Repeat("a", 20)}}, Request: Request{Path: Literal("/")}}, LintSecret, []string{"given"}},
		"in an expression":   {Interaction{Request: Request{Path: Path{Template: "/{t}", Match: map[string]string{"t": "glpat-" + strings.Repeat("a", 20)}}}}, LintSecret, []string{"request: path: t"}},
		"in a comment":       {Interaction{Comments: []string{"glpat-" + strings.Repeat("a", 20)}, Request: Request{Path: Literal("/")}}, LintSecret, []string{"comments"}},
		"of the environment": {answering(m{"k": matchers.Like("x HUSH-from-environment x")}), LintSecret, []string{"the value of PAYMENTS_TOKEN"}},
	} {
		found := tt.i.lint([]string{"PAYMENTS_TOKEN=HUSH-from-environment", "HOME=/home/somebody/x", "SHORT_TOKEN=a"})
		if len(found) != 1 || found[0].lint != tt.lint {
			t.Errorf("%s: got %v, want one finding of %s", name, found, tt.lint)
			continue
		}
		text := found[0].String()
		for _, s := range append(tt.says, fmt.Sprintf("Allow: []contracts.Lint{%q}", string(tt.lint))) {
			if !strings.Contains(text, s) {
				t.Errorf("%s: got %s, want it to say %s", name, text, s)
			}
		}
		for _, hush := range []string{"HUSH", "ABCDEFGH", "a1a1", "abcdefghij", "1234567890", "u:p"} {
			if tt.lint == LintSecret && strings.Contains(text, hush) || strings.Contains(text, "HUSH") {
				t.Errorf("%s: the finding tells the secret: %s", name, text)
			}
		}
		tt.i.Allow = []Lint{tt.lint}
		if found := tt.i.lint([]string{"PAYMENTS_TOKEN=HUSH-from-environment"}); len(found) != 0 {
			t.Errorf("%s: it is allowed, and told: %v", name, found)
		}
	}
}

// What is right is left alone.
func TestNoLints(t *testing.T) {
	type m = map[string]any
	for name, i := range map[string]Interaction{
		"card":             card(),
		"matchers":         answering(m{"id": matchers.UUID(), "at": matchers.Timestamp(), "n": matchers.Integer(5), "price": matchers.Decimal(5.5), "token": matchers.Like("x"), "in": matchers.Like(m{"id": uuid, "at": "2026-11-23"})}),
		"meant":            answering(m{"id": matchers.Equality("7")}),
		"words":            answering(m{"status": "valid", "author": "Mary", "identity": "x", "grid": "y", "amount": 1000000, "valid": true, "sort_key": "name"}),
		"id in a request":  asking(func(r *Request) { r.Body = JSON(m{"id": "7"}) }),
		"token, matched":   asking(func(r *Request) { r.Headers = matchers.Map{"Authorization": matchers.Regex("Bearer x", "^Bearer .+$")} }),
		"AWS's example":    answering(m{"k": matchers.Like("AKIAIOSFODNN7EXAMPLE")}),
		"path of versions": get("/v2/2026/cards", Response{Status: 200}),
		"host and port":    get("/r", Response{Status: 302, Headers: matchers.Map{"Location": matchers.Regex("http://x:80/1", "^http")}}),
	} {
		if found := i.lint(nil); len(found) != 0 {
			t.Errorf("%s: got %v", name, found)
		}
	}
	i := card()
	i.Allow = []Lint{"leteral"}
	if err := (spec{name: "x", all: []Interaction{i}}).validate(); err == nil || !strings.Contains(err.Error(), `no lint "leteral"`) {
		t.Errorf("got %v for a lint that does not exist", err)
	}
}

// A secret fails before anything runs; other lints are told by a test that passes.
func TestLintsInTests(t *testing.T) {
	r := run(t, "secret", session(protocol.Exec, harness.InProcessTarget()))
	if r.code == 0 || len(r.rows) != 1 || r.rows[0].Outcome != harness.Failed || len(r.pacts) != 0 || strings.Contains(r.output, "must not run") ||
		!strings.Contains(r.rows[0].Reason, "an AWS access key") || strings.Contains(r.output+r.rows[0].Reason, "AKIA") {
		t.Errorf("got exit %d, %+v\n%s", r.code, r.rows, r.output)
	}
	r = run(t, "lints", nil)
	if r.code != 0 || strings.Count(r.output, "warning: GET /a: response: body $.") != 2 {
		t.Errorf("got exit %d\n%s", r.code, r.output)
	}
	target := harness.Target{Name: "staging", Mode: harness.Deployed, Dependencies: map[string]harness.Dependency{"payments": {URL: serve(t, answer(200, `{"id":"8","price":5.5}`)).URL}}}
	if r := run(t, "lints", session(protocol.Exec, target)); r.code == 0 || r.rows[0].Outcome != harness.ResponseMismatch || !strings.Contains(r.output, `warning: GET /a: response: body $.id: "7" looks like an id`) {
		t.Errorf("the warning stands beside what it warned of: got exit %d %+v\n%s", r.code, r.rows, r.output)
	}
}
