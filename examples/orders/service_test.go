package orders_test

import (
	"context"
	"errors"
	"testing"

	"example.org/orders"
	"example.org/orders/ordersmem"
)

func TestPlace(t *testing.T) {
	lines := func(sku string, n int) []orders.Line { return []orders.Line{{SKU: sku, Quantity: n}} }
	for name, c := range map[string]struct {
		draft orders.Draft
		total orders.Cents
		err   error
	}{
		"one line":          {draft: orders.Draft{Customer: "ada", Card: ordersmem.GoodCard, Lines: lines("mug", 2)}, total: 25_00},
		"several lines":     {draft: orders.Draft{Customer: "ada", Card: ordersmem.GoodCard, Lines: append(lines("mug", 1), lines("sticker", 3)...)}, total: 15_47},
		"as many as we can": {draft: orders.Draft{Customer: "ada", Card: ordersmem.GoodCard, Lines: lines("sticker", 100)}, total: 99_00},
		"one too many":      {draft: orders.Draft{Customer: "ada", Card: ordersmem.GoodCard, Lines: lines("sticker", 101)}, err: orders.ErrInvalid},
		"none":              {draft: orders.Draft{Customer: "ada", Card: ordersmem.GoodCard, Lines: lines("mug", 0)}, err: orders.ErrInvalid},
		"less than none":    {draft: orders.Draft{Customer: "ada", Card: ordersmem.GoodCard, Lines: lines("mug", -1)}, err: orders.ErrInvalid},
		"nothing":           {draft: orders.Draft{Customer: "ada", Card: ordersmem.GoodCard}, err: orders.ErrInvalid},
		"nobody":            {draft: orders.Draft{Card: ordersmem.GoodCard, Lines: lines("mug", 1)}, err: orders.ErrInvalid},
		"unknown product":   {draft: orders.Draft{Customer: "ada", Card: ordersmem.GoodCard, Lines: lines("yacht", 1)}, err: orders.ErrUnknownProduct},
		"unknown card":      {draft: orders.Draft{Customer: "ada", Card: "tok_nobody", Lines: lines("mug", 1)}, err: orders.ErrUnknownCard},
		"declined":          {draft: orders.Draft{Customer: "ada", Card: ordersmem.EmptyCard, Lines: lines("mug", 1)}, err: orders.ErrDeclined},
	} {
		t.Run(name, func(t *testing.T) {
			shop := ordersmem.New()
			got, err := shop.Place(t.Context(), c.draft)
			if !errors.Is(err, c.err) || got.Total != c.total {
				t.Fatalf("got %v, %v; want %v, %v", got.Total, err, c.total, c.err)
			}
			announced := shop.Queue.All()
			if c.err != nil {
				if len(announced) > 0 {
					t.Errorf("a refused order was announced: %+v", announced)
				}
				return
			}
			if got.Status != orders.Paid || got.Payment == "" {
				t.Errorf("got status %q and payment %q", got.Status, got.Payment)
			}
			if want := (orders.Announcement{Order: got.ID, Customer: "ada", Total: c.total}); len(announced) != 1 || announced[0] != want {
				t.Errorf("announced %+v, want %+v", announced, want)
			}
		})
	}
}

// A declined order is kept, so that the shop can tell its customer why.
func TestDeclinedIsKept(t *testing.T) {
	shop := ordersmem.New()
	shop.NewID = func() string { return "o1" }
	_, err := shop.Place(t.Context(), orders.Draft{Customer: "ada", Card: ordersmem.EmptyCard, Lines: []orders.Line{{SKU: "mug", Quantity: 1}}})
	if !errors.Is(err, orders.ErrDeclined) {
		t.Fatalf("got %v, want ErrDeclined", err)
	}
	if o, err := shop.Order(t.Context(), "o1"); err != nil || o.Status != orders.Declined || o.Payment != "" {
		t.Errorf("got %+v, %v; want it declined", o, err)
	}
}

// An order whose payment nobody knows stays pending and is not announced.
func TestPaymentsDown(t *testing.T) {
	shop := ordersmem.New()
	shop.NewID = func() string { return "o1" }
	shop.Payments = down{shop.Payments}
	_, err := shop.Place(t.Context(), orders.Draft{Customer: "ada", Card: ordersmem.GoodCard, Lines: []orders.Line{{SKU: "mug", Quantity: 1}}})
	if !errors.Is(err, errDown) {
		t.Fatalf("got %v, want %v", err, errDown)
	}
	if o, err := shop.Order(t.Context(), "o1"); err != nil || o.Status != orders.Pending {
		t.Errorf("got %+v, %v; want it pending", o, err)
	}
	if got := shop.Queue.All(); len(got) > 0 {
		t.Errorf("announced %+v", got)
	}
}

var errDown = errors.New("connection refused")

// down knows its cards, and breaks when it is asked for money.
type down struct{ orders.Payments }

func (down) Charge(context.Context, string, string, orders.Cents) (string, error) {
	return "", errDown
}

func TestCents(t *testing.T) {
	for c, want := range map[orders.Cents]string{0: "0.00", 5: "0.05", 99: "0.99", 12_50: "12.50", 1234_00: "1234.00"} {
		if got := c.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
