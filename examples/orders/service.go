package orders

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
)

// A Store keeps orders.
type Store interface {
	// Save writes o, over an earlier state of the same order.
	Save(ctx context.Context, o Order) error
	// Load returns the order with that id, or ErrNotFound.
	Load(ctx context.Context, id string) (Order, error)
}

// An Announcer tells other services about paid orders.
type Announcer interface {
	Announce(ctx context.Context, a Announcement) error
}

// Payments takes the customers' money.
type Payments interface {
	// Methods are the ways to pay.
	Methods(ctx context.Context) ([]string, error)
	// CheckCard returns ErrUnknownCard for a card that nobody knows.
	CheckCard(ctx context.Context, card string) error
	// Charge takes amount from card and returns the id of the charge, or
	// ErrDeclined. The same reference is charged once, however often it is asked.
	Charge(ctx context.Context, reference, card string, amount Cents) (string, error)
}

// maxQuantity bounds one line: more is a typing mistake.
const maxQuantity = 100

// A Service is the shop itself. It implements [Port].
type Service struct {
	Store     Store
	Announcer Announcer
	Payments  Payments
	NewID     func() string // nil means random
}

// catalogue is what the shop sells, sorted by SKU.
func catalogue() []Product {
	return []Product{
		{SKU: "mug", Name: "A mug", Price: 12_50},
		{SKU: "poster", Name: "A poster", Price: 30_00},
		{SKU: "sticker", Name: "A sticker", Price: 99},
	}
}

// Products implements [Port].
func (s *Service) Products(context.Context) ([]Product, error) { return catalogue(), nil }

// PaymentMethods implements [Port].
func (s *Service) PaymentMethods(ctx context.Context) ([]string, error) {
	methods, err := s.Payments.Methods(ctx)
	if err != nil {
		return nil, fmt.Errorf("payment methods: %w", err)
	}
	return methods, nil
}

// Order implements [Port].
func (s *Service) Order(ctx context.Context, id string) (Order, error) { return s.Store.Load(ctx, id) }

// Place implements [Port]. The order is saved before it is charged, so that a
// charge always has an order to go with it, whatever breaks in between.
func (s *Service) Place(ctx context.Context, d Draft) (Order, error) {
	total, err := price(d)
	if err != nil {
		return Order{}, err
	}
	if err := s.Payments.CheckCard(ctx, d.Card); err != nil {
		return Order{}, fmt.Errorf("check card: %w", err)
	}
	o := Order{ID: s.newID(), Customer: d.Customer, Lines: d.Lines, Note: d.Note, Total: total, Status: Pending}
	if err := s.Store.Save(ctx, o); err != nil {
		return Order{}, fmt.Errorf("save order %s: %w", o.ID, err)
	}
	if o, err = s.charge(ctx, o, d.Card); err != nil {
		return Order{}, err
	}
	a := Announcement{Order: o.ID, Customer: o.Customer, Total: o.Total}
	if err := s.Announcer.Announce(ctx, a); err != nil {
		return Order{}, fmt.Errorf("announce order %s: %w", o.ID, err)
	}
	return o, nil
}

// charge asks for the money and saves the answer, yes or no.
func (s *Service) charge(ctx context.Context, o Order, card string) (Order, error) {
	payment, refused := s.Payments.Charge(ctx, o.ID, card, o.Total)
	switch {
	case errors.Is(refused, ErrDeclined):
		o.Status = Declined
	case refused != nil:
		return o, fmt.Errorf("charge order %s: %w", o.ID, refused)
	default:
		o.Status, o.Payment = Paid, payment
	}
	if err := s.Store.Save(ctx, o); err != nil {
		return o, fmt.Errorf("save order %s: %w", o.ID, err)
	}
	return o, refused
}

// price is what d costs, if the shop can sell it.
func price(d Draft) (total Cents, err error) {
	if d.Customer == "" || len(d.Lines) == 0 {
		return 0, fmt.Errorf("%w: it needs a customer and something to buy", ErrInvalid)
	}
	prices := map[string]Cents{}
	for _, p := range catalogue() {
		prices[p.SKU] = p.Price
	}
	for _, l := range d.Lines {
		p, ok := prices[l.SKU]
		switch {
		case !ok:
			return 0, fmt.Errorf("%w: %q", ErrUnknownProduct, l.SKU)
		case l.Quantity < 1 || l.Quantity > maxQuantity:
			return 0, fmt.Errorf("%w: %d of %q, want 1 to %d", ErrInvalid, l.Quantity, l.SKU, maxQuantity)
		}
		total += p * Cents(l.Quantity)
	}
	return total, nil
}

func (s *Service) newID() string {
	if s.NewID == nil {
		return rand.Text()
	}
	return s.NewID()
}
