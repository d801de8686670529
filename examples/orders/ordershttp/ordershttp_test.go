package ordershttp_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"example.org/orders"
	"example.org/orders/ordershttp"
	"example.org/orders/ordersmem"
)

// serve returns a client whose shop is port, behind a real HTTP server.
func serve(t *testing.T, port orders.Port) *ordershttp.Client {
	t.Helper()
	srv := httptest.NewServer(ordershttp.Handler(port, slog.New(slog.DiscardHandler)))
	t.Cleanup(srv.Close)
	return ordershttp.New(srv.URL, srv.Client())
}

func TestThereAndBack(t *testing.T) {
	shop := ordersmem.New()
	client := serve(t, shop)

	placed, err := client.Place(t.Context(), orders.Draft{Customer: "ada", Card: ordersmem.GoodCard, Note: "to & <fro>\n", Lines: []orders.Line{{SKU: "mug", Quantity: 2}}})
	if err != nil {
		t.Fatal(err)
	}
	want, err := shop.Order(t.Context(), placed.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := client.Order(t.Context(), placed.ID); err != nil || !reflect.DeepEqual(got, want) || !reflect.DeepEqual(placed, want) {
		t.Errorf("placed %+v, got %+v, %v; want %+v", placed, got, err, want)
	}

	wantProducts, _ := shop.Products(t.Context())
	if got, err := client.Products(t.Context()); err != nil || !reflect.DeepEqual(got, wantProducts) {
		t.Errorf("got %+v, %v; want %+v", got, err, wantProducts)
	}
	wantMethods, _ := shop.PaymentMethods(t.Context())
	if got, err := client.PaymentMethods(t.Context()); err != nil || !reflect.DeepEqual(got, wantMethods) {
		t.Errorf("got %v, %v; want %v", got, err, wantMethods)
	}
}

// Every error of the port is the same error at the other end.
func TestErrors(t *testing.T) {
	for _, want := range []error{orders.ErrInvalid, orders.ErrUnknownProduct, orders.ErrUnknownCard, orders.ErrDeclined, orders.ErrNotFound} {
		client := serve(t, broken{err: fmt.Errorf("no: %w", want)})
		if _, err := client.Place(t.Context(), orders.Draft{}); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

// What broke inside stays inside.
func TestInternalErrors(t *testing.T) {
	_, err := serve(t, broken{err: errors.New("dial tcp 10.1.2.3")}).Order(t.Context(), "o1")
	if err == nil || !strings.Contains(err.Error(), "502") || strings.Contains(err.Error(), "10.1.2.3") {
		t.Errorf("got %v, want a 502 that tells nothing", err)
	}
}

func TestBadRequest(t *testing.T) {
	srv := httptest.NewServer(ordershttp.Handler(ordersmem.New(), slog.New(slog.DiscardHandler)))
	defer srv.Close()
	for _, body := range []string{``, `{`, `{"custommer": "ada"}`, `{"note": "` + strings.Repeat("x", 1<<17) + `"}`} {
		resp, err := http.Post(srv.URL+"/orders", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%.20q: got %s, want 400", body, resp.Status)
		}
	}
}

// broken is a shop that refuses everything with err.
type broken struct {
	orders.Port
	err error
}

func (b broken) Place(context.Context, orders.Draft) (orders.Order, error) {
	return orders.Order{}, b.err
}

func (b broken) Order(context.Context, string) (orders.Order, error) { return orders.Order{}, b.err }
