package gatefile

import (
	"regexp"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/testenv"
)

var (
	account   = regexp.MustCompile(`^[0-9]{12}$`)
	roleARN   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}):role/.+$`)
	policyARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$`)
)

func (r *reader) checkTarget(path string, t harness.Target) {
	r.word(path, t.Name)
	if t.Name == "commit" {
		r.Fail(r.At(path), "%s: the name is taken: runs of the commit stage are kept under it", path)
	}
	if t.URL == "" {
		r.Fail(r.At(path), "%s: url is missing: where the service is deployed", path)
	} else {
		r.web(path+".url", t.URL)
	}
	if t.Live && t.Dev {
		r.Fail(r.At(path), "%s: a target is live or dev, not both", path)
	}
	if t.Traces != "" {
		r.web(path+".traces", t.Traces)
	}
	if t.Endpoint != "" {
		r.web(path+".endpoint", t.Endpoint)
		if !t.Emulated {
			r.Fail(r.At(path+".endpoint"), "%s: has the endpoint of an emulator: say emulated: true, and every verdict will too", path)
		}
	}
	r.checkSecrets(path, t)
	r.checkTests(path+".tests", t)
	if len(t.Mutates) > 0 && !t.Live {
		r.Fail(r.At(path+".mutates"), "%s.mutates: goes with live: scenarios may change any other target", path)
	}
	for _, name := range t.Mutates {
		if !strings.Contains(name, ": ") {
			r.Fail(r.At(path+".mutates"), "%s.mutates: %q: want the scenario's name as gate list shows it, \"Feature: Scenario\"", path, name)
		}
	}
	checkAccount(path, t, r.note)
	if v := t.Version; v != nil && (!strings.HasPrefix(v.Path, "/") || v.JSON == "") {
		r.Fail(r.At(path+".version"), "%s.version: want {path: /version, json: commit}: where the service tells its commit", path)
	}
	for name, d := range t.Dependencies {
		r.word(path+".dependencies."+name, name)
		r.web(path+".dependencies."+name+".url", d.URL)
	}
}

func checkAccount(path string, t harness.Target, note note) {
	if t.Account == "" {
		if t.Role != "" || t.Profile != "" || t.Region != "" || t.Endpoint != "" {
			note(path, "%s: account is missing: it is proven before anything runs there", path)
		}
		return
	}
	if t.Emulated && t.Endpoint == "" {
		note(path, "%s: is emulated and has no endpoint: its account would be proven at AWS itself", path)
	}
	if !account.MatchString(t.Account) {
		note(path+".account", "%s.account: %q: want twelve digits in quotes", path, t.Account)
	}
	if t.Region == "" {
		note(path, "%s: region is missing", path)
	}
	if m := roleARN.FindStringSubmatch(t.Role); t.Role != "" && (m == nil || m[1] != t.Account) {
		note(path+".role", "%s.role: %q: want the ARN of a role in account %s", path, t.Role, t.Account)
	}
}

// checkTests wants a role of the target's account, and policies by their ARNs.
func (r *reader) checkTests(path string, t harness.Target) {
	if t.Tests == nil {
		return
	}
	if !t.Cloud() {
		r.Fail(r.At(path), "%s: is a session of AWS, and the target has no account", path)
	}
	if m := roleARN.FindStringSubmatch(t.Tests.ARN); m == nil || m[1] != t.Account {
		r.Fail(r.At(path+".role"), "%s.role: %q: want the ARN of a role in account %s", path, t.Tests.ARN, t.Account)
	}
	if len(t.Tests.Policies) > 10 {
		r.Fail(r.At(path+".policies"), "%s.policies: AWS takes ten at most", path)
	}
	for _, p := range t.Tests.Policies {
		if m := policyARN.FindStringSubmatch(p); m == nil || m[1] != t.Account && m[1] != "aws" {
			r.Fail(r.At(path+".policies"), "%s.policies: %q: want the ARN of a managed policy of AWS or of account %s", path, p, t.Account)
		}
	}
}

// checkSecrets wants one place for each secret, and a session where it is in AWS.
func (r *reader) checkSecrets(path string, t harness.Target) {
	for name, s := range t.Secrets {
		p := path + ".secrets." + name
		places := 0
		for _, is := range []string{s.Env, s.SSM, s.SecretsManager} {
			if is != "" {
				places++
			}
		}
		switch err := testenv.CheckSecret(name); {
		case err != nil:
			r.Fail(r.At(p), "%s: %v", p, err)
		case places != 1:
			r.Fail(r.At(p), "%s: give one of env (a variable of gate's environment), ssm (a parameter) and secretsmanager (a secret): where the value is, never the value", p)
		case s.Env == "" && !t.Cloud():
			r.Fail(r.At(p), "%s: is in AWS, and the target has no account", p)
		}
	}
}
