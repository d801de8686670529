package httpsteps

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stagegate/stagegate/features"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// A proof is a scenario that a step passes in and one that it fails in, and what
// it says then.
type proof struct{ pass, fail, says string }

const get = "When I GET \"/order\"\n"

// proofs has one for each step, in the order of the table.
func proofs() []proof {
	doc := func(step, text string) string { return step + "\n\"\"\"\n" + text + "\n\"\"\"\n" }
	return []proof{
		{"Given the header \"X-Who\" is sent as \"me\"\nWhen I GET \"/echo\"\nThen the JSON at \"who\" is \"me\"", "Given the header \"X-Who\" is sent as \"{nobody}\"", "nothing was saved as {nobody}\nhint: there are id"},
		{"When I GET \"/order\"\nThen the status is 200", "When I GET \"http://elsewhere.invalid/\"", "it is neither there's own host nor one of its dependencies'"},
		{"When I DELETE \"/orders/1\"\nThen the status is 204", "When I DELETE \"/orders/{order}\"", "nothing was saved as {order}"},
		{doc("When I POST \"/echo\" with", `{"customer": "{id}"}`) + "Then the JSON at \"method\" is \"POST\"\nAnd the JSON at \"body.customer\" is \"{id}\"\nAnd the JSON at \"type\" is \"application/json\"", doc("When I POST \"/echo\" with", "{broken}"), "nothing was saved as {broken}"},
		{get + "Then the status is 200", get + "Then the status is 404", "got status 200, want 404\nGET "},
		{get + "Then the answer's header \"Content-Type\" is \"application/json\"", get + "Then the answer's header \"Location\" is \"/x\"", `header Location: got [], want "/x"`},
		{get + "Then the answer contains \"mug\"", get + "Then the answer contains \"poster\"", `"poster" is not in it`},
		{get + "Then the JSON at \"lines.0.sku\" is \"mug\"\nAnd the JSON at \"total\" is 12.50\nAnd the JSON at \"lines.#\" is 1", get + "Then the JSON at \"total\" is 13", `total: got 12.50, want 13`},
		{get + "Then the JSON at \"id\" matches \"[0-9a-f]{4}\"", get + "Then the JSON at \"id\" matches \"[0-9]\"", `id: got "12ab", want a match of [0-9]`},
		{get + "Then there is no JSON at \"card\"", get + "Then there is no JSON at \"id\"", `id: is "12ab"`},
		{get + doc("Then the JSON is", `{"at": "{time}", "id": "{text}", "total": "{number}", "paid": "{bool}", "lines": [{"sku": "mug", "n": 1}], "note": "{any}"}`), get + doc("Then the JSON is", `{"at": "{number}", "id": "12ab", "total": 12.5, "paid": true, "lines": [], "more": 1}`),
			"at: got \"2026-11-23T09:00:00Z\", want {number}\n"},
		{get + doc("Then the JSON has", `{"paid": false, "lines": [{"sku": "mug"}]}`), get + doc("Then the JSON has", `{"paid": true, "card": "x"}`), "card: is absent, want \"x\"\npaid: got false, want true\n"},
		{get + doc("Then the JSON fits the schema", `{"type": "object", "required": ["id"], "properties": {"total": {"type": "number"}}}`), get + doc("Then the JSON fits the schema", `{"required": ["card"]}`), "missing property 'card'"},
		{get + "And I save the JSON at \"id\" as \"order\"\nWhen I GET \"/echo?{order}\"\nThen the JSON at \"query\" is \"12ab\"", get + "And I save the JSON at \"lines\" as \"order\"", "want a text, a number or a bool"},
		{"When I GET \"/moved\"\nAnd I save the answer's header \"X-Place\" as \"place\"\nAnd I GET \"{place}\"\nThen the status is 404", get + "And I save the answer's header \"X-Place\" as \"place\"", "the answer has no header X-Place"},
		{"Then within 20s \"/slow\" answers 200", "Then within 300ms \"/never\" answers 200", "not within 300ms, "},
		{"Then within 20s the JSON at \"state\" of \"/slower\" is \"paid\"", "Then within 300ms the JSON at \"paid\" of \"/order\" is true", "last seen: paid: got false, want true"},
		{"Then for 200ms the JSON at \"paid\" of \"/order\" is false", "Then for 20s the JSON at \"state\" of \"/fading\" is \"open\"", `state: got "closed", want "open"`},
	}
}

// service is what the scenarios ask.
func service() http.Handler {
	var slow, slower, fading atomic.Int32
	mux := http.NewServeMux()
	say := func(w http.ResponseWriter, text string) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, text)
	}
	mux.HandleFunc("GET /order", func(w http.ResponseWriter, _ *http.Request) {
		say(w, `{"id": "12ab", "total": 12.50, "paid": false, "at": "2026-11-23T09:00:00Z", "note": null, "lines": [{"sku": "mug", "n": 1}]}`)
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		var body any
		json.NewDecoder(r.Body).Decode(&body)
		b, _ := json.Marshal(map[string]any{"method": r.Method, "who": r.Header.Get("X-Who"), "type": r.Header.Get("Content-Type"), "query": r.URL.RawQuery, "body": body})
		say(w, string(b))
	})
	mux.HandleFunc("DELETE /orders/1", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /moved", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Place", "nowhere") })
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, _ *http.Request) {
		if slow.Add(1) < 4 {
			w.WriteHeader(http.StatusNotFound)
		}
	})
	mux.HandleFunc("GET /slower", func(w http.ResponseWriter, _ *http.Request) {
		say(w, map[bool]string{true: `{"state": "paid"}`, false: `{"state": "open"}`}[slower.Add(1) > 3])
	})
	mux.HandleFunc("GET /fading", func(w http.ResponseWriter, _ *http.Request) {
		say(w, map[bool]string{true: `{"state": "closed"}`, false: `{"state": "open"}`}[fading.Add(1) > 3])
	})
	return mux
}

type world struct{ web *Client }

// TestChild runs the scenarios of the folder that it is started in.
func TestChild(t *testing.T) {
	if os.Getenv("HTTPSTEPS_CHILD") == "" {
		t.Skip("runs as a child of TestSteps")
	}
	features.Run(t, func(_ context.Context, env *features.Env) (*world, error) {
		if env.Target.InProcess() {
			return &world{Serve(env, service())}, nil
		}
		return &world{New(env)}, nil
	}, func(s *features.Steps[*world]) { Define(s, func(w *world) *Client { return w.web }) })
}

// rows runs text as a feature against a target, and returns what became of each scenario.
func rows(t *testing.T, text string, target harness.Target, phase protocol.Phase) map[string]harness.Row {
	t.Helper()
	dir, out, file := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "run.json")
	if err := os.WriteFile(filepath.Join(dir, "a.feature"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := protocol.WriteSession(file, protocol.Session{Phase: phase, Run: "r", Nonce: "n", Service: "s", Stage: "s", Suite: "s", Out: out, Target: target}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HTTPSTEPS_CHILD=1", protocol.Variable+"="+file)
	said, _ := cmd.CombinedOutput()
	answers, err := protocol.ReadDir(out)
	if err != nil || len(answers) != 1 {
		t.Fatalf("%v\n%s", err, said)
	}
	all := map[string]harness.Row{}
	for _, r := range answers[0].Rows {
		all[strings.TrimPrefix(r.Name, "f: ")] = r
	}
	for _, p := range answers[0].Planned {
		all[strings.TrimPrefix(p.Name, "f: ")] = harness.Row{Outcome: p.Problem, Reason: p.Detail}
	}
	return all
}

// Every step has a scenario that passes and one that fails and says why, on a
// deployed target and in process.
func TestSteps(t *testing.T) {
	if len(proofs()) != len(steps()) {
		t.Fatalf("%d proofs for %d steps", len(proofs()), len(steps()))
	}
	place := httptest.NewServer(service())
	t.Cleanup(place.Close)
	text := "Feature: f\n"
	for i, p := range proofs() {
		re := regexp.MustCompile(strings.TrimSuffix(strings.TrimPrefix(steps()[i].Expr, "^"), "$"))
		for _, s := range []string{p.pass, p.fail, steps()[i].Example} {
			if !re.MatchString(s) {
				t.Errorf("%s is not in %q", steps()[i].Expr, s)
			}
		}
		text += fmt.Sprintf("Scenario: pass %d\n%s\nScenario: fail %d\n%s\n", i, p.pass, i, p.fail)
	}
	for name, target := range map[string]harness.Target{"deployed": {Name: "there", Mode: harness.Deployed, URL: place.URL}, "in process": harness.InProcessTarget()} {
		t.Run(name, func(t *testing.T) {
			got := rows(t, text, target, protocol.Exec)
			for i, p := range proofs() {
				if r := got[fmt.Sprint("pass ", i)]; r.Outcome != harness.Passed {
					t.Errorf("%s: %s: %s", steps()[i].Expr, r.Outcome, r.Reason)
				}
				if r := got[fmt.Sprint("fail ", i)]; r.Outcome != harness.Failed || name == "deployed" && !strings.Contains(r.Reason, p.says) {
					t.Errorf("%s: %s: %s\nwant %s", steps()[i].Expr, r.Outcome, r.Reason, p.says)
				}
			}
		})
	}
}

// On a live target what reads runs, and what changes is refused when it is planned.
func TestLive(t *testing.T) {
	place := httptest.NewServer(service())
	t.Cleanup(place.Close)
	text := "Feature: f\n"
	for i, p := range proofs() {
		text += fmt.Sprintf("Scenario: pass %d\n%s\n", i, p.pass)
	}
	target := harness.Target{Name: "prod", Mode: harness.Deployed, Live: true, URL: place.URL}
	planned, ran := rows(t, text, target, protocol.Plan), rows(t, text, target, protocol.Exec)
	for i, p := range proofs() {
		name, want := fmt.Sprint("pass ", i), harness.Outcome("")
		if strings.Contains(p.pass, "POST") || strings.Contains(p.pass, "DELETE") {
			want = harness.Refused
		}
		if got := planned[name]; got.Outcome != want {
			t.Errorf("%s is planned as %q: %s", steps()[i].Expr, got.Outcome, got.Reason)
		}
		if got := ran[name]; (got.Outcome == harness.Passed) != (want == "") {
			t.Errorf("%s: %s: %s", steps()[i].Expr, got.Outcome, got.Reason)
		}
	}
}

// The reference page is made of the table.
func TestPage(t *testing.T) {
	b, err := os.ReadFile("../../../docs/steps.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), Page()) {
		t.Errorf("docs/steps.md is not up to date: put this into it\n%s", Page())
	}
}

func ExampleDefine() {
	_ = func(t *testing.T) {
		features.Run(t, func(_ context.Context, env *features.Env) (*world, error) { return &world{New(env)}, nil },
			func(s *features.Steps[*world]) { Define(s, func(w *world) *Client { return w.web }) })
	}
}
