// Package orders is a small shop: it takes orders, has them paid, keeps them
// and announces them.
//
// [Port] is what the shop can be asked. [Service] answers it, and knows
// nothing of HTTP, DynamoDB or SQS: it asks the world through [Store],
// [Announcer] and [Payments]. The packages around it are the adapters:
//
//	ordershttp   the port over HTTP, both ends
//	ordersaws    orders in DynamoDB, announcements on SQS
//	payments     the payments service, over HTTP
//	ordersmem    all of the world in memory
package orders

import (
	"context"
	"errors"
	"fmt"
)

// A Port is the shop as its customers meet it.
type Port interface {
	// Products are what the shop sells, sorted by SKU.
	Products(ctx context.Context) ([]Product, error)
	// PaymentMethods are the ways to pay, as the payments service has them today.
	PaymentMethods(ctx context.Context) ([]string, error)
	// Place places an order and has it paid. It returns ErrInvalid,
	// ErrUnknownProduct, ErrUnknownCard or ErrDeclined where the shop refuses.
	Place(ctx context.Context, d Draft) (Order, error)
	// Order is the order with that id, or ErrNotFound.
	Order(ctx context.Context, id string) (Order, error)
}

// What the shop says when it refuses.
var (
	ErrInvalid        = errors.New("the order is not valid")
	ErrUnknownProduct = errors.New("the shop does not sell this product")
	ErrUnknownCard    = errors.New("the card is unknown")
	ErrDeclined       = errors.New("the payment was declined")
	ErrNotFound       = errors.New("there is no such order")
)

// A Product is something that the shop sells.
type Product struct {
	SKU   string `json:"sku"`
	Name  string `json:"name"`
	Price Cents  `json:"price"`
}

// A Draft is an order that a customer would like to place.
type Draft struct {
	Customer string `json:"customer"`
	Card     string `json:"card"` // a token of the payments service
	Lines    []Line `json:"lines"`
	Note     string `json:"note,omitempty"`
}

// A Line is how many of one product; at least one.
type Line struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
}

// An Order is an order as the shop keeps it.
type Order struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Lines    []Line `json:"lines"`
	Note     string `json:"note,omitempty"`
	Total    Cents  `json:"total"`
	Status   Status `json:"status"`
	Payment  string `json:"payment,omitempty"` // id of the charge, once paid
}

// A Status is how far an order has come.
type Status string

// Statuses. An order is Pending only while the payments service is asked.
const (
	Pending  Status = "pending"
	Paid     Status = "paid"
	Declined Status = "declined"
)

// An Announcement tells other services that an order was paid.
type Announcement struct {
	Order    string `json:"order"`
	Customer string `json:"customer"`
	Total    Cents  `json:"total"`
}

// Cents is an amount of euros, in cents.
type Cents int64

// String is c in euros: "12.50".
func (c Cents) String() string { return fmt.Sprintf("%d.%02d", c/100, c%100) }
