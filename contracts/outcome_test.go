package contracts

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pact-foundation/pact-go/v2/matchers"

	"github.com/stagegate/stagegate/harness"
)

func expect(t *testing.T, v verdict, want harness.Outcome, says ...string) {
	t.Helper()
	if v.outcome != want {
		t.Errorf("got %s %q, want %s", v.outcome, v.reason, want)
	}
	for _, s := range says {
		if !strings.Contains(v.reason, s) {
			t.Errorf("got reason %q, want it to say %q", v.reason, s)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	expect(t, try(t, live(closed.URL), []Interaction{card()}, askCard), harness.Unreachable, "GET /cards/tok_123", "refused")

	stuck := make(chan struct{})
	s := serve(t, func(http.ResponseWriter, *http.Request) { <-stuck })
	defer close(stuck)
	p := live(s.URL)
	p.timeout = 100 * time.Millisecond
	v := try(t, p, []Interaction{card()}, askCard)
	expect(t, v, harness.Timeout, "the dependency did not answer in time")
	if v.calls != 0 {
		t.Errorf("got %d calls that were answered, want 0", v.calls)
	}
}

// An adapter with less patience than the guard is not told to be at fault.
func TestAdapterGivesUp(t *testing.T) {
	for _, real := range []bool{false, true} {
		stuck := make(chan struct{})
		reached := make(chan struct{})
		s := serve(t, func(http.ResponseWriter, *http.Request) { close(reached); <-stuck })
		i := card()
		i.RealURL = real
		v := try(t, live(s.URL), []Interaction{i}, func(ep Endpoint) error {
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-reached; cancel() }()
			r, err := http.NewRequestWithContext(ctx, "GET", ep.URL+"/cards/tok_123", nil)
			if err != nil {
				return err
			}
			r.Header.Set("Accept", "application/json")
			_, err = ep.Client.Do(r)
			return err
		})
		close(stuck)
		expect(t, v, harness.Timeout, "the adapter gave up")
	}
}

func TestPlaceLacksSomething(t *testing.T) {
	never := func(Endpoint) error { t.Error("the adapter was called"); return nil }
	s := serve(t, unexpected(t))
	noURL := live("")
	expect(t, try(t, noURL, []Interaction{card()}, never), harness.Unreachable, "targets.staging.dependencies.payments.url")
	for _, bad := range []string{"payments:80", "ftp://x", "http://", "http://u:p@x", "http://x?a=b", "::"} {
		expect(t, try(t, live(bad), []Interaction{card()}, never), harness.Unreachable, "want http(s)://host")
	}
	other := card()
	other.Given = []State{{Name: "card is blocked"}}
	expect(t, try(t, live(s.URL), []Interaction{other}, never), harness.NoFixture, `placeholder "card"`, `"card is blocked"`, "targets.staging.dependencies.payments.fixtures")
	for _, bad := range []string{"", "card_1", "tok_1/../admin", "tok_a b", "tok_1\n"} {
		p := live(s.URL)
		p.target.Dependencies["payments"].Fixtures["card is valid"]["card"] = bad
		expect(t, try(t, p, []Interaction{card()}, never), harness.NoFixture, "fixture of target staging")
	}
	twice := card()
	twice.Name, twice.Given = "the other", []State{{Name: "other"}}
	p := live(s.URL)
	p.target.Dependencies["payments"].Fixtures["other"] = map[string]string{"card": "tok_2"}
	expect(t, try(t, p, []Interaction{card(), twice}, never), harness.NoFixture, "two values")
}

// What the adapter wrote arrives as it wrote it, below the dependency's own path.
func TestBasePath(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got, want := r.URL.RequestURI(), "/api/v1/a%2Fb?q=1"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		answer(200, "{}")(w, r)
	})
	for _, base := range []string{"/api/v1", "/api/v1/"} {
		for _, real := range []bool{false, true} {
			i := get("/a%2Fb", Response{Status: 200})
			i.RealURL = real
			i.Request.Query = matchers.Map{"q": matchers.S("1")}
			expect(t, try(t, live(s.URL+base), []Interaction{i}, send("GET", "/a%2Fb?q=1", "")), harness.Passed)
		}
	}
	i := get("/a", Response{Status: 200})
	i.RealURL = true
	outside := func(ep Endpoint) error {
		ep.URL = s.URL + "/api/v11"
		return send("GET", "/a", "")(ep)
	}
	expect(t, try(t, live(s.URL+"/api/v1"), []Interaction{i}, outside), harness.RequestMismatch, "outside of")
}

// On a live target nothing of the dependency's answer becomes evidence.
func TestWithheld(t *testing.T) {
	const person = "Mary Miller"
	i := get("/a", Response{Status: 200, Headers: matchers.Map{"X-Name": matchers.S("x")}, Body: JSON(matchers.MapMatcher{"name": matchers.Integer(1)})})
	s := serve(t, answer(200, `{"name":"`+person+`"}`, "X-Name", person))
	p := live(s.URL)
	v := try(t, p, []Interaction{i}, send("GET", "/a", ""))
	expect(t, v, harness.ResponseMismatch, person)
	p.mode = harness.Safe
	v = try(t, p, []Interaction{i}, send("GET", "/a", ""))
	expect(t, v, harness.ResponseMismatch, "body $.name", "header X-Name", "withheld")
	if strings.Contains(v.reason, "Mary") {
		t.Errorf("the reason tells what a live target answered: %s", v.reason)
	}
}

// A dependency that answers bytes which are no text gives a reason that fits a row.
func TestReasonIsText(t *testing.T) {
	i := get("/a", Response{Status: 200, Headers: matchers.Map{"Content-Type": matchers.S("text/plain")}, Body: Text(matchers.S("x"))})
	v := try(t, live(serve(t, answer(200, "\xff\xfe"+strings.Repeat("y", 1<<20), "Content-Type", "text/plain")).URL), []Interaction{i}, send("GET", "/a", ""))
	expect(t, v, harness.ResponseMismatch, "body")
	if !utf8.ValidString(v.reason) || len(v.reason) > 4<<10 {
		t.Errorf("got a reason of %d bytes, valid UTF-8: %v", len(v.reason), utf8.ValidString(v.reason))
	}
	if got := bounded("a\xffé"+strings.Repeat("x", 100), 5); got != "a\uFFFD..." {
		t.Errorf("got %q", got)
	}
}

func TestSecretsWithheld(t *testing.T) {
	i := get("/a", Response{Status: 200})
	i.Request.Headers = matchers.Map{"Authorization": matchers.Regex("Bearer x", "^Bearer [a-z]+$")}
	i.Request.Query = matchers.Map{"api_key": matchers.Regex("x", "^[a-z]+$")}
	v := try(t, mock(), []Interaction{i}, send("GET", "/a?api_key=HUSH2", "", "Authorization", "Bearer HUSH1"))
	expect(t, v, harness.RequestMismatch, "Authorization", "api_key", "withheld")
	if strings.Contains(v.reason, "HUSH") {
		t.Errorf("the reason tells a secret: %s", v.reason)
	}
}

func TestUnknownPlaceholder(t *testing.T) {
	var said string
	ep := Endpoint{values: map[string]string{"card": "tok_1"}, fatalf: func(format string, _ ...any) { said = format }}
	if got := ep.Value("card"); got != "tok_1" || said != "" {
		t.Errorf("got %q %q", got, said)
	}
	if ep.Value("crad"); said == "" {
		t.Error("an unknown placeholder was not fatal")
	}
}

func TestTestSkipsItself(t *testing.T) {
	s := spec{consumer: "c", provider: "p", name: "it", all: []Interaction{get("/a", Response{Status: 200})}}
	for how, want := range map[ending]harness.Outcome{skipped: harness.Skipped, stopped: harness.NotCalled, returned: harness.NotCalled, "": harness.NotCalled} {
		tr, v := s.start(engine(t), mock())
		if tr == nil {
			t.Fatal(v.reason)
		}
		v = tr.end(how)
		if expect(t, v, want); (v.reason == "") != (how == skipped) {
			t.Errorf("%s: got the reason %q", how, v.reason)
		}
	}
	for how, want := range map[ending]harness.Outcome{skipped: harness.Skipped, stopped: harness.TestFailed, failed: harness.TestFailed, returned: harness.Passed, "": harness.TestFailed} {
		tr, v := s.start(engine(t), mock())
		if tr == nil {
			t.Fatal(v.reason)
		}
		if err := send("GET", "/a", "")(tr.endpoint(t.Fatalf)); err != nil {
			t.Fatal(err)
		}
		expect(t, tr.end(how), want)
	}
}

// What an adapter sends after its test is over reaches nobody.
func TestAfterTheEnd(t *testing.T) {
	s := serve(t, unexpected(t))
	i := get("/a", Response{Status: 200})
	i.RealURL = true
	var kept Endpoint
	expect(t, try(t, live(s.URL), []Interaction{i}, func(ep Endpoint) error { kept = ep; return nil }), harness.NotCalled)
	if err := send("GET", "/a", "")(kept); err == nil {
		t.Error("a request after the end was answered")
	}
}

func TestParallel(t *testing.T) {
	okay, bad := serve(t, answer(200, good)), serve(t, answer(200, `{"status":"lost","limit":1}`))
	for n := range 60 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			switch n % 3 {
			case 0:
				expect(t, try(t, live(okay.URL), []Interaction{card()}, askCard), harness.Passed)
			case 1:
				expect(t, try(t, live(bad.URL), []Interaction{card()}, askCard), harness.ResponseMismatch, "lost")
			default:
				expect(t, try(t, mock(), []Interaction{card()}, askCard), harness.Passed)
			}
		})
	}
}

// The adapter gets the dependency's bytes, not the mock's and not decoded ones.
func TestUntouched(t *testing.T) {
	s := serve(t, answer(200, "{ \"status\":\"valid\",\n\"limit\": 7 }", "X-Request-Id", "r1"))
	v := try(t, live(s.URL), []Interaction{card()}, func(ep Endpoint) error {
		r, err := http.NewRequest("GET", ep.URL+"/cards/"+ep.Value("card"), nil)
		if err != nil {
			return err
		}
		r.Header.Set("Accept", "application/json")
		a, err := ep.Client.Do(r)
		if err != nil {
			return err
		}
		defer a.Body.Close()
		b, err := io.ReadAll(a.Body)
		if string(b) != "{ \"status\":\"valid\",\n\"limit\": 7 }" || a.Header.Get("X-Request-Id") != "r1" || a.Header.Get("X-Stagegate-Interaction") != "" {
			t.Errorf("got %s %v", b, a.Header)
		}
		return errors.Join(err)
	})
	expect(t, v, harness.Passed)
}

// An answer without an end, or one that unpacks to too much, is not read to it.
func TestEndlessAnswer(t *testing.T) {
	zeros := func(w io.Writer) {
		for part := make([]byte, 1<<20); ; {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { zeros(w) })
	expect(t, try(t, live(s.URL), []Interaction{card()}, askCard), harness.Unreachable, "longer than 64 MiB")

	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 65 {
		z.Write(make([]byte, 1<<20))
	}
	z.Close()
	s = serve(t, answer(200, bomb.String(), "Content-Encoding", "gzip"))
	expect(t, try(t, live(s.URL), []Interaction{card()}, askCard), harness.ResponseMismatch, "body")
}
