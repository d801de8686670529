package bootstrap

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/internal/gatefile"
)

// CloudFormation is a template for each account of f, bootstrap/NAME.json.
func CloudFormation(f *gatefile.File, o Options) ([]File, error) {
	return files(f, o, ".json", template)
}

// files writes each account in one form.
func files(f *gatefile.File, o Options, ending string, form func(*account) object) (all []File, err error) {
	accounts, err := accounts(f, o)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		var text strings.Builder
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(form(a)); err != nil {
			return nil, err
		}
		all = append(all, File{"bootstrap/" + a.name + ending, text.String()})
	}
	return all, nil
}

func sorted(all []string) []string { return slices.Compact(slices.Sorted(slices.Values(all))) }

func ref(name string) object { return object{"Ref": name} }

func arnOf(name string) object { return object{"Fn::GetAtt": []string{name, "Arn"}} }

func resource(kind string, properties object) object {
	return object{"Type": kind, "Properties": properties}
}

// template is a's CloudFormation template.
func template(a *account) object {
	parameters := object{"CreateProvider": object{"Type": "String", "Default": "true", "AllowedValues": []string{"true", "false"},
		"Description": "false if the account has the OIDC provider " + a.provider + " already: there can be one"}}
	provider := resource("AWS::IAM::OIDCProvider", object{"Url": "https://" + a.provider, "ClientIdList": []string{a.audience}})
	provider["Condition"] = "WithProvider"
	resources, outputs := object{"Provider": provider}, object{}
	for _, r := range a.roles {
		a.cloudRole(r, resources)
		outputs[r.id] = object{"Value": arnOf(r.id)}
		if r.deploys {
			parameters["DeployPolicyArns"] = object{"Type": "CommaDelimitedList",
				"Description": "ARNs of managed policies: what the deploy may do in this account"}
		}
	}
	if a.bucket != nil {
		a.cloudStore(parameters, resources, outputs)
	}
	return object{
		"AWSTemplateFormatVersion": "2010-09-09",
		"Description":              fmt.Sprintf("stagegate: account %s (%s)", a.number, a.name),
		"Parameters":               parameters,
		"Conditions":               object{"WithProvider": object{"Fn::Equals": []any{ref("CreateProvider"), "true"}}},
		"Resources":                resources, "Outputs": outputs,
	}
}

// cloudRole adds r and the policies that are made with it.
func (a *account) cloudRole(r *role, resources object) {
	properties := object{"RoleName": r.name(), "Path": r.path(), "Description": r.about, "AssumeRolePolicyDocument": a.trust(r)}
	if len(r.inline) > 0 {
		resources[r.id+"Own"] = resource("AWS::IAM::Policy", object{"PolicyName": "stagegate", "PolicyDocument": document(r.inline), "Roles": []object{ref(r.id)}})
	}
	for i, d := range r.made {
		resources[fmt.Sprintf("%sPolicy%d", r.id, i+1)] = resource("AWS::IAM::ManagedPolicy", object{
			"ManagedPolicyName": fmt.Sprintf("%s-%d", r.name(), i+1), "PolicyDocument": json.RawMessage(d), "Roles": []object{ref(r.id)}})
	}
	switch {
	case r.deploys:
		properties["ManagedPolicyArns"] = ref("DeployPolicyArns")
	case len(r.attached) > 0:
		properties["ManagedPolicyArns"] = r.attached
	}
	resources[r.id] = resource("AWS::IAM::Role", properties)
}

// cloudStore adds the bucket and the keys, which outlive the stack.
func (a *account) cloudStore(parameters, resources, outputs object) {
	parameters["RetentionDays"] = object{"Type": "Number", "Default": 90, "MinValue": 1,
		"Description": "how long nobody, an administrator included, can delete evidence"}
	parameters["KeyAdministrator"] = object{"Type": "String", "Default": "arn:" + a.partition + ":iam::" + a.number + ":root",
		"Description": "ARN of who administers the keys, and cannot sign with them"}
	bucket := resource("AWS::S3::Bucket", object{
		"BucketName":              a.bucket.name,
		"VersioningConfiguration": object{"Status": "Enabled"},
		"ObjectLockEnabled":       true,
		"ObjectLockConfiguration": object{"ObjectLockEnabled": "Enabled",
			"Rule": object{"DefaultRetention": object{"Mode": "COMPLIANCE", "Days": ref("RetentionDays")}}},
		"PublicAccessBlockConfiguration": object{"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true},
		"OwnershipControls":              object{"Rules": []object{{"ObjectOwnership": "BucketOwnerEnforced"}}},
		"BucketEncryption": object{"ServerSideEncryptionConfiguration": []object{
			{"ServerSideEncryptionByDefault": object{"SSEAlgorithm": "AES256"}}}},
	})
	kept(bucket)
	resources["Evidence"] = bucket
	resources["EvidencePolicy"] = resource("AWS::S3::BucketPolicy", object{"Bucket": ref("Evidence"), "PolicyDocument": a.bucket.policy})
	for _, k := range a.keys {
		one := resource("AWS::KMS::Key", object{"Description": k.about, "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY",
			"KeyPolicy": k.policy(ref("KeyAdministrator"), arnOf(k.role))})
		kept(one)
		resources[k.id] = one
		resources[k.id+"Alias"] = resource("AWS::KMS::Alias", object{"AliasName": "alias/" + k.alias, "TargetKeyId": ref(k.id)})
		outputs[k.id] = object{"Value": arnOf(k.id)}
	}
}

func kept(r object) { r["DeletionPolicy"], r["UpdateReplacePolicy"] = "Retain", "Retain" }
