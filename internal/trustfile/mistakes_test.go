package trustfile_test

import (
	"strings"
	"testing"
)

// A mistake is one change to the good file, and what is said of it.
type mistake struct{ name, old, with, want string }

const (
	long   = "{begin: [ci], test: tester, decide: [ci, ci-old]}"
	people = "[bob, alice, alice-2]"
	bucket = `{url: s3://acme-gate/orders, account: "444444444444"}`
)

func mistakes() []mistake {
	return []mistake{
		{"unknown key", "places:", "palces:", `trust.yaml:9: trust.yaml: unknown key "palces", did you mean "places"?`},
		{"unknown key of a place", "approvals:", "aprovals:", `trust.yaml:14: places.prod: unknown key "aprovals", did you mean "approvals"?`},
		{"unknown key of a signer", "person:", "persons:", `signers.alice-2: unknown key "persons", did you mean "person"?`},
		{"unknown signer", "[ci-old, ci]", "[ci-old, cj]", `trust.yaml:10: places.commit.signers: there is no signer "cj", did you mean "ci"?`},
		{"unknown signer of a role", "tester, decide", "testers, decide", `trust.yaml:12: places.prod.signers: there is no signer "testers", did you mean "tester"?`},
		{"unknown approver", people, "[bob, alise]", `trust.yaml:13: places.prod.approvers: there is no signer "alise", did you mean "alice"?`},
		{"unknown role", "test: tester", "tset: tester", `trust.yaml:12: places.prod.signers: unknown key "tset", did you mean "test"?; known: begin, decide, test`},
		{"approve is no such role", "test: tester,", "test: tester, approve: [alice],", `places.prod.signers: unknown key "approve"; known: begin, decide, test`},
		{"a role is missing", "test: tester, ", "", `trust.yaml:12: places.prod.signers: test is missing: who may test here`},
		{"a role is empty", "test: tester", "test: []", `places.prod.signers: test is missing`},
		{"a role is null", "test: tester", "test:", `places.prod.signers.test: want a text, got nothing`},
		{"two roles are missing", "begin: [ci], test: tester, ", "", `places.prod.signers: begin is missing`},
		{"no role", long, "{}", `trust.yaml:11: places.prod: signers is missing`},
		{"no signers", "signers: " + long, `emulated: false`, `trust.yaml:11: places.prod: signers is missing: who signs for it`},
		{"nobody signs", long, "[]", `places.prod: signers is missing`},
		{"a signer twice", long, "[ci, ci]", `places.prod.signers: "ci" stands twice`},
		{"no places", good[strings.Index(good, "places:"):], "", "a trust file that trusts nobody allows nothing"},
		{"places are null", good[strings.Index(good, "places:"):], "places:", "places: want a mapping"},
		{"approver decides", people, "[bob, alice, ci]", `trust.yaml:13: places.prod: ci is an approver, and may decide here too: what signs evidence must not approve it`},
		{"approver tests", people, "[bob, alice, tester]", `tester is an approver, and may test here too`},
		{"approver begins", "begin: [ci]", "begin: [bob]", `bob is an approver, and may begin here too`},
		{"another key of an approver", "begin: [ci]", "begin: [alice-2]", `alice is an approver, and may begin here too`},
		{"the next key of who begins", "{begin: [ci], test: tester, decide: [ci, ci-old]}\n    approvers: [bob, alice, alice-2]", "{begin: [alice], test: tester, decide: ci}\n    approvers: [bob, alice-2]", `alice-2 is an approver, and may begin here too`},
		{"too few approvers", people, "[alice]", `trust.yaml:14: places.prod: approvals is 2, and its approvers are alice`},
		{"too few people", people, "[alice, alice-2]", `approvals is 2, and its approvers are alice`},
		{"no approvers", "approvers: " + people, "emulated: false", `approvals is 2, and its approvers are nobody`},
		{"approvals of a place without", "{signers: [ci-old, ci]}", "{signers: [ci], approvals: 1}", `places.commit: approvals is 1, and its approvers are nobody`},
		{"half an approval", "approvals: 2", "approvals: 0.5", `places.prod.approvals: want a whole number from 0`},
		{"less than none", "approvals: 2", "approvals: -1", `places.prod.approvals: want a whole number from 0`},
		{"another loosening", "loosening: approve", "loosening: aprove", `trust.yaml:15: places.prod.loosening: want approve or allow, got "aprove", did you mean "approve"?`},
		{"loosening as a flag", "loosening: approve", "loosening: true", `want approve or allow, got "true"`},
		{"loosening as a list", "loosening: approve", "loosening: [approve]", `places.prod.loosening: want a text, got a list`},
		{"loosening that nobody approves", "{signers: [ci-old, ci]}", "{signers: [ci], loosening: approve}", `places.commit: loosening is approve, and approvers is missing`},
		{"loosening without overrides", "approvals: 2", "overrides: false", `places.prod: loosening is approve, and with overrides: false no approval of it counts`},
		{"a stage that is needed", "needs: [commit]", "needs: [acceptance]", `trust.yaml:19: places.prod.needs: there is no place "acceptance": what must have passed before is named by its place`},
		{"overrides as a word", "approvals: 2", "overrides: no", `places.prod.overrides: want true or false, got "no"`},
		{"no store", bucket, "", `store: want a text, got nothing`},
		{"a list of stores", bucket, "[s3://acme-gate/orders]", `store: want a text, got a list`},
		{"an empty store", bucket, "{}", `trust.yaml:1: store: url is missing`},
		{"a bucket of anybody", bucket, "s3://acme-gate/orders", `trust.yaml:1: store: account is missing, the owner of the bucket: want store: {url: "s3://acme-gate/orders", account: "123456789012"}`},
		{"a bucket without an account", `, account: "444444444444"`, "", `store: account is missing`},
		{"an account that is none", `"444444444444"`, "prod", `trust.yaml:1: store.account: want twelve digits in quotes, got "prod"`},
		{"an account of a folder", "s3://acme-gate/orders", "/srv/evidence", `store: account and emulated go with an s3:// store, and "/srv/evidence" is a folder`},
		{"an emulated folder", bucket, "{url: /srv/evidence, emulated: true}", `store: account and emulated go with an s3:// store`},
		{"an endpoint", `account: "444444444444"`, `account: "444444444444", endpoint: "http://127.0.0.1:1"`, `store: unknown key "endpoint"; known: account, emulated, url`},
		{"an emulator as a word", `"444444444444"`, `"444444444444", emulated: yes`, `store.emulated: want true or false, got "yes"`},
		{"no key", "{key: ci.pub}", "{}", `signers.ci: key is missing`},
		{"key file gone", "ci.pub", "gone.pub", `signers.ci.key: no such file`},
		{"two keys in a file", "ci.pub", "two.pub", `signers.ci.key: unusable key: something follows the PEM block; one key a file`},
		{"a private key", "ci.pub", "private.pub", `unusable key: PEM block "PRIVATE KEY", want "PUBLIC KEY"`},
		{"a key on another curve", "ci.pub", "p384.pub", `unusable key: ECDSA on another curve than P-256`},
		{"one key twice", "old.pub", "ci.pub", `trust.yaml:4: signers.ci-old: has the same key as ci`},
		{"one key three times", "{key: old.pub", "{key: ci.pub}\n  ci-new: {key: ci.pub", "trust.yaml:5: signers.ci-new: has the same key as ci\ntrust.yaml:4: signers.ci-old: has the same key as ci"},
		{"a person of a person", "{key: bob.pub}", "{key: bob.pub, person: alice-2}", `trust.yaml:8: signers.bob.person: alice-2 is alice: name that person`},
		{"a date for a time", "2026-11-01T02:00:00+02:00", "2026-11-01", `signers.ci-old.until: "2026-11-01": want a time such as`},
		{"a date for a beginning", "2026-01-01T00:00:00Z", "2026-01-01", `signers.ci-old.from: "2026-01-01": want a time such as`},
		{"the zero time", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z", `signers.ci-old.from: "0001-01-01T00:00:00Z": want a time such as`},
		{"an empty time", "from: 2026-01-01T00:00:00Z", "from:", `signers.ci-old.from: want a text, got nothing`},
		{"an end before the beginning", "2026-01-01", "2027-01-01", `signers.ci-old: until is not after from`},
		{"revoked from a time on", "{key: ci.pub}", "{key: ci.pub, revoked: 2026-11-01T00:00:00Z}", `trust.yaml:3: signers.ci.revoked: want true: whoever has a lost key can sign under an earlier time`},
		{"revoked as a word", "{key: ci.pub}", "{key: ci.pub, revoked: yes}", `signers.ci.revoked: want true or false, got "yes"`},
		{"quarantine as a word", "quarantine: 3", "quarantine: few", `places.prod.limits.quarantine: want a whole number from 0`},
		{"duplicate", "  ci:  ", "  ci: {key: old.pub}\n  ci:  ", `duplicate key "ci"`},
		{"empty", good, "", "is empty"},
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range mistakes() {
		t.Run(tt.name, func(t *testing.T) {
			for range 10 { // maps are ranged over in another order each time
				f, err := parse(t, tt.old, tt.with)
				if f != nil || err == nil {
					t.Fatalf("accepted %+v", f)
				}
				all := true
				for _, line := range strings.Split(tt.want, "\n") {
					all = all && strings.Contains(err.Error(), line)
				}
				if !all {
					t.Fatalf("got %v, want %s", err, tt.want)
				}
			}
		})
	}
}

// A name that is wrong is told once, however many roles it would have.
func TestEachMistakeOnce(t *testing.T) {
	_, err := parse(t, "[ci-old, ci]", "[nobody]")
	if err == nil || strings.Count(err.Error(), "\n") != 0 {
		t.Errorf("got %v, want one line", err)
	}
}
