package features_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/features"

	"example.org/orders"
	"example.org/orders/ordersmem"
)

// heard are the announcements of a shop in this process.
type heard struct{ queue *ordersmem.Queue }

func (h heard) Of(_ context.Context, id string) (orders.Announcement, error) {
	for _, a := range h.queue.All() {
		if a.Order == id {
			return a, nil
		}
	}
	return orders.Announcement{}, fmt.Errorf("no announcement of order %s", id)
}

// queue are the announcements of a deployed shop, on SQS. The client is
// guarded: it has proven that it is in the target's account, and it is refused
// on a live target, because receiving a message hides it from others.
type queue struct{ env *features.Env }

// patience is how long an announcement may take.
const patience = 10 * time.Second

func (q queue) Of(ctx context.Context, id string) (orders.Announcement, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return orders.Announcement{}, err
	}
	if cfg, err = awsenv.Guard(ctx, cfg, q.env.Target, q.env.Record); err != nil {
		return orders.Announcement{}, err
	}
	client := sqs.NewFromConfig(cfg)
	found, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("orders-announcements")})
	if err != nil {
		return orders.Announcement{}, err
	}
	for {
		a, ok, err := receive(ctx, client, found.QueueUrl, id)
		if err != nil {
			return orders.Announcement{}, fmt.Errorf("wait for the announcement of order %s: %w", id, err)
		}
		if ok {
			return a, nil
		}
	}
}

// receive looks through the next messages. Those of other orders are back on
// the queue after a second; ours is taken off.
func receive(ctx context.Context, client *sqs.Client, url *string, id string) (a orders.Announcement, ok bool, err error) {
	out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1, VisibilityTimeout: 1})
	if err != nil {
		return a, false, err
	}
	for _, m := range out.Messages {
		var heard orders.Announcement
		if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &heard); err != nil || heard.Order != id {
			continue // another release or another scenario said it
		}
		_, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
		return heard, err == nil, err
	}
	return a, false, nil
}
