package contracts

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/pact-foundation/pact-go/v2/matchers"

	"github.com/stagegate/stagegate/harness"
)

const (
	png  = "\x89PNG\r\n\x1a\n"
	form = "application/x-www-form-urlencoded"
)

// Each body is compared in each direction: what the adapter sends, and what the
// dependency answers.
func TestBodies(t *testing.T) {
	for name, tt := range map[string]struct {
		body        Body
		contentType string
		good, bad   []string
	}{
		"text":       {Text(matchers.S("héllo")), "text/plain", []string{"héllo"}, []string{"hello", "héllo\n"}},
		"json text":  {Text(matchers.S(`{"a":1}`)), "text/plain", []string{`{"a":1}`}, []string{`{"a": 1}`}},
		"text rule":  {Text(matchers.Regex("v1.2", `^v\d+\.\d+$`)), "text/plain", []string{"v1.2", "v10.0"}, []string{"v1", "xv1.2"}},
		"text part":  {Text(matchers.Includes("or\"d")), "text/plain", []string{"or\"d", "an or\"der"}, []string{"nothing"}},
		"binary":     {Binary("application/octet-stream", []byte{0, 1, 255}), "application/octet-stream", []string{"\x00\x01\xff"}, []string{"\x00\x01\xfe", "\x00\x01"}},
		"xml":        {Binary("application/xml", []byte(`<a b="1">x</a>`)), "application/xml", []string{`<a  b="1" >x</a>`}, []string{`<a b="2">x</a>`}},
		"file":       {File("image/png", []byte(png+"1")), "image/png", []string{png + "1", png + "other"}, []string{"hello", "\x00"}},
		"form":       {Form(matchers.Map{"a": matchers.Regex("1", `^\d+$`), "b": Values(matchers.S("x"), matchers.S("y z"))}), form, []string{"a=22&b=x&b=y+z", "b=x&b=y%20z&a=1"}, []string{"a=q&b=x&b=y+z", "a=1&b=x", "a=1&b=y+z&b=x", "a=1&b=x&b=y+z&c=1"}},
		"form, text": {Form(matchers.Map{"a": matchers.S("1&b=2")}), form, []string{"a=1%26b%3D2"}, []string{"a=1&b=2"}},
	} {
		for n, all := range [][]string{tt.bad, tt.good} {
			for _, sent := range all {
				ask := Interaction{Request: Request{Method: "POST", Path: Literal("/p"), Body: tt.body}, Response: Response{Status: 200}}
				tell := get("/g", Response{Status: 200, Body: tt.body})
				t.Run(fmt.Sprintf("%s/%.20q", name, sent), func(t *testing.T) {
					t.Parallel()
					want := []harness.Outcome{harness.RequestMismatch, harness.Passed}[n]
					expect(t, try(t, mock(), []Interaction{ask}, send("POST", "/p", sent, "Content-Type", tt.contentType)), want)
					want = []harness.Outcome{harness.ResponseMismatch, harness.Passed}[n]
					s := serve(t, answer(200, sent, "Content-Type", tt.contentType))
					expect(t, try(t, live(s.URL), []Interaction{tell}, send("GET", "/g", "")), want)
				})
			}
		}
	}
}

// An empty text is one: a body is wrong there.
func TestEmptyText(t *testing.T) {
	i := get("/g", Response{Status: 200, Body: Text(matchers.S(""))})
	for body, want := range map[string]harness.Outcome{"": harness.Passed, "x": harness.ResponseMismatch} {
		s := serve(t, answer(200, body, "Content-Type", "text/plain"))
		expect(t, try(t, live(s.URL), []Interaction{i}, send("GET", "/g", "")), want)
	}
}

func TestValues(t *testing.T) {
	i := get("/g", Response{Status: 200, Headers: matchers.Map{"X-R": Values(matchers.S("1"), matchers.Regex("2", `^\d$`))}})
	i.Request.Query = matchers.Map{"id": Values(matchers.S("a"), matchers.Regex("7", `^\d+$`))}
	i.Request.Headers = matchers.Map{"X-Q": Values(matchers.S("p"), matchers.S("q"))}
	for path, want := range map[string]harness.Outcome{
		"/g?id=a&id=8": harness.Passed, "/g?id=8&id=a": harness.RequestMismatch, "/g?id=a": harness.RequestMismatch, "/g?id=a&id=8&id=9": harness.RequestMismatch,
	} {
		expect(t, try(t, mock(), []Interaction{i}, send("GET", path, "", "X-Q", "p, q")), want)
	}
	expect(t, try(t, mock(), []Interaction{i}, send("GET", "/g?id=a&id=8", "", "X-Q", "p")), harness.RequestMismatch, "X-Q")
	for header, want := range map[string]harness.Outcome{"3": harness.Passed, "x": harness.ResponseMismatch} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header()["X-R"] = []string{"1", header}
		})
		expect(t, try(t, live(s.URL), []Interaction{i}, send("GET", "/g?id=a&id=8", "", "X-Q", "p, q")), want)
	}
}

// Text that looks like a rule is text.
func TestTextWithBraces(t *testing.T) {
	const text = `{"a":1}`
	i := get("/g", Response{Status: 200, Headers: matchers.Map{"X-R": matchers.S(text)}})
	i.Request.Query = matchers.Map{"q": matchers.S(text)}
	i.Request.Headers = matchers.Map{"X-Q": matchers.S(text)}
	ask := func(query, header string) func(Endpoint) error {
		return send("GET", "/g?q="+url.QueryEscape(query), "", "X-Q", header)
	}
	expect(t, try(t, mock(), []Interaction{i}, ask(text, text)), harness.Passed)
	expect(t, try(t, mock(), []Interaction{i}, ask("", text)), harness.RequestMismatch)
	expect(t, try(t, mock(), []Interaction{i}, ask(text, "")), harness.RequestMismatch)
	for header, want := range map[string]harness.Outcome{text: harness.Passed, "": harness.ResponseMismatch, "x": harness.ResponseMismatch} {
		s := serve(t, answer(200, "", "X-R", header))
		expect(t, try(t, live(s.URL), []Interaction{i}, ask(text, text)), want)
	}
}

// Whatever a fixture is, it arrives in its own segment of the path.
func TestEscapedPath(t *testing.T) {
	for _, value := range []string{"a b", "a/../b", "50%", "mary@example.org", "ü?#&+", "a%2Fb"} {
		i := Interaction{Given: []State{{Name: "card is valid"}}, Response: Response{Status: 200},
			Request: Request{Method: "GET", Path: Path{Template: "/cards/{card}/x.y", Match: map[string]string{"card": ".+"}, Example: map[string]string{"card": value}}}}
		escaped := func(ep Endpoint) error { return send("GET", "/cards/"+url.PathEscape(ep.Value("card"))+"/x.y", "")(ep) }
		expect(t, try(t, mock(), []Interaction{i}, escaped), harness.Passed)
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if want := "/cards/" + value + "/x.y"; r.URL.Path != want {
				t.Errorf("got %s, want %s", r.URL.Path, want)
			}
		})
		p := live(s.URL)
		p.target.Dependencies["payments"].Fixtures["card is valid"]["card"] = value
		expect(t, try(t, p, []Interaction{i}, escaped), harness.Passed)
		expect(t, try(t, p, []Interaction{i}, send("GET", "/cards/x/xay", "")), harness.RequestMismatch)
		i.Request.Path.Match["card"] = regexp.QuoteMeta(value)
		all := strings.ReplaceAll(url.QueryEscape(value), "+", "%20") // every byte that may be escaped is
		expect(t, try(t, p, []Interaction{i}, send("GET", "/cards/"+all+"/x.y", "")), harness.Passed)
		expect(t, try(t, p, []Interaction{i}, send("GET", "/cards/"+all+"%20/x.y", "")), harness.RequestMismatch)
	}
}

// What people read in the pact file is there, and what is pending is checked.
func TestCommentsAndPending(t *testing.T) {
	i := get("/g", Response{Status: 200, Body: JSON(matchers.MapMatcher{"a": matchers.Like("x")})})
	i.Comments, i.Pending = []string{"why", "and \"how\""}, true
	p := mock()
	p.keep = true
	v := try(t, p, []Interaction{i}, send("GET", "/g", ""))
	expect(t, v, harness.Passed)
	var doc struct {
		Interactions []struct {
			Pending  bool
			Comments struct{ Text []string }
		}
	}
	read(t, v.document, &doc)
	if len(doc.Interactions) != 1 || !doc.Interactions[0].Pending || fmt.Sprint(doc.Interactions[0].Comments.Text) != `[why and "how"]` {
		t.Errorf("got %s", v.document)
	}
	expect(t, try(t, live(serve(t, answer(200, `{}`)).URL), []Interaction{i}, send("GET", "/g", "")), harness.ResponseMismatch)
}

// States go into the pact file with their parameters.
func TestStateParameters(t *testing.T) {
	i := get("/g", Response{Status: 200})
	i.Given = []State{{Name: "a card", Params: map[string]any{"id": "tok_1", "limit": 1.5}}, {Name: "no debts"}}
	p := mock()
	p.keep = true
	v := try(t, p, []Interaction{i}, send("GET", "/g", ""))
	expect(t, v, harness.Passed)
	var doc struct {
		Interactions []struct {
			ProviderStates []struct {
				Name   string
				Params map[string]any
			}
		}
	}
	read(t, v.document, &doc)
	if got := fmt.Sprint(doc.Interactions); got != "[{[{a card map[id:tok_1 limit:1.5]} {no debts map[]}]}]" {
		t.Errorf("got %s", got)
	}
}
