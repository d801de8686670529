package flow_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/flow"
	"github.com/stagegate/stagegate/internal/ledger"
)

// whole checks that everything in the store can be read and names only what is
// there too, and that whatever says "allow" has its evidence.
func (t *trial) whole(about string, m moment) {
	t.Helper()
	h := t.mine
	t.at(h, m, 0, refused)
	subjects := map[[2]string]bool{}
	for _, k := range m.store.keys("runs/") {
		parts := strings.Split(k, "/")
		subjects[[2]string{parts[1], parts[2]}] = true
	}
	complete := map[string]bool{}
	for s := range subjects {
		runs, err := h.Ledger.Runs(t.Context(), s[0], s[1])
		must(t, err)
		for _, r := range runs {
			if len(r.Problems) > 0 || r.Record == nil {
				t.Errorf("%s: run %d on %s is damaged: %+v", about, r.Number, s[0], r.Problems)
				continue
			}
			complete[fmt.Sprintf("%s %s=%04d", s[0], s[1], r.Number)] = finished(r)
			t.verdicts(about, r)
		}
	}
	for _, k := range m.store.keys("allowed/") {
		_, run, _ := strings.Cut(path.Base(k), "=")
		if place := strings.Split(k, "/")[1]; !complete[place+" "+run] {
			t.Errorf("%s: %s was noted as allowed without its evidence", about, k)
		}
	}
	if t.stage != "acceptance" {
		return
	}
	v := h.check("production")
	if key := "staging " + v.Subject().Key() + "=0001"; v.Allowed() && !complete[key] {
		t.Errorf("%s: production may be entered without the evidence of %s", about, key)
	}
}

// verdicts checks that every stored verdict on r is what follows from what it rests on.
func (t *trial) verdicts(about string, r harness.Run) {
	t.Helper()
	all, err := t.mine.Replay(t.Context(), r.Record.ID)
	if err != nil && !errors.Is(err, flow.ErrState) { // nothing was decided of it yet
		t.Errorf("%s: replay %s: %v", about, r.Record.ID, err)
	}
	for _, v := range all {
		if !v.Same || v.Why != "" {
			t.Errorf("%s: %s cannot be replayed: %+v", about, v.Key, v)
		}
		if v.Phase == harness.Exit && v.Verdict == harness.Allow && !finished(r) {
			t.Errorf("%s: %s allows without evidence", about, v.Key)
		}
	}
}

// finished reports whether r has all the evidence that it was going to have.
func finished(r harness.Run) bool {
	have := map[harness.Placed]bool{}
	for _, e := range r.Evidence {
		have[e.Placed] = true
	}
	for _, s := range r.Record.Suites {
		if !have[s.Placed] {
			return false
		}
	}
	return r.Deployment != nil && r.Closed()
}

// goesOn takes the stage again from m, with a store in order, as people do: the
// run is allowed, or it is said which one is in the way, and that can be
// decided; the next commit is never kept.
func (t *trial) goesOn(about string, m moment) {
	t.Helper()
	f := t.at(t.mine, m, 0, refused)
	open := t.undecided(f)
	run := t.again(about, t.mine)
	if !run.Allowed() {
		said := fmt.Sprintf("%+v", run.Failing())
		for _, id := range open {
			if !strings.Contains(said, "gate decide --run "+id) && !strings.Contains(said, "has "+t.mine.TargetOf(t.stage).Name+", until") {
				t.Errorf("%s: it is not said that %s is in the way: %s", about, id, said)
			}
		}
		for _, id := range open {
			t.mine.decide(id)
		}
	}
	t.mine.world.now = t.mine.world.now.Add(2 * time.Hour) // a claim ends at the latest then
	if len(open) > 0 {
		t.unfinished++
	}
	if again := t.again(about, t.mine); !again.Allowed() && (len(open) == 0 || !strings.Contains(fmt.Sprintf("%+v", again.Failing()), "was given up")) {
		t.Errorf("%s: the run after the lease: %s: %+v", about, again.Verdict, again.Failing())
	}
	after := t.since(t.mine, f, "")
	after.dist = ""
	t.at(t.other, after, 0, refused)
	if next := t.again(about, t.other); !next.Allowed() {
		t.Errorf("%s: the next commit: %s: %+v", about, next.Verdict, next.Failing())
	}
}

// undecided are the ids of runs of the stage that nobody has decided.
func (t *trial) undecided(f *flaky) (all []string) {
	t.Helper()
	place := ledger.Place(t.mine.TargetOf(t.stage))
	for _, k := range f.keys("runs/" + place + "/") {
		if path.Base(k) != "record" {
			continue
		}
		subject := strings.Split(k, "/")[2]
		runs, err := t.mine.Ledger.Runs(t.Context(), place, subject)
		must(t, err)
		for _, r := range runs {
			if !r.Closed() && path.Dir(k) == fmt.Sprintf("runs/%s/%s/%04d", place, subject, r.Number) {
				all = append(all, r.Record.ID)
			}
		}
	}
	return all
}

// again is gate run.
func (t *trial) again(about string, h *house) harness.Verdict {
	t.Helper()
	h.world.dir = h.dir
	rec, v, err := h.Begin(t.Context(), t.stage, 1)
	if err == nil && rec.ID != "" {
		if err = h.Test(t.Context(), rec.ID, 1); err == nil {
			v, err = h.Decide(t.Context(), rec.ID)
		}
	}
	if err != nil {
		t.Errorf("%s: once the store is in order: %v", about, err)
	}
	return v
}

// What the store has damaged cannot be brought back, and that is a block; a
// store that does not answer has said nothing.
func TestArtifactThatTheStoreDoesNotGive(t *testing.T) {
	for name, tt := range map[string]struct {
		how  func(h *house, blob string)
		want string // "": an error
	}{
		"damaged": {func(h *house, blob string) {
			h.remove(blob)
			must(t, h.Ledger.Store.Put(t.Context(), blob, []byte("mine")))
		}, "dist/app is missing, and the store cannot bring it back"},
		"no answer": {func(h *house, blob string) { h.Ledger.Store = refuses{h.Ledger.Store, blob} }, ""},
	} {
		h := newHouse(t)
		h.allowed("commit")
		must(t, os.RemoveAll(filepath.Join(h.dir, "dist")))
		tt.how(h, "blobs/"+harness.DigestOf([]byte("built from 1")).Hex())
		v, err := h.Check(t.Context(), "acceptance")
		if tt.want == "" {
			if !errors.Is(err, errStore) {
				t.Errorf("%s: got %s, %v; want the store's error", name, v.Verdict, err)
			}
			continue
		}
		must(t, err)
		h.want(v, harness.Block, "artifact", tt.want)
	}
}

// refuses is a store that does not give one key.
type refuses struct {
	harness.Store
	key string
}

func (r refuses) Get(ctx context.Context, key string) ([]byte, error) {
	if key == r.key {
		return nil, errStore
	}
	return r.Store.Get(ctx, key)
}
