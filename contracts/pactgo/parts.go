package pactgo

import (
	"github.com/pact-foundation/pact-go/v2/matchers"

	"github.com/stagegate/stagegate/contracts"
)

// A Request is what the adapter sends. Its body is JSON.
type Request struct {
	Method  string              `json:"method"`
	Path    matchers.Matcher    `json:"path"`
	Query   matchers.MapMatcher `json:"query,omitempty"`
	Headers matchers.MapMatcher `json:"headers,omitempty"`
	Body    interface{}         `json:"body,omitempty"`
}

// A Response is what the dependency answers. Its body is JSON.
type Response struct {
	Status  int                 `json:"status"`
	Headers matchers.MapMatcher `json:"headers,omitempty"`
	Body    interface{}         `json:"body,omitempty"`
}

// A RequestBuilder adds parts to a request.
type RequestBuilder struct{ half[*RequestBuilder] }

func requestBuilder(d *draft) *RequestBuilder {
	b := &RequestBuilder{}
	b.half = half[*RequestBuilder]{d, b, "request", &d.Request.Headers, &d.Request.Body}
	return b
}

// A ResponseBuilder adds parts to a response.
type ResponseBuilder struct{ half[*ResponseBuilder] }

func responseBuilder(d *draft) *ResponseBuilder {
	b := &ResponseBuilder{}
	b.half = half[*ResponseBuilder]{d, b, "response", &d.Response.Headers, &d.Response.Body}
	return b
}

// half is what a request and a response have in common; self is whose half it is.
type half[B any] struct {
	draft   *draft
	self    B
	name    string
	headers *map[string]matchers.Matcher
	body    *contracts.Body
}

// The names of pact-go's two versions, and what builds parts.
type (
	RequestBuilderFunc    = func(*RequestBuilder)
	ResponseBuilderFunc   = func(*ResponseBuilder)
	V2RequestBuilder      = RequestBuilder
	V4RequestBuilder      = RequestBuilder
	V2ResponseBuilder     = ResponseBuilder
	V4ResponseBuilder     = ResponseBuilder
	V2RequestBuilderFunc  = RequestBuilderFunc
	V4RequestBuilderFunc  = RequestBuilderFunc
	V2ResponseBuilderFunc = ResponseBuilderFunc
	V4ResponseBuilderFunc = ResponseBuilderFunc
)

// Query expects a parameter with these values in this order.
func (b *RequestBuilder) Query(key string, values ...matchers.Matcher) *RequestBuilder {
	set(&b.draft.Request.Query, key, values)
	return b
}

// Header says that there is a header with these values.
func (h half[B]) Header(key string, values ...matchers.Matcher) B {
	set(h.headers, key, values)
	return h.self
}

// Headers says that there are these headers.
func (h half[B]) Headers(headers matchers.HeadersMatcher) B {
	for key, values := range headers {
		set(h.headers, key, values)
	}
	return h.self
}

// JSONBody is a body of JSON, which may contain matchers. A text is JSON
// that is written already.
func (h half[B]) JSONBody(body interface{}) B {
	*h.body = h.draft.json(h.name, body)
	return h.self
}

// BodyMatch is JSON of the type of body, with its pact tags.
func (h half[B]) BodyMatch(body interface{}) B {
	return h.JSONBody(matchers.MatchV2(body))
}

// BinaryBody is content of application/octet-stream; these bytes are an example.
func (h half[B]) BinaryBody(body []byte) B {
	*h.body = contracts.File(octets, body)
	return h.self
}

// Body is a body of a media type.
func (h half[B]) Body(contentType string, body []byte) B {
	*h.body = h.draft.body(h.headers, contentType, body)
	return h.self
}

// MultipartBody has no equivalent: the interaction fails.
func (h half[B]) MultipartBody(contentType, filename, mimePartName string) B {
	h.draft.fail(h.name+" body", errMultipart)
	return h.self
}
