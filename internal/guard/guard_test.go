package guard_test

import (
	"testing"

	"github.com/stagegate/stagegate/internal/guard"
)

func TestReadMethod(t *testing.T) {
	for method, want := range map[string]bool{
		"": true, "GET": true, "HEAD": true, "OPTIONS": true,
		"POST": false, "PUT": false, "PATCH": false, "DELETE": false,
		"TRACE": false, "CONNECT": false, "PROPFIND": false,
		"get": false, " GET": false, "GET\n": false, "GETX": false,
	} {
		if got := guard.ReadMethod(method); got != want {
			t.Errorf("ReadMethod(%q) = %v, want %v", method, got, want)
		}
	}
}

func TestReadOnly(t *testing.T) {
	for _, tt := range []struct {
		service, operation string
		want               bool
	}{
		{"S3", "GetObject", true},
		{"S3", "HeadObject", true},
		{"S3", "ListObjectsV2", true},
		{"S3", "SelectObjectContent", true},
		{"S3", "PutObject", false},
		{"S3", "DeleteObjects", false},
		{"S3", "CreateSession", false},
		{"DynamoDB", "GetItem", true},
		{"DynamoDB", "BatchGetItem", true},
		{"DynamoDB", "TransactGetItems", true},
		{"DynamoDB", "Query", true},
		{"DynamoDB", "Scan", true},
		{"DynamoDB", "PutItem", false},
		{"DynamoDB", "BatchWriteItem", false},
		{"DynamoDB", "ExecuteStatement", false}, // PartiQL: may be an INSERT
		{"DynamoDB", "BatchExecuteStatement", false},
		{"DynamoDB", "ExecuteTransaction", false},
		{"SQS", "GetQueueAttributes", true},
		{"SQS", "SendMessage", false},
		{"SQS", "ReceiveMessage", false},
		{"SQS", "PurgeQueue", false},
		{"SSM", "GetParametersByPath", true},
		{"SSM", "PutParameter", false},
		{"SSM", "StartSession", false},
		{"Secrets Manager", "GetSecretValue", true},
		{"STS", "GetCallerIdentity", true},
		{"STS", "GetSessionToken", true},
		{"STS", "AssumeRole", true},
		{"STS", "AssumeRoot", false},
		{"CloudWatch Logs", "FilterLogEvents", true},
		{"CloudWatch Logs", "StartQuery", true},
		{"CloudTrail", "LookupEvents", true},
		{"Lambda", "Invoke", false},
		{"Lambda", "InvokeWithResponseStream", false},
		{"KMS", "Decrypt", false},

		// The action that permits it has another name, or the service has.
		{"S3", "HeadBucket", true},
		{"S3", "ListBuckets", true},
		{"S3", "GetBucketEncryption", true},
		{"EventBridge", "ListRules", true},
		{"EventBridge", "TestEventPattern", true},
		{"EventBridge", "PutEvents", false},
		{"SNS", "Publish", false},
		{"SNS", "ListTopics", true},
		{"CloudWatch", "DescribeAlarms", true},
		{"CloudWatch", "SetAlarmState", false},
		{"SFN", "DescribeExecution", true},
		{"SFN", "StartExecution", false},
		{"API Gateway", "GetRestApis", true},
		{"API Gateway", "CreateRestApi", false},
		{"Application Auto Scaling", "DescribeScalingPolicies", true},
		{"Resource Groups Tagging API", "GetResources", true},
		{"Cognito Identity Provider", "DescribeUserPool", true},

		// Published as a read, and does something.
		{"SageMaker Runtime", "InvokeEndpoint", false},
		{"Bedrock Runtime", "InvokeModel", false},
		{"IAM", "GenerateCredentialReport", false},
		{"Rekognition", "DetectFaces", false},

		// Traps: the prefix reads, the operation does not.
		{"Cognito Identity", "GetId", false},
		{"cognitoidentity", "GetId", false},
		{"Cognito Identity Provider", "GetUserAttributeVerificationCode", false},
		{"SFN", "GetActivityTask", false},
		{"Redshift", "GetClusterCredentials", false},

		// Closed by default.
		{"S3", "", false},
		{"", "GetObject", false},
		{"Bedrock AgentCore", "Getaway", false},
		{"X", "Listen", false},
		{"X", "Headbang", false},
		{"X", "Scanner", false},
		{"X", "getObject", false},
		{"X", "ForgetItem", false},
		{"SomethingNew", "Frobnicate", false},
		{"SomethingNew", "GetThing", false},
		{"SQS", "GetSomethingNew", false},
		{"SQS\nacm:", "ListQueues", false},
		{"SQS", "ListQueues ReceiveMessage", false},
		{"SomethingNew", "AssumeRole", false}, // an exception of STS alone
	} {
		if got := guard.ReadOnly(tt.service, tt.operation); got != tt.want {
			t.Errorf("ReadOnly(%q, %q) = %v, want %v", tt.service, tt.operation, got, tt.want)
		}
	}
}

// Whatever the words, an operation that names a change is never a read.
func FuzzReadOnly(f *testing.F) {
	f.Add("SQS", "Message")
	f.Add("", "Get")
	f.Fuzz(func(t *testing.T, service, rest string) {
		for _, verb := range []string{"Put", "Create", "Delete", "Update", "Send", "Terminate", "Execute"} {
			if guard.ReadOnly(service, verb+rest) {
				t.Errorf("ReadOnly(%q, %q) = true", service, verb+rest)
			}
		}
	})
}
