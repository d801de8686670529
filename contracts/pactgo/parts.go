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
type RequestBuilder struct{ draft *draft }

// A ResponseBuilder adds parts to a response.
type ResponseBuilder struct{ draft *draft }

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

// Header expects a header with these values.
func (b *RequestBuilder) Header(key string, values ...matchers.Matcher) *RequestBuilder {
	set(&b.draft.Request.Headers, key, values)
	return b
}

// Headers expects these headers.
func (b *RequestBuilder) Headers(headers matchers.HeadersMatcher) *RequestBuilder {
	for key, values := range headers {
		set(&b.draft.Request.Headers, key, values)
	}
	return b
}

// JSONBody expects a body of JSON, which may contain matchers. A text is JSON
// that is written already.
func (b *RequestBuilder) JSONBody(body interface{}) *RequestBuilder {
	b.draft.Request.Body = b.draft.json("request", body)
	return b
}

// BodyMatch expects JSON of the type of body, with its pact tags.
func (b *RequestBuilder) BodyMatch(body interface{}) *RequestBuilder {
	return b.JSONBody(matchers.MatchV2(body))
}

// BinaryBody expects content of application/octet-stream; these bytes are an example.
func (b *RequestBuilder) BinaryBody(body []byte) *RequestBuilder {
	b.draft.Request.Body = contracts.File(octets, body)
	return b
}

// Body expects a body of a media type.
func (b *RequestBuilder) Body(contentType string, body []byte) *RequestBuilder {
	b.draft.Request.Body = b.draft.body(&b.draft.Request.Headers, contentType, body)
	return b
}

// MultipartBody has no equivalent: the interaction fails.
func (b *RequestBuilder) MultipartBody(contentType, filename, mimePartName string) *RequestBuilder {
	b.draft.fail("request body", errMultipart)
	return b
}

// Header relies on a header with these values.
func (b *ResponseBuilder) Header(key string, values ...matchers.Matcher) *ResponseBuilder {
	set(&b.draft.Response.Headers, key, values)
	return b
}

// Headers relies on these headers.
func (b *ResponseBuilder) Headers(headers matchers.HeadersMatcher) *ResponseBuilder {
	for key, values := range headers {
		set(&b.draft.Response.Headers, key, values)
	}
	return b
}

// JSONBody relies on a body of JSON, which may contain matchers. A text is JSON
// that is written already.
func (b *ResponseBuilder) JSONBody(body interface{}) *ResponseBuilder {
	b.draft.Response.Body = b.draft.json("response", body)
	return b
}

// BodyMatch relies on JSON of the type of body, with its pact tags.
func (b *ResponseBuilder) BodyMatch(body interface{}) *ResponseBuilder {
	return b.JSONBody(matchers.MatchV2(body))
}

// BinaryBody relies on content of application/octet-stream; these bytes are an example.
func (b *ResponseBuilder) BinaryBody(body []byte) *ResponseBuilder {
	b.draft.Response.Body = contracts.File(octets, body)
	return b
}

// Body relies on a body of a media type.
func (b *ResponseBuilder) Body(contentType string, body []byte) *ResponseBuilder {
	b.draft.Response.Body = b.draft.body(&b.draft.Response.Headers, contentType, body)
	return b
}

// MultipartBody has no equivalent: the interaction fails.
func (b *ResponseBuilder) MultipartBody(contentType, filename, mimePartName string) *ResponseBuilder {
	b.draft.fail("response body", errMultipart)
	return b
}
