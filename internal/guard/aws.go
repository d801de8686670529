package guard

import "strings"

// ReadOnly reports whether an AWS operation only reads. The service is the
// SDK's service id ("SQS", "Cognito Identity"), in any case and with or without
// spaces; the operation is spelled as AWS spells it ("GetItem").
//
// It reads if the action that permits it is published as Read or List, begins
// with a word that reads, and is not one of the exceptions.
func ReadOnly(service, operation string) bool {
	s := strings.ToLower(strings.ReplaceAll(service, " ", ""))
	if s == "" || operation == "" {
		return false
	}
	if s == "sts" && isSession(operation) { // published as Write; every call with it is judged again
		return true
	}
	for _, prefix := range prefixes(s, service) {
		if a := action(prefix, operation); isListed(prefix, a) && harmless(prefix, a) {
			return true
		}
	}
	return false
}

// isSession reports the operations of STS that give a session of a role.
func isSession(operation string) bool {
	switch operation {
	case "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity":
		return true
	}
	return false
}

// harmless reports whether a published read may be done where nothing may change.
func harmless(prefix, action string) bool {
	switch prefix + ":" + action {
	case "cloudformation:EstimateTemplateCost", "cloudformation:ValidateTemplate",
		"ecr:BatchCheckLayerAvailability",
		"events:TestEventPattern", "evidently:TestSegmentPattern",
		"iam:SimulateCustomPolicy", "iam:SimulatePrincipalPolicy",
		"logs:StartLiveTail", "logs:StartQuery", "logs:StopLiveTail", "logs:StopQuery", "logs:TestMetricFilter", "logs:TestTransformer",
		"route53:TestDNSAnswer",
		"sns:CheckIfPhoneNumberIsOptedOut",
		"states:ValidateStateMachineDefinition",
		"verifiedpermissions:IsAuthorized", "verifiedpermissions:IsAuthorizedWithToken",
		"wafv2:CheckCapacity",
		"xray:CancelTraceRetrieval", "xray:StartTraceRetrieval":
		return true // another word, and nothing changes
	case "auditmanager:GetEvidenceFileUploadUrl", // a way to write
		"cognito-idp:GetUserAttributeVerificationCode", // sends a message to a person
		"kms:GetParametersForImport",                   // makes a token
		"payment-cryptography:GetParametersForExport",  // makes a key
		"payment-cryptography:GetParametersForImport",  // makes a token
		"sqs:ReceiveMessage":                           // hides the messages from the service
		return false // whatever is published
	}
	if prefix+":"+action == "apigateway:GET" {
		return true
	}
	for _, verb := range []string{"Get", "List", "Describe", "Head", "BatchGet", "BatchDescribe", "Query", "Scan", "Search", "Lookup", "Filter", "View", "Select"} {
		if rest, ok := strings.CutPrefix(action, verb); ok && wordBegins(rest) {
			return true
		}
	}
	return false
}

// wordBegins keeps "Listen" from being a List.
func wordBegins(rest string) bool {
	return rest == "" || rest[0] >= 'A' && rest[0] <= 'Z'
}
