package guard

import "strings"

// ReadOnly reports whether an AWS operation only reads. The service is the
// SDK's service id ("SQS", "Cognito Identity"), in any case and with or without
// spaces; the operation is spelled as AWS spells it ("GetItem").
func ReadOnly(service, operation string) bool {
	s := strings.ToLower(strings.ReplaceAll(service, " ", ""))
	if s == "" || operation == "" {
		return false
	}
	if reads, ok := exception(s, operation); ok {
		return reads
	}
	for _, p := range []string{"Get", "List", "Describe", "Head", "BatchGet", "Query", "Scan", "Search", "Lookup", "Filter"} {
		if rest, ok := strings.CutPrefix(operation, p); ok && wordBegins(rest) {
			return true
		}
	}
	return false
}

// wordBegins keeps "Listen" from being a List.
func wordBegins(rest string) bool {
	return rest == "" || rest[0] >= 'A' && rest[0] <= 'Z'
}

// exception is what the prefixes get wrong, either way.
func exception(service, operation string) (reads, ok bool) {
	switch service + "." + operation {
	case "sts.AssumeRole", "sts.AssumeRoleWithSAML", "sts.AssumeRoleWithWebIdentity", // a session: every call with it is judged again
		"sts.DecodeAuthorizationMessage",
		"cloudformation.ValidateTemplate",
		"cloudwatchlogs.StartQuery", "cloudwatchlogs.TestMetricFilter",
		"dynamodb.TransactGetItems",
		"eventbridge.TestEventPattern",
		"iam.SimulateCustomPolicy", "iam.SimulatePrincipalPolicy",
		"kms.Verify", "kms.VerifyMac",
		"s3.SelectObjectContent":
		return true, true
	case "cognitoidentity.GetId", // creates the identity
		"cognitoidentityprovider.GetTokensFromRefreshToken",        // may rotate the token
		"cognitoidentityprovider.GetUserAttributeVerificationCode", // sends a message to a person
		"lightsail.GetInstanceAccessDetails",                       // makes a key pair
		"lightsail.GetRelationalDatabaseMasterUserPassword",        // hands out a secret that writes
		"paymentcryptography.GetParametersForExport",               // makes a key
		"paymentcryptography.GetParametersForImport",               // makes a token
		"redshift.GetClusterCredentials",                           // may create the user
		"redshift.GetClusterCredentialsWithIAM",                    // as above
		"redshiftserverless.GetCredentials",                        // as above
		"sfn.GetActivityTask",                                      // takes the task away from its worker
		"sqs.ReceiveMessage":                                       // hides the messages from the service
		return false, true
	}
	return false, false
}
