package pactgo

import (
	"testing"

	"github.com/pact-foundation/pact-go/v2/matchers"
	"github.com/pact-foundation/pact-go/v2/models"

	"github.com/stagegate/stagegate/contracts"
)

// Method is an HTTP method.
type Method string

// An UnconfiguredInteraction has no request yet.
type UnconfiguredInteraction struct {
	draft    *draft
	provider *HTTPMockProvider
}

// An InteractionWithRequest has no response yet.
type InteractionWithRequest struct {
	draft    *draft
	provider *HTTPMockProvider
}

// An InteractionWithCompleteRequest has no response yet.
type InteractionWithCompleteRequest struct {
	draft    *draft
	provider *HTTPMockProvider
}

// An InteractionWithResponse can be run.
type InteractionWithResponse struct{ provider *HTTPMockProvider }

// The names of pact-go's two versions.
type (
	V2UnconfiguredInteraction        = UnconfiguredInteraction
	V4UnconfiguredInteraction        = UnconfiguredInteraction
	V2InteractionWithRequest         = InteractionWithRequest
	V4InteractionWithRequest         = InteractionWithRequest
	V2InteractionWithCompleteRequest = InteractionWithCompleteRequest
	V4InteractionWithCompleteRequest = InteractionWithCompleteRequest
	V2InteractionWithResponse        = InteractionWithResponse
	V4InteractionWithResponse        = InteractionWithResponse
)

// Given adds a provider state.
func (i *UnconfiguredInteraction) Given(state string) *UnconfiguredInteraction {
	i.draft.Given = append(i.draft.Given, contracts.State{Name: state})
	return i
}

// GivenWithParameter adds a provider state with parameters.
func (i *UnconfiguredInteraction) GivenWithParameter(state models.ProviderState) *UnconfiguredInteraction {
	i.draft.Given = append(i.draft.Given, contracts.State{Name: state.Name, Params: state.Parameters})
	return i
}

// UponReceiving says what the interaction is called. It is required.
func (i *UnconfiguredInteraction) UponReceiving(description string) *UnconfiguredInteraction {
	i.draft.Description = description
	return i
}

// Safe says that the interaction may be sent to a dependency with real users:
// it changes nothing there. pact-go has no such method.
func (i *UnconfiguredInteraction) Safe() *UnconfiguredInteraction {
	i.draft.Safe = true
	return i
}

// SafeBecause is Safe for a method other than GET, HEAD and OPTIONS, with the
// reason. pact-go has no such method.
func (i *UnconfiguredInteraction) SafeBecause(why string) *UnconfiguredInteraction {
	i.draft.Safe, i.draft.SafeBecause = true, why
	return i
}

// Allow names lints that are not to be applied. pact-go has no such method.
func (i *UnconfiguredInteraction) Allow(lints ...contracts.Lint) *UnconfiguredInteraction {
	i.draft.Allow = append(i.draft.Allow, lints...)
	return i
}

// WithRequest says what the adapter sends.
func (i *UnconfiguredInteraction) WithRequest(method Method, path string, builders ...RequestBuilderFunc) *InteractionWithRequest {
	return i.request(method, contracts.Literal(path), builders)
}

// WithRequestPathMatcher is WithRequest with a path that matchers.Regex describes.
func (i *UnconfiguredInteraction) WithRequestPathMatcher(method Method, path matchers.Matcher, builders ...RequestBuilderFunc) *InteractionWithRequest {
	p, err := pathOf(path)
	i.draft.fail("path", err)
	return i.request(method, p, builders)
}

// WithRequestTemplate is WithRequest with placeholders whose values are the
// target's fixtures: see [contracts.Path]. pact-go has no such method.
func (i *UnconfiguredInteraction) WithRequestTemplate(method Method, path contracts.Path, builders ...RequestBuilderFunc) *InteractionWithRequest {
	return i.request(method, path, builders)
}

func (i *UnconfiguredInteraction) request(method Method, path contracts.Path, builders []RequestBuilderFunc) *InteractionWithRequest {
	i.draft.Request.Method, i.draft.Request.Path = string(method), path
	for _, build := range builders {
		build(requestBuilder(i.draft))
	}
	return &InteractionWithRequest{i.draft, i.provider}
}

// WithCompleteRequest says what the adapter sends, in one value.
func (i *UnconfiguredInteraction) WithCompleteRequest(request Request) *InteractionWithCompleteRequest {
	p, err := pathOf(request.Path)
	i.draft.fail("path", err)
	i.draft.Request.Method, i.draft.Request.Path = request.Method, p
	i.draft.Request.Query, i.draft.Request.Headers = request.Query, request.Headers
	if request.Body != nil {
		i.draft.Request.Body = i.draft.json("request", request.Body)
	}
	return &InteractionWithCompleteRequest{i.draft, i.provider}
}

// WillRespondWith says what the dependency answers.
func (i *InteractionWithRequest) WillRespondWith(status int, builders ...ResponseBuilderFunc) *InteractionWithResponse {
	i.draft.Response.Status = status
	for _, build := range builders {
		build(responseBuilder(i.draft))
	}
	return &InteractionWithResponse{i.provider}
}

// WithCompleteResponse says what the dependency answers, in one value.
func (i *InteractionWithCompleteRequest) WithCompleteResponse(response Response) *InteractionWithResponse {
	i.draft.Response.Status, i.draft.Response.Headers = response.Status, response.Headers
	if response.Body != nil {
		i.draft.Response.Body = i.draft.json("response", response.Body)
	}
	return &InteractionWithResponse{i.provider}
}

// ExecuteTest is [HTTPMockProvider.ExecuteTest].
func (i *InteractionWithResponse) ExecuteTest(t *testing.T, integrationTest func(MockServerConfig) error) error {
	t.Helper()
	return i.provider.ExecuteTest(t, integrationTest)
}
