// Package payments asks the payments service, which another team runs. What
// this package relies on is the contract in ../contracts.
package payments

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"example.org/orders"
)

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 1 << 20

// A Client is an [orders.Payments] over HTTP.
type Client struct {
	url  string
	http *http.Client
}

// New returns a client of the payments service at url.
func New(url string, client *http.Client) *Client {
	return &Client{url: strings.TrimSuffix(url, "/"), http: client}
}

// Methods implements [orders.Payments].
func (c *Client) Methods(ctx context.Context) ([]string, error) {
	var answer struct {
		Methods []struct {
			Name string `json:"name"`
		} `json:"methods"`
	}
	if err := c.ask(ctx, http.MethodGet, "/methods", nil, &answer); err != nil {
		return nil, err
	}
	var names []string
	for _, m := range answer.Methods {
		names = append(names, m.Name)
	}
	return names, nil
}

// CheckCard implements [orders.Payments].
func (c *Client) CheckCard(ctx context.Context, card string) error {
	var answer struct {
		Status string `json:"status"`
	}
	if err := c.ask(ctx, http.MethodGet, "/cards/"+url.PathEscape(card), nil, &answer); err != nil {
		return err
	}
	if answer.Status != "valid" {
		return fmt.Errorf("card is %q: %w", answer.Status, orders.ErrDeclined)
	}
	return nil
}

// Charge implements [orders.Payments].
func (c *Client) Charge(ctx context.Context, reference, card string, amount orders.Cents) (string, error) {
	question := map[string]any{"reference": reference, "amount": amount, "currency": "EUR"}
	var answer struct {
		ID string `json:"id"`
	}
	if err := c.ask(ctx, http.MethodPost, "/cards/"+url.PathEscape(card)+"/charges", question, &answer); err != nil {
		return "", err
	}
	if answer.ID == "" {
		return "", fmt.Errorf("payments: a charge without an id")
	}
	return answer.ID, nil
}

// ask sends one request and reads its answer. The statuses that mean something
// to the shop become its errors.
func (c *Client) ask(ctx context.Context, method, path string, question, answer any) error {
	var body io.Reader
	if question != nil {
		b, err := json.Marshal(question)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	if question != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("payments: %w", err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusPaymentRequired:
		return orders.ErrDeclined
	case resp.StatusCode == http.StatusNotFound && strings.HasPrefix(path, "/cards/"):
		return orders.ErrUnknownCard
	case resp.StatusCode/100 != 2:
		return fmt.Errorf("payments: %s %s answered %s", method, path, resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(answer); err != nil {
		return fmt.Errorf("payments: %s %s: %w", method, path, err)
	}
	return nil
}
