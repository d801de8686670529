package contracts

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pact-foundation/pact-go/v2/matchers"

	"github.com/stagegate/stagegate/harness"
)

// A redirect that leads away from the guard is not followed past it.
func TestRedirectElsewhere(t *testing.T) {
	elsewhere := serve(t, unexpected(t))
	s := serve(t, answer(302, "", "Location", elsewhere.URL+"/other"))
	for _, real := range []bool{false, true} {
		i := get("/r", Response{Status: 302})
		i.RealURL = real
		v := try(t, live(s.URL), []Interaction{i}, func(ep Endpoint) error {
			r, err := ep.Client.Get(ep.URL + "/r")
			if err == nil {
				r.Body.Close()
			}
			return err
		})
		expect(t, v, harness.RequestMismatch, "/other")
	}
	v := try(t, mock(), []Interaction{card()}, func(ep Endpoint) error {
		if r, err := ep.Client.Get(elsewhere.URL + "/other"); err == nil {
			r.Body.Close()
		}
		return askCard(ep) // and nobody minds the error
	})
	expect(t, v, harness.RequestMismatch, "/other is another host")
}

// A redirect to the dependency's own URL does not lead a client of the adapter's
// own past the contract.
func TestRedirectPastTheGuard(t *testing.T) {
	for _, scheme := range []string{"http:", ""} {
		sent := 0
		var s *httptest.Server
		s = serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/other" {
				sent++
				return
			}
			w.Header().Set("Location", scheme+strings.TrimPrefix(s.URL, "http:")+"/other?token=abc")
			w.WriteHeader(http.StatusTemporaryRedirect)
		})
		v := try(t, live(s.URL), []Interaction{get("/r", Response{Status: 307})}, func(ep Endpoint) error {
			r, err := http.Get(ep.URL + "/r")
			if err == nil {
				r.Body.Close()
			}
			return err
		})
		expect(t, v, harness.RequestMismatch, "/other")
		if sent != 0 {
			t.Errorf("%d requests reached the dependency that the contract does not have", sent)
		}
	}
}

func TestSameHost(t *testing.T) {
	for text, want := range map[string]bool{"https://pay.example/a": true, "https://pay.example:443/a": true, "https://PAY.example/a": true,
		"https://pay.example:444/a": false, "http://pay.example/a": false, "https://pay.example.org/a": false} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		g := newGuard(nil, &url.URL{Scheme: "https", Host: "pay.example"}, time.Second)
		if _, got := g.inside(u); got != want {
			t.Errorf("%s: got %t", text, got)
		}
	}
}

// Headers that describe how an answer came are compared like others.
func TestHeadersOfTheConnection(t *testing.T) {
	length := get("/g", Response{Status: 200, Headers: matchers.Map{"Content-Length": matchers.S("5")}})
	head := length
	head.Request.Method = "HEAD"
	coded := get("/g", Response{Status: 200, Headers: matchers.Map{"Content-Encoding": matchers.S("br")}})
	chunked := func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("hel"))
		http.NewResponseController(w).Flush()
		w.Write([]byte("lo"))
	}
	for name, tt := range map[string]struct {
		i      Interaction
		answer http.HandlerFunc
		want   harness.Outcome
	}{
		"the length":         {length, answer(200, "hello"), harness.Passed},
		"another length":     {length, answer(200, "hell"), harness.ResponseMismatch},
		"no length":          {length, chunked, harness.ResponseMismatch},
		"the length alone":   {head, answer(200, "", "Content-Length", "5"), harness.Passed},
		"the coding":         {coded, answer(200, "x", "Content-Encoding", "br"), harness.Passed},
		"without the coding": {coded, answer(200, "x"), harness.ResponseMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, tt.answer)
			expect(t, try(t, live(s.URL), []Interaction{tt.i}, send(tt.i.Request.Method, "/g", "")), tt.want)
		})
	}
}

// What a redirect has in its query is not written down, nor is another Host sent.
func TestWhereARequestWent(t *testing.T) {
	s := serve(t, answer(302, "", "Location", "http://cdn.example/f/7/x?sig=abc"))
	v := try(t, live(s.URL), []Interaction{get("/r", Response{Status: 302})}, func(ep Endpoint) error {
		if r, err := ep.Client.Get(ep.URL + "/r"); err == nil {
			r.Body.Close()
		}
		return nil
	})
	expect(t, v, harness.RequestMismatch, "http://cdn.example/f/... is another host")
	if strings.Contains(fmt.Sprint(v), "sig=") {
		t.Errorf("the query is told: %v", v)
	}
	i := get("/a", Response{Status: 200})
	i.RealURL = true
	hosted := serve(t, unexpected(t))
	v = try(t, live(hosted.URL), []Interaction{i}, func(ep Endpoint) error {
		req, err := http.NewRequest("GET", ep.URL+"/a", nil)
		if err != nil {
			return err
		}
		req.Host = "admin.internal"
		if r, err := ep.Client.Do(req); err == nil {
			r.Body.Close()
		}
		return nil
	})
	expect(t, v, harness.RequestMismatch, "Host: admin.internal")
}
