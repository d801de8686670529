package parity

import (
	"strings"
	"testing"

	"github.com/pact-foundation/pact-go/v2/consumer"
	"github.com/pact-foundation/pact-go/v2/matchers"
	"github.com/pact-foundation/pact-go/v2/models"

	"github.com/stagegate/stagegate/contracts/pactgo"
)

// Where pactgo's documentation says that the files differ, they do. When
// pact-go changes, this fails and the documentation has to.
func TestDocumentedDifferences(t *testing.T) {
	state := models.ProviderState{Name: "s", Parameters: map[string]any{"zip": "01234", "n": "1"}}
	was := text(meaning(t, theirs(t, func(t *testing.T, c consumer.MockHTTPProviderConfig) {
		p, err := consumer.NewV4Pact(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.AddInteraction().GivenWithParameter(state).UponReceiving("x").WithRequest("GET", "/").
			WillRespondWith(200, func(b *consumer.V4ResponseBuilder) { b.Header("X-Two", matchers.S("a"), matchers.S("b")) }).
			ExecuteTest(t, func(c consumer.MockServerConfig) error { return get(c.Host, c.Port) }); err != nil {
			t.Fatal(err)
		}
	})))
	is := text(meaning(t, ours(t, func(t *testing.T, c pactgo.MockHTTPProviderConfig) {
		p, err := pactgo.NewV4Pact(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.AddInteraction().GivenWithParameter(state).UponReceiving("x").WithRequest("GET", "/").
			WillRespondWith(200, func(b *pactgo.V4ResponseBuilder) { b.Header("X-Two", matchers.S("a"), matchers.S("b")) }).
			ExecuteTest(t, func(c pactgo.MockServerConfig) error { return get(c.Host, c.Port) }); err != nil {
			t.Fatal(err)
		}
	})))
	for _, tt := range []struct{ file, has string }{
		{was, `"X-Two":["b"]`}, {is, `"X-Two":["a","b"]`}, // the last value, all values
		{was, `"n":1`}, {is, `"n":"1"`}, // a number, the text that was given
	} {
		if !strings.Contains(tt.file, tt.has) {
			t.Errorf("no %s in %s", tt.has, tt.file)
		}
	}
}
