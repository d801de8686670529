package gatefile_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/gatefile"
)

// good is a gate.yaml that uses every section.
const good = `service: orders
artifacts: [dist/orders, infra/**]
store: {url: .gate}
targets:
  alice:   {dev: true, url: "http://127.0.0.1:8080", account: "111111111111", region: eu-west-1, profile: alice}
  staging: {account: "222222222222", region: eu-west-1, role: "arn:aws:iam::222222222222:role/x", url: https://staging.orders.example,
            version: {path: /version, json: commit},
            dependencies: {payments: {url: https://staging.payments.example, fixtures: {"card is valid": {card: tok_123}}}}}
  prod:    {live: true, account: "333333333333", region: eu-west-1, url: https://orders.example, version: {path: /version, json: commit}}
suites:
  unit:       {run: ./..., except: [./features, ./contracts]}
  acceptance: {run: ./features}
  smoke:      {run: ./features, tags: "@smoke and not @slow"}
  contracts:  {run: ./contracts}
  e2e:        {cmd: npx playwright test, results: out.xml}
  manual:     {record: true}
deploy: {run: make deploy, inputs: [infra/**], config: ["config/{target}.json"]}
stages:
  commit:     {budget: {warn: 4m, max: 5m}, steps: {vet: go vet ./..., dist: make dist}, suites: [unit, contracts, acceptance]}
  acceptance: {target: staging, needs: [commit], deploy: true, after: [acceptance, contracts, e2e], limits: {skips: 1, flakes: 1, attempts: 2, age: 24h}}
  production: {target: prod, needs: [acceptance], before: [contracts], deploy: true, after: [smoke, contracts]}
`

func TestParse(t *testing.T) {
	f, err := gatefile.Parse("gate.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(f.StageNames(), " "); got != "commit acceptance production" {
		t.Errorf("stages: got %s", got)
	}
	s, _ := f.Stage("commit")
	if len(s.Steps) != 2 || s.Steps[0].Name != "vet" || time.Duration(s.Budget.Warn) != 4*time.Minute || len(s.After) != 3 {
		t.Errorf("commit: got %+v", s)
	}
	if !f.Target(s).InProcess() {
		t.Error("the commit stage is not in process")
	}
	s, _ = f.Stage("acceptance")
	if want := (harness.Limits{Skips: 1, Flakes: 1, Attempts: 2, Age: harness.Duration(24 * time.Hour)}); s.Limits != want {
		t.Errorf("limits: got %+v, want %+v", s.Limits, want)
	}
	if got := f.Target(s).Dependencies["payments"].Fixtures["card is valid"]["card"]; got != "tok_123" {
		t.Errorf("fixture: got %q", got)
	}
	if got := f.Deploy.ConfigFor("prod"); len(got) != 1 || got[0] != "config/prod.json" {
		t.Errorf("config: got %v", got)
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"unknown key", "service: orders", "servce: orders", `gate.yaml:1: gate.yaml: unknown key "servce", did you mean "service"?`},
		{"unknown nested key", "after: [smoke", "afetr: [smoke", `gate.yaml:21: stages.production: unknown key "afetr", did you mean "after"?`},
		{"key of another case", "live: true", "Live: true", `gate.yaml:9: targets.prod: unknown key "Live", did you mean "live"?`},
		{"duplicate key", "  unit:  ", "  unit: {record: true}\n  unit:  ", `gate.yaml:12: suites: duplicate key "unit", first at line 11`},
		{"tag typo", `"@smoke and not @slow"`, `"@smoke && ~@slow"`, `gate.yaml:13: suites.smoke.tags`},
		{"unknown suite", "[acceptance, contracts, e2e]", "[acceptance, contrcts]", `gate.yaml:20: stages.acceptance: there is no suite "contrcts", did you mean "contracts"?`},
		{"unknown target", "target: staging", "target: stagng", `there is no target "stagng", did you mean "staging"?`},
		{"unknown stage", "needs: [commit]", "needs: [comit]", `there is no stage "comit", did you mean "commit"?`},
		{"account as a number", `account: "222222222222"`, `account: 2222222222`, `want twelve digits in quotes`},
		{"role of another account", "iam::222222222222", "iam::333333333333", `want the ARN of a role in account 222222222222`},
		{"emulator not said", "profile: alice", `profile: alice, endpoint: "http://127.0.0.1:5000"`, `say emulated: true`},
		{"no unit", "warn: 4m", "warn: 4", `want a time with its unit`},
		{"negative time", "warn: 4m", "warn: -4m", `want a time with its unit`},
		{"negative limit", "skips: 1", "skips: -1", `want a whole number from 0`},
		{"warn over max", "warn: 4m", "warn: 6m", `warn is above max`},
		{"no suites", "suites: [unit, contracts, acceptance]", "suites: []", `a stage that checks nothing would allow everything`},
		{"no needs", "target: staging, needs: [commit]", "target: staging", `needs is missing`},
		{"stages in a circle", "target: staging, needs: [commit]", "target: staging, needs: [production]", `stages wait for each other`},
		{"two commit stages", "target: prod, ", "", `a stage without a target is the commit stage`},
		{"dev target in a stage", "target: staging", "target: alice", `a person's own place`},
		{"no version", "version: {path: /version, json: commit}}\nsuites", "}\nsuites", `version is missing`},
		{"no deploy command", "run: make deploy, ", "", `deploys, and deploy.run is missing`},
		{"no artifacts", "artifacts: [dist/orders, infra/**]\n", "", `artifacts is missing`},
		{"path above", "[dist/orders, infra/**]", "[../dist]", `want a relative path below the folder`},
		{"two forms of suite", "{record: true}", "{record: true, run: ./x}", `give one of run`},
		{"cmd without results", ", results: out.xml", "", `results is missing`},
		{"live and dev", "live: true", "live: true, dev: true", `a target is live or dev, not both`},
		{"url with a password", "https://orders.example", "https://a:b@orders.example", `want http://host`},
		{"a bucket of nobody", "{url: .gate}", "{url: s3://bucket}", `gate.yaml:3: store: account is missing`},
		{"reserved name", "  staging: {", "  commit: {", `the name is taken`},
		{"a list where a text is meant", "service: orders", "service: [orders]", `gate.yaml:1: service: want a text, got a list`},
		{"merge key", "service: orders", "service: orders\n<<: {store: x}", `merge keys are not supported`},
		{"nothing", good, "", `gate.yaml:1: is empty`},
		{"two suites alike", "[unit, contracts, acceptance]", "[unit, unit]", `"unit" stands twice`},
		{"a suite twice in after", "after: [smoke, contracts]", "after: [smoke, contracts, smoke]", `"smoke" stands twice`},
		{"a suite twice in before", "before: [contracts]", "before: [contracts, contracts]", `"contracts" stands twice`},
		{"recorded before the deploy", "before: [contracts]", "before: [contracts, manual]", `gate.yaml:21: stages.production.before: results of manual are handed in when the run is over`},
		{"emulated without an emulator", "role: \"arn", "emulated: true, role: \"arn", `targets.staging: is emulated and has no endpoint`},
		{"one url for two targets", "https://staging.orders.example", "https://orders.example", `gate.yaml:6: targets.staging.url: "https://orders.example" is where targets.prod is`},
		{"one url, written otherwise", "https://staging.orders.example", "https://Orders.Example.:443/x/../", `is where targets.prod is`},
		{"one account for two targets", `live: true, account: "333333333333"`, `live: true, account: "222222222222"`, `targets.staging.account: "222222222222" is the account of targets.prod`},
		{"pacts of another tool", "results: out.xml", "results: out.xml, pacts: build", `gate.yaml:15: suites.e2e.pacts: goes with run`},
		{"messages of another tool", "results: out.xml", "results: out.xml, messages: build", `gate.yaml:15: suites.e2e.messages: goes with run`},
		{"messages elsewhere", "{run: ./contracts}", "{run: ./contracts, messages: ../x}", `suites.contracts.messages: "../x": want a folder within this one`},
		{"messages among pacts", "{run: ./contracts}", "{run: ./contracts, pacts: build/x, messages: build/x}", `suites.contracts.messages: "build/x" is the folder of suites.contracts`},
		{"messages of two suites", "{run: ./contracts}", "{run: ./contracts, messages: build/x}\n  again: {run: ./contracts, messages: ./build/x/}", `suites.contracts.messages: "build/x" is the folder of suites.again`},
		{"pacts elsewhere", "{run: ./contracts}", "{run: ./contracts, pacts: ../x}", `suites.contracts.pacts: "../x": want a folder within this one`},
		{"pacts everywhere", "{run: ./contracts}", "{run: ./contracts, pacts: ./.}", `suites.contracts.pacts: "./.": want a folder within this one`},
		{"a variable of AWS", "results: out.xml", "results: out.xml, env: [AWS_PROFILE]", `gate.yaml:15: suites.e2e.env: AWS_PROFILE: a suite has the AWS session of its target`},
		{"a variable of gate", "results: out.xml", "results: out.xml, env: [STAGEGATE_KEY]", `suites.e2e.env: STAGEGATE_KEY: STAGEGATE_ variables are gate's own`},
		{"variables of nobody", "{record: true}", "{record: true, env: [HOME]}", `suites.manual.env: goes with run or cmd`},
		{"a secret in the file", "{live: true,", "{live: true, secrets: {TOKEN: tok_live_1},", `targets.prod.secrets.TOKEN: want a mapping, {env: NAME}`},
		{"a secret without a place", "{live: true,", "{live: true, secrets: {TOKEN: {json: a}},", `targets.prod.secrets.TOKEN: give one of env`},
		{"a secret at two places", "{live: true,", "{live: true, secrets: {TOKEN: {ssm: /a, env: B}},", `targets.prod.secrets.TOKEN: give one of env`},
		{"a secret that is a session", "{live: true,", "{live: true, secrets: {AWS_SESSION_TOKEN: {ssm: /a}},", `targets.prod.secrets.AWS_SESSION_TOKEN: AWS_SESSION_TOKEN: a suite has`},
		{"a secret that loads code", "{live: true,", "{live: true, secrets: {LD_PRELOAD: {env: A}},", `targets.prod.secrets.LD_PRELOAD: LD_PRELOAD: the variable has a meaning of its own`},
		{"a secret without an account", "{dev: true, url: \"http://127.0.0.1:8080\", account: \"111111111111\", region: eu-west-1, profile: alice}", "{dev: true, url: \"http://127.0.0.1:8080\", secrets: {T: {ssm: /a}}}", `targets.alice.secrets.T: is in AWS, and the target has no account`},
		{"tests in another account", "{live: true, account: \"333333333333\",", "{live: true, account: \"333333333333\", tests: {role: \"arn:aws:iam::222222222222:role/x\"},", `targets.prod.tests.role: "arn:aws:iam::222222222222:role/x": want the ARN of a role in account 333333333333`},
		{"tests without a role", "{live: true, account: \"333333333333\",", "{live: true, account: \"333333333333\", tests: {policies: [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]},", `targets.prod.tests.role: "": want the ARN of a role`},
		{"tests with another's policy", "{live: true, account: \"333333333333\",", "{live: true, account: \"333333333333\", tests: {role: \"arn:aws:iam::333333333333:role/x\", policies: [ReadOnlyAccess]},", `targets.prod.tests.policies: "ReadOnlyAccess": want the ARN of a managed policy`},
		{"alarms of the commit stage", "stages:\n  commit:     {", "stages:\n  commit:     {alarms: {names: [a]}, ", `stages.commit: alarms and checks look at what runs on a target`},
		{"alarms of nobody", "{target: prod,", "{target: prod, alarms: {for: 5m},", `stages.production.alarms: which ones?`},
		{"alarms with half a tag", "{target: prod,", "{target: prod, alarms: {tagged: orders},", `stages.production.alarms.tagged: "orders": want key=value`},
		{"checks without a command", "{target: prod,", "{target: prod, checks: {errors: {within: 5m}},", `stages.production.checks.errors: run is missing`},
		{"checks in a list", "{target: prod,", "{target: prod, checks: [{run: x}],", `stages.production.checks: want a mapping`},
		{"mutates where all may", "{dev: true,", "{dev: true, mutates: [\"a: b\"],", `targets.alice.mutates: goes with live`},
		{"mutates without a feature", "{live: true,", "{live: true, mutates: [b],", `targets.prod.mutates: "b": want the scenario's name`},
		{"pacts of two suites", "{run: ./contracts}", "{run: ./contracts, pacts: build/x}\n  again: {run: ./contracts, pacts: ./build/x/}", `suites.contracts.pacts: "build/x" is the folder of suites.again`},
		{"not YAML", "service: orders", "service: [orders", `gate.yaml`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(good, tt.old, tt.new, 1)
			if text == good {
				t.Fatal("the test changes nothing")
			}
			_, err := gatefile.Parse("gate.yaml", []byte(text))
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
}

// What looks like two targets in one place, and is not, or harms nobody.
func TestTargetsApart(t *testing.T) {
	for _, tt := range []struct{ name, old, new string }{
		{"another path", "https://staging.orders.example", "https://orders.example/staging"},
		{"another port", "https://staging.orders.example", "https://orders.example:8443"},
		{"another scheme", "https://staging.orders.example", "http://orders.example"},
		{"a person's own place at the url of a target", "http://127.0.0.1:8080", "https://staging.orders.example"},
		{"a person's own place in the account of a target", `"111111111111"`, `"222222222222"`},
		{"two that are not live in one account", "  prod:", "  qa: {account: \"222222222222\", region: eu-west-1, url: \"https://qa.orders.example\"}\n  prod:"},
	} {
		text := strings.Replace(good, tt.old, tt.new, 1)
		if text == good {
			t.Fatalf("%s: the test changes nothing", tt.name)
		}
		if _, err := gatefile.Parse("gate.yaml", []byte(text)); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestASuiteMayRunBeforeAndAfter(t *testing.T) {
	f, err := gatefile.Parse("gate.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	s, _ := f.Stage("production")
	if !slices.Contains(s.Before, "contracts") || !slices.Contains(s.After, "contracts") {
		t.Errorf("got before %v, after %v", s.Before, s.After)
	}
}

func TestAllMistakesAreReported(t *testing.T) {
	_, err := gatefile.Parse("gate.yaml", []byte(strings.NewReplacer("service:", "servce:", "after: [smoke", "afetr: [smoke").Replace(good)))
	if err == nil || strings.Count(err.Error(), "unknown key") != 2 {
		t.Errorf("got %v, want two mistakes", err)
	}
}

func TestLoadSaysWhatIsMissing(t *testing.T) {
	_, err := gatefile.Load(filepath.Join(t.TempDir(), "gate.yaml"))
	if err == nil || !strings.Contains(err.Error(), "gate init") {
		t.Errorf("got %v, want a hint", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	if b, err := os.ReadFile("../../cmd/gate/templates/gate.yaml"); err == nil {
		f.Add(b)
	}
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := gatefile.Parse("gate.yaml", b)
		if err == nil && (g.Service == "" || len(g.Stages) == 0) {
			t.Errorf("accepted %+v", g)
		}
	})
}

func TestQuarantine(t *testing.T) {
	const rest = "service: a\nsuites: {u: {run: ./...}}\nstages: {commit: {suites: [u], limits: {quarantine: 1}}}\n"
	for _, day := range []string{"2026-12-01", `"2026-12-01"`} {
		f, err := gatefile.Parse("gate.yaml", []byte(rest+"quarantine: {x.TestFeatures/Refund: {owner: alice, issue: \"#7\", until: "+day+"}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		want := harness.Quarantined{ID: "x.TestFeatures/Refund", Owner: "alice", Issue: "#7", Until: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}
		if got := f.Stages[0].Quarantine; len(got) != 1 || got[0] != want {
			t.Errorf("until %s: got %+v, want %+v", day, got, want)
		}
	}
	for entry, want := range map[string]string{
		"{owner: alice, issue: x}":                          "want {owner:",
		"{owner: alice, until: \"2026-12-01\"}":             "want {owner:",
		"{issue: x, until: \"2026-12-01\"}":                 "want {owner:",
		"{owner: alice, issue: x, until: tomorrow}":         "want a day such as",
		"{owner: alice, issue: x, until: \"2026-13-01\"}":   "want a day such as",
		"{owner: a, issue: x, until: \"2026-12-01\", a: b}": "unknown key",
	} {
		_, err := gatefile.Parse("gate.yaml", []byte(rest+"quarantine: {x: "+entry+"}\n"))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "gate.yaml:4") {
			t.Errorf("%s: got %v, want %q in line 4", entry, err, want)
		}
	}
}

func TestApprovalsAreForPromotions(t *testing.T) {
	_, err := gatefile.Parse("gate.yaml", []byte("service: a\nsuites: {u: {run: ./...}}\nstages: {commit: {suites: [u], approvals: 1}}\n"))
	if err == nil || !strings.Contains(err.Error(), "promotes nothing") {
		t.Errorf("got %v", err)
	}
}
