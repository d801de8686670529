// Command orders serves the shop.
//
// It is configured by its environment:
//
//	LISTEN         address to listen on
//	ORDERS_TABLE   name of the DynamoDB table
//	ORDERS_QUEUE   URL of the SQS queue for announcements
//	PAYMENTS_URL   of the payments service
//
// and by the AWS SDK's own variables.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"example.org/orders"
	"example.org/orders/ordersaws"
	"example.org/orders/ordershttp"
	"example.org/orders/payments"
)

// commit is what this program was built from. The linker sets it: see the Makefile.
var commit = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "orders:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends, and then finishes what was begun.
func run(ctx context.Context, getenv func(string) string, stderr io.Writer) error {
	for _, name := range []string{"LISTEN", "ORDERS_TABLE", "ORDERS_QUEUE", "PAYMENTS_URL"} {
		if getenv(name) == "" {
			return fmt.Errorf("%s is not set", name)
		}
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("aws: %w", err)
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	shop := &orders.Service{
		Store:     ordersaws.Table{Client: dynamodb.NewFromConfig(cfg), Name: getenv("ORDERS_TABLE")},
		Announcer: ordersaws.Queue{Client: sqs.NewFromConfig(cfg), URL: getenv("ORDERS_QUEUE")},
		Payments:  payments.New(getenv("PAYMENTS_URL"), &http.Client{Timeout: 5 * time.Second}),
	}
	l, err := net.Listen("tcp", getenv("LISTEN"))
	if err != nil {
		return err
	}
	log.Info("listening", "address", l.Addr(), "commit", commit)
	return serve(ctx, l, routes(shop, log))
}

// routes are the shop's, and those for the people who run it.
func routes(shop orders.Port, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", ordershttp.Handler(shop, log))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]string{"commit": commit})
	})
	return mux
}

func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		return err
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
