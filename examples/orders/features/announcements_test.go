package features_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/features"
	awssteps "github.com/stagegate/stagegate/features/steps/aws"

	"example.org/orders"
	"example.org/orders/ordersmem"
)

// heard are the announcements of a shop in this process.
type heard struct{ queue *ordersmem.Queue }

func (h heard) Have(_ context.Context, want orders.Announcement) error {
	for _, a := range h.queue.All() {
		if a == want {
			return nil
		}
	}
	return fmt.Errorf("no announcement %+v among %+v", want, h.queue.All())
}

// queue are the announcements of a deployed shop, on SQS. The client is guarded:
// it has proven that it is in the target's account, and it is refused on a live
// target, because receiving a message hides it from others.
type queue struct{ env *features.Env }

func (q queue) Have(ctx context.Context, want orders.Announcement) error {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	if cfg, err = awsenv.Guard(ctx, cfg, q.env.Target, q.env.Record); err != nil {
		return err
	}
	b, err := json.Marshal(want)
	if err != nil {
		return err
	}
	return awssteps.New(q.env, cfg).HasMessage(ctx, "10s", "orders-announcements", string(b))
}
