package contracts

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// A child's result is what a person and what gate see of it.
type result struct {
	code    int
	output  string
	planned []harness.Planned
	rows    []harness.Row
	pacts   []protocol.Pact
	err     error // of reading the answers
}

// run runs a child, under a session if s is not nil.
func run(t *testing.T, name string, s *protocol.Session, env ...string) result {
	t.Helper()
	return runUnder(t, nil, name, s, env...)
}

// runUnder runs a child by another command, such as unshare.
func runUnder(t *testing.T, by []string, name string, s *protocol.Session, env ...string) result {
	t.Helper()
	engine(t)
	args := append(append([]string{}, by...), os.Args[0], "-test.run=^TestChild$", "-test.v", "-test.count=1")
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childVariable+"="+name, protocol.Variable+"=")
	if s != nil {
		s.Run, s.Nonce, s.Service, s.Stage, s.Suite, s.Out = "r", "n", "orders", "st", "contracts", t.TempDir()
		path := filepath.Join(t.TempDir(), "run.json")
		if err := protocol.WriteSession(path, *s); err != nil {
			t.Fatal(err)
		}
		cmd.Env = append(cmd.Env, protocol.Variable+"="+path)
	}
	cmd.Env = append(cmd.Env, env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r := result{code: cmd.ProcessState.ExitCode(), output: out.String()}
	if s != nil {
		answers, err := protocol.ReadDir(s.Out)
		r.err = err
		for _, a := range answers {
			r.planned, r.rows, r.pacts = append(r.planned, a.Planned...), append(r.rows, a.Rows...), append(r.pacts, a.Pacts...)
		}
	}
	return r
}

func session(phase protocol.Phase, target harness.Target) *protocol.Session {
	return &protocol.Session{Phase: phase, Target: target}
}

// Without a run: green only where everything was checked.
func TestPlain(t *testing.T) {
	for name, says := range map[string]string{
		"good": "--- PASS: TestChild/a_valid_card", "parallel": "--- PASS: TestChild/inner/sub",
	} {
		if r := run(t, name, nil); r.code != 0 || !strings.Contains(r.output, says) {
			t.Errorf("%s: got exit %d\n%s", name, r.code, r.output)
		}
	}
	for name, says := range map[string]string{
		"empty":         "has no interactions",
		"no names":      "need names",
		"not called":    "not-called: the adapter's fault",
		"test failed":   "test-failed",
		"inner failed":  "test-failed",
		"panics":        "test-failed: the test's own fault: the test did not finish",
		"wrong request": "request-mismatch: the adapter's fault: GET /no",
		"unknown value": `no path of this test has a placeholder "crad"`,
		"twice":         "there are two of this name",
		"name taken":    "has the same name",
		"invalid":       `placeholder "card" has no regular expression`,
		"safe POST":     "SafeBecause",
	} {
		r := run(t, name, nil)
		if r.code == 0 || !strings.Contains(r.output, says) {
			t.Errorf("%s: got exit %d, want a failure that says %q\n%s", name, r.code, says, r.output)
		}
	}
	if r := run(t, "not called", nil); !strings.Contains(r.output, "--- FAIL: TestChild/x") {
		t.Errorf("the wrong test is red:\n%s", r.output)
	}
}

func TestWithoutEngine(t *testing.T) {
	r := run(t, "good", session(protocol.Exec, harness.InProcessTarget()), "STAGEGATE_PACT_LIB=/nonexistent/libpact_ffi.so")
	const command = "go run github.com/stagegate/stagegate/contracts/pact/install"
	if r.code == 0 || !strings.Contains(r.output, "--- FAIL: TestChild/a_valid_card") || !strings.Contains(r.output, command) {
		t.Errorf("got exit %d, want a failing test that names the command\n%s", r.code, r.output)
	}
	if len(r.rows) != 2 || r.rows[0].Outcome != harness.Failed || !strings.Contains(r.rows[0].Reason, command) {
		t.Errorf("got rows %+v", r.rows)
	}
	if r := run(t, "good", session(protocol.Plan, harness.InProcessTarget()), "STAGEGATE_PACT_LIB=/nonexistent/libpact_ffi.so"); r.code != 0 || len(r.planned) != 2 {
		t.Errorf("planning needs no engine: got exit %d, %d planned\n%s", r.code, len(r.planned), r.output)
	}
}

func TestBrokenSession(t *testing.T) {
	if r := run(t, "good", nil, protocol.Variable+"=/nonexistent/run.json"); r.code == 0 || !strings.Contains(r.output, protocol.Variable) {
		t.Errorf("got exit %d with a session that cannot be read\n%s", r.code, r.output)
	}
}

func TestPlanned(t *testing.T) {
	staging := live("http://127.0.0.1:1").target
	prod := staging
	prod.Live = true
	r := run(t, "good", session(protocol.Plan, staging))
	if r.code != 0 || r.err != nil || len(r.planned) != 2 || len(r.rows) != 0 {
		t.Fatalf("got %+v", r)
	}
	p := r.planned[0]
	if p.ID != "TestChild/a_valid_card" || p.Name != "a valid card" || p.Kind != harness.Interaction || !p.Safe || p.Hash == "" || !strings.HasPrefix(p.Where, "children_test.go:") {
		t.Errorf("got %+v", p)
	}
	if q := r.planned[1]; q.Safe || q.Hash == p.Hash {
		t.Errorf("got %+v", q)
	}
	if strings.Contains(r.output, "TestChild/") {
		t.Errorf("something ran in the plan phase:\n%s", r.output)
	}
	if r := run(t, "good", session(protocol.Plan, prod)); r.code != 0 || len(r.planned) != 1 || !r.planned[0].Safe {
		t.Errorf("got exit %d and %+v, want the safe one alone", r.code, r.planned)
	}
	for name, says := range map[string]string{"not safe": "no interaction marked Safe", "empty": "has no interactions", "invalid": "no regular expression"} {
		if r := run(t, name, session(protocol.Plan, prod)); r.code == 0 || !strings.Contains(r.output, says) {
			t.Errorf("%s: got exit %d, want a failing plan that says %q\n%s", name, r.code, says, r.output)
		}
	}
}

func TestRowsOfMocks(t *testing.T) {
	plan := run(t, "good", session(protocol.Plan, harness.InProcessTarget()))
	r := run(t, "good", session(protocol.Exec, harness.InProcessTarget()))
	if r.code != 0 || r.err != nil || len(r.rows) != 2 || len(r.pacts) != 2 {
		t.Fatalf("got exit %d, %v, rows %+v and %d pacts\n%s", r.code, r.err, r.rows, len(r.pacts), r.output)
	}
	for n, row := range r.rows {
		p := plan.planned[n]
		if row.ID != p.ID || row.Hash != p.Hash || row.Where != p.Where || row.Outcome != harness.Passed || row.Mode != harness.Mock || row.Attempt != 1 || row.Started.IsZero() {
			t.Errorf("got %+v, planned %+v", row, p)
		}
	}
	s := session(protocol.Exec, harness.InProcessTarget())
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	s.Only = map[string][]string{dir: {"TestChild/a_card_to_write"}}
	if r := run(t, "good", s); r.code != 0 || len(r.rows) != 1 || r.rows[0].ID != "TestChild/a_card_to_write" {
		t.Errorf("got exit %d and %+v, want this shard's row alone", r.code, r.rows)
	}
}

func TestRowsThatAreNotPassed(t *testing.T) {
	for name, want := range map[string]harness.Outcome{
		"not called": harness.NotCalled, "test failed": harness.TestFailed, "inner failed": harness.TestFailed, "panics": harness.TestFailed,
		"skips": harness.Skipped, "wrong request": harness.RequestMismatch,
	} {
		r := run(t, name, session(protocol.Exec, harness.InProcessTarget()))
		if len(r.rows) != 1 || r.rows[0].Outcome != want || (r.rows[0].Reason == "") != (want == harness.Skipped) || len(r.pacts) != 0 {
			t.Errorf("%s: got %+v and %d pacts, want %s\n%s", name, r.rows, len(r.pacts), want, r.output)
		}
		if red := r.code != 0; red != (want != harness.Skipped) {
			t.Errorf("%s: got exit %d", name, r.code)
		}
	}
}

func TestRowsOfLive(t *testing.T) {
	okay, broken := serve(t, answer(200, good)).URL, serve(t, answer(500, good)).URL
	for _, tt := range []struct {
		child, url string
		want       harness.Outcome
		calls      int
	}{
		{"good", okay, harness.Passed, 1},
		{"good", broken, harness.ResponseMismatch, 1},
		{"good", "http://127.0.0.1:1", harness.Unreachable, 0},
		{"good", "", harness.Unreachable, 0},
		{"wrong fixture", okay, harness.NoFixture, 0},
		{"not called", okay, harness.NotCalled, 0},
		{"wrong request", okay, harness.RequestMismatch, 0},
		{"test failed", okay, harness.TestFailed, 1},
	} {
		r := run(t, tt.child, session(protocol.Exec, live(tt.url).target))
		if len(r.rows) == 0 {
			t.Fatalf("%s: no rows\n%s", tt.child, r.output)
		}
		row := r.rows[0]
		if row.Outcome != tt.want || row.Calls != tt.calls || row.Mode != harness.Live || (row.Reason == "") != (tt.want == harness.Passed) {
			t.Errorf("%s at %s: got %+v, want %s", tt.child, tt.url, row, tt.want)
		}
		if (r.code == 0) != (tt.want == harness.Passed) || len(r.pacts) != 0 {
			t.Errorf("%s at %s: got exit %d and %d pacts", tt.child, tt.url, r.code, len(r.pacts))
		}
		if strings.Contains(r.output, "Verifying a pact") {
			t.Errorf("the engine's chatter is in the output:\n%s", r.output)
		}
	}
}

// Neither a proxy of the environment nor tests side by side change anything.
func TestParallelBehindProxy(t *testing.T) {
	target := live(serve(t, answer(200, good)).URL).target
	r := run(t, "parallel", session(protocol.Exec, target), "HTTP_PROXY=http://127.0.0.1:1", "http_proxy=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1")
	if r.code != 0 || r.err != nil || len(r.rows) != 5 {
		t.Errorf("got exit %d, %v and %d rows\n%s", r.code, r.err, len(r.rows), r.output)
	}
}

// On a live target what is not marked Safe is skipped, sent to nobody, and no row.
func TestRowsOfSafe(t *testing.T) {
	prod := live(serve(t, func(w http.ResponseWriter, r *http.Request) { answer(200, good)(w, r) }).URL).target
	prod.Live = true
	r := run(t, "good", session(protocol.Exec, prod))
	if r.code != 0 || len(r.rows) != 1 || r.rows[0].Mode != harness.Safe || r.rows[0].Outcome != harness.Passed || r.rows[0].Calls != 1 {
		t.Errorf("got exit %d and %+v\n%s", r.code, r.rows, r.output)
	}
	if !strings.Contains(r.output, "--- SKIP: TestChild/a_card_to_write") || !strings.Contains(r.output, "not marked Safe") {
		t.Errorf("want a skip with its reason:\n%s", r.output)
	}
	prod.Dependencies["payments"] = harness.Dependency{URL: serve(t, unexpected(t)).URL}
	if r := run(t, "not safe", session(protocol.Exec, prod)); r.code == 0 || len(r.rows) != 0 {
		t.Errorf("got exit %d and %+v for a contract with nothing safe", r.code, r.rows)
	}
}
