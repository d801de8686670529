package awsenv_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"

	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/mototest"
)

// realRole names the variable that holds the ARN of a role of tests in a real
// account, as gate init --bootstrap makes it; see docs/aws.md.
const realRole = "STAGEGATE_REAL_ROLE"

// nothing is the name of what no account has, so that a wall with a hole in it
// does no harm.
const nothing = "stagegate-there-is-no-such-thing"

func harmlessReads() []operation {
	return []operation{
		on("SQS ListQueues", sqs.NewFromConfig, (*sqs.Client).ListQueues, &sqs.ListQueuesInput{}),
		on("DynamoDB ListTables", dynamodb.NewFromConfig, (*dynamodb.Client).ListTables, &dynamodb.ListTablesInput{}),
		on("SNS ListTopics", sns.NewFromConfig, (*sns.Client).ListTopics, &sns.ListTopicsInput{}),
	}
}

// harmlessChanges change nothing even where they are permitted: what they are
// about does not exist. Each is judged by IAM before it is looked for.
func harmlessChanges(account, region string) []operation {
	topic, group := "arn:aws:sns:"+region+":"+account+":"+nothing, nothing
	said := []logstypes.InputLogEvent{{Message: text("x"), Timestamp: aws.Int64(0)}}
	return []operation{
		on("DynamoDB PutItem", dynamodb.NewFromConfig, (*dynamodb.Client).PutItem, &dynamodb.PutItemInput{TableName: text(nothing), Item: item()}),
		on("SNS Publish", sns.NewFromConfig, (*sns.Client).Publish, &sns.PublishInput{TopicArn: &topic, Message: text("x")}),
		on("SSM DeleteParameter", ssm.NewFromConfig, (*ssm.Client).DeleteParameter, &ssm.DeleteParameterInput{Name: text("/" + nothing)}),
		on("CloudWatch Logs PutLogEvents", logs.NewFromConfig, (*logs.Client).PutLogEvents, &logs.PutLogEventsInput{LogGroupName: &group, LogStreamName: &group, LogEvents: said}),
	}
}

// wall says what a session of the role of tests may do that it should not, and
// the other way round.
func wall(ctx context.Context, cfg aws.Config, account string) (wrong []string) {
	for _, op := range harmlessReads() {
		if err := op.call(ctx, cfg); err != nil {
			wrong = append(wrong, op.name+" is denied: "+err.Error())
		}
	}
	for _, op := range harmlessChanges(account, cfg.Region) {
		if err := op.call(ctx, cfg); !denied(err) && !unauthorized(err) {
			wrong = append(wrong, op.name+" is permitted")
		}
	}
	return wrong
}

// unauthorized reports the denial of AWS itself, which has status 400 in some
// protocols.
func unauthorized(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && (strings.Contains(api.ErrorCode(), "AccessDenied") || strings.Contains(api.ErrorCode(), "AuthorizationError"))
}

// TestRealAccount is the wall and the client before it in a real account. It is
// off unless somebody names a role there, and says so: nothing else here has ever
// asked AWS itself.
func TestRealAccount(t *testing.T) {
	role := os.Getenv(realRole)
	if role == "" {
		t.Skip("NOT TESTED: AWS itself; everything else runs on moto\nhint: " + realRole + "=arn:aws:iam::ACCOUNT:role/stagegate-tests, credentials that may take it, AWS_REGION: docs/aws.md")
	}
	base, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	account := strings.Split(role+":::::", ":")[4]
	target := harness.Target{Name: "real", Mode: harness.Deployed, Live: true, Account: account, Region: base.Region, Role: role}
	session, err := awsenv.Session(t.Context(), base, target)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wall(t.Context(), session, account) {
		t.Error(w)
	}
	cfg, err := awsenv.Guard(t.Context(), session, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range harmlessChanges(account, cfg.Region) {
		if err := op.call(t.Context(), cfg); !errors.As(err, new(*awsenv.RefusedError)) {
			t.Errorf("%s: %v, want a RefusedError", op.name, err)
		}
	}
	// What moto does not do: AWS permits what role and session both permit.
	target.Tests = &harness.Role{ARN: role, Policies: []string{"arn:aws:iam::aws:policy/AWSDenyAll"}}
	narrowed, err := awsenv.Session(t.Context(), base, target)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range harmlessReads() {
		if err := op.call(t.Context(), narrowed); !denied(err) && !unauthorized(err) {
			t.Errorf("%s in a session that may nothing: %v", op.name, err)
		}
	}
}

// The test of the real account, on moto: it finds the wall sound where it is, and
// a hole where there is one.
func TestRealAccountOnMoto(t *testing.T) {
	endpoint := mototest.Start(t)
	role, _ := testRole(t, endpoint, prod, "sqs", "dynamodb", "sns")
	narrow, _ := testRole(t, endpoint, staging, "sqs", "sns")
	sessions := map[string]aws.Config{}
	for account, arn := range map[string]string{prod: role, staging: narrow} {
		cfg, err := awsenv.Session(t.Context(), mototest.Base(endpoint), harness.Target{Name: "t", Mode: harness.Deployed, Emulated: true,
			Account: account, Region: mototest.Region, Role: arn, Endpoint: endpoint})
		if err != nil {
			t.Fatal(err)
		}
		sessions[account] = cfg
	}
	open := wall(t.Context(), sessions[prod], prod) // moto enforces nothing yet: everything is permitted
	if !slices.Contains(open, "DynamoDB PutItem is permitted") || len(open) < 3 {
		t.Errorf("a wall that is not there: got %v", open)
	}
	resp, err := http.Post(endpoint+"/moto-api/reset-auth", "text/plain", strings.NewReader("0"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if wrong := wall(t.Context(), sessions[prod], prod); len(wrong) != 0 {
		t.Errorf("a sound wall: got %v", wrong)
	}
	if wrong := wall(t.Context(), sessions[staging], staging); len(wrong) != 1 || !strings.HasPrefix(wrong[0], "DynamoDB ListTables is denied") {
		t.Errorf("a role that may not read tables: got %v", wrong)
	}
}
