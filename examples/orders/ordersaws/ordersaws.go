// Package ordersaws keeps orders in DynamoDB and announces them on SQS. It has
// no tests of its own: a real table and a real queue are met on staging, by
// the same scenarios that ran in process.
package ordersaws

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"example.org/orders"
)

// A Table is an [orders.Store]: one item for an order, with the key "id" and
// the whole order as JSON.
type Table struct {
	Client *dynamodb.Client
	Name   string
}

// Save implements [orders.Store].
func (t Table) Save(ctx context.Context, o orders.Order) error {
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	item := key(o.ID)
	item["order"] = &types.AttributeValueMemberS{Value: string(b)}
	_, err = t.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.Name, Item: item})
	return err
}

// Load implements [orders.Store].
func (t Table) Load(ctx context.Context, id string) (orders.Order, error) {
	out, err := t.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.Name, Key: key(id), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return orders.Order{}, fmt.Errorf("load order: %w", err)
	}
	if len(out.Item) == 0 {
		return orders.Order{}, orders.ErrNotFound
	}
	s, ok := out.Item["order"].(*types.AttributeValueMemberS)
	if !ok {
		return orders.Order{}, fmt.Errorf("load order %s: the item has no order", id)
	}
	var o orders.Order
	if err := json.Unmarshal([]byte(s.Value), &o); err != nil {
		return orders.Order{}, fmt.Errorf("load order %s: %w", id, err)
	}
	return o, nil
}

func key(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}
}

// A Queue is an [orders.Announcer]: one message for an announcement, as JSON.
type Queue struct {
	Client *sqs.Client
	URL    string
}

// Announce implements [orders.Announcer].
func (q Queue) Announce(ctx context.Context, a orders.Announcement) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = q.Client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &q.URL, MessageBody: aws.String(string(b))})
	return err
}
