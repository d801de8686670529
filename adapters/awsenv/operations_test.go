package awsenv_test

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// operation is a call of a real client.
type operation struct {
	name string // "SQS SendMessage": the SDK's service id and the operation
	call func(context.Context, aws.Config) error
}

// on is an operation of a client.
func on[C, I, O, F any](name string, client func(aws.Config, ...func(*F)) *C, do func(*C, context.Context, *I, ...func(*F)) (*O, error), in *I) operation {
	return operation{name, func(ctx context.Context, cfg aws.Config) error {
		_, err := do(client(cfg), ctx, in)
		return err
	}}
}

// things are what the operations are about: each is made by furnishing.
type things struct{ queue, table, bucket, topic, key string }

func text(s string) *string { return &s }

func item() map[string]ddb.AttributeValue {
	return map[string]ddb.AttributeValue{"id": &ddb.AttributeValueMemberS{Value: "1"}}
}

// reads are forty operations over eight services that change nothing.
func reads(t things) []operation {
	keys := map[string]ddb.KeysAndAttributes{t.table: {Keys: []map[string]ddb.AttributeValue{item()}}}
	one := []ddb.TransactGetItem{{Get: &ddb.Get{TableName: &t.table, Key: item()}}}
	return []operation{
		on("SQS GetQueueUrl", sqs.NewFromConfig, (*sqs.Client).GetQueueUrl, &sqs.GetQueueUrlInput{QueueName: &t.table}),
		on("SQS GetQueueAttributes", sqs.NewFromConfig, (*sqs.Client).GetQueueAttributes, &sqs.GetQueueAttributesInput{QueueUrl: &t.queue}),
		on("SQS ListQueues", sqs.NewFromConfig, (*sqs.Client).ListQueues, &sqs.ListQueuesInput{}),
		on("SQS ListQueueTags", sqs.NewFromConfig, (*sqs.Client).ListQueueTags, &sqs.ListQueueTagsInput{QueueUrl: &t.queue}),
		on("SQS ListDeadLetterSourceQueues", sqs.NewFromConfig, (*sqs.Client).ListDeadLetterSourceQueues, &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &t.queue}),

		on("DynamoDB GetItem", dynamodb.NewFromConfig, (*dynamodb.Client).GetItem, &dynamodb.GetItemInput{TableName: &t.table, Key: item()}),
		on("DynamoDB BatchGetItem", dynamodb.NewFromConfig, (*dynamodb.Client).BatchGetItem, &dynamodb.BatchGetItemInput{RequestItems: keys}),
		on("DynamoDB TransactGetItems", dynamodb.NewFromConfig, (*dynamodb.Client).TransactGetItems, &dynamodb.TransactGetItemsInput{TransactItems: one}),
		on("DynamoDB Scan", dynamodb.NewFromConfig, (*dynamodb.Client).Scan, &dynamodb.ScanInput{TableName: &t.table}),
		on("DynamoDB DescribeTable", dynamodb.NewFromConfig, (*dynamodb.Client).DescribeTable, &dynamodb.DescribeTableInput{TableName: &t.table}),

		on("S3 ListBuckets", s3.NewFromConfig, (*s3.Client).ListBuckets, &s3.ListBucketsInput{}),
		on("S3 ListObjectsV2", s3.NewFromConfig, (*s3.Client).ListObjectsV2, &s3.ListObjectsV2Input{Bucket: &t.bucket}),
		on("S3 HeadBucket", s3.NewFromConfig, (*s3.Client).HeadBucket, &s3.HeadBucketInput{Bucket: &t.bucket}),
		on("S3 GetObject", s3.NewFromConfig, (*s3.Client).GetObject, &s3.GetObjectInput{Bucket: &t.bucket, Key: text("k")}),
		on("S3 GetBucketVersioning", s3.NewFromConfig, (*s3.Client).GetBucketVersioning, &s3.GetBucketVersioningInput{Bucket: &t.bucket}),

		on("SNS ListTopics", sns.NewFromConfig, (*sns.Client).ListTopics, &sns.ListTopicsInput{}),
		on("SNS GetTopicAttributes", sns.NewFromConfig, (*sns.Client).GetTopicAttributes, &sns.GetTopicAttributesInput{TopicArn: &t.topic}),
		on("SNS ListSubscriptions", sns.NewFromConfig, (*sns.Client).ListSubscriptions, &sns.ListSubscriptionsInput{}),
		on("SNS ListTagsForResource", sns.NewFromConfig, (*sns.Client).ListTagsForResource, &sns.ListTagsForResourceInput{ResourceArn: &t.topic}),
		on("SNS CheckIfPhoneNumberIsOptedOut", sns.NewFromConfig, (*sns.Client).CheckIfPhoneNumberIsOptedOut, &sns.CheckIfPhoneNumberIsOptedOutInput{PhoneNumber: text("+15555550100")}),

		on("EventBridge ListRules", events.NewFromConfig, (*events.Client).ListRules, &events.ListRulesInput{}),
		on("EventBridge DescribeEventBus", events.NewFromConfig, (*events.Client).DescribeEventBus, &events.DescribeEventBusInput{}),
		on("EventBridge ListEventBuses", events.NewFromConfig, (*events.Client).ListEventBuses, &events.ListEventBusesInput{}),
		on("EventBridge ListArchives", events.NewFromConfig, (*events.Client).ListArchives, &events.ListArchivesInput{}),
		on("EventBridge ListConnections", events.NewFromConfig, (*events.Client).ListConnections, &events.ListConnectionsInput{}),

		on("SSM GetParameter", ssm.NewFromConfig, (*ssm.Client).GetParameter, &ssm.GetParameterInput{Name: text("/p")}),
		on("SSM GetParameters", ssm.NewFromConfig, (*ssm.Client).GetParameters, &ssm.GetParametersInput{Names: []string{"/p"}}),
		on("SSM GetParametersByPath", ssm.NewFromConfig, (*ssm.Client).GetParametersByPath, &ssm.GetParametersByPathInput{Path: text("/")}),
		on("SSM DescribeParameters", ssm.NewFromConfig, (*ssm.Client).DescribeParameters, &ssm.DescribeParametersInput{}),
		on("SSM ListDocuments", ssm.NewFromConfig, (*ssm.Client).ListDocuments, &ssm.ListDocumentsInput{}),

		on("KMS DescribeKey", kms.NewFromConfig, (*kms.Client).DescribeKey, &kms.DescribeKeyInput{KeyId: &t.key}),
		on("KMS ListKeys", kms.NewFromConfig, (*kms.Client).ListKeys, &kms.ListKeysInput{}),
		on("KMS ListAliases", kms.NewFromConfig, (*kms.Client).ListAliases, &kms.ListAliasesInput{}),
		on("KMS GetKeyPolicy", kms.NewFromConfig, (*kms.Client).GetKeyPolicy, &kms.GetKeyPolicyInput{KeyId: &t.key, PolicyName: text("default")}),
		on("KMS GetKeyRotationStatus", kms.NewFromConfig, (*kms.Client).GetKeyRotationStatus, &kms.GetKeyRotationStatusInput{KeyId: &t.key}),

		on("CloudWatch Logs DescribeLogGroups", logs.NewFromConfig, (*logs.Client).DescribeLogGroups, &logs.DescribeLogGroupsInput{}),
		on("CloudWatch Logs DescribeLogStreams", logs.NewFromConfig, (*logs.Client).DescribeLogStreams, &logs.DescribeLogStreamsInput{LogGroupName: &t.table}),
		on("CloudWatch Logs FilterLogEvents", logs.NewFromConfig, (*logs.Client).FilterLogEvents, &logs.FilterLogEventsInput{LogGroupName: &t.table}),
		on("CloudWatch Logs GetLogEvents", logs.NewFromConfig, (*logs.Client).GetLogEvents, &logs.GetLogEventsInput{LogGroupName: &t.table, LogStreamName: text("s")}),
		on("CloudWatch Logs StartQuery", logs.NewFromConfig, (*logs.Client).StartQuery, &logs.StartQueryInput{LogGroupName: &t.table, QueryString: text("fields @message"), StartTime: aws.Int64(0), EndTime: aws.Int64(1)}),
	}
}

// changes are forty operations over the same services that may change something.
func changes(t things) []operation {
	puts := map[string][]ddb.WriteRequest{t.table: {{PutRequest: &ddb.PutRequest{Item: item()}}}}
	writes := []ddb.TransactWriteItem{{Put: &ddb.Put{TableName: &t.table, Item: item()}}}
	many := &s3types.Delete{Objects: []s3types.ObjectIdentifier{{Key: text("k")}}}
	event := []eventtypes.PutEventsRequestEntry{{Source: text("s"), DetailType: text("d"), Detail: text("{}")}}
	said := []logstypes.InputLogEvent{{Message: text("m"), Timestamp: aws.Int64(1)}}
	return []operation{
		on("SQS SendMessage", sqs.NewFromConfig, (*sqs.Client).SendMessage, &sqs.SendMessageInput{QueueUrl: &t.queue, MessageBody: text("x")}),
		on("SQS ReceiveMessage", sqs.NewFromConfig, (*sqs.Client).ReceiveMessage, &sqs.ReceiveMessageInput{QueueUrl: &t.queue}),
		on("SQS PurgeQueue", sqs.NewFromConfig, (*sqs.Client).PurgeQueue, &sqs.PurgeQueueInput{QueueUrl: &t.queue}),
		on("SQS TagQueue", sqs.NewFromConfig, (*sqs.Client).TagQueue, &sqs.TagQueueInput{QueueUrl: &t.queue, Tags: map[string]string{"a": "b"}}),
		on("SQS CreateQueue", sqs.NewFromConfig, (*sqs.Client).CreateQueue, &sqs.CreateQueueInput{QueueName: text("more")}),

		on("DynamoDB PutItem", dynamodb.NewFromConfig, (*dynamodb.Client).PutItem, &dynamodb.PutItemInput{TableName: &t.table, Item: item()}),
		on("DynamoDB BatchWriteItem", dynamodb.NewFromConfig, (*dynamodb.Client).BatchWriteItem, &dynamodb.BatchWriteItemInput{RequestItems: puts}),
		on("DynamoDB TransactWriteItems", dynamodb.NewFromConfig, (*dynamodb.Client).TransactWriteItems, &dynamodb.TransactWriteItemsInput{TransactItems: writes}),
		on("DynamoDB ExecuteStatement", dynamodb.NewFromConfig, (*dynamodb.Client).ExecuteStatement, &dynamodb.ExecuteStatementInput{Statement: text(`INSERT INTO "` + t.table + `" VALUE {'id': '2'}`)}),
		on("DynamoDB DeleteItem", dynamodb.NewFromConfig, (*dynamodb.Client).DeleteItem, &dynamodb.DeleteItemInput{TableName: &t.table, Key: item()}),

		on("S3 PutObject", s3.NewFromConfig, (*s3.Client).PutObject, &s3.PutObjectInput{Bucket: &t.bucket, Key: text("k"), Body: strings.NewReader("x")}),
		on("S3 DeleteObject", s3.NewFromConfig, (*s3.Client).DeleteObject, &s3.DeleteObjectInput{Bucket: &t.bucket, Key: text("k")}),
		on("S3 DeleteObjects", s3.NewFromConfig, (*s3.Client).DeleteObjects, &s3.DeleteObjectsInput{Bucket: &t.bucket, Delete: many}),
		on("S3 CopyObject", s3.NewFromConfig, (*s3.Client).CopyObject, &s3.CopyObjectInput{Bucket: &t.bucket, Key: text("c"), CopySource: text(t.bucket + "/k")}),
		on("S3 PutObjectTagging", s3.NewFromConfig, (*s3.Client).PutObjectTagging, &s3.PutObjectTaggingInput{Bucket: &t.bucket, Key: text("k"), Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: text("a"), Value: text("b")}}}}),

		on("SNS Publish", sns.NewFromConfig, (*sns.Client).Publish, &sns.PublishInput{TopicArn: &t.topic, Message: text("x")}),
		on("SNS CreateTopic", sns.NewFromConfig, (*sns.Client).CreateTopic, &sns.CreateTopicInput{Name: text("more")}),
		on("SNS Subscribe", sns.NewFromConfig, (*sns.Client).Subscribe, &sns.SubscribeInput{TopicArn: &t.topic, Protocol: text("email"), Endpoint: text("a@example.org")}),
		on("SNS SetTopicAttributes", sns.NewFromConfig, (*sns.Client).SetTopicAttributes, &sns.SetTopicAttributesInput{TopicArn: &t.topic, AttributeName: text("DisplayName"), AttributeValue: text("x")}),
		on("SNS DeleteTopic", sns.NewFromConfig, (*sns.Client).DeleteTopic, &sns.DeleteTopicInput{TopicArn: &t.topic}),

		on("EventBridge PutEvents", events.NewFromConfig, (*events.Client).PutEvents, &events.PutEventsInput{Entries: event}),
		on("EventBridge PutRule", events.NewFromConfig, (*events.Client).PutRule, &events.PutRuleInput{Name: text("r"), EventPattern: text("{}")}),
		on("EventBridge DisableRule", events.NewFromConfig, (*events.Client).DisableRule, &events.DisableRuleInput{Name: text("r")}),
		on("EventBridge DeleteRule", events.NewFromConfig, (*events.Client).DeleteRule, &events.DeleteRuleInput{Name: text("r")}),
		on("EventBridge CreateEventBus", events.NewFromConfig, (*events.Client).CreateEventBus, &events.CreateEventBusInput{Name: text("b")}),

		on("SSM PutParameter", ssm.NewFromConfig, (*ssm.Client).PutParameter, &ssm.PutParameterInput{Name: text("/p"), Value: text("x"), Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true)}),
		on("SSM DeleteParameter", ssm.NewFromConfig, (*ssm.Client).DeleteParameter, &ssm.DeleteParameterInput{Name: text("/p")}),
		on("SSM LabelParameterVersion", ssm.NewFromConfig, (*ssm.Client).LabelParameterVersion, &ssm.LabelParameterVersionInput{Name: text("/p"), Labels: []string{"l"}}),
		on("SSM SendCommand", ssm.NewFromConfig, (*ssm.Client).SendCommand, &ssm.SendCommandInput{DocumentName: text("AWS-RunShellScript")}),
		on("SSM DeleteDocument", ssm.NewFromConfig, (*ssm.Client).DeleteDocument, &ssm.DeleteDocumentInput{Name: text("d")}),

		on("KMS Decrypt", kms.NewFromConfig, (*kms.Client).Decrypt, &kms.DecryptInput{CiphertextBlob: []byte("x")}),
		on("KMS Encrypt", kms.NewFromConfig, (*kms.Client).Encrypt, &kms.EncryptInput{KeyId: &t.key, Plaintext: []byte("x")}),
		on("KMS CreateKey", kms.NewFromConfig, (*kms.Client).CreateKey, &kms.CreateKeyInput{}),
		on("KMS DisableKey", kms.NewFromConfig, (*kms.Client).DisableKey, &kms.DisableKeyInput{KeyId: &t.key}),
		on("KMS ScheduleKeyDeletion", kms.NewFromConfig, (*kms.Client).ScheduleKeyDeletion, &kms.ScheduleKeyDeletionInput{KeyId: &t.key}),

		on("CloudWatch Logs PutLogEvents", logs.NewFromConfig, (*logs.Client).PutLogEvents, &logs.PutLogEventsInput{LogGroupName: &t.table, LogStreamName: text("s"), LogEvents: said}),
		on("CloudWatch Logs CreateLogGroup", logs.NewFromConfig, (*logs.Client).CreateLogGroup, &logs.CreateLogGroupInput{LogGroupName: text("more")}),
		on("CloudWatch Logs DeleteLogGroup", logs.NewFromConfig, (*logs.Client).DeleteLogGroup, &logs.DeleteLogGroupInput{LogGroupName: &t.table}),
		on("CloudWatch Logs PutRetentionPolicy", logs.NewFromConfig, (*logs.Client).PutRetentionPolicy, &logs.PutRetentionPolicyInput{LogGroupName: &t.table, RetentionInDays: aws.Int32(1)}),
		on("CloudWatch Logs CreateLogStream", logs.NewFromConfig, (*logs.Client).CreateLogStream, &logs.CreateLogStreamInput{LogGroupName: &t.table, LogStreamName: text("t")}),
	}
}
