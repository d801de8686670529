package awssteps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/stagegate/stagegate/features/steps/internal/ready"
)

// visible is how long a message that is looked at is hidden from others, in
// seconds, should it not be given back.
const visible = 30

func (c *Client) queue(ctx context.Context, name *string) (url *string, err error) {
	if err := c.names(name); err != nil {
		return nil, err
	}
	out, err := c.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: name})
	if err != nil {
		return nil, fmt.Errorf("queue %s: %w", *name, err)
	}
	return out.QueueUrl, nil
}

func (c *Client) sendMessage(ctx context.Context, queue, body string) error {
	url, err := c.queue(ctx, &queue)
	if err != nil {
		return err
	}
	if body, err = c.saved.Fill(body, ready.InJSON); err != nil {
		return err
	}
	_, err = c.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: &body})
	return err
}

func (c *Client) publish(ctx context.Context, topic, body string) error {
	if err := c.names(&topic); err != nil {
		return err
	}
	body, err := c.saved.Fill(body, ready.InJSON)
	if err != nil {
		return err
	}
	_, err = c.sns.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(c.arn("sns", topic)), Message: &body})
	return err
}

func (c *Client) putEvent(ctx context.Context, kind, source, bus, detail string) error {
	if err := c.names(&kind, &source, &bus); err != nil {
		return err
	}
	detail, err := c.saved.Fill(detail, ready.InJSON)
	if err != nil {
		return err
	}
	out, err := c.events.PutEvents(ctx, &events.PutEventsInput{Entries: []eventtypes.PutEventsRequestEntry{
		{DetailType: &kind, Source: &source, EventBusName: &bus, Detail: &detail}}})
	if err == nil && out.FailedEntryCount > 0 {
		err = fmt.Errorf("bus %s refused it: %s", bus, aws.ToString(out.Entries[0].ErrorMessage))
	}
	return err
}

// newQueue makes a queue that a service may send to, for this scenario.
func (c *Client) newQueue(ctx context.Context, name, service string) error {
	if !strings.Contains(name, c.env.ID) {
		return fmt.Errorf("queue %s would be shared with other scenarios, and removed by this one\nhint: call it \"%s-{id}\"", name, name)
	}
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow",
		"Principal": map[string]string{"Service": service + ".amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": c.arn("sqs", name)}}})
	if err != nil {
		return err
	}
	var url *string
	c.made("queue "+name, func(ctx context.Context) error {
		if url == nil {
			return nil
		}
		_, err := c.sqs.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: url})
		return err
	})
	out, err := c.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{"Policy": string(policy)}})
	if err != nil {
		return err
	}
	url = out.QueueUrl
	return nil
}

func (c *Client) hearTopic(ctx context.Context, queue, topic string) error {
	if err := c.names(&queue, &topic); err != nil {
		return err
	}
	if err := c.newQueue(ctx, queue, "sns"); err != nil {
		return err
	}
	out, err := c.sns.Subscribe(ctx, &sns.SubscribeInput{TopicArn: aws.String(c.arn("sns", topic)), Protocol: aws.String("sqs"),
		Endpoint: aws.String(c.arn("sqs", queue)), ReturnSubscriptionArn: true})
	if err != nil {
		return err
	}
	c.made("subscription of "+queue+" to "+topic, func(ctx context.Context) error {
		_, err := c.sns.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: out.SubscriptionArn})
		return err
	})
	return nil
}

func (c *Client) hearBus(ctx context.Context, queue, bus, pattern string) error {
	if err := c.names(&queue, &bus); err != nil {
		return err
	}
	pattern, err := c.saved.Fill(pattern, ready.InJSON)
	if err != nil {
		return err
	}
	if err := c.newQueue(ctx, queue, "events"); err != nil {
		return err
	}
	c.made("rule "+queue+" of bus "+bus, func(ctx context.Context) error {
		if _, err := c.events.RemoveTargets(ctx, &events.RemoveTargetsInput{Rule: &queue, EventBusName: &bus, Ids: []string{"queue"}}); err != nil {
			return err
		}
		_, err := c.events.DeleteRule(ctx, &events.DeleteRuleInput{Name: &queue, EventBusName: &bus})
		return err
	})
	if _, err := c.events.PutRule(ctx, &events.PutRuleInput{Name: &queue, EventBusName: &bus, EventPattern: &pattern}); err != nil {
		return err
	}
	out, err := c.events.PutTargets(ctx, &events.PutTargetsInput{Rule: &queue, EventBusName: &bus,
		Targets: []eventtypes.Target{{Id: aws.String("queue"), Arn: aws.String(c.arn("sqs", queue))}}})
	if err == nil && out.FailedEntryCount > 0 {
		err = fmt.Errorf("rule %s: %s", queue, aws.ToString(out.FailedEntries[0].ErrorMessage))
	}
	return err
}

// HasMessage waits for a message on a queue whose JSON has all of want, for as long
// as limit says ("30s"), and takes it off. The others are given back at the end of
// each look: given back at once, the first ten would be all that is ever seen.
func (c *Client) HasMessage(ctx context.Context, limit, queue, want string) error {
	url, err := c.queue(ctx, &queue)
	if err != nil {
		return err
	}
	w, err := c.saved.JSON(want)
	if err != nil {
		return err
	}
	return ready.Within(ctx, limit, func() error {
		var others []sqstypes.Message
		found, err := c.search(ctx, url, w, &others)
		if back := c.giveBack(context.WithoutCancel(ctx), url, others); back != nil {
			return errors.Join(err, back)
		}
		if err != nil || found {
			return err
		}
		return fmt.Errorf("none of %d messages of queue %s fits%s", len(others), queue, some(others))
	})
}

// mostMessages bounds what one look goes through.
const mostMessages = 2000

// search looks at every message that can be seen now, up to one that fits, which
// it takes off.
func (c *Client) search(ctx context.Context, url *string, want any, others *[]sqstypes.Message) (found bool, err error) {
	for len(*others) < mostMessages {
		out, err := c.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: visible})
		if err != nil || len(out.Messages) == 0 {
			return false, err
		}
		for i, m := range out.Messages {
			got, err := ready.Decode([]byte(aws.ToString(m.Body)))
			if err == nil && len(ready.Differences(want, got, "", true)) == 0 {
				*others = append(*others, out.Messages[i+1:]...)
				_, err := c.sqs.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
				return true, err
			}
			*others = append(*others, m)
		}
	}
	return false, nil
}

// some are a few messages, for people.
func some(all []sqstypes.Message) string {
	const most, long = 5, 500
	text := ""
	for _, m := range all[:min(len(all), most)] {
		body := aws.ToString(m.Body)
		text += "\n" + strings.ToValidUTF8(body[:min(len(body), long)], "")
	}
	if text != "" {
		text = "; among them:" + text
	}
	return text
}

func (c *Client) giveBack(ctx context.Context, url *string, all []sqstypes.Message) error {
	for _, m := range all {
		if _, err := c.sqs.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0}); err != nil {
			return err
		}
	}
	return nil
}

// holds wants a number of messages on a queue, without taking them.
func (c *Client) holds(ctx context.Context, limit, queue string, want int) error {
	url, err := c.queue(ctx, &queue)
	if err != nil {
		return err
	}
	return ready.Within(ctx, limit, func() error {
		out, err := c.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url,
			AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameApproximateNumberOfMessages}})
		if err == nil && out.Attributes["ApproximateNumberOfMessages"] != fmt.Sprint(want) {
			err = fmt.Errorf("queue %s: got about %s messages, want %d", queue, out.Attributes["ApproximateNumberOfMessages"], want)
		}
		return err
	})
}
