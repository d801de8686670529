package features_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/cucumber/godog"
	"github.com/stagegate/stagegate/features"

	"example.org/orders"
	"example.org/orders/ordersmem"
)

func steps(s *features.Steps[*world]) {
	s.Given(`^I am a new customer$`, func() {}) // each world is one
	s.Given(`^I pay with an? (good|empty|unknown) card$`, (*world).payWith)
	s.Given(`^I have ordered (-?\d+) of "([^"]*)"$`, (*world).haveOrdered)

	s.When(`^I order (-?\d+) of "([^"]*)"$`, (*world).orderOne)
	s.When(`^I order (-?\d+) of "([^"]*)" with the note$`, (*world).orderWithNote)
	s.When(`^I order$`, (*world).orderAll)
	s.When(`^I look at my order$`, (*world).look)
	s.When(`^I look at an order that nobody placed$`, (*world).lookForNothing)
	s.When(`^I look at the products$`, (*world).askProducts)
	s.When(`^I ask how I can pay$`, (*world).askMethods)

	s.Then(`^the order is accepted$`, (*world).accepted)
	s.Then(`^the order is refused: (.+)$`, (*world).refused)
	s.Then(`^it costs (\d+\.\d\d)$`, (*world).costs)
	s.Then(`^it is mine and paid$`, (*world).mineAndPaid)
	s.Then(`^it holds$`, (*world).holds)
	s.Then(`^my order still has the note$`, (*world).hasNote)
	s.Then(`^the order is announced to other services$`, (*world).isAnnounced)
	s.Then(`^there is no such order$`, (*world).noSuchOrder)
	s.Then(`^the shop sells$`, (*world).sells)
	s.Then(`^one way to pay is "([^"]*)"$`, (*world).wayToPay)
}

func (w *world) payWith(kind string) {
	w.draft.Card = map[string]string{"good": ordersmem.GoodCard, "empty": ordersmem.EmptyCard, "unknown": "tok_nobody"}[kind]
}

// place keeps a refusal for the steps that follow. Any other error ends the scenario.
func (w *world) place(ctx context.Context, lines ...orders.Line) error {
	d := w.draft
	d.Lines = lines
	w.order, w.err = w.shop.Place(ctx, d)
	for _, refusal := range []error{orders.ErrInvalid, orders.ErrUnknownProduct, orders.ErrUnknownCard, orders.ErrDeclined} {
		if errors.Is(w.err, refusal) {
			w.err = refusal
			return nil
		}
	}
	return w.err
}

func (w *world) orderOne(ctx context.Context, n int, sku string) error {
	return w.place(ctx, orders.Line{SKU: sku, Quantity: n})
}

func (w *world) haveOrdered(ctx context.Context, n int, sku string) error {
	if err := w.orderOne(ctx, n, sku); err != nil {
		return err
	}
	return w.accepted()
}

func (w *world) orderWithNote(ctx context.Context, n int, sku, note string) error {
	w.draft.Note = note
	return w.orderOne(ctx, n, sku)
}

func (w *world) orderAll(ctx context.Context, table *godog.Table) error {
	lines, err := linesOf(table)
	if err != nil {
		return err
	}
	return w.place(ctx, lines...)
}

func (w *world) look(ctx context.Context) (err error) {
	w.order, err = w.shop.Order(ctx, w.order.ID)
	return err
}

func (w *world) lookForNothing(ctx context.Context) error {
	_, w.err = w.shop.Order(ctx, "nobody-placed-this")
	return nil
}

func (w *world) askProducts(ctx context.Context) (err error) {
	w.products, err = w.shop.Products(ctx)
	return err
}

func (w *world) askMethods(ctx context.Context) (err error) {
	w.methods, err = w.shop.PaymentMethods(ctx)
	return err
}

func (w *world) accepted() error {
	if w.err != nil {
		return fmt.Errorf("it was refused: %w", w.err)
	}
	return expect("status", w.order.Status, orders.Paid)
}

func (w *world) refused(why string) error {
	if w.err == nil {
		return fmt.Errorf("it was accepted: %+v", w.order)
	}
	return expect("reason", w.err.Error(), why)
}

func (w *world) costs(total string) error { return expect("total", w.order.Total.String(), total) }

func (w *world) mineAndPaid() error {
	return errors.Join(expect("customer", w.order.Customer, w.draft.Customer), w.accepted())
}

func (w *world) holds(table *godog.Table) error {
	want, err := linesOf(table)
	if err != nil {
		return err
	}
	if !slices.Equal(w.order.Lines, want) {
		return fmt.Errorf("it holds %v, want %v", w.order.Lines, want)
	}
	return nil
}

func (w *world) hasNote(ctx context.Context) error {
	if err := w.look(ctx); err != nil {
		return err
	}
	return expect("note", w.order.Note, w.draft.Note)
}

func (w *world) isAnnounced(ctx context.Context) error {
	return w.announced.Have(ctx, orders.Announcement{Order: w.order.ID, Customer: w.draft.Customer, Total: w.order.Total})
}

func (w *world) noSuchOrder() error {
	if !errors.Is(w.err, orders.ErrNotFound) {
		return fmt.Errorf("got %v, want %v", w.err, orders.ErrNotFound)
	}
	return nil
}

func (w *world) sells(table *godog.Table) error {
	var got [][2]string
	for _, p := range w.products {
		got = append(got, [2]string{p.SKU, p.Price.String()})
	}
	want, err := pairs(table)
	if err == nil && !slices.Equal(got, want) {
		err = fmt.Errorf("it sells %v, want %v", got, want)
	}
	return err
}

func (w *world) wayToPay(want string) error {
	if !slices.Contains(w.methods, want) {
		return fmt.Errorf("the ways to pay are %q", w.methods)
	}
	return nil
}

func expect[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s: got %v, want %v", what, got, want)
	}
	return nil
}

// linesOf reads a table of products and quantities.
func linesOf(table *godog.Table) (lines []orders.Line, err error) {
	rows, err := pairs(table)
	for _, row := range rows {
		n, err := strconv.Atoi(row[1])
		if err != nil {
			return nil, err
		}
		lines = append(lines, orders.Line{SKU: row[0], Quantity: n})
	}
	return lines, err
}

// pairs are the rows of a table of two columns, without its header.
func pairs(table *godog.Table) (all [][2]string, err error) {
	for _, row := range table.Rows[1:] {
		if len(row.Cells) != 2 {
			return nil, fmt.Errorf("a row has %d cells, want 2", len(row.Cells))
		}
		all = append(all, [2]string{row.Cells[0].Value, row.Cells[1].Value})
	}
	return all, nil
}
