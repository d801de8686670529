package pactgo_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pact-foundation/pact-go/v2/matchers"
	"github.com/pact-foundation/pact-go/v2/models"

	"github.com/stagegate/stagegate/contracts"
	"github.com/stagegate/stagegate/contracts/pact"
	consumer "github.com/stagegate/stagegate/contracts/pactgo"
	"github.com/stagegate/stagegate/internal/need"
)

func engine(t *testing.T) {
	t.Helper()
	if _, err := pact.Load(); err != nil {
		need.Missing(t, err.Error(), pact.InstallCommand)
	}
}

// get asks for a path as an adapter of pact-go's documentation does, with a
// client of its own.
func get(path string) func(consumer.MockServerConfig) error {
	return func(c consumer.MockServerConfig) error { return send(c, "GET", path, "", "") }
}

func send(c consumer.MockServerConfig, method, path, contentType, body string) error {
	r, err := http.NewRequest(method, fmt.Sprintf("http://%s:%d%s", c.Host, c.Port, path), strings.NewReader(body))
	if err != nil {
		return err
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	r.Header["X-Two"] = []string{"a", "b"}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if answer.StatusCode == http.StatusCreated && (answer.Header.Get("X-A") != "1" || answer.Header.Get("X-B") != "2" || string(b) != `{"id":1}`) {
		return fmt.Errorf("got %v %s", answer.Header, b)
	}
	if err == nil && answer.StatusCode >= 400 {
		err = fmt.Errorf("%s %s", answer.Status, b)
	}
	return err
}

func v2(t *testing.T) *consumer.V2HTTPMockProvider {
	t.Helper()
	p, err := consumer.NewV2Pact(consumer.MockHTTPProviderConfig{Consumer: "orders", Provider: "users", Host: "127.0.0.1", LogDir: "x"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Each builder's method, and what the adapter has to send for it.
func TestBuilders(t *testing.T) {
	engine(t)
	type user struct {
		Name string `json:"name" pact:"example=ann"`
	}
	p := v2(t)
	add := func(description string) *consumer.V2UnconfiguredInteraction {
		return p.AddInteraction().Given("users exist").GivenWithParameter(models.ProviderState{Name: "so many", Parameters: map[string]any{"n": 1}}).UponReceiving(description)
	}
	answer := func(b *consumer.V2ResponseBuilder) {
		b.Header("X-A", matchers.S("1")).Headers(matchers.HeadersMatcher{"X-B": {matchers.Regex("2", `\d`)}}).JSONBody(matchers.Map{"id": matchers.Integer(1)})
	}
	for name, tt := range map[string]struct {
		with               func(*consumer.V2RequestBuilder)
		query, media, body string
	}{
		"query":   {func(b *consumer.V2RequestBuilder) { b.Query("q", matchers.S("1"), matchers.Like("2")) }, "?q=1&q=x", "", ""},
		"headers": {func(b *consumer.V2RequestBuilder) { b.Header("X-Two", matchers.S("a"), matchers.S("b")) }, "", "", ""},
		"map of headers": {func(b *consumer.V2RequestBuilder) {
			b.Headers(matchers.HeadersMatcher{"Content-Type": {matchers.S("application/json")}}).JSONBody(`{"a":1}`)
		}, "", "application/json", `{"a":1}`},
		"JSON": {func(b *consumer.V2RequestBuilder) { b.JSONBody(matchers.Map{"a": matchers.Like(1)}) }, "", "application/json", `{"a":2}`},
		"tags": {func(b *consumer.V2RequestBuilder) { b.BodyMatch(user{}) }, "", "application/json", `{"name":"bob"}`},
		"text": {func(b *consumer.V2RequestBuilder) { b.Body("text/plain", []byte("hello")) }, "", "text/plain", "hello"},
		"own": {func(b *consumer.V2RequestBuilder) {
			b.Body("application/vnd.x+json", []byte(`{"a":{"pact:matcher:type":"type","value":1}}`))
		}, "", "application/vnd.x+json", `{ "a":2}`},
		"XML":    {func(b *consumer.V2RequestBuilder) { b.Body("application/xml", []byte(`<a b="1"/>`)) }, "", "application/xml", `<a b="1"></a>`},
		"binary": {func(b *consumer.V2RequestBuilder) { b.BinaryBody([]byte{0, 1, 2}) }, "", "application/octet-stream", "\x00\x05\x06"},
	} {
		err := add("a request with "+name).WithRequest("POST", "/users", tt.with).WillRespondWith(201, answer).
			ExecuteTest(t, func(c consumer.MockServerConfig) error {
				return send(c, "POST", "/users"+tt.query, tt.media, tt.body)
			})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := add("complete").WithCompleteRequest(consumer.Request{Method: "PUT", Path: matchers.Regex("/users/1", `^/users/\d+$`), Query: matchers.MapMatcher{"q": matchers.S("1")},
		Headers: matchers.MapMatcher{"X-Two": matchers.Like("a")}, Body: matchers.Map{"a": matchers.Like("x")}}).
		WithCompleteResponse(consumer.Response{Status: 200, Headers: matchers.MapMatcher{"X-A": matchers.S("1")}, Body: matchers.Map{"b": matchers.Like(1)}}).
		ExecuteTest(t, func(c consumer.MockServerConfig) error {
			return send(c, "PUT", "/users/77?q=1", "application/json", `{"a":"y"}`)
		})
	if err != nil {
		t.Error(err)
	}
}

// Several interactions of one test; two of one description and other states; placeholders.
func TestSeveralAndTemplate(t *testing.T) {
	engine(t)
	p, err := consumer.NewV4Pact(consumer.MockHTTPProviderConfig{Consumer: "orders", Provider: "users"})
	if err != nil {
		t.Fatal(err)
	}
	p.AddInteraction().UponReceiving("one").WithRequest("GET", "/1").WillRespondWith(200)
	p.AddInteraction().UponReceiving("two").WithRequest("GET", "/2").WillRespondWith(200)
	if err := p.ExecuteTest(t, func(c consumer.MockServerConfig) error {
		if err := get("/1")(c); err != nil {
			return err
		}
		return get("/2")(c)
	}); err != nil {
		t.Error(err)
	}
	for _, state := range []string{"there is one", "there is none"} {
		err := p.AddInteraction().Given(state).UponReceiving("a user").
			WithRequestTemplate("GET", contracts.Path{Template: "/users/{id}", Match: map[string]string{"id": `\d+`}}).WillRespondWith(200).
			ExecuteTest(t, func(c consumer.MockServerConfig) error {
				return get("/users/" + c.Value("id"))(c)
			})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestConfigRefused(t *testing.T) {
	for says, edit := range map[string]func(*consumer.MockHTTPProviderConfig){
		"need names": func(c *consumer.MockHTTPProviderConfig) { c.Provider = "" },
		"Port,":      func(c *consumer.MockHTTPProviderConfig) { c.Port = 1 },
		"AllowedMoc": func(c *consumer.MockHTTPProviderConfig) { c.AllowedMockServerPorts = "1-2" },
		"TLS":        func(c *consumer.MockHTTPProviderConfig) { c.TLS = true },
		"Host":       func(c *consumer.MockHTTPProviderConfig) { c.Host = "0.0.0.0" },
	} {
		c := consumer.MockHTTPProviderConfig{Consumer: "a", Provider: "b"}
		edit(&c)
		if _, err := consumer.NewV2Pact(c); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("V2: got %v, want an error that says %q", err, says)
		}
		if _, err := consumer.NewV4Pact(c); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("V4: got %v, want an error that says %q", err, says)
		}
	}
}

// PactDir is taken and nothing is written there; but what pact-go itself left for
// the pair would be published by somebody, and is refused.
func TestPactDir(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"empty", "", "", ""},
		{"another pair's", "a-c.json", `{"metadata":{"pact-go":{"version":"2.4.2"}}}`, ""},
		{"gate's", "a-b.json", `{"metadata":{"pactSpecification":{"version":"4.0"}}}`, ""},
		{"pact-go's", "a-b.json", `{"metadata":{"pact-go":{"version":"2.4.2"}}}`, "a-b.json is what pact-go wrote"},
		{"broken", "a-b.json", `{"metadata":`, "PactDir: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.file != "" {
				if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := consumer.NewV2Pact(consumer.MockHTTPProviderConfig{Consumer: "a", Provider: "b", PactDir: dir})
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// What has no equivalent is an error of ExecuteTest; that it fails the test, and
// that nothing runs, is in TestRed.
func TestInteractionRefused(t *testing.T) {
	for says, build := range map[string]func(*consumer.V2UnconfiguredInteraction){
		"needs a description":   func(i *consumer.V2UnconfiguredInteraction) { i.WithRequest("GET", "/").WillRespondWith(200) },
		"would accept any path": func(i *consumer.V2UnconfiguredInteraction) { i.WithRequestPathMatcher("GET", matchers.Like("/a")) },
		"only the provider knows": func(i *consumer.V2UnconfiguredInteraction) {
			i.WithRequestPathMatcher("GET", matchers.FromProviderState("/${a}", "/a"))
		},
		"null would accept": func(i *consumer.V2UnconfiguredInteraction) { i.WithCompleteRequest(consumer.Request{Method: "GET"}) },
		"MultipartBody": func(i *consumer.V2UnconfiguredInteraction) {
			i.WithRequest("GET", "/", func(b *consumer.V2RequestBuilder) { b.MultipartBody("a/b", "c", "d") })
		},
		"response body: MultipartBody": func(i *consumer.V2UnconfiguredInteraction) {
			i.WithRequest("GET", "/").WillRespondWith(200, func(b *consumer.V2ResponseBuilder) { b.MultipartBody("a/b", "c", "d") })
		},
		`"{a" is not JSON`: func(i *consumer.V2UnconfiguredInteraction) {
			i.WithRequest("GET", "/").WillRespondWith(200, func(b *consumer.V2ResponseBuilder) { b.JSONBody("{a") })
		},
	} {
		p := v2(t)
		build(p.AddInteraction())
		err := p.Refused()
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want an error that says %q", err, says)
		}
		if err := p.Refused(); err == nil || !strings.Contains(err.Error(), "no interactions") {
			t.Errorf("an empty test: got %v", err)
		}
	}
}
