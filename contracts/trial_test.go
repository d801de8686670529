package contracts

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pact-foundation/pact-go/v2/matchers"

	"github.com/stagegate/stagegate/contracts/pact"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/need"
)

// engine is the real one. Without it nothing here says anything.
func engine(t *testing.T) *pact.Engine {
	t.Helper()
	e, err := pact.Load()
	if err == nil {
		return e
	}
	need.Missing(t, "the Pact engine ("+err.Error()+")", pact.InstallCommand)
	return nil
}

// live is a target whose payments service is at url.
func live(url string) place {
	return place{mode: harness.Live, timeout: 10 * time.Second, target: harness.Target{Name: "staging", Mode: harness.Deployed,
		Dependencies: map[string]harness.Dependency{"payments": {URL: url, Fixtures: map[string]map[string]string{"card is valid": {"card": "tok_123"}}}}}}
}

func mock() place { return place{mode: harness.Mock} }

// try runs a spec as [Contract.Test] does.
func try(t *testing.T, p place, all []Interaction, call func(Endpoint) error) verdict {
	t.Helper()
	s := spec{consumer: "orders", provider: "payments", name: "it", all: all}
	if err := s.validate(); err != nil {
		t.Fatal(err)
	}
	tr, v := s.start(engine(t), p)
	if tr == nil {
		return v
	}
	how := returned
	if err := call(tr.endpoint(t.Fatalf)); err != nil {
		how = failed
	}
	return tr.end(how)
}

// send makes one request, as a simple adapter would, and follows no redirect.
func send(method, path, body string, header ...string) func(Endpoint) error {
	return func(ep Endpoint) error {
		path := path
		if strings.Contains(path, "{card}") {
			path = strings.ReplaceAll(path, "{card}", ep.Value("card"))
		}
		r, err := http.NewRequest(method, ep.URL+path, strings.NewReader(body))
		if err != nil {
			return err
		}
		for n := 0; n < len(header); n += 2 {
			r.Header.Set(header[n], header[n+1])
		}
		c := *ep.Client
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		answer, err := c.Do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		_, err = io.Copy(io.Discard, answer.Body)
		return err
	}
}

func card() Interaction {
	return Interaction{
		Given: []State{{Name: "card is valid"}},
		Safe:  true,
		Request: Request{Method: "GET", Path: Path{Template: "/cards/{card}", Match: map[string]string{"card": `tok_\w+`}},
			Headers: matchers.Map{"Accept": matchers.S("application/json")}},
		Response: Response{Status: 200, Body: JSON(matchers.MapMatcher{"status": matchers.Regex("valid", "^(valid|blocked)$"), "limit": matchers.Integer(5)})},
	}
}

func get(path string, r Response) Interaction {
	return Interaction{Request: Request{Method: "GET", Path: Path{Template: path}}, Response: r}
}

var askCard = send("GET", "/cards/{card}", "", "Accept", "application/json")

func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		for n := 0; n < len(header); n += 2 {
			w.Header().Set(header[n], header[n+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestMock(t *testing.T) {
	for name, tt := range map[string]struct {
		call func(Endpoint) error
		want harness.Outcome
		says string
	}{
		"as agreed":             {askCard, harness.Passed, ""},
		"another path":          {send("GET", "/card/1", "", "Accept", "application/json"), harness.RequestMismatch, "the adapter's fault: GET /card/1"},
		"value that no one has": {send("GET", "/cards/x", "", "Accept", "application/json"), harness.RequestMismatch, "/cards/x"},
		"without the header":    {send("GET", "/cards/{card}", ""), harness.RequestMismatch, "header Accept"},
		"a parameter too many":  {send("GET", "/cards/{card}?all=1", "", "Accept", "application/json"), harness.RequestMismatch, "query"},
		"another method":        {send("DELETE", "/cards/{card}", ""), harness.RequestMismatch, "DELETE"},
		"not called":            {func(Endpoint) error { return nil }, harness.NotCalled, "never requested GET /cards/"},
		"test failed":           {func(ep Endpoint) error { _ = askCard(ep); return io.EOF }, harness.TestFailed, "the test's own fault: the test failed"},
		"right, then wrong":     {func(ep Endpoint) error { _ = askCard(ep); return send("GET", "/", "")(ep) }, harness.RequestMismatch, "GET /"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := try(t, mock(), []Interaction{card()}, tt.call)
			if v.outcome != tt.want || !strings.Contains(v.reason, tt.says) {
				t.Errorf("got %s %q, want %s with %q", v.outcome, v.reason, tt.want, tt.says)
			}
			if v.document != nil {
				t.Error("a document was kept although nobody asked for it")
			}
		})
	}
}

const good = `{"status":"blocked","limit":7,"more":{"a":1}}`

func TestLive(t *testing.T) {
	redirect := get("/r", Response{Status: 302, Headers: matchers.Map{"Location": matchers.Regex("http://x/1", `^http://.*/\d+$`)}})
	post := Interaction{Request: Request{Method: "POST", Path: Literal("/p"), Body: JSON(matchers.MapMatcher{"n": matchers.Like("x")})},
		Response: Response{Status: 201, Body: JSON(matchers.MapMatcher{"id": matchers.Like(1)})}}
	cards := get("/cards", Response{Status: 200, Body: JSON(matchers.EachLike(matchers.MapMatcher{"id": matchers.Like("x")}, 1))})
	one := []Interaction{card()}
	for name, tt := range map[string]struct {
		all  []Interaction
		h    http.HandlerFunc
		call func(Endpoint) error
		want harness.Outcome
		says string
	}{
		"as agreed":             {one, answer(200, good), askCard, harness.Passed, ""},
		"wrong type":            {one, answer(200, `{"status":"valid","limit":"7"}`), askCard, harness.ResponseMismatch, "the dependency's fault: GET /cards/tok_123 is not answered as agreed: body $.limit"},
		"member missing":        {one, answer(200, `{"status":"valid"}`), askCard, harness.ResponseMismatch, "limit"},
		"null":                  {one, answer(200, `{"status":"valid","limit":null}`), askCard, harness.ResponseMismatch, "$.limit"},
		"regular expression":    {one, answer(200, `{"status":"lost","limit":7}`), askCard, harness.ResponseMismatch, `expected "valid", got "lost"`},
		"wrong status":          {one, answer(404, good), askCard, harness.ResponseMismatch, "status: expected 200, got 404"},
		"wrong content type":    {one, answer(200, good, "Content-Type", "text/html"), askCard, harness.ResponseMismatch, "Content-Type"},
		"not JSON":              {one, answer(200, `{"status":`), askCard, harness.ResponseMismatch, "body"},
		"empty body":            {one, answer(200, ``), askCard, harness.ResponseMismatch, "body"},
		"truncated":             {one, truncated, askCard, harness.Unreachable, "the dependency did not answer: GET /cards/tok_123: expected an answer within 10s, got none"},
		"not called":            {one, answer(200, good), func(Endpoint) error { return nil }, harness.NotCalled, "never requested"},
		"test failed":           {one, answer(200, good), func(ep Endpoint) error { _ = askCard(ep); return io.EOF }, harness.TestFailed, "the test's own fault: the test failed, though its requests are as agreed; GET /cards/tok_123 is answered as agreed, with status 200"},
		"dependency is worse":   {one, answer(500, good), func(ep Endpoint) error { _ = askCard(ep); return io.EOF }, harness.ResponseMismatch, "500"},
		"refused":               {one, unexpected(t), send("GET", "/cards/x", "", "Accept", "application/json"), harness.RequestMismatch, "It was not sent."},
		"wrong body is refused": {[]Interaction{post}, unexpected(t), send("POST", "/p", `{"n":3}`, "Content-Type", "application/json"), harness.RequestMismatch, "body $.n"},
		"second answer breaks":  {one, nil, func(ep Endpoint) error { _ = askCard(ep); return askCard(ep) }, harness.ResponseMismatch, "limit"},

		"redirect":           {[]Interaction{redirect}, answer(302, "", "Location", "http://127.0.0.1:1/77"), send("GET", "/r", ""), harness.Passed, ""},
		"redirect elsewhere": {[]Interaction{redirect}, answer(302, "", "Location", "/nope"), send("GET", "/r", ""), harness.ResponseMismatch, "Location"},
		"no content":         {[]Interaction{{Request: Request{Method: "DELETE", Path: Literal("/d")}, Response: Response{Status: 204}}}, answer(204, ""), send("DELETE", "/d", ""), harness.Passed, ""},
		"HEAD": {[]Interaction{{Request: Request{Method: "HEAD", Path: Literal("/h")}, Response: Response{Status: 200, Headers: matchers.Map{"X-A": matchers.S("1")}}}},
			answer(200, "", "X-A", "1"), send("HEAD", "/h", ""), harness.Passed, ""},
		"HEAD, header missing": {[]Interaction{{Request: Request{Method: "HEAD", Path: Literal("/h")}, Response: Response{Status: 200, Headers: matchers.Map{"X-A": matchers.S("1")}}}},
			answer(200, ""), send("HEAD", "/h", ""), harness.ResponseMismatch, "X-A"},
		"gzip":                     {one, gzipped(good), askCard, harness.Passed, ""},
		"gzip asked for":           {one, gzipped(good), send("GET", "/cards/{card}", "", "Accept", "application/json", "Accept-Encoding", "gzip"), harness.Passed, ""},
		"gzip, wrong":              {one, gzipped(`{"status":"valid"}`), askCard, harness.ResponseMismatch, "limit"},
		"POST":                     {[]Interaction{post}, echoPost, send("POST", "/p", `{"n":"yy"}`, "Content-Type", "application/json"), harness.Passed, ""},
		"list":                     {[]Interaction{cards}, answer(200, `[{"id":"a"},{"id":"b"}]`), send("GET", "/cards", ""), harness.Passed, ""},
		"list, second is wrong":    {[]Interaction{cards}, answer(200, `[{"id":"a"},{"id":2}]`), send("GET", "/cards", ""), harness.ResponseMismatch, "$[1].id"},
		"list, empty":              {[]Interaction{cards}, answer(200, `[]`), send("GET", "/cards", ""), harness.ResponseMismatch, "$"},
		"two requests":             {[]Interaction{get("/a", Response{Status: 200}), get("/b", Response{Status: 200})}, answer(200, `{}`), both("/a", "/b"), harness.Passed, ""},
		"two requests, one made":   {[]Interaction{get("/a", Response{Status: 200}), get("/b", Response{Status: 200})}, answer(200, `{}`), both("/a", "/a"), harness.NotCalled, "GET /b"},
		"two requests, one breaks": {[]Interaction{get("/a", Response{Status: 200}), get("/b", Response{Status: 204})}, answer(200, `{}`), both("/a", "/b"), harness.ResponseMismatch, "GET /b"},
	} {
		for _, real := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/real=%v", name, real), func(t *testing.T) {
				t.Parallel()
				all := append([]Interaction(nil), tt.all...)
				for n := range all {
					all[n].RealURL = real
				}
				h := tt.h
				if h == nil {
					h = secondBreaks()
				}
				v := try(t, live(serve(t, h).URL), all, tt.call)
				if v.outcome != tt.want || !strings.Contains(v.reason, tt.says) {
					t.Errorf("got %s %q, want %s with %q", v.outcome, v.reason, tt.want, tt.says)
				}
				if passed := v.outcome == harness.Passed; passed != (v.reason == "") || passed && v.calls == 0 {
					t.Errorf("got %s with reason %q and %d calls", v.outcome, v.reason, v.calls)
				}
			})
		}
	}
}

func truncated(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	io.WriteString(w, `{"status":`)
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// unexpected fails the test when a request reaches the dependency.
func unexpected(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s was sent to the dependency", r.Method, r.URL)
	}
}

func secondBreaks() http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%2 == 1 {
			answer(200, good)(w, r)
			return
		}
		answer(200, `{"status":"valid"}`)(w, r)
	}
}

func gzipped(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, body)
		z.Close()
	}
}

func echoPost(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	if string(b) != `{"n":"yy"}` {
		answer(400, "{}")(w, r)
		return
	}
	answer(201, `{"id":9}`)(w, r)
}

func both(a, b string) func(Endpoint) error {
	return func(ep Endpoint) error {
		if err := send("GET", a, "")(ep); err != nil {
			return err
		}
		return send("GET", b, "")(ep)
	}
}
