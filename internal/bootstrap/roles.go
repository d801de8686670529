package bootstrap

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/guard"
)

// Names of roles that gate.yaml does not name.
const (
	deployName = "stagegate-deploy"
	testsName  = "stagegate-tests"
)

// A role is one of IAM, as both forms write it.
type role struct {
	id       string // in the file: "Deploy"
	arn      string
	about    string
	subjects []string // of the CI's tokens
	callers  []string // ARNs of roles that may take it
	inline   []object // statements of its own
	attached []string // ARNs of managed policies that exist
	made     []string // documents of managed policies that are made with it
	deploys  bool     // gets what the team says that its deploy may do
}

// path is what stands between role and name in the ARN: "/" or "/team/".
func (r *role) path() string {
	_, full, _ := strings.Cut(r.arn, ":role/")
	return "/" + full[:strings.LastIndexByte(full, '/')+1]
}

func (r *role) name() string { return r.arn[strings.LastIndexByte(r.arn, '/')+1:] }

// add returns the account's role with this ARN, new or not.
func (a *account) add(id, arn, about string) *role {
	if i := slices.IndexFunc(a.roles, func(r *role) bool { return r.arn == arn }); i >= 0 {
		return a.roles[i]
	}
	for _, r := range a.roles {
		if r.id == id {
			id += "2"
		}
	}
	r := &role{id: id, arn: arn, about: about}
	a.roles = append(a.roles, r)
	return r
}

// Tests is the ARN of the role that tests have on t: the one it names, or the
// one that is written for it.
func Tests(t harness.Target) string {
	if t.Tests != nil {
		return t.Tests.ARN
	}
	return (&builder{}).account("", t).role(testsName)
}

// deployed is the ARN of the role that deploys to t.
func deployed(t harness.Target) string {
	if t.Role != "" {
		return t.Role
	}
	return (&builder{}).account("", t).role(deployName)
}

// target adds the roles of t: the deploy's and the tests'.
func (b *builder) target(a *account, t harness.Target) error {
	if deployed(t) == Tests(t) {
		return fmt.Errorf("targets.%s: deploy and tests have one role, %s: it could not be denied to write\nhint: tests: {role: ...}", t.Name, t.Role)
	}
	deploy := a.add("Deploy", deployed(t), "Deploys to "+t.Name)
	tests := a.add("Tests", Tests(t), "Reads in "+t.Name+", for tests")
	deploy.subjects = append(deploy.subjects, b.subjects(b.stages(t.Name, "")...)...)
	tests.subjects = append(tests.subjects, b.subjects(b.stages(t.Name, "-tests")...)...)
	deploy.callers = append(deploy.callers, deploy.arn)
	tests.callers = append(tests.callers, tests.arn, deploy.arn) // with gate run both are one job's
	if home := b.home(); home != nil {
		deploy.callers = append(deploy.callers, home.role(deployerName))
		tests.callers = append(tests.callers, home.role(deployerName), home.role(testerName))
		if b.watched(t.Name) {
			tests.callers = append(tests.callers, home.role(judgeName))
		}
	}
	tests.inline = append(tests.inline, a.secrets(t)...)
	if b.watched(t.Name) {
		tests.inline = append(tests.inline, object{"Effect": "Allow", "Action": []string{"cloudwatch:DescribeAlarms", "tag:GetResources"}, "Resource": "*"})
	}
	deploy.deploys = true
	deploy.inline = append(deploy.inline,
		object{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": []string{deploy.arn, tests.arn}},
		object{"Effect": "Deny", "Action": "iam:*", "Resource": []string{deploy.arn, tests.arn, a.policy(tests.name() + "-*")}})
	if tests.attached != nil || tests.made != nil { // for another target in this account
		return nil
	}
	return b.reads(a, tests)
}

// watched reports whether a stage at the target has alarms or checks, which gate
// decide looks at with the session of tests.
func (b *builder) watched(target string) bool {
	return slices.ContainsFunc(b.file.Stages, func(s harness.Stage) bool {
		return s.Target == target && (s.Alarms != nil || len(s.Checks) > 0)
	})
}

// secrets permits to read those of t, which gate does with the session of tests.
func (a *account) secrets(t harness.Target) (statements []object) {
	place := func(service string) string {
		return "arn:" + a.partition + ":" + service + ":" + t.Region + ":" + a.number + ":"
	}
	for _, name := range slices.Sorted(maps.Keys(t.Secrets)) {
		action, arn := "ssm:GetParameter", t.Secrets[name].SSM
		if arn != "" && !strings.HasPrefix(arn, "arn:") {
			arn = place("ssm") + "parameter/" + strings.TrimPrefix(arn, "/")
		}
		if id := t.Secrets[name].SecretsManager; id != "" {
			if action, arn = "secretsmanager:GetSecretValue", id; !strings.HasPrefix(id, "arn:") {
				arn = place("secretsmanager") + "secret:" + id + "-??????" // AWS ends its name with six letters
			}
		}
		if arn != "" {
			statements = append(statements, object{"Effect": "Allow", "Action": action, "Resource": arn})
		}
	}
	return statements
}

// policy is the ARN of a managed policy of the account.
func (a *account) policy(name string) string {
	return "arn:" + a.partition + ":iam::" + a.number + ":policy/" + name
}

// reads gives the role of tests what the guarded clients let through.
func (b *builder) reads(a *account, tests *role) (err error) {
	tests.inline = append(tests.inline,
		object{"Sid": "TakeItself", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": tests.arn},
		object{"Sid": "NeverAnotherRole", "Effect": "Deny", "Action": "sts:AssumeRole", "NotResource": tests.arn},
		object{"Sid": "NeverSigns", "Effect": "Deny", "Action": []string{"iam:*", "kms:Sign"}, "Resource": "*"})
	if bucket, _, ok := b.file.Store.Bucket(); ok {
		arn := "arn:" + a.partition + ":s3:::" + bucket
		tests.inline = append(tests.inline, object{"Sid": "NeverTheStore", "Effect": "Deny", "Action": "*", "Resource": []string{arn, arn + "/*"}})
	}
	if len(b.options.Services) > 0 {
		tests.made, err = guard.Policies(b.options.Services, guard.ManagedPolicySize)
		return err
	}
	tests.attached = []string{"arn:" + a.partition + ":iam::aws:policy/ReadOnlyAccess"}
	tests.made, err = guard.Denials(guard.ManagedPolicySize)
	return err
}

// trust is the document that says who may take r.
func (a *account) trust(r *role) object {
	var statements []object
	if len(r.subjects) > 0 {
		test := "StringEquals"
		if slices.ContainsFunc(r.subjects, func(s string) bool { return strings.ContainsAny(s, "*?") }) {
			test = "StringLike"
		}
		condition := object{"StringEquals": object{a.provider + ":aud": a.audience}}
		if test == "StringEquals" {
			condition = object{test: object{a.provider + ":aud": a.audience, a.provider + ":sub": r.subjects}}
		} else {
			condition[test] = object{a.provider + ":sub": r.subjects}
		}
		statements = append(statements, object{"Sid": "TheCI", "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition,
			"Principal": object{"Federated": "arn:" + a.partition + ":iam::" + a.number + ":oidc-provider/" + a.provider}})
	}
	return document(append(statements, callers(r.callers)...))
}

// callers let roles in by a condition: a principal has to exist when a policy
// names it, and accounts are made in any order.
func callers(arns []string) (statements []object) {
	byAccount := map[string][]string{}
	var order []string
	for _, arn := range arns {
		root, _, _ := strings.Cut(arn, ":role/")
		if root += ":root"; byAccount[root] == nil {
			order = append(order, root)
		}
		if !slices.Contains(byAccount[root], arn) {
			byAccount[root] = append(byAccount[root], arn)
		}
	}
	for _, root := range order {
		statements = append(statements, object{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": object{"AWS": root},
			"Condition": object{"ArnEquals": object{"aws:PrincipalArn": byAccount[root]}}})
	}
	return statements
}

func document(statements []object) object {
	return object{"Version": "2012-10-17", "Statement": statements}
}
