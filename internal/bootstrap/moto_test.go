package bootstrap_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/stagegate/stagegate/internal/bootstrap"
	"github.com/stagegate/stagegate/internal/mototest"
)

// stack makes the stack of a template in cfg's account, and waits for it.
func stack(t *testing.T, cfg aws.Config, template string, parameters map[string]string) {
	t.Helper()
	form := url.Values{"Action": {"CreateStack"}, "Version": {"2010-05-15"}, "StackName": {"stagegate"}, "TemplateBody": {template},
		"Capabilities.member.1": {"CAPABILITY_NAMED_IAM"}}
	n := 0
	for key, value := range parameters {
		n++
		member := "Parameters.member." + string(rune('0'+n))
		form.Set(member+".ParameterKey", key)
		form.Set(member+".ParameterValue", value)
	}
	body := form.Encode()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, *cfg.BaseEndpoint, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	keys, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(t.Context(), keys, r, hex.EncodeToString(sum[:]), "cloudformation", cfg.Region, time.Now()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v %s: %s", err, resp.Status, said)
	}
}

// applied makes the stacks of team on moto, with the tests' policies for sqs and s3.
func applied(t *testing.T) (endpoint string, templates map[string]map[string]any) {
	t.Helper()
	endpoint = mototest.Start(t)
	files, err := bootstrap.CloudFormation(parsed(t, team), bootstrap.Options{Subject: github, Services: []string{"sqs", "s3"}})
	if err != nil {
		t.Fatal(err)
	}
	templates = map[string]map[string]any{}
	for i, account := range []string{prod, staging, store} { // files are sorted by name
		var v map[string]any
		if err := json.Unmarshal([]byte(files[i].Text), &v); err != nil || !strings.Contains(files[i].Text, "stagegate: account "+account) {
			t.Fatal(err, files[i].Name)
		}
		templates[account] = v["Resources"].(map[string]any)
		parameters := map[string]string{}
		if account != store {
			parameters["DeployPolicyArns"] = "arn:aws:iam::aws:policy/PowerUserAccess"
		}
		stack(t, mototest.Session(endpoint, account), files[i].Text, parameters)
	}
	return endpoint, templates
}

// at follows members of a template.
func at(t *testing.T, v any, path ...string) any {
	t.Helper()
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok || m[p] == nil {
			t.Fatalf("there is no %s", strings.Join(path, "."))
		}
		v = m[p]
	}
	return v
}

// same compares a document that the service keeps, URL-encoded or not, with one
// of the template.
func same(t *testing.T, what, kept string, want any) {
	t.Helper()
	if strings.HasPrefix(kept, "%7B") {
		kept, _ = url.QueryUnescape(kept)
	}
	var got any
	if err := json.Unmarshal([]byte(kept), &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s (%v): got\n%s\nwant\n%v", what, err, kept, want)
	}
}

// The templates make stacks: roles with the trust and the policies that the
// templates say, the bucket, and a key for each job. moto has no OIDC provider in
// CloudFormation, keeps no Object Lock and no bucket policy's conditions, makes
// every key a symmetric one, and attaches no managed policy that a role names: of
// these the template alone is looked at, in TestStore and TestReadOnlyAccess.
func TestStacksOnMoto(t *testing.T) {
	endpoint, templates := applied(t)
	for _, r := range []struct{ account, id, name string }{
		{prod, "Deploy", "deployer"}, {prod, "Tests", "reader"}, {staging, "Deploy", "stagegate"}, {staging, "Tests", "stagegate-tests"},
		{store, "Deployer", "gate-deployer"}, {store, "Tester", "gate-tester"}, {store, "Judge", "gate-judge"},
	} {
		client, properties := iam.NewFromConfig(mototest.Session(endpoint, r.account)), at(t, templates[r.account], r.id, "Properties")
		role, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &r.name})
		if err != nil {
			t.Errorf("%s in %s: %v", r.name, r.account, err)
			continue
		}
		same(t, r.name+"'s trust", *role.Role.AssumeRolePolicyDocument, at(t, properties, "AssumeRolePolicyDocument"))
		own, err := client.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: &r.name, PolicyName: aws.String("stagegate")})
		if err != nil {
			t.Errorf("%s's policy: %v", r.name, err)
			continue
		}
		same(t, r.name+"'s policy", *own.PolicyDocument, at(t, templates[r.account], r.id+"Own", "Properties", "PolicyDocument"))
	}
	cfg := mototest.Session(endpoint, store)
	if _, err := s3.NewFromConfig(cfg, path).HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("acme-gate")}); err != nil {
		t.Error(err)
	}
	aliases, err := kms.NewFromConfig(cfg).ListAliases(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{} // alias -> key
	for _, a := range aliases.Aliases {
		keys[*a.AliasName] = aws.ToString(a.TargetKeyId)
	}
	d, te, j := keys["alias/gate-deployer"], keys["alias/gate-tester"], keys["alias/gate-judge"]
	if d == "" || te == "" || j == "" || d == te || te == j || d == j {
		t.Errorf("keys of the jobs: %q %q %q", d, te, j)
	}
}

func path(o *s3.Options) { o.UsePathStyle = true }

// taken is a session of a role in prod.
func taken(t *testing.T, endpoint, role string) aws.Config {
	t.Helper()
	cfg := mototest.Base(endpoint)
	cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), "arn:aws:iam::"+prod+":"+role))
	if _, err := cfg.Credentials.Retrieve(t.Context()); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// As the stacks make it the role of tests reads, and does nothing else; that of the
// deploy does what it may and leaves the tests' alone: under moto's enforcement,
// without a guarded client.
func TestStackOfTestsOnlyReads(t *testing.T) {
	endpoint, _ := applied(t)
	q, err := sqs.NewFromConfig(mototest.Session(endpoint, prod)).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("q")})
	if err != nil {
		t.Fatal(err)
	}
	cfg, deploy := taken(t, endpoint, "role/reader"), taken(t, endpoint, "role/team/deployer")
	// moto attaches no managed policy that a stack's role names: all rights, in its place.
	if _, err := iam.NewFromConfig(mototest.Session(endpoint, prod)).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("deployer"), PolicyName: aws.String("all"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(endpoint+"/moto-api/reset-auth", "text/plain", bytes.NewReader([]byte("0"))) // from now on policies count
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for _, c := range []struct {
		name    string
		allowed bool
		call    func(context.Context) error
	}{
		{"reads a queue", true, func(ctx context.Context) error {
			_, err := sqs.NewFromConfig(cfg).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: q.QueueUrl})
			return err
		}},
		{"lists buckets", true, func(ctx context.Context) error {
			_, err := s3.NewFromConfig(cfg, path).ListBuckets(ctx, nil)
			return err
		}},
		{"receives messages", false, func(ctx context.Context) error {
			_, err := sqs.NewFromConfig(cfg).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: q.QueueUrl})
			return err
		}},
		{"sends a message", false, func(ctx context.Context) error {
			_, err := sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: q.QueueUrl, MessageBody: aws.String("x")})
			return err
		}},
		{"takes the deploy's role", false, func(ctx context.Context) error {
			_, err := sts.NewFromConfig(cfg).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::" + prod + ":role/team/deployer"), RoleSessionName: aws.String("x")})
			return err
		}},
		{"gives itself a policy", false, func(ctx context.Context) error {
			_, err := iam.NewFromConfig(cfg).DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: aws.String("reader"), PolicyName: aws.String("stagegate")})
			return err
		}},
		{"lets the deploy send a message", true, func(ctx context.Context) error {
			_, err := sqs.NewFromConfig(deploy).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: q.QueueUrl, MessageBody: aws.String("x")})
			return err
		}},
		{"lets the deploy change it", false, func(ctx context.Context) error {
			_, err := iam.NewFromConfig(deploy).DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: aws.String("reader"), PolicyName: aws.String("stagegate")})
			return err
		}},
	} {
		err := c.call(t.Context())
		var answer *smithyhttp.ResponseError
		forbidden := errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusForbidden
		if c.allowed && err != nil || !c.allowed && !forbidden {
			t.Errorf("%s: %v, want allowed: %v", c.name, err, c.allowed)
		}
	}
}
