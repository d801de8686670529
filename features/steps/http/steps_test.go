package httpsteps

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stagegate/stagegate/features"
	"github.com/stagegate/stagegate/features/steps/internal/proof"
	"github.com/stagegate/stagegate/harness"
)

const get = "When I GET \"/order\"\n"

// proofs has one for each step, in the order of the table.
func proofs() []proof.Proof {
	of := proof.Of
	return []proof.Proof{
		of("Given the header \"X-Who\" is sent as \"me\"\nWhen I GET \"/echo\"\nThen the JSON at \"who\" is \"me\"", "Given the header \"X-Who\" is sent as \"{nobody}\"", "nothing was saved as {nobody}\nhint: there are id"),
		of("When I GET \"/order\"\nThen the status is 200", "When I GET \"http://elsewhere.invalid/\"", "it is neither there's own host nor one of its dependencies'"),
		of("When I DELETE \"/orders/1\"\nThen the status is 204", "When I DELETE \"/orders/{order}\"", "nothing was saved as {order}"),
		of(proof.Doc("When I POST \"/echo\" with", `{"customer": "{id}"}`)+"Then the JSON at \"method\" is \"POST\"\nAnd the JSON at \"body.customer\" is \"{id}\"\nAnd the JSON at \"type\" is \"application/json\"", proof.Doc("When I POST \"/echo\" with", "{broken}"), "nothing was saved as {broken}"),
		of(get+"Then the status is 200", get+"Then the status is 404", "got status 200, want 404\nGET "),
		of(get+"Then the answer's header \"Content-Type\" is \"application/json\"", get+"Then the answer's header \"Location\" is \"/x\"", `header Location: got [], want "/x"`),
		of(get+"Then the answer contains \"mug\"", get+"Then the answer contains \"poster\"", `"poster" is not in it`),
		of(get+"Then the JSON at \"lines.0.sku\" is \"mug\"\nAnd the JSON at \"total\" is 12.50\nAnd the JSON at \"lines.#\" is 1", get+"Then the JSON at \"total\" is 13", `total: got 12.50, want 13`),
		of(get+"Then the JSON at \"id\" matches \"[0-9a-f]{4}\"", get+"Then the JSON at \"id\" matches \"[0-9]\"", `id: got "12ab", want a match of [0-9]`),
		of(get+"Then there is no JSON at \"card\"", get+"Then there is no JSON at \"id\"", `id: is "12ab"`),
		of(get+proof.Doc("Then the JSON is", `{"at": "{time}", "id": "{text}", "total": "{number}", "paid": "{bool}", "lines": [{"sku": "mug", "n": 1}], "note": "{any}"}`), get+proof.Doc("Then the JSON is", `{"at": "{number}", "id": "12ab", "total": 12.5, "paid": true, "lines": [], "more": 1}`),
			"at: got \"2026-11-23T09:00:00Z\", want {number}\n"),
		of(get+proof.Doc("Then the JSON has", `{"paid": false, "lines": [{"sku": "mug"}]}`), get+proof.Doc("Then the JSON has", `{"paid": true, "card": "x"}`), "card: is absent, want \"x\"\npaid: got false, want true\n"),
		of(get+proof.Doc("Then the JSON fits the schema", `{"type": "object", "required": ["id"], "properties": {"total": {"type": "number"}}}`), get+proof.Doc("Then the JSON fits the schema", `{"required": ["card"]}`), "missing property 'card'"),
		of(get+"And I save the JSON at \"id\" as \"order\"\nWhen I GET \"/echo?{order}\"\nThen the JSON at \"query\" is \"12ab\"", get+"And I save the JSON at \"lines\" as \"order\"", "want a text, a number or a bool"),
		of("When I GET \"/moved\"\nAnd I save the answer's header \"X-Place\" as \"place\"\nAnd I GET \"{place}\"\nThen the status is 404", get+"And I save the answer's header \"X-Place\" as \"place\"", "the answer has no header X-Place"),
		of("Then within 20s \"/slow\" answers 200", "Then within 300ms \"/never\" answers 200", "not within 300ms, "),
		of("Then within 20s the JSON at \"state\" of \"/slower\" is \"paid\"", "Then within 300ms the JSON at \"paid\" of \"/order\" is true", "last seen: paid: got false, want true"),
		of("Then for 200ms the JSON at \"paid\" of \"/order\" is false", "Then for 20s the JSON at \"state\" of \"/fading\" is \"open\"", `state: got "closed", want "open"`),
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

func open(_ context.Context, env *features.Env) (*world, error) {
	if env.Target.InProcess() {
		return &world{Serve(env, service())}, nil
	}
	return &world{New(env)}, nil
}

func define(s *features.Steps[*world]) { Define(s, func(w *world) *Client { return w.web }) }

// Every step has a scenario that passes and one that fails and says why, on a
// deployed target and in process; a live one is only read.
func TestSteps(t *testing.T) {
	if proof.Child() {
		features.Run(t, open, define)
		return
	}
	place := httptest.NewServer(service())
	t.Cleanup(place.Close)
	text := proof.Text(t, steps(), proofs())
	there := harness.Target{Name: "there", Mode: harness.Deployed, URL: place.URL}
	proof.Judge(t, steps(), proofs(), proof.Run(t, text, there), true)
	proof.Judge(t, steps(), proofs(), proof.Run(t, text, harness.InProcessTarget()), false) // nobody is refused by a guard here
	proof.Live(t, steps(), proofs(), there)
	there.Live = true
	for name, r := range proof.Run(t, text, there) {
		if i := 0; r.Outcome == harness.Passed {
			fmt.Sscanf(name, "pass %d", &i)
			if p := proofs()[i].Pass; strings.Contains(p, "POST") || strings.Contains(p, "DELETE") {
				t.Errorf("%s passed on a live target", name)
			}
		}
	}
}

func TestPage(t *testing.T) { proof.Page(t, steps()) }

func ExampleDefine() {
	_ = func(t *testing.T) { features.Run(t, open, define) }
}
