package awsenv_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/mototest"
)

// guarded is a guarded configuration of the target, and what it records.
func guarded(t *testing.T, target harness.Target) (aws.Config, *calls) {
	t.Helper()
	session, err := awsenv.Session(t.Context(), mototest.Base(target.Endpoint), target)
	if err != nil {
		t.Fatal(err)
	}
	seen := &calls{}
	cfg, err := awsenv.Guard(t.Context(), session, target, seen.record)
	if err != nil {
		t.Fatal(err)
	}
	return cfg, seen
}

// furnish makes a queue, a table and a bucket of this test's name, without a guard.
func furnish(t *testing.T, account string) (queue, table, bucket string) {
	t.Helper()
	cfg := mototest.Session(mototest.Shared(t), account)
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	q, err := sqs.NewFromConfig(cfg).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	_, err = dynamodb.NewFromConfig(cfg).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: ddb.BillingModePayPerRequest,
		KeySchema:            []ddb.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: ddb.KeyTypeHash}},
		AttributeDefinitions: []ddb.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: "S"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s3.NewFromConfig(cfg).CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: &name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: mototest.Region},
	})
	if err != nil {
		t.Fatal(err)
	}
	return *q.QueueUrl, name, name
}

// operation is a call of the tables below.
type operation struct {
	name string
	call func(context.Context, aws.Config) error
}

func mutating(queue, table, bucket string) []operation {
	return []operation{
		{"SQS SendMessage", func(ctx context.Context, cfg aws.Config) error {
			_, err := sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: aws.String("x")})
			return err
		}},
		{"SQS ReceiveMessage", func(ctx context.Context, cfg aws.Config) error {
			_, err := sqs.NewFromConfig(cfg).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queue})
			return err
		}},
		{"DynamoDB PutItem", func(ctx context.Context, cfg aws.Config) error {
			_, err := dynamodb.NewFromConfig(cfg).PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: item()})
			return err
		}},
		{"DynamoDB ExecuteStatement", func(ctx context.Context, cfg aws.Config) error {
			_, err := dynamodb.NewFromConfig(cfg).ExecuteStatement(ctx, &dynamodb.ExecuteStatementInput{
				Statement: aws.String(`INSERT INTO "` + table + `" VALUE {'id': '2'}`)})
			return err
		}},
		{"S3 PutObject", func(ctx context.Context, cfg aws.Config) error {
			_, err := s3.NewFromConfig(cfg).PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("k"), Body: strings.NewReader("x")})
			return err
		}},
	}
}

func item() map[string]ddb.AttributeValue {
	return map[string]ddb.AttributeValue{"id": &ddb.AttributeValueMemberS{Value: "1"}}
}

func reading(queue, table, bucket string) []operation {
	return []operation{
		{"SQS GetQueueAttributes", func(ctx context.Context, cfg aws.Config) error {
			_, err := sqs.NewFromConfig(cfg).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &queue})
			return err
		}},
		{"DynamoDB GetItem", func(ctx context.Context, cfg aws.Config) error {
			_, err := dynamodb.NewFromConfig(cfg).GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, Key: item()})
			return err
		}},
		{"S3 ListObjectsV2", func(ctx context.Context, cfg aws.Config) error {
			_, err := s3.NewFromConfig(cfg).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket})
			return err
		}},
	}
}

// wantRefused wants a RefusedError of the operation and nothing on the wire.
func wantRefused(t *testing.T, w *wire, op string, err error, words string) *awsenv.RefusedError {
	t.Helper()
	var refused *awsenv.RefusedError
	if !errors.As(err, &refused) {
		t.Fatalf("%s: error %v, want a RefusedError", op, err)
	}
	if got := refused.Service + " " + refused.Operation; got != op || refused.Account != prod || refused.Allow == "" || !strings.Contains(refused.Why, words) {
		t.Errorf("%s: refused %+v, want %q in it", op, *refused, words)
	}
	if seen := w.seen(); len(seen) != 0 {
		t.Errorf("%s: sent %v", op, seen)
	}
	return refused
}

func TestLiveTargetIsOnlyRead(t *testing.T) {
	queue, table, bucket := furnish(t, prod)
	w := newWire(t)
	cfg, seen := guarded(t, w.target(prod, true))
	for _, op := range mutating(queue, table, bucket) {
		wantRefused(t, w, op.name, op.call(t.Context(), cfg), "prod is live")
	}
	if got := seen.take(); len(got) != 0 {
		t.Errorf("recorded %v", got)
	}
	for _, op := range reading(queue, table, bucket) {
		if err := op.call(t.Context(), cfg); err != nil {
			t.Errorf("%s: %v", op.name, err)
		}
		if got := seen.take(); !slices.Equal(got, []string{op.name}) || len(w.seen()) != 1 {
			t.Errorf("%s: recorded %v, want it alone, and one request", op.name, got)
		}
	}
}

// The same calls go through where the target is not live: that they are refused
// above is the guard's doing.
func TestOtherTargetsMayBeChanged(t *testing.T) {
	queue, table, bucket := furnish(t, staging)
	w := newWire(t)
	cfg, seen := guarded(t, w.target(staging, false))
	for _, op := range slices.Concat(mutating(queue, table, bucket), reading(queue, table, bucket)) {
		if err := op.call(t.Context(), cfg); err != nil {
			t.Errorf("%s: %v", op.name, err)
		}
		if got := seen.take(); !slices.Equal(got, []string{op.name}) {
			t.Errorf("%s: recorded %v, want it alone", op.name, got)
		}
	}
	unrecorded, err := awsenv.Guard(t.Context(), cfg, w.target(staging, false), nil)
	if err == nil {
		_, err = sqs.NewFromConfig(unrecorded).ListQueues(t.Context(), nil)
	}
	if err != nil {
		t.Errorf("guarded twice, without a recorder: %v", err)
	}
}

func TestPresign(t *testing.T) {
	w := newWire(t)
	cfg, seen := guarded(t, w.target(prod, true))
	client := s3.NewPresignClient(s3.NewFromConfig(cfg))
	_, err := client.PresignPutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("b"), Key: aws.String("k")})
	wantRefused(t, w, "S3 PutObject", err, "prod is live")
	if _, err := client.PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("b"), Key: aws.String("k")}); err != nil {
		t.Errorf("a URL for reading: %v", err)
	}
	if got := seen.take(); len(got) != 0 {
		t.Errorf("recorded %v, and nothing was called", got)
	}
}

// eager tries everything again, at once.
type eager struct {
	aws.Retryer
	tried *int
}

func (e eager) IsErrorRetryable(error) bool { *e.tried++; return true }
func (e eager) MaxAttempts() int            { return 5 }
func (e eager) RetryDelay(int, error) (time.Duration, error) {
	return 0, nil
}

func TestOptionsDoNotStripTheGuard(t *testing.T) {
	w := newWire(t)
	cfg, _ := guarded(t, w.target(prod, true))
	tried := 0
	send := func(fn func(*sqs.Options)) error {
		_, err := sqs.NewFromConfig(cfg).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(w.endpoint + "/q"), MessageBody: aws.String("x")}, fn)
		return err
	}
	for name, fn := range map[string]func(*sqs.Options){
		"no APIOptions":   func(o *sqs.Options) { o.APIOptions = nil },
		"no interceptors": func(o *sqs.Options) { o.Interceptors.BeforeExecution = nil },
		"eager retries":   func(o *sqs.Options) { o.Retryer = eager{o.Retryer, &tried} },
	} {
		t.Run(name, func(t *testing.T) {
			wantRefused(t, w, "SQS SendMessage", send(fn), "prod is live")
		})
	}
	if tried != 0 {
		t.Errorf("a refusal was offered for a retry %d times", tried)
	}
}

// Options of one client that lead to another account or place.
func TestOtherCredentialsAndEndpoints(t *testing.T) {
	w, other := newWire(t), newWire(t)
	cfg, seen := guarded(t, w.target(prod, true))
	for name, tt := range map[string]struct {
		option func(*sqs.Options)
		words  string
	}{
		"another account's": {func(o *sqs.Options) { o.Credentials = mototest.Session(w.endpoint, staging).Credentials }, "not proven"},
		"none":              {func(o *sqs.Options) { o.Credentials = aws.AnonymousCredentials{} }, "not proven"},
		"another endpoint":  {func(o *sqs.Options) { o.BaseEndpoint = aws.String(other.endpoint) }, "is not where prod is"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sqs.NewFromConfig(cfg, tt.option).ListQueues(t.Context(), nil)
			wantRefused(t, w, "SQS ListQueues", err, tt.words)
		})
	}
	if n := len(other.seen()) + len(seen.take()); n != 0 {
		t.Errorf("%d requests reached the other endpoint or were recorded", n)
	}
}
