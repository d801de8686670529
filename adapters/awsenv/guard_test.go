package awsenv_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
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

// furnish makes what the operations are about, in account, without a guard.
func furnish(t *testing.T, endpoint, account string) things {
	t.Helper()
	cfg := mototest.Session(endpoint, account)
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	made := things{table: name, bucket: name}
	q, err := sqs.NewFromConfig(cfg).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	topic, err := sns.NewFromConfig(cfg).CreateTopic(t.Context(), &sns.CreateTopicInput{Name: &name})
	if err != nil {
		t.Fatal(err)
	}
	key, err := kms.NewFromConfig(cfg).CreateKey(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	made.queue, made.topic, made.key = *q.QueueUrl, *topic.TopicArn, *key.KeyMetadata.KeyId
	for _, make := range []operation{
		on("DynamoDB CreateTable", dynamodb.NewFromConfig, (*dynamodb.Client).CreateTable, &dynamodb.CreateTableInput{
			TableName: &name, BillingMode: ddb.BillingModePayPerRequest,
			KeySchema:            []ddb.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: ddb.KeyTypeHash}},
			AttributeDefinitions: []ddb.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: "S"}}}),
		on("S3 CreateBucket", s3.NewFromConfig, (*s3.Client).CreateBucket, &s3.CreateBucketInput{
			Bucket: &name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: mototest.Region}}),
		on("CloudWatch Logs CreateLogGroup", logs.NewFromConfig, (*logs.Client).CreateLogGroup, &logs.CreateLogGroupInput{LogGroupName: &name}),
		on("CloudWatch Logs CreateLogStream", logs.NewFromConfig, (*logs.Client).CreateLogStream, &logs.CreateLogStreamInput{LogGroupName: &name, LogStreamName: text("s")}),
	} {
		if err := make.call(t.Context(), cfg); err != nil {
			t.Fatalf("%s: %v", make.name, err)
		}
	}
	return made
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

// Forty operations that may change something are refused before anything is
// sent, and forty that only read are sent, over eight services; as published.
func TestLiveTargetIsOnlyRead(t *testing.T) {
	w := newWire(t)
	made := furnish(t, w.endpoint, prod)
	cfg, seen := guarded(t, w.target(prod, true))
	w.seen()
	all := changes(made)
	for _, op := range all {
		wantRefused(t, w, op.name, op.call(t.Context(), cfg), "prod is live")
	}
	if got := seen.take(); len(got) != 0 {
		t.Errorf("recorded %v", got)
	}
	for _, op := range reads(made) {
		all = append(all, op)
		wantSent(t, w, seen, op, op.call(t.Context(), cfg))
	}
	services := map[string]int{}
	for _, op := range all {
		services[op.name[:strings.LastIndexByte(op.name, ' ')]]++
	}
	if len(all) != 80 || len(services) != 8 {
		t.Errorf("%d operations over %d services, want 80 over 8", len(all), len(services))
	}
}

// wantSent wants op on the wire, recorded, and not refused. What moto makes of
// it is its own affair.
func wantSent(t *testing.T, w *wire, seen *calls, op operation, err error) {
	t.Helper()
	var refused *awsenv.RefusedError
	if errors.As(err, &refused) {
		t.Errorf("%s: %v", op.name, err)
	}
	if got := slices.Compact(seen.take()); !slices.Equal(got, []string{op.name}) || len(w.seen()) == 0 {
		t.Errorf("%s: recorded %v, want it alone, and a request", op.name, got)
	}
}

// The same calls go through where the target is not live: that they are refused
// above is the guard's doing.
func TestOtherTargetsMayBeChanged(t *testing.T) {
	w := newWire(t)
	made := furnish(t, w.endpoint, staging)
	cfg, seen := guarded(t, w.target(staging, false))
	w.seen()
	for _, op := range slices.Concat(reads(made), changes(made)) {
		wantSent(t, w, seen, op, op.call(t.Context(), cfg))
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
