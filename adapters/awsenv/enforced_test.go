package awsenv_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/guard"
	"github.com/stagegate/stagegate/internal/mototest"
)

// testRole makes the role of tests in account as gate init --bootstrap writes
// it: with the generated policies for these services and nothing else.
func testRole(t *testing.T, endpoint, account string, prefixes ...string) (role string, policies []string) {
	t.Helper()
	documents, err := guard.Policies(prefixes, guard.ManagedPolicySize)
	if err != nil {
		t.Fatal(err)
	}
	client := iam.NewFromConfig(mototest.Session(endpoint, account))
	made, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: text("tests"),
		AssumeRolePolicyDocument: text(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range documents {
		p, err := client.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: text("tests-" + string(rune('a'+i))), PolicyDocument: &d})
		if err != nil {
			t.Fatal(err)
		}
		policies = append(policies, *p.Policy.Arn)
		if _, err := client.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: text("tests"), PolicyArn: p.Policy.Arn}); err != nil {
			t.Fatal(err)
		}
	}
	return *made.Role.Arn, policies
}

// The policy that is generated for the role of tests, attached to a role and
// enforced by moto, says the same as the guard of the clients: forty operations
// are permitted and forty denied. Without a guard: this is the wall.
func TestPolicyAgreesUnderEnforcement(t *testing.T) {
	endpoint := mototest.Start(t)
	made := furnish(t, endpoint, prod)
	role, _ := testRole(t, endpoint, prod, "sqs", "dynamodb", "s3", "sns", "events", "ssm", "kms", "logs")
	target := harness.Target{Name: "prod", Mode: harness.Deployed, Live: true, Emulated: true, Account: prod, Region: mototest.Region, Endpoint: endpoint,
		Role: mototest.Role(prod), Tests: &harness.Role{ARN: role}}
	cfg, err := awsenv.Session(t.Context(), mototest.Base(endpoint), target.ForTests())
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(endpoint+"/moto-api/reset-auth", "text/plain", strings.NewReader("0")) // from now on policies count
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(err, resp.Status)
	}
	resp.Body.Close()
	var wrong []string
	for _, op := range reads(made) {
		if err := op.call(t.Context(), cfg); denied(err) {
			wrong = append(wrong, op.name+" is denied")
		}
	}
	for _, op := range changes(made) {
		if err := op.call(t.Context(), cfg); !denied(err) {
			wrong = append(wrong, op.name+" is permitted")
		}
	}
	if !slices.Equal(wrong, notEnforced()) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(wrong, "\n"), strings.Join(notEnforced(), "\n"))
	}
}

// notEnforced are the differences that are moto's, which takes the operation's
// name for the action's and forgets one: for AWS, TransactGetItems is permitted by
// dynamodb:GetItem, HeadBucket by s3:ListBucket, and DeleteObjects wants
// s3:DeleteObject for each of them.
func notEnforced() []string {
	return []string{"DynamoDB TransactGetItems is denied", "S3 HeadBucket is denied", "S3 DeleteObjects is permitted"}
}

// denied reports moto's AccessDenied, which it writes as XML whatever the
// service's protocol is, so that most clients see the status alone.
func denied(err error) bool {
	var answer *smithyhttp.ResponseError
	var status errStatus
	if errors.As(err, &status) {
		return status.code == http.StatusForbidden
	}
	return errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusForbidden
}

// sameRole is t with one role for deploy and tests: the policies are the tests' alone.
func sameRole(t harness.Target) harness.Target {
	t.Tests = &harness.Role{ARN: t.Role, Policies: t.Tests.Policies}
	return t
}

// The session of tests is asked for with the ARNs of its policies. What AWS makes
// of it, the intersection with the role's own, moto does not do: that is cited in
// docs/aws.md, and this asserts what is sent.
func TestSessionOfTests(t *testing.T) {
	w := newWire(t)
	target := w.target(prod, true)
	target.Tests = &harness.Role{ARN: "arn:aws:iam::" + prod + ":role/tests", Policies: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::" + prod + ":policy/stagegate-tests-1"}}
	for _, c := range []struct {
		name   string
		target harness.Target
		role   string
		arns   []string
	}{
		{"a deploy's", target, mototest.Role(prod), nil},
		{"tests'", target.ForTests(), target.Tests.ARN, target.Tests.Policies},
		{"tests', with the deploy's role", sameRole(target).ForTests(), mototest.Role(prod), target.Tests.Policies},
		{"a deploy's, with the tests' role", sameRole(target), mototest.Role(prod), nil},
	} {
		if _, err := awsenv.Session(t.Context(), mototest.Base(w.endpoint), c.target); err != nil {
			t.Fatal(err)
		}
		form := w.form()
		var arns []string
		for i := 1; form.Has("PolicyArns.member." + string(rune('0'+i)) + ".arn"); i++ {
			arns = append(arns, form.Get("PolicyArns.member."+string(rune('0'+i))+".arn"))
		}
		if form.Get("Action") != "AssumeRole" || form.Get("RoleArn") != c.role || !slices.Equal(arns, c.arns) || form.Has("Policy") {
			t.Errorf("%s session: sent %s", c.name, form.Encode())
		}
	}
}
