package payments_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"example.org/orders"
	"example.org/orders/payments"
)

// What the service promises is tested in ../contracts. Here is what this client
// does with answers that nobody promised.
func TestOddAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
	}{
		"broken":       {500, `{"id": "ch_1"}`},
		"not JSON":     {201, `<html>`},
		"no id":        {201, `{}`},
		"nothing":      {201, ``},
		"not modified": {304, ``},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				w.Write([]byte(c.body))
			}))
			defer srv.Close()
			id, err := payments.New(srv.URL, srv.Client()).Charge(t.Context(), "o1", "tok_valid", 12_50)
			if err == nil || id != "" || errors.Is(err, orders.ErrDeclined) || errors.Is(err, orders.ErrUnknownCard) {
				t.Errorf("got %q, %v; want an error that is no answer of the bank", id, err)
			}
		})
	}
}

func TestExpiredCard(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`{"status": "expired"}`))
	}))
	defer srv.Close()
	if err := payments.New(srv.URL, srv.Client()).CheckCard(t.Context(), "tok_old"); !errors.Is(err, orders.ErrDeclined) {
		t.Errorf("got %v, want ErrDeclined", err)
	}
}
