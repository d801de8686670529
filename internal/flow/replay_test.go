package flow_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/flow"
)

// replayed replays a run of which two verdicts are stored: entry and exit.
func (h *house) replayed(run string) []flow.Replay {
	h.Helper()
	all, err := h.Replay(h.Context(), run)
	must(h, err)
	if len(all) != 2 || all[0].Phase != harness.Entry || all[1].Phase != harness.Exit {
		h.Fatalf("got %+v, want an entry and an exit", all)
	}
	return all
}

func TestReplay(t *testing.T) {
	h := newHouse(t)
	h.allowed("commit", "acceptance", "production")
	h.change("2")
	h.allowed("commit", "acceptance")
	run := h.run("production").Run
	h.change("3")
	h.allowed("commit", "acceptance", "production") // what has come since is not there
	for _, r := range h.replayed(run) {
		if !r.Same || !r.Agrees || r.Why != "" || r.Verdict != harness.Allow {
			t.Errorf("%s: got %+v", r.Phase, r)
		}
	}
	h.Version = "another"
	for _, r := range h.replayed(run) { // the words may differ, the rules must not; here even the words are the same
		if !r.Agrees || r.Gate != "test" {
			t.Errorf("by another version, %s: got %+v", r.Phase, r)
		}
	}
}

// A verdict that blocks comes out as well as one that allows.
func TestReplayOfABlock(t *testing.T) {
	h := newHouse(t)
	h.allowed("commit")
	h.world.outcomes["f.TestFeatures/refund"] = harness.Failed
	run := h.run("acceptance").Run
	if r := h.replayed(run)[1]; !r.Same || r.Verdict != harness.Block {
		t.Errorf("got %+v", r)
	}
}

func TestReplayOfWhatWasChanged(t *testing.T) {
	for name, tt := range map[string]struct {
		suffix string
		edit   func([]byte) []byte
		want   string
	}{
		"evidence gone":    {"0001/evidence/after/features/1", nil, "was there then, and is gone"},
		"evidence changed": {"0001/evidence/after/features/1", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, "is not what it was then"},
		"a closing gone":   {"0001/closings/1", nil, "was there then, and is gone"},
	} {
		h := newHouse(t)
		h.allowed("commit")
		run := h.run("acceptance").Run
		file := h.only("runs/staging", tt.suffix)
		if tt.edit == nil {
			must(t, os.Remove(file))
		} else {
			b, err := os.ReadFile(file)
			must(t, err)
			must(t, os.Chmod(file, 0o600))
			must(t, os.WriteFile(file, tt.edit(b), 0o600))
		}
		r := h.replayed(run)[1]
		if r.Same || r.Agrees || !strings.Contains(r.Why, tt.want) {
			t.Errorf("%s: got %+v, want %q", name, r, tt.want)
		}
	}
}

// A verdict that was written anew, and does not follow from the evidence, is
// seen although it is well formed.
func TestReplayOfAForgedVerdict(t *testing.T) {
	h := newHouse(t)
	h.allowed("commit")
	h.world.outcomes["f.TestFeatures/refund"] = harness.Failed
	v := h.run("acceptance")
	run := v.Run
	for i := range v.Rules {
		v.Rules[i].Result = harness.Pass
	}
	v.Verdict = harness.Allow
	must(t, os.Remove(h.only("runs/staging", "0001/verdicts/2")))
	r, _, err := h.Ledger.Find(t.Context(), run)
	must(t, err)
	must(t, h.Ledger.Verdict(t.Context(), *r.Record, v))
	if got := h.replayed(run)[1]; got.Same || got.Agrees || !strings.Contains(strings.Join(got.Differs, "\n"), "the verdict was allow, it is block") {
		t.Errorf("got %+v", got)
	}
}

// only is the file of the one object below prefix whose key ends like this.
func (h *house) only(prefix, suffix string) string {
	h.Helper()
	var all []string
	for _, k := range h.stored() {
		if strings.HasPrefix(k, prefix+"/") && strings.HasSuffix(k, "/"+suffix) {
			all = append(all, k)
		}
	}
	if len(all) != 1 {
		h.Fatalf("%d objects below %s end with %s: %v", len(all), prefix, suffix, all)
	}
	return filepath.Join(h.store, filepath.FromSlash(all[0]))
}

func TestLoosenedSinceTheLastPromotion(t *testing.T) {
	h := newHouse(t)
	h.allowed("commit", "acceptance", "production")
	h.change("2")
	h.world.suites["features"] = h.world.suites["features"][:2]
	h.allowed("commit", "acceptance")
	v := h.check("production")
	if !v.Allowed() || !strings.Contains(strings.Join(v.Loosened, "\n"), "stage acceptance: features: f.TestFeatures/list is gone") {
		t.Errorf("got %s, loosened %q: %+v", v.Verdict, v.Loosened, v.Failing())
	}
	h.allowed("production")
	h.change("3")
	h.allowed("commit", "acceptance")
	if v := h.check("production"); len(v.Loosened) != 0 { // it was allowed so last time
		t.Errorf("loosened %q", v.Loosened)
	}
}
