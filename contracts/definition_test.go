package contracts

import (
	"math"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/pact-foundation/pact-go/v2/matchers"
)

func TestInvalid(t *testing.T) {
	edit := func(f func(*Interaction)) []Interaction { i := card(); f(&i); return []Interaction{i} }
	for name, tt := range map[string]struct {
		all  []Interaction
		says string
	}{
		"nothing":           {nil, "checks nothing"},
		"no method":         {edit(func(i *Interaction) { i.Request.Method = "" }), "method"},
		"small method":      {edit(func(i *Interaction) { i.Request.Method = "get" }), "capital letters"},
		"no status":         {edit(func(i *Interaction) { i.Response.Status = 0 }), "status 0"},
		"status 100":        {edit(func(i *Interaction) { i.Response.Status = 100 }), "status 100"},
		"no path":           {edit(func(i *Interaction) { i.Request.Path = Path{} }), "begins with /"},
		"query in the path": {edit(func(i *Interaction) { i.Request.Path = Literal("/a?b=1") }), "neither ?"},
		"no expression":     {edit(func(i *Interaction) { i.Request.Path.Match = map[string]string{} }), "no regular expression"},
		"bad expression":    {edit(func(i *Interaction) { i.Request.Path.Match = map[string]string{"card": `(`} }), `placeholder "card"`},
		"half expression": {edit(func(i *Interaction) {
			i.Request.Path.Match["card"] = `a)(?:b`
			i.Request.Path.Example = map[string]string{"card": "ab"}
		}), `placeholder "card"`},
		"no placeholder":     {edit(func(i *Interaction) { i.Request.Path.Match["crad"] = "x" }), `"crad" is not a placeholder`},
		"example is wrong":   {edit(func(i *Interaction) { i.Request.Path.Example = map[string]string{"card": "x"} }), "does not match"},
		"open brace":         {edit(func(i *Interaction) { i.Request.Path.Template = "/a/{b" }), "want {name}"},
		"closing brace":      {edit(func(i *Interaction) { i.Request.Path.Template = "/a/b}" }), "without its {"},
		"empty placeholder":  {edit(func(i *Interaction) { i.Request.Path.Template = "/a/{}" }), "want {name}"},
		"no state":           {edit(func(i *Interaction) { i.Given = nil }), "needs a state"},
		"nameless state":     {edit(func(i *Interaction) { i.Given = []State{{}} }), "without a name"},
		"safe POST":          {edit(func(i *Interaction) { i.Request.Method = "POST" }), "SafeBecause"},
		"because of nothing": {edit(func(i *Interaction) { i.Safe, i.SafeBecause = false, "x" }), "Safe is not set"},
		"not JSON":           {edit(func(i *Interaction) { i.Response.Body = JSON(math.NaN()) }), "response: body"},
		"no query value":     {edit(func(i *Interaction) { i.Request.Query = matchers.Map{"a": nil} }), "request: query: a"},
		"empty values":       {edit(func(i *Interaction) { i.Response.Headers = matchers.Map{"A": Values()} }), "response: header: A: no value"},
		"nil value":          {edit(func(i *Interaction) { i.Request.Headers = matchers.Map{"A": Values(nil)} }), "request: header: A: no value"},
		"nested values":      {edit(func(i *Interaction) { i.Request.Headers = matchers.Map{"A": Values(Values(matchers.S("x")))} }), "within"},
		"null value":         {edit(func(i *Interaction) { i.Request.Query = matchers.Map{"a": matchers.StructMatcher(nil)} }), "neither a text"},
		"text by type":       {edit(func(i *Interaction) { i.Response.Body = Text(matchers.Like("x")) }), "with Regex or with Includes"},
		"no text":            {edit(func(i *Interaction) { i.Response.Body = Text(nil) }), "with Regex or with Includes"},
		"form of nil":        {edit(func(i *Interaction) { i.Request.Body = Form(matchers.Map{"a": nil}) }), "a: no value"},
		"no bytes":           {edit(func(i *Interaction) { i.Response.Body = Binary("image/png", nil) }), "at least one byte"},
		"no media type":      {edit(func(i *Interaction) { i.Response.Body = File("", []byte{1}) }), "media type"},
		"two of one name":    {[]Interaction{card(), card()}, "give each a Name"},
		"two endpoints":      {append(edit(func(i *Interaction) { i.RealURL, i.Name = true, "x" }), card()), "RealURL"},
		"two expressions": {append(edit(func(i *Interaction) { i.Request.Path.Match = map[string]string{"card": "x"}; i.Name = "x" }), card()),
			"matches"},
	} {
		err := spec{consumer: "c", provider: "p", name: "it", all: tt.all}.validate()
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: got %v, want an error that says %q", name, err, tt.says)
		}
	}
	if err := (spec{name: "", all: []Interaction{card()}}).validate(); err == nil {
		t.Error("a test without a name is valid")
	}
	because := edit(func(i *Interaction) { i.Request.Method, i.SafeBecause = "POST", "it is a search" })
	if err := (spec{name: "it", all: because}).validate(); err != nil {
		t.Errorf("got %v for a safe POST with its reason", err)
	}
}

func TestHash(t *testing.T) {
	base := spec{consumer: "c", provider: "p", name: "n", all: []Interaction{card()}}
	if h := base.hash(); h == "" || h != (spec{consumer: "c", provider: "p", name: "n", all: []Interaction{card()}}).hash() {
		t.Errorf("got %q: not the same for the same", h)
	}
	seen := map[string]string{base.hash(): "the same"}
	for name, f := range map[string]func(*Interaction){
		"method": func(i *Interaction) { i.Request.Method = "HEAD" }, "template": func(i *Interaction) { i.Request.Path.Template = "/c/{card}" },
		"match": func(i *Interaction) { i.Request.Path.Match["card"] = "x" }, "literal": func(i *Interaction) { i.Request.Path.literal = true },
		"query": func(i *Interaction) { i.Request.Query = matchers.Map{"a": matchers.S("b")} }, "header": func(i *Interaction) { i.Request.Headers = nil },
		"body": func(i *Interaction) { i.Request.Body = JSON(1) }, "status": func(i *Interaction) { i.Response.Status = 201 },
		"response header": func(i *Interaction) { i.Response.Headers = matchers.Map{"a": matchers.S("b")} },
		"response body":   func(i *Interaction) { i.Response.Body = JSON(1) }, "no response body": func(i *Interaction) { i.Response.Body = Body{} },
		"safe": func(i *Interaction) { i.Safe = false }, "state": func(i *Interaction) { i.Given[0].Name = "x" },
		"parameter": func(i *Interaction) { i.Given[0].Params = map[string]any{"a": 1} }, "real": func(i *Interaction) { i.RealURL = true },
		"comment": func(i *Interaction) { i.Comments = []string{"x"} }, "pending": func(i *Interaction) { i.Pending = true },
		"text": func(i *Interaction) { i.Response.Body = Text(matchers.S("1")) }, "text rule": func(i *Interaction) { i.Response.Body = Text(matchers.Includes("1")) },
		"binary": func(i *Interaction) { i.Response.Body = Binary("a/b", []byte("1")) }, "file": func(i *Interaction) { i.Response.Body = File("a/b", []byte("1")) },
		"form":   func(i *Interaction) { i.Response.Body = Form(matchers.Map{"a": matchers.S("1")}) },
		"values": func(i *Interaction) { i.Request.Query = matchers.Map{"a": Values(matchers.S("b"), matchers.S("c"))} },
		"rule alone": func(i *Interaction) {
			i.Response.Body = JSON(matchers.MapMatcher{"status": matchers.Regex("valid", "^valid$"), "limit": matchers.Integer(5)})
		},
	} {
		i := card()
		f(&i)
		h := spec{consumer: "c", provider: "p", name: "n", all: []Interaction{i}}.hash()
		if other, ok := seen[h]; ok {
			t.Errorf("%s: the same hash as %s", name, other)
		}
		seen[h] = name
	}
}

func TestGenerate(t *testing.T) {
	for expr, want := range map[string]string{
		`tok_\w+`: "tok_a", `\d+`: "1", `\d{4}-\d{2}`: "1111-11", `[0-9a-f]{8}`: "aaaaaaaa", `a|b`: "a", `x?y*z+`: "yz",
		`.`: "a", `[^/]+`: "a", `(?i)id`: "ID", `[x-z]`: "x", `(ab){2,}`: "abab", `a{0,3}`: "a", `a{0}b`: "b",
	} {
		got, err := generate(expr)
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", expr, got, err, want)
		}
	}
	for _, expr := range []string{`(`, `^a$`, `a\b`, `(?m)^a`, `[^\x00-\x{10FFFF}]`, `((a{1000}){1000}){1000}`} {
		if got, err := generate(expr); err == nil {
			t.Errorf("%s: got %.20q, want an error", expr, got)
		}
	}
	for _, expr := range []string{`\b`, `x{0}`, `\.`, `\.\.`} { // values that cannot stand in a path
		if got, err := (Path{Template: "/{x}", Match: map[string]string{"x": expr}}).example("x"); err == nil {
			t.Errorf("%s: got %q, want an error", expr, got)
		}
	}
}

func TestSubtestName(t *testing.T) {
	for _, name := range []string{"a", "a b", "a/b", "tab\there", "né", "\u2003x", "\x00", "'q'", "it's", "日本", "a#01"} {
		t.Run("for", func(t *testing.T) {
			var got string
			t.Run(name, func(t *testing.T) { got = t.Name() })
			if want := t.Name() + "/" + subtestName(name); got != want {
				t.Errorf("%q: package testing says %q, subtestName %q", name, got, want)
			}
		})
	}
}

// Whatever the template and the expression are: a path that is valid has an
// example, and the rule that the engine gets accepts it.
func FuzzPath(f *testing.F) {
	f.Add("/cards/{card}", `tok_\w+`)
	f.Add("/a.b/{card}/{card}+", `[a-z]{2,}|x`)
	f.Add("/{card", `(`)
	f.Fuzz(func(t *testing.T, template, expr string) {
		p := Path{Template: template, Match: map[string]string{"card": expr}}
		if p.validate() != nil {
			return
		}
		v, err := p.example("card")
		if err != nil {
			t.Fatalf("valid, and has no example: %v", err)
		}
		text, err := engineText(p.matcher(map[string]string{"card": v}))
		if err != nil {
			t.Fatal(err)
		}
		if rule := regexpOf(t, text); rule != nil && !rule.MatchString(strings.ReplaceAll(template, "{card}", url.PathEscape(v))) {
			t.Errorf("%q does not match its own rule %s", v, text)
		}
	})
}

// regexpOf is the expression in a rule, or nil for a plain text.
func regexpOf(t *testing.T, text string) *regexp.Regexp {
	t.Helper()
	var rule struct {
		Regex string `json:"regex"`
	}
	if json.Unmarshal([]byte(text), &rule) != nil || rule.Regex == "" {
		return nil
	}
	return regexp.MustCompile(rule.Regex)
}
