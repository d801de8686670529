// Command payments is the payments service. In life another team runs it,
// elsewhere; it is here so that the example has a real dependency to call.
// It shares no code with the package payments of this repository.
//
//	payments -listen 127.0.0.1:18092
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "payments:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("payments", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:18092", "`address` to listen on")
	if err := flags.Parse(args); err != nil {
		return err
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	fmt.Fprintln(stderr, "payments: listening on", l.Addr())
	srv := &http.Server{Handler: newBank().routes(), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { srv.Close() })
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// A bank knows a few cards, and remembers what it charged.
type bank struct {
	cards map[string]card

	mu      sync.Mutex
	charges map[string]charge // by reference
}

type card struct {
	Status string `json:"status"` // valid or expired
	Brand  string `json:"brand"`
	empty  bool   // every charge is declined
}

type charge struct {
	ID        string `json:"id"`
	Reference string `json:"reference"`
	Card      string `json:"card"`
	Amount    int64  `json:"amount"`
	Currency  string `json:"currency"`
	Status    string `json:"status"`
}

type method struct {
	Name       string   `json:"name"`
	Currencies []string `json:"currencies"`
}

func newBank() *bank {
	return &bank{charges: map[string]charge{}, cards: map[string]card{
		"tok_valid":    {Status: "valid", Brand: "visa"},
		"tok_declined": {Status: "valid", Brand: "visa", empty: true},
		"tok_expired":  {Status: "expired", Brand: "mastercard"},
	}}
}

func (b *bank) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /methods", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, map[string][]method{"methods": {{"card", []string{"EUR", "USD"}}, {"invoice", []string{"EUR"}}}})
	})
	mux.HandleFunc("GET /cards/{card}", func(w http.ResponseWriter, r *http.Request) {
		if c, ok := b.cards[r.PathValue("card")]; ok {
			write(w, http.StatusOK, c)
			return
		}
		refuse(w, http.StatusNotFound, "no such card")
	})
	mux.HandleFunc("POST /cards/{card}/charges", b.charge)
	return mux
}

func (b *bank) charge(w http.ResponseWriter, r *http.Request) {
	var c charge
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&c); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	c.Card = r.PathValue("card")
	known, ok := b.cards[c.Card]
	switch {
	case !ok:
		refuse(w, http.StatusNotFound, "no such card")
		return
	case c.Reference == "" || c.Amount <= 0 || c.Currency != "EUR":
		refuse(w, http.StatusUnprocessableEntity, "a charge needs a reference and an amount in EUR")
		return
	case known.empty || known.Status != "valid":
		refuse(w, http.StatusPaymentRequired, "card declined")
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if before, ok := b.charges[c.Reference]; ok {
		write(w, http.StatusOK, before)
		return
	}
	c.ID, c.Status = fmt.Sprintf("ch_%d", len(b.charges)+1), "captured"
	b.charges[c.Reference] = c
	write(w, http.StatusCreated, c)
}

func refuse(w http.ResponseWriter, status int, why string) {
	write(w, status, map[string]string{"error": why})
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
