package awssteps

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"github.com/stagegate/stagegate/features"
	"github.com/stagegate/stagegate/features/steps/internal/ready"
)

// A Client is what one scenario does in AWS.
type Client struct {
	env   *features.Env
	saved ready.Values
	begun time.Time
	last  []byte // the answer of the last function

	sqs      *sqs.Client
	sns      *sns.Client
	events   *events.Client
	s3       *s3.Client
	dynamodb *dynamodb.Client
	ssm      *ssm.Client
	logs     *logs.Client
	alarms   *cloudwatch.Client
	lambda   *lambda.Client
}

// New returns a client for a scenario. cfg is guarded: see awsenv.Guard.
func New(env *features.Env, cfg aws.Config) *Client {
	return &Client{env: env, saved: ready.Values{"id": env.ID}, begun: time.Now(),
		sqs: sqs.NewFromConfig(cfg), sns: sns.NewFromConfig(cfg), events: events.NewFromConfig(cfg), s3: s3.NewFromConfig(cfg),
		dynamodb: dynamodb.NewFromConfig(cfg), ssm: ssm.NewFromConfig(cfg), logs: logs.NewFromConfig(cfg), lambda: lambda.NewFromConfig(cfg),
		alarms: cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) {
			if aws.ToString(cfg.BaseEndpoint) != "" { // emulators do not speak the client's CBOR
				o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
			}
		})}
}

// Save keeps a value, so that steps can say {name}.
func (c *Client) Save(name, value string) error { return c.saved.Save(name, value) }

// made notes what a step is going to create, and how it is removed.
func (c *Client) made(what string, remove func(context.Context) error) {
	c.env.Created(what)
	c.env.Cleanup(remove)
}

// name is a name with its values.
func (c *Client) name(s string) (string, error) { return c.saved.Fill(s, ready.Same) }

// names are several.
func (c *Client) names(all ...*string) error {
	for _, s := range all {
		filled, err := c.name(*s)
		if err != nil {
			return err
		}
		*s = filled
	}
	return nil
}

// arn is that of a resource in the target's account.
func (c *Client) arn(service, resource string) string {
	t := c.env.Target
	partition := "aws"
	switch {
	case len(t.Region) > 3 && t.Region[:3] == "cn-":
		partition = "aws-cn"
	case len(t.Region) > 7 && t.Region[:7] == "us-gov-":
		partition = "aws-us-gov"
	}
	return "arn:" + partition + ":" + service + ":" + t.Region + ":" + t.Account + ":" + resource
}
