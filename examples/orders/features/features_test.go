// Package features_test says what the shop does for its customers. The same
// scenarios run in process, in the commit stage, and against the deployed
// service; [open] is the only place that knows the difference.
package features_test

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/stagegate/stagegate/features"

	"example.org/orders"
	"example.org/orders/ordershttp"
	"example.org/orders/ordersmem"
)

func TestFeatures(t *testing.T) { features.Run(t, open, steps) }

// A world is what one scenario knows. Scenarios run side by side, against one
// shop when it is deployed: each is a customer of its own.
type world struct {
	shop      orders.Port
	announced announcements

	draft orders.Draft // its customer, card and note are used by the next order
	order orders.Order // the last one
	err   error        // why there is none

	products []orders.Product
	methods  []string
}

// Announcements are what other services hear from the shop.
type announcements interface {
	// Have waits for an announcement.
	Have(ctx context.Context, want orders.Announcement) error
}

func open(ctx context.Context, env *features.Env) (*world, error) {
	w := &world{draft: orders.Draft{Customer: "customer-" + rand.Text()}}
	if env.Target.InProcess() {
		shop := ordersmem.New()
		w.shop, w.announced = shop, heard{shop.Queue}
		return w, nil
	}
	w.shop = ordershttp.New(env.Target.URL, env.HTTP)
	w.announced = queue{env}
	return w, nil
}
