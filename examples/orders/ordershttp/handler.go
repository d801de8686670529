// Package ordershttp is the shop over HTTP: [Handler] serves an [orders.Port],
// and [Client] is one whose shop is somewhere else.
//
//	GET  /products
//	GET  /payment-methods
//	POST /orders
//	GET  /orders/{id}
//
// A refusal is {"error": code, "message": text}, with a code for each error of
// package orders.
package ordershttp

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"example.org/orders"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 64 << 10

// A refusal is how one error of the port is said over HTTP.
type refusal struct {
	err    error
	code   string
	status int
}

func refusals() []refusal {
	return []refusal{
		{orders.ErrInvalid, "invalid", http.StatusUnprocessableEntity},
		{orders.ErrUnknownProduct, "unknown-product", http.StatusUnprocessableEntity},
		{orders.ErrUnknownCard, "unknown-card", http.StatusUnprocessableEntity},
		{orders.ErrDeclined, "declined", http.StatusPaymentRequired},
		{orders.ErrNotFound, "not-found", http.StatusNotFound},
	}
}

// A problem is the body of an answer that is not a success.
type problem struct {
	Error   string `json:"error"`
	Message string `json:"message"`
}

// Handler serves port. What is not a refusal is a 502: the port's own world
// failed; log gets the reason, the customer does not.
func Handler(port orders.Port, log *slog.Logger) http.Handler {
	h := handler{port, log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /products", func(w http.ResponseWriter, r *http.Request) {
		products, err := port.Products(r.Context())
		h.answer(w, r, http.StatusOK, products, err)
	})
	mux.HandleFunc("GET /payment-methods", func(w http.ResponseWriter, r *http.Request) {
		methods, err := port.PaymentMethods(r.Context())
		h.answer(w, r, http.StatusOK, methods, err)
	})
	mux.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		o, err := port.Order(r.Context(), r.PathValue("id"))
		h.answer(w, r, http.StatusOK, o, err)
	})
	mux.HandleFunc("POST /orders", h.place)
	return mux
}

type handler struct {
	port orders.Port
	log  *slog.Logger
}

func (h handler) place(w http.ResponseWriter, r *http.Request) {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	dec.DisallowUnknownFields()
	var d orders.Draft
	if err := dec.Decode(&d); err != nil {
		h.write(w, r, http.StatusBadRequest, problem{"bad-request", err.Error()})
		return
	}
	o, err := h.port.Place(r.Context(), d)
	h.answer(w, r, http.StatusCreated, o, err)
}

// answer writes v, or what became of it.
func (h handler) answer(w http.ResponseWriter, r *http.Request, status int, v any, err error) {
	if err == nil {
		h.write(w, r, status, v)
		return
	}
	for _, k := range refusals() {
		if errors.Is(err, k.err) {
			h.write(w, r, k.status, problem{k.code, err.Error()})
			return
		}
	}
	h.log.ErrorContext(r.Context(), "not answered", "method", r.Method, "path", r.URL.Path, "err", err)
	h.write(w, r, http.StatusBadGateway, problem{"unavailable", "the shop cannot answer now"})
}

func (h handler) write(w http.ResponseWriter, r *http.Request, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		h.log.WarnContext(r.Context(), "answer not sent", "path", r.URL.Path, "err", err)
	}
}
