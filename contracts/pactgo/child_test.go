package pactgo_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pact-foundation/pact-go/v2/matchers"
	"github.com/pact-foundation/pact-go/v2/models"

	"github.com/stagegate/stagegate/contracts"
	consumer "github.com/stagegate/stagegate/contracts/pactgo"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

const childVariable = "STAGEGATE_TEST_CHILD"

// TestChild is the user's test in the child processes of this file. In any
// other process it has no name and does nothing.
func TestChild(t *testing.T) {
	name := os.Getenv(childVariable)
	if name == "" {
		return
	}
	p := v2(t)
	switch name { // and the error is dropped
	case "nothing":
		p.ExecuteTest(t, ran(t))
		return
	case "no description":
		p.AddInteraction().WithRequest("GET", "/users/1").WillRespondWith(200).ExecuteTest(t, ran(t))
		return
	}
	i := p.AddInteraction().Given("a user").UponReceiving("a request")
	if name != "unsafe" {
		i.Safe()
	}
	if strings.HasPrefix(name, "secret") {
		i.GivenWithParameter(models.ProviderState{Name: "keys", Parameters: map[string]any{"k": "AKIA" + "ABCDEFGHIJKLMNOP"}})
	}
	if name == "secret, meant" {
		i.Allow(contracts.LintSecret)
	}
	test := map[string]func(consumer.MockServerConfig) error{
		"wrong":  get("/no"),
		"silent": func(consumer.MockServerConfig) error { return nil },
		"elsewhere": func(c consumer.MockServerConfig) error {
			_, err := c.Client.Get("http://localhost:1/")
			return errors.Join(err, get("/users/1")(c))
		},
		"env": func(c consumer.MockServerConfig) error {
			return errors.Join(get("/users/1")(c), errors.New("token "+c.Secret(secretVariable, "made-up")))
		},
		"own error":   func(c consumer.MockServerConfig) error { return errors.Join(get("/users/1")(c), errors.New("own")) },
		"outer error": func(c consumer.MockServerConfig) error { t.Error("own"); return get("/users/1")(c) },
		"outer fatal": func(c consumer.MockServerConfig) error { t.Fatal("own"); return nil },
	}[name]
	if test == nil {
		test = get("/users/1")
	}
	err := i.WithRequest("GET", "/users/1").
		WillRespondWith(200, func(b *consumer.V2ResponseBuilder) { b.JSONBody(matchers.Map{"id": matchers.Integer(1)}) }).
		ExecuteTest(t, test)
	t.Logf("ExecuteTest returned: %v", err)
}

// ran is a test that must not be run.
func ran(t *testing.T) func(consumer.MockServerConfig) error {
	return func(consumer.MockServerConfig) error {
		t.Log("the test ran")
		return nil
	}
}

type result struct {
	code    int
	output  string
	planned []harness.Planned
	rows    []harness.Row
	pacts   int
}

// child runs TestChild, under a session if phase is not empty.
func child(t *testing.T, name string, phase protocol.Phase, target harness.Target) (r result) {
	t.Helper()
	engine(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), childVariable+"="+name, protocol.Variable+"=")
	out := t.TempDir()
	if phase != "" {
		path := filepath.Join(t.TempDir(), "run.json")
		if err := protocol.WriteSession(path, protocol.Session{Phase: phase, Run: "r", Nonce: "n", Service: "orders", Stage: "s", Suite: "contracts", Target: target, Out: out}); err != nil {
			t.Fatal(err)
		}
		cmd.Env = append(cmd.Env, protocol.Variable+"="+path)
	}
	b, _ := cmd.CombinedOutput()
	r.code, r.output = cmd.ProcessState.ExitCode(), string(b)
	answers, err := protocol.ReadDir(out)
	if err != nil && phase != "" {
		t.Fatalf("%s: %v\n%s", name, err, b)
	}
	for _, a := range answers {
		r.planned, r.rows, r.pacts = append(r.planned, a.Planned...), append(r.rows, a.Rows...), r.pacts+len(a.Pacts)
	}
	return r
}

func users(t *testing.T, body string) (target harness.Target, calls *int) {
	calls = new(int)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		*calls++
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return harness.Target{Name: "staging", Mode: harness.Deployed, URL: "http://127.0.0.1:1", Dependencies: map[string]harness.Dependency{"users": {URL: s.URL}}}, calls
}

// One and the same test: planned, mocked, live and safe.
func TestModes(t *testing.T) {
	staging, calls := users(t, `{"id":7}`)
	prod := staging
	prod.Live = true
	const id = "TestChild/a_request,_given_a_user"

	r := child(t, "good", "", harness.Target{})
	if r.code != 0 || !strings.Contains(r.output, "--- PASS: "+id) || !strings.Contains(r.output, "ExecuteTest returned: <nil>") {
		t.Errorf("plain: exit %d\n%s", r.code, r.output)
	}
	r = child(t, "good", protocol.Plan, staging)
	if r.code != 0 || len(r.planned) != 1 || r.planned[0].ID != id || !r.planned[0].Safe || !strings.HasPrefix(r.planned[0].Where, "child_test.go:") {
		t.Errorf("plan: exit %d, %+v\n%s", r.code, r.planned, r.output)
	}
	if *calls != 0 {
		t.Fatalf("%d requests were sent before anything was live", *calls)
	}
	for _, tt := range []struct {
		target harness.Target
		mode   harness.Mode
		calls  int
		pacts  int
	}{{harness.InProcessTarget(), harness.Mock, 0, 1}, {staging, harness.Live, 1, 0}, {prod, harness.Safe, 1, 0}} {
		*calls = 0
		r := child(t, "good", protocol.Exec, tt.target)
		if r.code != 0 || len(r.rows) != 1 || r.rows[0].Mode != tt.mode || r.rows[0].Outcome != harness.Passed || r.pacts != tt.pacts || *calls != tt.calls {
			t.Errorf("%s: exit %d, %+v, %d pacts, %d calls\n%s", tt.mode, r.code, r.rows, r.pacts, *calls, r.output)
		}
	}
	*calls = 0
	if r := child(t, "unsafe", protocol.Exec, prod); r.code == 0 || *calls != 0 || !strings.Contains(r.output, "no interaction marked Safe") {
		t.Errorf("not marked safe: exit %d, %d calls\n%s", r.code, *calls, r.output)
	}
}

// The lints of contracts apply, and can be allowed.
func TestLints(t *testing.T) {
	if r := child(t, "secret", "", harness.Target{}); r.code == 0 || !strings.Contains(r.output, "an AWS access key") {
		t.Errorf("a secret: exit %d\n%s", r.code, r.output)
	}
	if r := child(t, "secret, meant", "", harness.Target{}); r.code != 0 {
		t.Errorf("what is meant: exit %d\n%s", r.code, r.output)
	}
}

// What fails is red, returns an error and says so in its row.
// secretVariable is one that a test asks for.
const secretVariable = "PACTGO_TEST_TOKEN"

// A secret is the environment's on a target, and in no reason.
func TestSecret(t *testing.T) {
	t.Setenv(secretVariable, "hush-hush-1")
	staging, _ := users(t, `{"id":7}`)
	r := child(t, "env", protocol.Exec, staging)
	if len(r.rows) != 1 || r.rows[0].Outcome != harness.TestFailed || strings.Contains(r.rows[0].Reason, "hush") {
		t.Errorf("got %+v", r.rows)
	}
	if !strings.Contains(r.output, "token hush-hush-1") { // the test's own words: it has the value
		t.Errorf("the test did not get the secret\n%s", r.output)
	}
}

func TestRed(t *testing.T) {
	for name, says := range map[string]string{"nothing": "no interactions have been added", "no description": "needs a description"} {
		if r := child(t, name, "", harness.Target{}); r.code == 0 || !strings.Contains(r.output, says) || strings.Contains(r.output, "the test ran") {
			t.Errorf("%s: exit %d\n%s", name, r.code, r.output)
		}
	}
	broken, _ := users(t, `{"id":"x"}`)
	for _, tt := range []struct {
		child  string
		target harness.Target
		want   harness.Outcome
	}{
		{"wrong", harness.InProcessTarget(), harness.RequestMismatch},
		{"elsewhere", harness.InProcessTarget(), harness.RequestMismatch},
		{"silent", harness.InProcessTarget(), harness.NotCalled},
		{"own error", harness.InProcessTarget(), harness.TestFailed},
		{"outer error", harness.InProcessTarget(), harness.TestFailed},
		{"outer fatal", harness.InProcessTarget(), harness.NotCalled},
		{"good", broken, harness.ResponseMismatch},
	} {
		r := child(t, tt.child, protocol.Exec, tt.target)
		if r.code == 0 || len(r.rows) != 1 || r.rows[0].Outcome != tt.want || r.pacts != 0 {
			t.Errorf("%s: exit %d, %+v, want %s\n%s", tt.child, r.code, r.rows, tt.want, r.output)
		}
		if tt.child != "outer fatal" && !strings.Contains(r.output, "ExecuteTest returned: pactgo: pact validation failed: a request, given a user") {
			t.Errorf("%s: no error was returned\n%s", tt.child, r.output)
		}
	}
}
