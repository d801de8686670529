// Package paying_test runs the shop against the payments service in a container.
// It needs a container engine, and fails without one. No stage of gate.yaml has
// it: it is for whoever works on the payments client.
package paying_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stagegate/stagegate/adapters/containers"
	"github.com/stagegate/stagegate/features"

	"example.org/orders"
	"example.org/orders/ordersmem"
	"example.org/orders/payments"
)

func TestPaying(t *testing.T) {
	bank := containers.New(t, containers.Image{Build: image(t), Port: "8080/tcp", Ready: "/methods"})
	features.Run(t, func(ctx context.Context, env *features.Env) (*world, error) {
		at, err := bank.Start(ctx)
		if err != nil {
			return nil, err
		}
		env.Explain(at.Logs())
		shop := ordersmem.New()
		shop.Payments = payments.New(at.URL("http"), http.DefaultClient)
		return &world{shop: shop}, nil
	}, steps)
}

// image is a folder from which the image of the payments service is built.
func image(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "payments"), "../cmd/payments")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the payments service: %v\n%s", err, out)
	}
	const file = "FROM scratch\nCOPY payments /payments\nENTRYPOINT [\"/payments\", \"-listen\", \":8080\"]\n"
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(file), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

type world struct {
	shop  orders.Port
	order orders.Order
	err   error
}

func steps(s *features.Steps[*world]) {
	s.When(`^I order a mug with the card "([^"]*)"$`, (*world).buy)
	s.Then(`^the order is paid$`, (*world).paid)
	s.Then(`^the order is refused: (.+)$`, (*world).refused)
	s.Then(`^one way to pay is "([^"]*)"$`, (*world).wayToPay)
}

func (w *world) buy(ctx context.Context, card string) {
	w.order, w.err = w.shop.Place(ctx, orders.Draft{Customer: "me", Card: card, Lines: []orders.Line{{SKU: "mug", Quantity: 1}}})
}

func (w *world) paid() error {
	if w.err == nil && w.order.Status != orders.Paid {
		return fmt.Errorf("its status is %s", w.order.Status)
	}
	return w.err
}

func (w *world) refused(why string) error {
	for _, refusal := range []error{orders.ErrUnknownCard, orders.ErrDeclined} {
		if errors.Is(w.err, refusal) && refusal.Error() == why {
			return nil
		}
	}
	return fmt.Errorf("got %+v, %v", w.order, w.err)
}

func (w *world) wayToPay(ctx context.Context, want string) error {
	methods, err := w.shop.PaymentMethods(ctx)
	if err == nil && !slices.Contains(methods, want) {
		err = fmt.Errorf("the ways to pay are %q", methods)
	}
	return err
}
