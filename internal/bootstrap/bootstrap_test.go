package bootstrap_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/bootstrap"
	"github.com/stagegate/stagegate/internal/gatefile"
	"github.com/stagegate/stagegate/internal/guard"
)

const (
	staging = "222222222222"
	prod    = "333333333333"
	store   = "444444444444"
	github  = "repo:acme/orders:environment:{environment}"
)

// team is a gate.yaml of three accounts, and of a person's own.
const team = `
service: orders
artifacts: [dist/**]
store: {url: s3://acme-gate/orders, account: "444444444444", region: eu-west-1}
targets:
  alice: {dev: true, account: "111111111111", region: eu-west-1, url: http://127.0.0.1:1}
  staging: {url: https://staging.example, version: {path: /version, json: commit}, account: "222222222222", region: eu-west-1, role: "arn:aws:iam::222222222222:role/stagegate"}
  prod: {live: true, url: https://orders.example, version: {path: /version, json: commit}, account: "333333333333", region: eu-west-1,
    role: "arn:aws:iam::333333333333:role/team/deployer", tests: {role: "arn:aws:iam::333333333333:role/reader"}}
suites:
  acceptance: {run: ./features}
  smoke: {run: ./features, tags: "@smoke"}
deploy: {run: make deploy}
stages:
  commit: {suites: [acceptance]}
  acceptance: {target: staging, needs: [commit], deploy: true, after: [acceptance]}
  production: {target: prod, needs: [acceptance], deploy: true, after: [smoke]}
`

func parsed(t *testing.T, text string) *gatefile.File {
	t.Helper()
	f, err := gatefile.Parse("gate.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// decoded are the files in one form, each decoded.
func decoded(t *testing.T, form func(*gatefile.File, bootstrap.Options) ([]bootstrap.File, error), text string, o bootstrap.Options) map[string]map[string]any {
	t.Helper()
	files, err := form(parsed(t, text), o)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]any{}
	for _, f := range files {
		var v map[string]any
		if err := json.Unmarshal([]byte(f.Text), &v); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.Name, ".json") && len(f.Text) > 51200 && !strings.Contains(f.Name, "main.tf") {
			t.Errorf("%s has %d bytes: CloudFormation takes 51,200", f.Name, len(f.Text))
		}
		all[f.Name] = v
	}
	return all
}

// Who may take which role: the job of the stage, by its token, and the roles
// that are named; each document's text has all of this and nothing of that.
func TestTrust(t *testing.T) {
	files := decoded(t, bootstrap.CloudFormation, team, bootstrap.Options{Subject: github})
	for _, c := range []struct{ file, role, has, not string }{
		{"prod", "Deploy", `"repo:acme/orders:environment:production"|:role/gate-deployer"|oidc-provider/token.actions.githubusercontent.com"|"sts.amazonaws.com"`, `gate-tester|gate-judge|-tests|acceptance|"*"|reader`},
		{"prod", "Tests", `"repo:acme/orders:environment:production-tests"|:role/gate-tester"|:role/team/deployer"`, `gate-judge|production"|acceptance|"*"`},
		{"staging", "Deploy", `"repo:acme/orders:environment:acceptance"`, `production|"*"`},
		{"store", "Judge", `environment:production-judge"|environment:acceptance-judge"|environment:commit"`, `-tests|production"|"*"`},
		{"store", "Tester", `environment:production-tests"|environment:acceptance-tests"`, `judge|production"|commit|"*"`},
		{"store", "Deployer", `environment:production"|environment:acceptance"`, `judge|-tests|commit|"*"`},
	} {
		b, err := json.Marshal(at(t, files["bootstrap/"+c.file+".json"], "Resources", c.role, "Properties", "AssumeRolePolicyDocument"))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range strings.Split(c.has, "|") {
			if !strings.Contains(string(b), want) {
				t.Errorf("%s %s: no %s in %s", c.file, c.role, want, b)
			}
		}
		for _, not := range strings.Split(c.not, "|") {
			if strings.Contains(string(b), not) {
				t.Errorf("%s %s: %s in %s", c.file, c.role, not, b)
			}
		}
	}
	if len(files) != 3 {
		t.Errorf("%d files, want 3: none for a person's own place", len(files))
	}
}

// What moto does not do is looked at in the template: the bucket's lock and
// what is public of it, the keys' kind, and that both outlive the stack.
func TestStore(t *testing.T) {
	resources := at(t, decoded(t, bootstrap.CloudFormation, team, bootstrap.Options{Subject: github})["bootstrap/store.json"], "Resources")
	bucket := at(t, resources, "Evidence", "Properties")
	for _, c := range []struct {
		got  any
		want any
	}{
		{at(t, bucket, "ObjectLockEnabled"), true},
		{at(t, bucket, "ObjectLockConfiguration", "Rule", "DefaultRetention", "Mode"), "COMPLIANCE"},
		{at(t, bucket, "VersioningConfiguration", "Status"), "Enabled"},
		{at(t, bucket, "PublicAccessBlockConfiguration"), map[string]any{"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true}},
		{at(t, resources, "Evidence", "DeletionPolicy"), "Retain"},
		{at(t, resources, "JudgeKey", "DeletionPolicy"), "Retain"},
		{at(t, resources, "JudgeKey", "Properties", "KeySpec"), "ECC_NIST_P256"},
		{at(t, resources, "JudgeKey", "Properties", "KeyUsage"), "SIGN_VERIFY"},
		{at(t, resources, "Provider", "Properties", "Url"), "https://token.actions.githubusercontent.com"},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
	for _, s := range at(t, resources, "JudgeKey", "Properties", "KeyPolicy", "Statement").([]any) {
		b, _ := json.Marshal(s)
		if signs, judges := strings.Contains(string(b), "kms:Sign\""), strings.Contains(string(b), `{"Fn::GetAtt":["Judge","Arn"]}`); signs && !judges {
			t.Errorf("somebody else signs: %s", b)
		}
	}
}

// Both forms have the same roles with the same documents.
func TestFormsAgree(t *testing.T) {
	for _, o := range []bootstrap.Options{{Subject: github}, {Subject: github, Services: []string{"s3", "ec2"}}} {
		cloud, terra := decoded(t, bootstrap.CloudFormation, team, o), decoded(t, bootstrap.Terraform, team, o)
		for _, account := range []string{"staging", "prod", "store"} {
			resources := at(t, cloud["bootstrap/"+account+".json"], "Resources").(map[string]any)
			other := terra["bootstrap/"+account+"/main.tf.json"]
			n := 0
			for id, r := range resources {
				lower := strings.ToLower(id)
				switch at(t, r, "Type") {
				case "AWS::IAM::Role":
					n++
					same(t, id, at(t, other, "resource", "aws_iam_role", lower, "assume_role_policy").(string), at(t, r, "Properties", "AssumeRolePolicyDocument"))
				case "AWS::IAM::Policy":
					n++
					same(t, id, at(t, other, "resource", "aws_iam_role_policy", strings.TrimSuffix(lower, "own"), "policy").(string), at(t, r, "Properties", "PolicyDocument"))
				case "AWS::IAM::ManagedPolicy":
					n++
					same(t, id, at(t, other, "resource", "aws_iam_policy", strings.ReplaceAll(lower, "policy", "_"), "policy").(string), at(t, r, "Properties", "PolicyDocument"))
				case "AWS::S3::BucketPolicy":
					same(t, id, at(t, other, "resource", "aws_s3_bucket_policy", "evidence", "policy").(string), at(t, r, "Properties", "PolicyDocument"))
				}
			}
			if n < 5 {
				t.Errorf("%s: %d roles and policies", account, n)
			}
		}
		if got := at(t, terra["bootstrap/prod/main.tf.json"], "provider", "aws", "allowed_account_ids"); !reflect.DeepEqual(got, []any{prod}) {
			t.Errorf("terraform would work in %v", got)
		}
	}
}

// Without services the role has AWS's ReadOnlyAccess, and what the guarded
// clients refuse of it is denied.
func TestReadOnlyAccess(t *testing.T) {
	resources := at(t, decoded(t, bootstrap.CloudFormation, team, bootstrap.Options{Subject: github})["bootstrap/prod.json"], "Resources").(map[string]any)
	if got := at(t, resources, "Tests", "Properties", "ManagedPolicyArns"); !reflect.DeepEqual(got, []any{"arn:aws:iam::aws:policy/ReadOnlyAccess"}) {
		t.Errorf("got %v", got)
	}
	denied := map[string]bool{}
	for id, r := range resources {
		if at(t, r, "Type") != "AWS::IAM::ManagedPolicy" {
			continue
		}
		b, _ := json.Marshal(at(t, r, "Properties", "PolicyDocument"))
		if len(b) > guard.ManagedPolicySize {
			t.Errorf("%s has %d characters", id, len(b))
		}
		s := at(t, r, "Properties", "PolicyDocument", "Statement").([]any)[0]
		for _, a := range at(t, s, "Action").([]any) {
			denied[a.(string)] = at(t, s, "Effect") == "Deny"
		}
	}
	for _, p := range guard.Prefixes() {
		for _, a := range guard.Refused(p) {
			if !denied[p+":"+a] {
				t.Errorf("%s:%s is refused by the client and not denied", p, a)
			}
		}
		for _, a := range guard.Reads(p) {
			if denied[p+":"+a] {
				t.Errorf("%s:%s is a read, and denied", p, a)
			}
		}
	}
}

// gate decide looks at alarms, and gate test fetches secrets, with the session of
// tests: the judge may take that role there and nowhere else, and the role may
// read the secrets that are named and no other.
func TestWatchedAndSecrets(t *testing.T) {
	text := strings.Replace(team, "after: [smoke]", "after: [smoke], alarms: {tagged: service=orders, for: 5m}", 1)
	text = strings.Replace(text, "tests: {role:", "secrets: {A: {ssm: /orders/a}, B: {secretsmanager: orders/b}, C: {env: CI}}, tests: {role:", 1)
	files := decoded(t, bootstrap.CloudFormation, text, bootstrap.Options{Subject: github, Services: []string{"sqs"}})
	has := func(file string, words string, want bool, path ...string) {
		t.Helper()
		b, err := json.Marshal(at(t, files["bootstrap/"+file+".json"], append([]string{"Resources"}, path...)...))
		if err != nil || strings.Contains(string(b), words) != want {
			t.Errorf("%s %v: %q in it: %v, want %v", file, path, words, !want, want)
		}
	}
	has("prod", "gate-judge", true, "Tests", "Properties", "AssumeRolePolicyDocument")
	has("staging", "gate-judge", false, "Tests", "Properties", "AssumeRolePolicyDocument")
	has("store", ":role/reader", true, "JudgeOwn")
	has("store", ":role/team/deployer", false, "JudgeOwn")
	has("store", ":role/stagegate-tests", false, "JudgeOwn")
	has("prod", "cloudwatch:DescribeAlarms", true, "TestsOwn")
	has("staging", "cloudwatch:DescribeAlarms", false, "TestsOwn")
	has("prod", `"arn:aws:ssm:eu-west-1:333333333333:parameter/orders/a"`, true, "TestsOwn")
	has("prod", `"arn:aws:secretsmanager:eu-west-1:333333333333:secret:orders/b-??????"`, true, "TestsOwn")
	has("staging", "secret", false, "TestsOwn")
	has("prod", `"Effect":"Deny","Resource":["arn:aws:s3:::acme-gate","arn:aws:s3:::acme-gate/*"],"Sid":"NeverTheStore"`, true, "TestsOwn")
}

func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		name, text string
		options    bootstrap.Options
		says       string
	}{
		{"no subject", team, bootstrap.Options{}, "no subject"},
		{"everybody", team, bootstrap.Options{Subject: "*"}, "every repository"},
		{"everybody at GitHub", team, bootstrap.Options{Subject: "repo:*"}, "every repository"},
		{"an expression", team, bootstrap.Options{Subject: "repo:${x}"}, "is no issuer"},
		{"an address", team, bootstrap.Options{Subject: github, Provider: "https://gitlab.example"}, "without https://"},
		{"a service that is none", team, bootstrap.Options{Subject: github, Services: []string{"sqz"}}, "IAM prefix"},
		{"one role for both", strings.ReplaceAll(team, "role/team/deployer", "role/reader"), bootstrap.Options{Subject: github}, "have one role"},
		{"no account", "service: a\nsuites: {u: {run: ./...}}\nstages: {commit: {suites: [u]}}\n", bootstrap.Options{Subject: github}, "names no account"},
	} {
		for form, write := range map[string]func(*gatefile.File, bootstrap.Options) ([]bootstrap.File, error){"cloudformation": bootstrap.CloudFormation, "terraform": bootstrap.Terraform} {
			if files, err := write(parsed(t, c.text), c.options); err == nil || !strings.Contains(err.Error(), c.says) || files != nil {
				t.Errorf("%s, %s: got %v", c.name, form, err)
			}
		}
	}
}
