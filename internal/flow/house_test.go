package flow_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/filestore"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/checkout"
	"github.com/stagegate/stagegate/internal/flow"
	"github.com/stagegate/stagegate/internal/gatefile"
	"github.com/stagegate/stagegate/internal/ledger"
)

const gateYAML = `service: orders
artifacts: [dist/**]
targets:
  staging: {account: "222222222222", region: eu-west-1, url: http://127.0.0.1:1, version: {path: /version, json: commit}}
  prod: {live: true, account: "333333333333", region: eu-west-1, url: http://127.0.0.1:2, version: {path: /version, json: commit}}
suites:
  unit: {run: ./...}
  features: {run: ./features}
  smoke: {run: ./features, tags: "@smoke"}
  contracts: {run: ./contracts}
  manual: {record: true}
deploy: {run: deploy, inputs: [infra/**], config: ["config/{target}.json"]}
stages:
  commit: {steps: {dist: make dist}, suites: [unit, contracts]}
  acceptance: {target: staging, needs: [commit], deploy: true, after: [features, contracts]}
  production: {target: prod, needs: [acceptance], before: [contracts], deploy: true, after: [smoke]}
  byhand: {target: staging, needs: [commit], deploy: true, after: [manual]}
`

// A house is a gate over a real repository and a real store, in a made-up world.
type house struct {
	*testing.T
	*flow.Gate
	world *world
	dir   string
	store string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	h := &house{T: t, dir: dir, store: filepath.Join(dir, ".gate"), world: newWorld(dir)}
	for name, text := range map[string]string{"gate.yaml": gateYAML, "app.go": "1", ".gitignore": "/dist/\n/.gate/\n", "infra/main.tf": "x",
		"config/staging.json": "{}", "config/prod.json": "{}"} {
		must(t, write(filepath.Join(dir, name), text, 0o666))
	}
	h.git("init", "-q")
	h.git("config", "user.name", "test")
	h.git("config", "user.email", "test@example.org")
	h.commit()
	h.load()
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// load reads gate.yaml anew, as each call of gate does.
func (h *house) load() {
	h.Helper()
	f, err := gatefile.Load(filepath.Join(h.dir, "gate.yaml"))
	must(h, err)
	h.Gate = &flow.Gate{File: f, Ledger: ledger.Ledger{Store: filestore.New(h.store)}, Version: "test",
		Trust: &harness.Trust{Digest: harness.DigestOf([]byte("trust")), Places: map[string]harness.TrustedPlace{"commit": {}, "staging": {}, "prod": {}}},
		Tree:  checkout.Tree{Dir: h.dir, Ignore: []string{h.store}}, Ports: h.world.ports()}
}

func (h *house) git(args ...string) string {
	h.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = h.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		h.Fatalf("git %s: %v: %s", args[0], err, out)
	}
	return strings.TrimSpace(string(out))
}

func (h *house) write(name, text string) {
	h.Helper()
	must(h, write(filepath.Join(h.dir, name), text, 0o666))
}

func (h *house) commit() string {
	h.Helper()
	h.git("add", "-A")
	h.git("commit", "-q", "-m", "change")
	return h.git("rev-parse", "HEAD")
}

// change commits another version of the service.
func (h *house) change(text string) string {
	h.Helper()
	h.write("app.go", text)
	return h.commit()
}

// begin begins a run that has to be allowed to begin.
func (h *house) begin(stage string, shards int) harness.RunRecord {
	h.Helper()
	rec, v, err := h.Gate.Begin(h.Context(), stage, shards)
	must(h, err)
	if !v.Allowed() {
		h.Fatalf("begin %s: %s: %+v", stage, v.Verdict, v.Failing())
	}
	return rec
}

// run is gate run: begin, test, decide.
func (h *house) run(stage string) harness.Verdict {
	h.Helper()
	rec := h.begin(stage, 1)
	must(h, h.Test(h.Context(), rec.ID, 1))
	return h.decide(rec.ID)
}

func (h *house) decide(id string) harness.Verdict {
	h.Helper()
	v, err := h.Decide(h.Context(), id)
	must(h, err)
	return v
}

func (h *house) check(stage string) harness.Verdict {
	h.Helper()
	v, err := h.Check(h.Context(), stage)
	must(h, err)
	return v
}

// allowed takes stages one after the other, each of them allowed.
func (h *house) allowed(stages ...string) {
	h.Helper()
	for _, s := range stages {
		if v := h.run(s); !v.Allowed() {
			h.Fatalf("%s: %s: %+v", s, v.Verdict, v.Failing())
		}
	}
}

// want checks a verdict, and that a rule says why.
func (h *house) want(v harness.Verdict, want harness.Answer, rule, reason string) {
	h.Helper()
	if v.Verdict != want {
		h.Errorf("got %s, want %s: %+v", v.Verdict, want, v.Failing())
	}
	for _, r := range v.Failing() {
		if r.Rule == rule && strings.Contains(r.Reason+"\n"+strings.Join(r.Details, "\n"), reason) {
			return
		}
	}
	h.Errorf("rule %s does not say %q: %+v", rule, reason, v.Failing())
}

// stored are the keys of everything in the store.
func (h *house) stored() []string {
	h.Helper()
	keys, err := h.Ledger.Store.List(h.Context(), "")
	must(h, err)
	return keys
}

// remove deletes the one object whose key ends like this.
func (h *house) remove(suffix string) {
	h.Helper()
	keys := slices.DeleteFunc(h.stored(), func(k string) bool { return !strings.HasSuffix(k, suffix) })
	if len(keys) != 1 {
		h.Fatalf("%d objects end with %s: %v", len(keys), suffix, h.stored())
	}
	must(h, os.Remove(filepath.Join(h.store, filepath.FromSlash(keys[0]))))
}
