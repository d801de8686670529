// Package pactgo has the names of pact-go's consumer package, so that an
// existing test of an HTTP dependency runs in all modes of package contracts
// when its import is changed:
//
//   - "github.com/pact-foundation/pact-go/v2/consumer"
//   - consumer "github.com/stagegate/stagegate/contracts/pactgo"
//
// The matchers stay pact-go's. Under a plain go test the adapter talks to the
// engine's mock server, as before, and no file is written. Under gate the
// same test runs against mocks or against a real dependency, and gate merges the
// pact files of all processes.
//
// # What differs
//
//   - An interaction is a subtest of the test that ExecuteTest is given, called
//     by its description and provider states. Planning, shards and live targets
//     do not call the function of an interaction that is not theirs: put
//     assertions into the function, not after it.
//   - On a live target with real users only what is marked runs:
//     AddInteraction().Safe(), or SafeBecause for methods that usually change
//     something. No mark, nothing runs, and the contract fails there.
//   - Paths are sent as the test writes them. To take a value from the target's
//     fixtures use WithRequestTemplate and [MockServerConfig.Value].
//   - Lints apply: a secret in an example fails. AddInteraction().Allow("secret").
//   - The function's config has a Client that talks to the endpoint alone. An
//     adapter's own client works too, but follows redirects out of the contract.
//   - The pact file is always of specification version 4, whichever builder.
//   - Provider verification stays with pact-go: pactgo has no provider side.
//
// # What is supported
//
//	NewV2Pact, NewV4Pact                     yes; both take the matchers of all versions
//	AddInteraction, Given, UponReceiving     yes
//	GivenWithParameter                       yes; a text that looks like JSON stays a text
//	WithRequest                              yes
//	WithRequestPathMatcher                   matchers.Regex and plain text; others fail
//	WithCompleteRequest, WithCompleteResponse  yes
//	Query, Header, Headers                   yes; all values of a header count (pact-go 2.4.2 keeps the last)
//	JSONBody, BodyMatch, BinaryBody          yes
//	Body                                     yes; an empty body fails
//	MultipartBody                            fails
//	WillRespondWith, ExecuteTest             yes
//	one interaction twice in one test        fails, by description and states
//	several interactions in one ExecuteTest  yes: one test, one result
//	Config: Consumer, Provider               yes
//	Config: Host                             127.0.0.1 and localhost; others fail
//	Config: LogDir, ClientTimeout            nothing, as in pact-go 2.4.2
//	Config: PactDir                          nothing: gate writes the contract of a whole run; fails
//	                                         while a file of pact-go's for the pair is there
//	Config: Port, AllowedMockServerPorts     fail: the port is in the function's config
//	Config: TLS                              fails: the endpoint is on loopback
//	NewV3Pact, UsingPlugin, messages         not there: does not compile
//
// What fails, fails when NewV2Pact or NewV4Pact or ExecuteTest returns, with an
// error that says what to do instead; ExecuteTest fails its test, too. One thing
// cannot be noticed here: interactions after which nobody calls ExecuteTest.
package pactgo
