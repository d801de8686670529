package awssteps

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/features"
	"github.com/stagegate/stagegate/features/steps/internal/proof"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/mototest"
)

const account = "222222222222"

// proofs has one for each step, in the order of the table.
func proofs() []proof.Proof {
	heard := "Given the queue \"heard-{id}\" hears the topic \"orders\"\n"
	has := func(queue, text string) string {
		return proof.Doc("Then within 20s the queue \""+queue+"\" has a message with", text)
	}
	hasNot := func(queue, text string) string {
		return proof.Doc("Then within 300ms the queue \""+queue+"\" has a message with", text)
	}
	put := proof.Doc("Given I put into the table \"orders\"", `{"id": "{id}", "status": "paid", "lines": [{"sku": "mug", "n": 2}], "open": true}`)
	object := proof.Doc("Given I put the object \"in/{id}.csv\" into the bucket \"imports\" with", "mug,2 of {id}")
	of := proof.Of
	return []proof.Proof{
		of(proof.Doc("When I send to the queue \"orders\"", `{"order": "{id}"}`)+has("orders", `{"order": "{id}"}`), proof.Doc("When I send to the queue \"none\"", `{}`), "queue none: "),
		of(proof.Doc("When I send to the queue \"orders\"", `{"order": "{id}", "total": 3}`)+has("orders", `{"order": "{id}", "total": "{number}"}`), hasNot("unheard", `{"order": "{id}"}`), "last seen: none of 0 messages of queue unheard fits"),
		of("Then within 20s the queue \"empty\" holds 0", "Then within 300ms the queue \"empty\" holds 3", "queue empty: got about 0 messages, want 3"),
		of(heard+proof.Doc("When I publish to the topic \"orders\"", `{"order": "{id}"}`)+has("heard-{id}", `{"Type": "Notification", "Message": "{\"order\": \"{id}\"}"}`), proof.Doc("When I publish to the topic \"none\"", `{}`), "NotFound"),
		of(heard+"Then within 20s the queue \"heard-{id}\" holds 0", "Given the queue \"shared\" hears the topic \"orders\"", "queue shared would be shared with other scenarios, and removed by this one\nhint: call it \"shared-{id}\""),
		of(proof.Doc("Given the queue \"bus-{id}\" hears the bus \"default\" for", `{"source": ["shop"], "detail": {"order": ["{id}"]}}`)+proof.Doc("When I put the event \"OrderPlaced\" of \"shop\" on the bus \"default\"", `{"order": "{id}"}`)+
			has("bus-{id}", `{"detail-type": "OrderPlaced", "source": "shop", "detail": {"order": "{id}"}}`), proof.Doc("When I put the event \"OrderPlaced\" of \"shop\" on the bus \"none\"", `{"order": "{id}"}`), "Event bus none does not exist"),
		of(proof.Doc("Given the queue \"other-{id}\" hears the bus \"default\" for", `{"source": ["nobody"]}`)+"Then within 20s the queue \"other-{id}\" holds 0", proof.Doc("Given the queue \"shared\" hears the bus \"default\" for", `{}`), "would be shared"),
		of(object+"Then within 20s the object \"in/{id}.csv\" in the bucket \"imports\" contains \"mug,2 of {id}\"", object+object, "PreconditionFailed"),
		of(object+"Then within 20s the object \"in/{id}.csv\" in the bucket \"imports\" contains \"mug\"", object+"Then within 300ms the object \"in/{id}.csv\" in the bucket \"imports\" contains \"poster\"", `"poster" is not in it: mug,2 of `),
		of("Then there is no object \"in/{id}.csv\" in the bucket \"imports\"", object+"Then there is no object \"in/{id}.csv\" in the bucket \"imports\"", "there is an object in/"),
		of(put+proof.Doc("Then within 20s the item {\"id\": \"{id}\"} of the table \"orders\" has", `{"status": "paid"}`), proof.Doc("Given I put into the table \"orders\"", `{"status": "paid"}`), "the item has no id, which is of the key of table orders"),
		of(put+proof.Doc("Then within 20s the item {\"id\": \"{id}\"} of the table \"orders\" has", `{"lines": [{"sku": "mug", "n": 2}], "open": "{bool}"}`), put+proof.Doc("Then within 300ms the item {\"id\": \"{id}\"} of the table \"orders\" has", `{"status": "open"}`), `status: got "paid", want "open"`),
		of("Then there is no item {\"id\": \"{id}\"} in the table \"orders\"", put+"Then there is no item {\"id\": \"{id}\"} in the table \"orders\"", "table orders has the item {"),
		of("Given I set the parameter \"/orders/{id}\" to \"on\"\nThen the parameter \"/orders/{id}\" is \"on\"", "Given I set the parameter \"/mode\" to \"on\"", "ParameterAlreadyExists"),
		of("Then the parameter \"/mode\" is \"normal\"", "Then the parameter \"/mode\" is \"odd\"", `parameter /mode: got "normal", want "odd"`),
		of("Then within 20s the log group \"/orders\" says \"started\"", "Then within 300ms the log group \"/orders\" says \"stopped\"", `"stopped" is in none of 1 lines since the scenario began`),
		of("Then the alarm \"calm\" is OK", "Then the alarm \"loud\" is OK", "alarm loud: got ALARM, want OK: the test says so"),
		of("Then for 200ms the alarm \"calm\" is OK", "Then for 20s the alarm \"loud\" is OK", "alarm loud: got ALARM, want OK"),
		of(proof.Doc("When I invoke the function \"import\" with", `{"file": "{id}"}`)+proof.Doc("Then the function's answer has", `{"imported": 2}`), proof.Doc("When I invoke the function \"import\" with", `{"file": "{nobody}"}`), "nothing was saved as {nobody}"),
		of(proof.Doc("When I invoke the function \"import\" with", `{}`)+proof.Doc("Then the function's answer has", `{"imported": "{number}"}`), proof.Doc("Then the function's answer has", `{}`), "no function was invoked yet"),
	}
}

// furnish makes what the scenarios are about.
func furnish(t *testing.T, endpoint string) {
	t.Helper()
	ctx, cfg := t.Context(), mototest.Session(endpoint, account)
	var wrong []error
	do := func(_ any, err error) { wrong = append(wrong, err) }
	for _, q := range []string{"orders", "empty", "unheard"} {
		do(sqs.NewFromConfig(cfg).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &q}))
	}
	crowd, err := sqs.NewFromConfig(cfg).GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("orders")})
	do(nil, err)
	for i := range 35 { // a look sees ten at a time
		do(sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: crowd.QueueUrl, MessageBody: aws.String(fmt.Sprintf(`{"order": "somebody's %d"}`, i))}))
	}
	do(sns.NewFromConfig(cfg).CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("orders")}))
	do(s3.NewFromConfig(cfg).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("imports"), CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: mototest.Region}}))
	do(dynamodb.NewFromConfig(cfg).CreateTable(ctx, &dynamodb.CreateTableInput{TableName: aws.String("orders"), BillingMode: ddb.BillingModePayPerRequest,
		KeySchema: []ddb.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: ddb.KeyTypeHash}}, AttributeDefinitions: []ddb.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: "S"}}}))
	do(ssm.NewFromConfig(cfg).PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("/mode"), Value: aws.String("normal"), Type: ssmtypes.ParameterTypeString}))
	l := logs.NewFromConfig(cfg)
	do(l.CreateLogGroup(ctx, &logs.CreateLogGroupInput{LogGroupName: aws.String("/orders")}))
	do(l.CreateLogStream(ctx, &logs.CreateLogStreamInput{LogGroupName: aws.String("/orders"), LogStreamName: aws.String("s")}))
	do(l.PutLogEvents(ctx, &logs.PutLogEventsInput{LogGroupName: aws.String("/orders"), LogStreamName: aws.String("s"),
		LogEvents: []logstypes.InputLogEvent{{Message: aws.String("it has started"), Timestamp: aws.Int64(time.Now().Add(time.Hour).UnixMilli())}}}))
	alarms := New(&features.Env{}, cfg).alarms
	for name, state := range map[string]cwtypes.StateValue{"calm": cwtypes.StateValueOk, "loud": cwtypes.StateValueAlarm} {
		do(alarms.PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{AlarmName: &name, MetricName: aws.String("5xx"), Namespace: aws.String("a"), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold,
			Threshold: aws.Float64(1), EvaluationPeriods: aws.Int32(1), Period: aws.Int32(60), Statistic: cwtypes.StatisticSum}))
		do(alarms.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{AlarmName: &name, StateValue: state, StateReason: aws.String("the test says so")}))
	}
	do(post(endpoint+"/moto-api/config", `{"lambda": {"use_docker": false}}`))
	do(post(endpoint+"/moto-api/static/lambda-simple/response", `{"results": ["{\"imported\": 2}", "{\"imported\": 2}", "{\"imported\": 2}", "{\"imported\": 2}"], "account_id": "`+account+`", "region": "`+mototest.Region+`"}`))
	role, err := iam.NewFromConfig(cfg).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("f"), AssumeRolePolicyDocument: aws.String(`{}`)})
	do(nil, err)
	do(lambda.NewFromConfig(cfg).CreateFunction(ctx, &lambda.CreateFunctionInput{FunctionName: aws.String("import"), Role: role.Role.Arn, Runtime: lambdatypes.RuntimePython312,
		Handler: aws.String("a.b"), Code: &lambdatypes.FunctionCode{ZipFile: []byte("PK\x05\x06" + strings.Repeat("\x00", 18))}}))
	for _, err := range wrong {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func post(url, body string) (any, error) {
	resp, err := http.Post(url, "application/json", bytes.NewReader([]byte(body)))
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("%s answers %s", url, resp.Status)
	}
	return resp, err
}

type world struct{ aws *Client }

func open(ctx context.Context, env *features.Env) (*world, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	if cfg, err = awsenv.Guard(ctx, cfg, env.Target, env.Record); err != nil {
		return nil, err
	}
	return &world{New(env, cfg)}, nil
}

func define(s *features.Steps[*world]) { Define(s, func(w *world) *Client { return w.aws }) }

// session are the variables of a session of the account, as gate hands one over.
func session(t *testing.T, endpoint string) []string {
	t.Helper()
	env, err := awsenv.Environ(t.Context(), mototest.Session(endpoint, account))
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// Every step has a scenario that passes and one that fails and says why, and what
// they make is gone afterwards; a live target is only read.
func TestSteps(t *testing.T) {
	if proof.Child() {
		features.Run(t, open, define)
		return
	}
	endpoint := mototest.Start(t)
	furnish(t, endpoint)
	target := harness.Target{Name: "staging", Mode: harness.Deployed, Emulated: true, Account: account, Region: mototest.Region, Endpoint: endpoint, URL: "http://127.0.0.1:1"}
	got := proof.Run(t, proof.Text(t, steps(), proofs()), target, session(t, endpoint)...)
	proof.Judge(t, steps(), proofs(), got, true)
	for name, r := range got {
		if strings.HasPrefix(name, "pass") && r.Calls == 0 {
			t.Errorf("%s made no recorded call", name)
		}
	}
	left(t, endpoint)
	proof.Live(t, steps(), proofs(), target)
}

func TestPage(t *testing.T) { proof.Page(t, steps()) }

// left wants nothing but what was furnished.
func left(t *testing.T, endpoint string) {
	t.Helper()
	ctx, cfg := t.Context(), mototest.Session(endpoint, account)
	queues, err := sqs.NewFromConfig(cfg).ListQueues(ctx, nil)
	if err != nil || len(queues.QueueUrls) != 3 {
		t.Errorf("queues are left: %v, %v", queues.QueueUrls, err)
	}
	held, err := sqs.NewFromConfig(cfg).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: aws.String(endpoint + "/" + account + "/orders"), AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	if err != nil || held.Attributes["ApproximateNumberOfMessages"] != "35" || held.Attributes["ApproximateNumberOfMessagesNotVisible"] != "0" {
		t.Errorf("of others' messages %v are there, want all 35: %v", held, err)
	}
	subs, err := sns.NewFromConfig(cfg).ListSubscriptions(ctx, nil)
	if err != nil || len(subs.Subscriptions) != 0 {
		t.Errorf("subscriptions are left: %v, %v", subs.Subscriptions, err)
	}
	objects, err := s3.NewFromConfig(cfg).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("imports")})
	if err != nil || len(objects.Contents) != 0 {
		t.Errorf("objects are left: %v, %v", objects.Contents, err)
	}
	items, err := dynamodb.NewFromConfig(cfg).Scan(ctx, &dynamodb.ScanInput{TableName: aws.String("orders")})
	if err != nil || items.Count != 0 {
		t.Errorf("items are left: %v, %v", items.Items, err)
	}
	params, err := ssm.NewFromConfig(cfg).DescribeParameters(ctx, nil)
	if err != nil || len(params.Parameters) != 1 {
		t.Errorf("parameters are left, or gone: %v, %v", params.Parameters, err)
	}
	rules, err := New(&features.Env{}, cfg).events.ListRules(ctx, nil)
	if err != nil || len(rules.Rules) != 0 {
		t.Errorf("rules are left: %v, %v", rules.Rules, err)
	}
}

func ExampleDefine() {
	_ = func(t *testing.T) { features.Run(t, open, define) }
}
