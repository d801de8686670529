// Package contracts_test says what the shop expects of other services: what it
// asks, and what of the answers it relies on. Under go test the other side is a
// mock made from this file; under gate it is the real service.
package contracts_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/pact-foundation/pact-go/v2/matchers"
	"github.com/stagegate/stagegate/contracts"

	"example.org/orders"
	"example.org/orders/payments"
)

func TestPayments(t *testing.T) {
	c := contracts.For(t, "orders", "payments")

	c.Test("the ways to pay", contracts.Interaction{
		Safe:    true,
		Request: contracts.Request{Method: http.MethodGet, Path: contracts.Path{Template: "/methods"}},
		Response: contracts.Response{Status: http.StatusOK, Body: contracts.JSON(matchers.Map{
			"methods": matchers.EachLike(matchers.Map{"name": matchers.Like("card")}, 1)})},
	}, func(t *testing.T, ep contracts.Endpoint) {
		got, err := payments.New(ep.URL, ep.Client).Methods(t.Context())
		if err != nil || !slices.Contains(got, "card") {
			t.Errorf("got %q, %v; want card among them", got, err)
		}
	})

	c.Test("a valid card", contracts.Interaction{
		Given:    []contracts.State{{Name: "the card is valid"}},
		Safe:     true,
		Request:  contracts.Request{Method: http.MethodGet, Path: cardPath("")},
		Response: contracts.Response{Status: http.StatusOK, Body: contracts.JSON(matchers.Map{"status": matchers.Term("valid", "^valid$")})},
	}, func(t *testing.T, ep contracts.Endpoint) {
		if err := payments.New(ep.URL, ep.Client).CheckCard(t.Context(), ep.Value("card")); err != nil {
			t.Errorf("got %v, want no error", err)
		}
	})

	c.Test("a card that nobody knows", contracts.Interaction{
		Given:    []contracts.State{{Name: "nobody knows the card"}},
		Safe:     true,
		Request:  contracts.Request{Method: http.MethodGet, Path: cardPath("")},
		Response: contracts.Response{Status: http.StatusNotFound},
	}, func(t *testing.T, ep contracts.Endpoint) {
		if err := payments.New(ep.URL, ep.Client).CheckCard(t.Context(), ep.Value("card")); !errors.Is(err, orders.ErrUnknownCard) {
			t.Errorf("got %v, want %v", err, orders.ErrUnknownCard)
		}
	})

	c.Test("a charge", contracts.Interaction{
		Given:   []contracts.State{{Name: "the card is valid"}},
		Request: charge(),
		Response: contracts.Response{Status: http.StatusCreated, Body: contracts.JSON(matchers.Map{
			"id": matchers.Term("ch_1", `^ch_\w+$`)})},
	}, func(t *testing.T, ep contracts.Endpoint) {
		id, err := payments.New(ep.URL, ep.Client).Charge(t.Context(), rand.Text(), ep.Value("card"), 12_50)
		if err != nil || id == "" {
			t.Errorf("got %q, %v; want the id of a charge", id, err)
		}
	})

	c.Test("a declined charge", contracts.Interaction{
		Given:    []contracts.State{{Name: "the account of the card is empty"}},
		Request:  charge(),
		Response: contracts.Response{Status: http.StatusPaymentRequired, Body: contracts.JSON(matchers.Map{"error": matchers.Like("card declined")})},
	}, func(t *testing.T, ep contracts.Endpoint) {
		_, err := payments.New(ep.URL, ep.Client).Charge(t.Context(), rand.Text(), ep.Value("card"), 12_50)
		if !errors.Is(err, orders.ErrDeclined) {
			t.Errorf("got %v, want %v", err, orders.ErrDeclined)
		}
	})
}

// cardPath is below a card, whose token is a fixture of the target.
func cardPath(below string) contracts.Path {
	return contracts.Path{Template: "/cards/{card}" + below, Match: map[string]string{"card": `tok_\w+`}}
}

// charge asks for 12.50 from a card.
func charge() contracts.Request {
	return contracts.Request{Method: http.MethodPost, Path: cardPath("/charges"),
		Body: contracts.JSON(map[string]any{
			"reference": matchers.Term("o1", `^\w+$`),
			"amount":    1250,
			"currency":  "EUR",
		})}
}
