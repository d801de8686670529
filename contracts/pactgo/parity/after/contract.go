// Package after is the file of package before with another import.
package after

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/pact-foundation/pact-go/v2/matchers"
	"github.com/pact-foundation/pact-go/v2/models"
	consumer "github.com/stagegate/stagegate/contracts/pactgo"
)

// A User is what the adapter reads.
type User struct {
	ID    int      `json:"id" pact:"example=27"`
	Name  string   `json:"name" pact:"example=billy"`
	Since string   `json:"since" pact:"example=2020-01-01,regex=^\\d{4}-\\d{2}-\\d{2}$"`
	Tags  []string `json:"tags" pact:"min=2"`
}

// Second are the interactions of a V2 contract, each run.
func Second(t *testing.T, config consumer.MockHTTPProviderConfig) {
	p, err := consumer.NewV2Pact(config)
	if err != nil {
		t.Fatal(err)
	}
	check(t, p.AddInteraction().
		Given("user 10 exists").
		UponReceiving("a request for a user").
		WithRequestPathMatcher("GET", matchers.Regex("/users/10", "^/users/[0-9]+$"), func(b *consumer.V2RequestBuilder) {
			b.Header("Accept", matchers.S("application/json")).
				Query("full", matchers.S("yes")).
				Query("part", matchers.Regex("a", "[a-c]"), matchers.Regex("b", "[a-c]"))
		}).
		WillRespondWith(200, func(b *consumer.V2ResponseBuilder) {
			b.Header("Content-Type", matchers.Regex("application/json", `application\/json.*`)).
				Header("X-Version", matchers.S("2")).
				BodyMatch(&User{})
		}).
		ExecuteTest(t, call("GET", "/users/77?full=yes&part=c&part=a", "", nil, 200)))
	check(t, p.AddInteraction().
		Given("user 10 does not exist").
		UponReceiving("a request for a user").
		WithRequest("GET", "/users/10").
		WillRespondWith(404).
		ExecuteTest(t, call("GET", "/users/10", "", nil, 404)))
	check(t, p.AddInteraction().
		UponReceiving("a request to make a user").
		WithRequest("POST", "/users", func(b *consumer.V2RequestBuilder) {
			b.Header("Content-Type", matchers.S("application/json")).
				JSONBody(matchers.Map{
					"name":   matchers.Like("billy"),
					"fixed":  matchers.S("yes"),
					"colour": matchers.Term("red", "red|green"),
					"items":  matchers.EachLike(matchers.MapMatcher{"n": matchers.Like(1)}, 2),
					"uuid":   matchers.UUID(),
				})
		}).
		WillRespondWith(201, func(b *consumer.V2ResponseBuilder) {
			b.Headers(matchers.HeadersMatcher{"Location": {matchers.Like("/users/11")}}).
				JSONBody(map[string]any{"id": 11, "nested": map[string]any{"a": []any{1, "x", nil, true, 1.5}, "when": matchers.Timestamp()}})
		}).
		ExecuteTest(t, call("POST", "/users", "application/json",
			[]byte(`{"name":"x","fixed":"yes","colour":"green","items":[{"n":5},{"n":6}],"uuid":"fc763eba-0905-41c5-a27f-3934ab26786d"}`), 201)))
	check(t, p.AddInteraction().
		UponReceiving("a complete request").
		WithCompleteRequest(consumer.Request{
			Method: "PUT", Path: matchers.String("/users/1"), Query: matchers.MapMatcher{"a": matchers.S("b c")},
			Headers: matchers.MapMatcher{"X-Key": matchers.Regex("k1", `^k\d$`)}, Body: matchers.MapMatcher{"name": matchers.Like("ann")},
		}).
		WithCompleteResponse(consumer.Response{Status: 200, Headers: matchers.MapMatcher{"X-Done": matchers.S("yes")}, Body: matchers.MapMatcher{"ok": matchers.Like(true)}}).
		ExecuteTest(t, call("PUT", "/users/1?a=b+c", "application/json", []byte(`{"name":"bob"}`), 200)))
}

// Fourth are the interactions of a V4 contract, each run.
func Fourth(t *testing.T, config consumer.MockHTTPProviderConfig) {
	p, err := consumer.NewV4Pact(config)
	if err != nil {
		t.Fatal(err)
	}
	check(t, p.AddInteraction().
		Given("the shop is open").
		GivenWithParameter(models.ProviderState{Name: "there are users", Parameters: map[string]any{"count": 3, "kind": "big", "open": true}}).
		UponReceiving("a list of users").
		WithRequest("GET", "/users", func(b *consumer.V4RequestBuilder) {
			b.Query("page", matchers.Integer(1)).Header("X-Key", matchers.Like("abc"))
		}).
		WillRespondWith(200, func(b *consumer.V4ResponseBuilder) {
			b.JSONBody(matchers.Map{
				"id": matchers.Integer(1), "score": matchers.Decimal(1.5), "nothing": matchers.Null{}, "same": matchers.Equality("x"),
				"has": matchers.Includes("lo"), "day": matchers.DateGenerated("2020-01-01", "yyyy-MM-dd"),
				"few": matchers.ArrayMinMaxLike(matchers.Like("a"), 1, 2), "most": matchers.ArrayMaxLike(1, 3),
				"any": matchers.ArrayContaining([]any{matchers.Like("a"), matchers.Integer(2)}),
			})
		}).
		ExecuteTest(t, call("GET", "/users?page=2", "", nil, 200)))
	check(t, p.AddInteraction().
		UponReceiving("a text").
		WithRequest("POST", "/notes", func(b *consumer.V4RequestBuilder) { b.Body("text/plain", []byte("hello")) }).
		WillRespondWith(200, func(b *consumer.V4ResponseBuilder) { b.Body("text/plain", []byte("bye")) }).
		ExecuteTest(t, call("POST", "/notes", "text/plain", []byte("hello"), 200)))
	check(t, p.AddInteraction().
		UponReceiving("some XML").
		WithRequest("POST", "/xml", func(b *consumer.V4RequestBuilder) { b.Body("application/xml", []byte(`<a b="1"/>`)) }).
		WillRespondWith(200, func(b *consumer.V4ResponseBuilder) { b.Body("application/xml", []byte(`<c/>`)) }).
		ExecuteTest(t, call("POST", "/xml", "application/xml", []byte(`<a b="1"/>`), 200)))
	check(t, p.AddInteraction().
		UponReceiving("JSON that is written already").
		WithRequest("POST", "/json", func(b *consumer.V4RequestBuilder) { b.Body("application/json", []byte(`{"a":1}`)) }).
		WillRespondWith(200, func(b *consumer.V4ResponseBuilder) { b.JSONBody(`{"b":{"pact:matcher:type":"type","value":2}}`) }).
		ExecuteTest(t, call("POST", "/json", "application/json", []byte(`{"a":1}`), 200)))
	check(t, p.AddInteraction().
		UponReceiving("a form").
		WithRequest("POST", "/form", func(b *consumer.V4RequestBuilder) {
			b.Body("application/x-www-form-urlencoded", []byte("a=1&b=x+y"))
		}).
		WillRespondWith(204).
		ExecuteTest(t, call("POST", "/form", "application/x-www-form-urlencoded", []byte("a=1&b=x+y"), 204)))
	check(t, p.AddInteraction().
		UponReceiving("bytes").
		WithRequest("PUT", "/bytes", func(b *consumer.V4RequestBuilder) { b.BinaryBody([]byte{0, 1, 2, 255}) }).
		WillRespondWith(200, func(b *consumer.V4ResponseBuilder) { b.BinaryBody([]byte{9, 0, 8}) }).
		ExecuteTest(t, call("PUT", "/bytes", "application/octet-stream", []byte{0, 7, 2, 255}, 200)))
	p.AddInteraction().UponReceiving("one of two").WithRequest("GET", "/one").WillRespondWith(200)
	check(t, p.AddInteraction().UponReceiving("two of two").WithRequest("GET", "/two").WillRespondWith(200).
		ExecuteTest(t, func(c consumer.MockServerConfig) error {
			if err := call("GET", "/one", "", nil, 200)(c); err != nil {
				return err
			}
			return call("GET", "/two", "", nil, 200)(c)
		}))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// call is an adapter that makes one request.
func call(method, path, contentType string, body []byte, want int) func(consumer.MockServerConfig) error {
	return func(c consumer.MockServerConfig) error {
		r, err := http.NewRequest(method, fmt.Sprintf("http://%s:%d%s", c.Host, c.Port, path), bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Accept", "application/json")
		r.Header.Set("X-Key", "k1")
		if contentType != "" {
			r.Header.Set("Content-Type", contentType)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		b, err := io.ReadAll(answer.Body)
		if err == nil && answer.StatusCode != want {
			err = fmt.Errorf("%s %s: got %s %s", method, path, answer.Status, b)
		}
		return err
	}
}
