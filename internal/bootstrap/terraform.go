package bootstrap

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/stagegate/stagegate/internal/gatefile"
)

// Terraform is a root module for each account of f, bootstrap/NAME/main.tf.json.
func Terraform(f *gatefile.File, o Options) ([]File, error) {
	return files(f, o, "/main.tf.json", module)
}

// A resources is resource type -> name -> arguments.
type resources map[string]map[string]object

func (all resources) add(kind, name string, arguments object) {
	if all[kind] == nil {
		all[kind] = map[string]object{}
	}
	all[kind][name] = arguments
}

// text is a document as Terraform takes it: JSON in a string, a template.
func text(document object) string {
	b, err := json.Marshal(document)
	if err != nil {
		panic(err) // texts alone
	}
	return string(b)
}

func expression(format string, args ...any) string { return "${" + fmt.Sprintf(format, args...) + "}" }

// module is a's Terraform module.
func module(a *account) object {
	variables := object{"create_provider": object{"type": "bool", "default": true,
		"description": "false if the account has the OIDC provider " + a.provider + " already: there can be one"}}
	all, outputs := resources{}, object{}
	all.add("aws_iam_openid_connect_provider", "ci", object{"count": expression("var.create_provider ? 1 : 0"),
		"url": "https://" + a.provider, "client_id_list": []string{a.audience}})
	for _, r := range a.roles {
		a.terraRole(r, all)
		outputs[strings.ToLower(r.id)] = object{"value": expression("aws_iam_role.%s.arn", strings.ToLower(r.id))}
		if r.deploys {
			variables["deploy_policy_arns"] = object{"type": "list(string)", "description": "managed policies: what the deploy may do in this account"}
		}
	}
	if a.bucket != nil {
		variables["retention_days"] = object{"type": "number", "default": 90, "description": "how long nobody, an administrator included, can delete evidence"}
		variables["key_administrator"] = object{"type": "string", "default": "arn:" + a.partition + ":iam::" + a.number + ":root",
			"description": "ARN of who administers the keys, and cannot sign with them"}
		a.terraBucket(all)
		a.terraKeys(all, outputs)
	}
	return object{
		"terraform": object{"required_providers": object{"aws": object{"source": "hashicorp/aws", "version": ">= 6.0"}}},
		"provider":  object{"aws": object{"region": a.region, "allowed_account_ids": []string{a.number}}},
		"variable":  variables, "resource": all, "output": outputs,
	}
}

// terraRole adds r, its policies, and what binds them.
func (a *account) terraRole(r *role, all resources) {
	name := strings.ToLower(r.id)
	itself := expression("aws_iam_role.%s.name", name)
	all.add("aws_iam_role", name, object{"name": r.name(), "path": r.path(), "description": r.about, "assume_role_policy": text(a.trust(r))})
	if len(r.inline) > 0 {
		all.add("aws_iam_role_policy", name, object{"name": "stagegate", "role": itself, "policy": text(document(r.inline))})
	}
	for i, arn := range r.attached {
		all.add("aws_iam_role_policy_attachment", fmt.Sprintf("%s_aws_%d", name, i+1), object{"role": itself, "policy_arn": arn})
	}
	for i, d := range r.made {
		id := fmt.Sprintf("%s_%d", name, i+1)
		all.add("aws_iam_policy", id, object{"name": fmt.Sprintf("%s-%d", r.name(), i+1), "policy": d})
		all.add("aws_iam_role_policy_attachment", id, object{"role": itself, "policy_arn": expression("aws_iam_policy.%s.arn", id)})
	}
	if r.deploys {
		all.add("aws_iam_role_policy_attachment", name, object{"for_each": expression("toset(var.deploy_policy_arns)"),
			"role": itself, "policy_arn": expression("each.value")})
	}
}

// terraBucket adds the bucket of the evidence.
func (a *account) terraBucket(all resources) {
	itself := expression("aws_s3_bucket.evidence.id")
	all.add("aws_s3_bucket", "evidence", object{"bucket": a.bucket.name, "object_lock_enabled": true, "lifecycle": object{"prevent_destroy": true}})
	all.add("aws_s3_bucket_versioning", "evidence", object{"bucket": itself, "versioning_configuration": object{"status": "Enabled"}})
	all.add("aws_s3_bucket_object_lock_configuration", "evidence", object{"bucket": itself,
		"rule":       object{"default_retention": object{"mode": "COMPLIANCE", "days": expression("var.retention_days")}},
		"depends_on": []string{"aws_s3_bucket_versioning.evidence"}})
	all.add("aws_s3_bucket_public_access_block", "evidence", object{"bucket": itself,
		"block_public_acls": true, "ignore_public_acls": true, "block_public_policy": true, "restrict_public_buckets": true})
	all.add("aws_s3_bucket_ownership_controls", "evidence", object{"bucket": itself, "rule": object{"object_ownership": "BucketOwnerEnforced"}})
	all.add("aws_s3_bucket_server_side_encryption_configuration", "evidence", object{"bucket": itself,
		"rule": object{"apply_server_side_encryption_by_default": object{"sse_algorithm": "AES256"}}})
	all.add("aws_s3_bucket_policy", "evidence", object{"bucket": itself, "policy": text(a.bucket.policy),
		"depends_on": []string{"aws_s3_bucket_public_access_block.evidence"}})
}

// terraKeys adds the keys and their aliases.
func (a *account) terraKeys(all resources, outputs object) {
	for _, k := range a.keys {
		name := strings.ToLower(k.role)
		all.add("aws_kms_key", name, object{"description": k.about, "customer_master_key_spec": "ECC_NIST_P256", "key_usage": "SIGN_VERIFY",
			"policy":    text(k.policy(expression("var.key_administrator"), expression("aws_iam_role.%s.arn", name))),
			"lifecycle": object{"prevent_destroy": true}})
		all.add("aws_kms_alias", name, object{"name": "alias/" + k.alias, "target_key_id": expression("aws_kms_key.%s.key_id", name)})
		outputs[name+"_key"] = object{"value": expression("aws_kms_key.%s.arn", name)}
	}
}
