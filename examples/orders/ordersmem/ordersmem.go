// Package ordersmem is the shop with all of its world in memory: the real
// [orders.Service] on a store, a queue and a payments service that forget
// everything with the process.
package ordersmem

import (
	"context"
	"slices"
	"sync"

	"example.org/orders"
)

// Cards that [Payments] knows.
const (
	GoodCard  = "tok_valid"
	EmptyCard = "tok_declined" // known, and every charge is declined
)

// A Shop is the service with its queue in reach.
type Shop struct {
	*orders.Service
	Queue *Queue
}

// New returns a shop of its own, empty.
func New() *Shop {
	q := &Queue{}
	return &Shop{Queue: q, Service: &orders.Service{Store: &Store{}, Announcer: q, Payments: Payments{}}}
}

// A Store is an [orders.Store]. The zero Store is empty.
type Store struct {
	mu     sync.Mutex
	orders map[string]orders.Order
}

// Save implements [orders.Store].
func (s *Store) Save(_ context.Context, o orders.Order) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.orders == nil {
		s.orders = map[string]orders.Order{}
	}
	o.Lines = slices.Clone(o.Lines)
	s.orders[o.ID] = o
	return nil
}

// Load implements [orders.Store].
func (s *Store) Load(_ context.Context, id string) (orders.Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.orders[id]
	if !ok {
		return orders.Order{}, orders.ErrNotFound
	}
	return o, nil
}

// A Queue is an [orders.Announcer] that remembers. The zero Queue is empty.
type Queue struct {
	mu  sync.Mutex
	all []orders.Announcement
}

// Announce implements [orders.Announcer].
func (q *Queue) Announce(_ context.Context, a orders.Announcement) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.all = append(q.all, a)
	return nil
}

// All are the announcements so far, the oldest first.
func (q *Queue) All() []orders.Announcement {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.all)
}

// Payments is an [orders.Payments] that knows two cards.
type Payments struct{}

// Methods implements [orders.Payments].
func (Payments) Methods(context.Context) ([]string, error) {
	return []string{"card", "invoice"}, nil
}

// CheckCard implements [orders.Payments].
func (Payments) CheckCard(_ context.Context, card string) error {
	if card != GoodCard && card != EmptyCard {
		return orders.ErrUnknownCard
	}
	return nil
}

// Charge implements [orders.Payments].
func (Payments) Charge(_ context.Context, reference, card string, _ orders.Cents) (string, error) {
	if card != GoodCard {
		return "", orders.ErrDeclined
	}
	return "ch_" + reference, nil
}
