package flow_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/flow"
)

func TestBegunAndNeverDecided(t *testing.T) {
	h := newHouse(t)
	h.allowed("commit")
	lost := h.begin("acceptance", 1)
	v := h.check("acceptance")
	h.want(v, harness.Unclear, "runs", "never decided")
	if i := slices.IndexFunc(v.Rules, func(r harness.Ruling) bool { return r.Rule == "runs" }); !strings.Contains(v.Rules[i].Hint, "gate decide --run "+lost.ID) {
		t.Errorf("the hint is %q", v.Rules[i].Hint)
	}
	h.want(h.decide(lost.ID), harness.Unclear, "evidence", "no evidence")
	v = h.run("acceptance") // who gives a run up has had a try
	h.want(v, harness.Block, "flakes", "run "+lost.ID+" was given up: suite features left no evidence")
	if len(v.Runs) != 2 {
		t.Errorf("the verdict names the runs %+v", v.Runs)
	}
	second := v.Run
	h.want(v, harness.Block, "flakes", "given up")
	if err := h.Test(t.Context(), lost.ID, 1); !errors.Is(err, flow.ErrState) || !strings.Contains(err.Error(), "has taken it since") {
		t.Errorf("finished after another run: got %v, want that the target is not this run's any more", err)
	}
	h.want(h.decide(second), harness.Block, "flakes", "given up")
}

// A run that was given up can be finished as long as nobody else had the target.
func TestGivenUpAndFinished(t *testing.T) {
	h := newHouse(t)
	h.allowed("commit")
	lost := h.begin("acceptance", 1)
	h.want(h.decide(lost.ID), harness.Unclear, "evidence", "no evidence")
	must(t, h.Test(t.Context(), lost.ID, 1))
	if v := h.decide(lost.ID); !v.Allowed() {
		t.Errorf("got %s: %+v", v.Verdict, v.Failing())
	}
	h.allowed("production")
}

// Only one run at a time has a target.
func TestOneRunAtATime(t *testing.T) {
	h := newHouse(t)
	h.allowed("commit")
	first := h.begin("acceptance", 1)
	h.change("2")
	h.allowed("commit")
	_, v, err := h.Begin(t.Context(), "acceptance", 1)
	must(t, err)
	h.want(v, harness.Unclear, "alone", "has staging, until")
	if n := h.world.deployed("staging"); n != 1 {
		t.Errorf("%d deploys while another run had the target", n)
	}
	h.world.now = h.world.now.Add(2 * time.Hour) // its machine was lost: nobody renews its claim
	h.allowed("acceptance")
	h.git("checkout", "-q", "HEAD~1")
	must(t, write(filepath.Join(h.dir, "dist", "app"), "built from 1", 0o755))
	h.want(h.decide(first.ID), harness.Block, "alone", "took the target before this run had ended")
}

func TestFailedThenPassed(t *testing.T) {
	h := newHouse(t)
	h.allowed("commit")
	h.world.outcomes["f.TestFeatures/refund"] = harness.Failed
	h.want(h.run("acceptance"), harness.Block, "outcomes", "refund")
	delete(h.world.outcomes, "f.TestFeatures/refund")
	v := h.run("acceptance")
	h.want(v, harness.Block, "flakes", "failed in attempt 1 of run 1")
	h.want(h.check("production"), harness.Block, "needs acceptance", "flakes")
	h.remove("1/evidence/after/features/1")
	h.want(h.decide(v.Run), harness.Unclear, "runs", "is gone")
}

func TestRunsOfAnotherArtifactDoNotCount(t *testing.T) {
	h := newHouse(t)
	h.world.outcomes["f.TestFeatures/refund"] = harness.Failed
	h.allowed("commit")
	h.want(h.run("acceptance"), harness.Block, "outcomes", "refund")
	delete(h.world.outcomes, "f.TestFeatures/refund")
	h.change("2")
	h.allowed("commit", "acceptance", "production")
}

func TestShards(t *testing.T) {
	h := newHouse(t)
	h.allowed("commit")
	clear(h.world.ran)
	id := h.begin("acceptance", 3).ID
	for _, shard := range []int{3, 1} {
		must(t, h.Test(t.Context(), id, shard))
	}
	h.want(h.decide(id), harness.Unclear, "evidence", "suite features, shard 2/3: no evidence")
	must(t, h.Test(t.Context(), id, 2)) // the lost one is run later
	if v := h.decide(id); !v.Allowed() {
		t.Errorf("got %s: %+v", v.Verdict, v.Failing())
	}
	if err := h.world.once("features"); err != nil {
		t.Error(err)
	}
	for _, shard := range []int{-1, 0, 2, 4} {
		if err := h.Test(t.Context(), id, shard); !errors.Is(err, flow.ErrState) {
			t.Errorf("shard %d: got %v, want ErrState", shard, err)
		}
	}
	if n, err := h.Shards(t.Context(), id); n != 3 || err != nil {
		t.Errorf("got %d shards and %v, want 3", n, err)
	}
}

func TestRecord(t *testing.T) {
	h := newHouse(t)
	h.allowed("commit")
	id := h.begin("byhand", 1).ID
	must(t, h.Test(t.Context(), id, 1))
	h.want(h.decide(id), harness.Unclear, "evidence", "suite manual: no evidence")
	results := harness.Evidence{Rows: harness.StreamOf(harness.Row{ID: "one", Kind: harness.Test, Outcome: harness.Passed, Attempt: 1})}
	must(t, h.Record(t.Context(), id, "manual", results))
	if v := h.decide(id); !v.Allowed() {
		t.Errorf("got %s: %+v", v.Verdict, v.Failing())
	}
	if err := h.Record(t.Context(), id, "manual", results); !errors.Is(err, flow.ErrState) {
		t.Errorf("a second time: got %v, want ErrState", err)
	}
	if err := h.Record(t.Context(), id, "manul", results); !errors.Is(err, flow.ErrStage) {
		t.Errorf("a suite that is not there: got %v, want ErrStage", err)
	}
	if err := h.Record(t.Context(), "staging/x/1", "manual", results); !errors.Is(err, flow.ErrState) {
		t.Errorf("a run that is not there: got %v, want ErrState", err)
	}
	other := h.begin("acceptance", 1).ID
	if err := h.Record(t.Context(), other, "features", results); !errors.Is(err, flow.ErrStage) {
		t.Errorf("results for a suite that gate runs: got %v, want ErrStage", err)
	}
}

func TestRecordedFailureBlocks(t *testing.T) {
	for name, tt := range map[string]struct {
		rows []harness.Row
		want harness.Answer
		rule string
	}{
		"failed":  {[]harness.Row{{ID: "one", Kind: harness.Test, Outcome: harness.Failed, Attempt: 1}}, harness.Block, "outcomes"},
		"nothing": {nil, harness.Block, "executed"},
		"skipped": {[]harness.Row{{ID: "one", Kind: harness.Test, Outcome: harness.Skipped, Attempt: 1}}, harness.Block, "executed"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.T = t
			h.allowed("commit")
			id := h.begin("byhand", 1).ID
			must(t, h.Record(t.Context(), id, "manual", harness.Evidence{Rows: harness.RowsOf(tt.rows)}))
			h.want(h.decide(id), tt.want, tt.rule, "")
		})
	}
}

// A run is about one checkout under one gate.yaml: another one is refused, and
// nothing is added to the run.
func TestAnotherCheckoutIsRefused(t *testing.T) {
	for name, edit := range map[string]func(h *house){
		"another gate.yaml":  func(h *house) { h.write("gate.yaml", gateYAML+"# more\n"); h.load() },
		"another commit":     func(h *house) { h.change("2") },
		"a dirty tree":       func(h *house) { h.write("app.go", "2") },
		"the commit undone":  func(h *house) { h.git("commit", "-q", "--amend", "-m", "other words") },
		"a run that is gone": func(h *house) { h.store = t.TempDir(); h.load() },
	} {
		h := newHouse(t)
		h.allowed("commit")
		id := h.begin("acceptance", 1).ID
		edit(h)
		stored := h.stored()
		if err := h.Test(t.Context(), id, 1); !errors.Is(err, flow.ErrState) {
			t.Errorf("%s: got %v, want ErrState", name, err)
		}
		if now := h.stored(); !slices.Equal(now, stored) {
			t.Errorf("%s: something was written: %v", name, now)
		}
	}
}

func TestDecidedUnderAnotherGateYAML(t *testing.T) {
	h := newHouse(t)
	h.allowed("commit")
	id := h.begin("acceptance", 1).ID
	must(t, h.Test(t.Context(), id, 1))
	h.write("gate.yaml", gateYAML+"# more\n")
	h.load()
	v := h.decide(id) // the checkout changed as well
	h.want(v, harness.Block, "policy", "gate.yaml is not the one")
	h.want(v, harness.Block, "source", "the checkout changed")
}

func TestDamagedClosingIsInconclusive(t *testing.T) {
	h := newHouse(t)
	h.allowed("commit")
	id := h.run("acceptance").Run
	keys := slices.DeleteFunc(h.stored(), func(k string) bool { return !strings.Contains(k, "staging") || !strings.HasSuffix(k, "closings/1") })
	if len(keys) != 1 {
		t.Fatalf("closings: %v", keys)
	}
	h.remove(keys[0])
	must(t, h.Ledger.Store.Put(t.Context(), keys[0], []byte("damaged")))
	h.want(h.decide(id), harness.Unclear, "closed", "still open")
}

func TestLastRunAndRows(t *testing.T) {
	h := newHouse(t)
	if id, err := h.LastRun(t.Context(), "acceptance"); err != nil || id != "" {
		t.Errorf("before any run: got %q, %v", id, err)
	}
	h.allowed("commit", "acceptance", "acceptance")
	id, err := h.LastRun(t.Context(), "acceptance")
	if err != nil || !strings.HasSuffix(id, "/2") {
		t.Errorf("got %q, %v; want run 2", id, err)
	}
	rows, err := h.Rows(t.Context(), id)
	if err != nil || len(rows) != 4 {
		t.Errorf("got %d rows, %v; want 4", len(rows), err)
	}
	if rows, err := h.Rows(t.Context(), ""); err != nil || rows != nil {
		t.Errorf("of no run: got %v, %v", rows, err)
	}
	if all, err := h.List(t.Context(), "production"); err != nil || len(all) != 2 {
		t.Errorf("list: got %d suites, %v; want 2", len(all), err)
	}
}
