package ordershttp

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

// maxAnswer bounds an answer's body, in bytes.
const maxAnswer = 1 << 20

// A Client is an [orders.Port] whose shop is behind a URL.
type Client struct {
	url  string
	http *http.Client
}

// New returns a client of the shop at url.
func New(url string, client *http.Client) *Client {
	return &Client{url: strings.TrimSuffix(url, "/"), http: client}
}

// Products implements [orders.Port].
func (c *Client) Products(ctx context.Context) (all []orders.Product, err error) {
	err = c.do(ctx, http.MethodGet, "/products", nil, &all)
	return all, err
}

// PaymentMethods implements [orders.Port].
func (c *Client) PaymentMethods(ctx context.Context) (all []string, err error) {
	err = c.do(ctx, http.MethodGet, "/payment-methods", nil, &all)
	return all, err
}

// Place implements [orders.Port].
func (c *Client) Place(ctx context.Context, d orders.Draft) (o orders.Order, err error) {
	err = c.do(ctx, http.MethodPost, "/orders", d, &o)
	return o, err
}

// Order implements [orders.Port].
func (c *Client) Order(ctx context.Context, id string) (o orders.Order, err error) {
	err = c.do(ctx, http.MethodGet, "/orders/"+url.PathEscape(id), nil, &o)
	return o, err
}

func (c *Client) do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %w", method, path, refused(resp.Status, b))
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// refused is the port's error that an answer stands for.
func refused(status string, body []byte) error {
	var p problem
	if err := json.Unmarshal(body, &p); err != nil {
		return fmt.Errorf("the shop answered %s", status)
	}
	for _, k := range refusals() {
		if p.Error == k.code {
			return fmt.Errorf("%w (%s)", k.err, p.Message)
		}
	}
	return fmt.Errorf("the shop answered %s: %s", status, p.Message)
}
