// Package contracts tests an adapter against the contract that it has with one
// dependency. It is an ordinary Go test:
//
//	func TestPayments(t *testing.T) {
//		c := contracts.For(t, "orders", "payments")
//		c.Test("a valid card", contracts.Interaction{
//			Given:    []contracts.State{{Name: "card is valid"}},
//			Safe:     true,
//			Request:  contracts.Request{Method: "GET", Path: contracts.Path{Template: "/cards/{card}", Match: map[string]string{"card": `tok_\w+`}}},
//			Response: contracts.Response{Status: 200, Body: contracts.JSON(matchers.Map{"status": matchers.Like("valid")})},
//		}, func(t *testing.T, ep contracts.Endpoint) {
//			card, err := payments.New(ep.URL, ep.Client).Card(t.Context(), ep.Value("card"))
//			...
//		})
//	}
//
// One contract runs in three modes, and the test does not know in which:
//
//   - mock: under a plain go test and in a commit stage. The adapter talks to
//     the official engine's mock server.
//   - live: on a target. The engine compares each request of the adapter with
//     the contract first; one that is not in it is never sent. The others go to
//     the real dependency, and the engine compares what it answers.
//   - safe: the same on a target with real users, for interactions marked Safe.
//
// Values for placeholders come from the mode: in mock mode an example, live the
// target's fixture for the provider state, in gate.yaml. Provider states are
// not executed. A secret is a regular expression in the contract
// ([matchers.Regex]) and comes from the environment, by [Endpoint.Secret].
//
// Who broke a contract is part of every failure: the adapter, the dependency,
// the configuration, the test, or nobody that can be told (it did not answer).
// What is probably not meant in a contract is told too: see [Lint].
//
// The engine is loaded at run time and not linked; where it is missing, tests
// fail and name the one command that installs it: see package
// [github.com/stagegate/stagegate/contracts/pact].
//
// [matchers.Regex]: https://pkg.go.dev/github.com/pact-foundation/pact-go/v2/matchers#Regex
package contracts
