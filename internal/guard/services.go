package guard

import "strings"

// prefixes are the IAM prefixes that a service id may stand for. IAM and the
// SDK name many services differently; what is in neither form is not known.
func prefixes(joined, service string) []string {
	if p := renamed(joined); p != "" {
		return []string{p}
	}
	hyphenated := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(service)), " ", "-")
	if hyphenated == joined {
		return []string{joined}
	}
	return []string{joined, hyphenated}
}

// renamed is the IAM prefix of a service that has another name there.
func renamed(joined string) string {
	switch joined {
	case "apigatewayv2", "apigatewaymanagementapi":
		return "apigateway"
	case "appconfigdata":
		return "appconfig"
	case "applicationautoscaling":
		return "application-autoscaling"
	case "autoscalingplans":
		return "autoscaling-plans"
	case "bedrockagent", "bedrockagentruntime", "bedrockruntime":
		return "bedrock"
	case "cloudhsmv2":
		return "cloudhsm"
	case "cloudsearchdomain":
		return "cloudsearch"
	case "cloudwatchevents", "eventbridge":
		return "events"
	case "cloudwatchlogs":
		return "logs"
	case "codestarconnections":
		return "codestar-connections"
	case "cognitoidentityprovider":
		return "cognito-idp"
	case "configservice":
		return "config"
	case "costandusagereportservice":
		return "cur"
	case "costexplorer":
		return "ce"
	case "databasemigrationservice":
		return "dms"
	case "directoryservice":
		return "ds"
	case "dynamodbstreams":
		return "dynamodb"
	case "efs":
		return "elasticfilesystem"
	case "elasticloadbalancingv2":
		return "elasticloadbalancing"
	case "elasticsearchservice", "opensearch":
		return "es"
	case "emr":
		return "elasticmapreduce"
	case "iotdataplane":
		return "iot"
	case "kinesisanalyticsv2":
		return "kinesisanalytics"
	case "lexmodelsv2", "lexruntimev2", "lexmodelbuildingservice", "lexruntimeservice":
		return "lex"
	case "location":
		return "geo"
	case "opensearchserverless":
		return "aoss"
	case "resourcegroupstaggingapi":
		return "tag"
	case "sagemakerruntime":
		return "sagemaker"
	case "serverlessapplicationrepository":
		return "serverlessrepo"
	case "sesv2":
		return "ses"
	case "sfn":
		return "states"
	case "ssoadmin":
		return "sso"
	case "ssooidc":
		return "sso-oauth"
	case "timestreamquery", "timestreamwrite":
		return "timestream"
	case "wafregional":
		return "waf-regional"
	}
	return ""
}

// action is the IAM action that permits an operation, where it has another name.
func action(prefix, operation string) string {
	switch prefix {
	case "s3":
		return s3Action(operation)
	case "dynamodb":
		if operation == "TransactGetItems" {
			return "GetItem"
		}
	case "apigateway":
		if rest, ok := strings.CutPrefix(operation, "Get"); ok && wordBegins(rest) {
			return "GET" // actions are methods there
		}
	}
	return operation
}

// s3Action follows the reference of S3, "Actions and operations".
func s3Action(operation string) string {
	switch operation {
	case "HeadBucket", "ListObjects", "ListObjectsV2":
		return "ListBucket"
	case "HeadObject", "SelectObjectContent":
		return "GetObject"
	case "ListBuckets":
		return "ListAllMyBuckets"
	case "ListObjectVersions":
		return "ListBucketVersions"
	case "ListMultipartUploads":
		return "ListBucketMultipartUploads"
	case "ListParts":
		return "ListMultipartUploadParts"
	case "GetBucketCors":
		return "GetBucketCORS"
	case "GetBucketEncryption":
		return "GetEncryptionConfiguration"
	case "GetBucketNotificationConfiguration":
		return "GetBucketNotification"
	case "GetObjectLockConfiguration":
		return "GetBucketObjectLockConfiguration"
	case "GetPublicAccessBlock":
		return "GetBucketPublicAccessBlock"
	case "GetBucketAccelerateConfiguration":
		return "GetAccelerateConfiguration"
	case "GetBucketLifecycleConfiguration":
		return "GetLifecycleConfiguration"
	case "GetBucketReplication":
		return "GetReplicationConfiguration"
	case "GetBucketAnalyticsConfiguration", "ListBucketAnalyticsConfigurations":
		return "GetAnalyticsConfiguration"
	case "GetBucketIntelligentTieringConfiguration", "ListBucketIntelligentTieringConfigurations":
		return "GetIntelligentTieringConfiguration"
	case "GetBucketInventoryConfiguration", "ListBucketInventoryConfigurations":
		return "GetInventoryConfiguration"
	case "GetBucketMetricsConfiguration", "ListBucketMetricsConfigurations":
		return "GetMetricsConfiguration"
	}
	return operation
}
