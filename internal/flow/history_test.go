package flow_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/schedule"
)

// turns are the shard and the turn of everything that a suite plans.
func turns(t testing.TB, rec harness.RunRecord, suite string) string {
	t.Helper()
	var all []string
	for _, s := range rec.Suites {
		if s.Suite != suite {
			continue
		}
		inventory, err := s.Inventory.All()
		must(t, err)
		for _, p := range inventory {
			all = append(all, fmt.Sprintf("%s %d.%d", p.ID[strings.LastIndexAny(p.ID, "/.")+1:], p.Shard, p.Turn))
		}
	}
	return strings.Join(all, ", ")
}

// tests makes the suite unit one of tests a, b, c and d.
func (h *house) tests() {
	h.world.suites["unit"] = nil
	for _, name := range []string{"a", "b", "c", "d"} {
		h.world.suites["unit"] = append(h.world.suites["unit"], planned("f.TestUnit/"+name, harness.Scenario))
		h.world.took["f.TestUnit/"+name] = map[string]time.Duration{"a": time.Second, "b": 9 * time.Second, "c": 4 * time.Second, "d": 3 * time.Second}[name]
	}
}

// The first run of a stage knows nothing: shards are even, and scenarios begin as
// they stand. The next ones know how long everything took, whatever commit it was.
func TestHistory(t *testing.T) {
	h := newHouse(t)
	h.tests()
	const even, balanced = "a 1.0, b 2.0, c 1.0, d 2.0", "a 2.3, b 1.1, c 2.1, d 2.2"
	first := h.begin("commit", 2)
	if got := turns(t, first, "unit"); got != even {
		t.Errorf("without a past: got %s, want %s", got, even)
	}
	must(t, h.Test(t.Context(), first.ID, 1))
	must(t, h.Test(t.Context(), first.ID, 2))
	if v := h.decide(first.ID); !v.Allowed() {
		t.Fatalf("got %+v", v.Failing())
	}
	h.change("2")
	second := h.begin("commit", 2)
	if got := turns(t, second, "unit"); got != balanced || second.Order != "longest" {
		t.Errorf("with a past: got %s, want %s; order %q", got, balanced, second.Order)
	}
	if !h.world.heard("suite unit: 9s + 8s of work") {
		t.Errorf("nobody said how the shards are: %q", h.world.said)
	}
	for _, shard := range []int{2, 1} { // what is read of the record is what was written
		must(t, h.Test(t.Context(), second.ID, shard))
	}
	stored, _, err := h.Ledger.Find(t.Context(), second.ID)
	must(t, err)
	if got := turns(t, *stored.Record, "unit"); got != balanced {
		t.Errorf("in the store: got %s, want %s", got, balanced)
	}
	if v := h.decide(second.ID); !v.Allowed() {
		t.Errorf("got %+v", v.Failing())
	}
	if got, want := turns(t, h.begin("commit", 1), "unit"), "a 1.4, b 1.1, c 1.2, d 1.3"; got != want {
		t.Errorf("one shard: got %s, want %s", got, want)
	}
}

// What failed, and what was not allowed, says nothing of how long things take.
func TestHistoryOfWhatWasAllowedAlone(t *testing.T) {
	h := newHouse(t)
	h.tests()
	h.world.outcomes["f.TestUnit/a"] = harness.Failed
	if v := h.run("commit"); v.Allowed() {
		t.Fatal("a failure was allowed")
	}
	h.change("2")
	if got, want := turns(t, h.begin("commit", 1), "unit"), "a 1.0, b 1.0, c 1.0, d 1.0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRandomOrder(t *testing.T) {
	h := newHouse(t)
	h.tests()
	h.allowed("commit")
	commits := 1
	order := func(s string, shards int) harness.RunRecord {
		commits++
		h.change(fmt.Sprint(commits))
		o, err := schedule.ParseOrder(s, nil)
		must(t, err)
		h.Order = o
		return h.begin("commit", shards)
	}
	one := order("random:7", 2)
	if got := turns(t, one, "unit"); got != turns(t, order("random:7", 2), "unit") {
		t.Error("one seed, two orders")
	} else if !strings.Contains(got, "b 1.1") || strings.Contains(got, "c 1.") {
		t.Errorf("got %s: shards are balanced in a random order too", got)
	}
	whole := map[string]bool{}
	for seed := range 20 {
		whole[turns(t, order(fmt.Sprintf("random:%d", seed), 1), "unit")] = true
	}
	if len(whole) < 5 {
		t.Errorf("20 seeds, %d orders", len(whole))
	}
	h.git("checkout", "-q", one.Subject.Source.Commit)
	must(t, h.Test(t.Context(), one.ID, 1))
	if one.Order != "random:7" || !h.world.heard("order random:7: --order random:7") {
		t.Errorf("the record says %q; said was %q", one.Order, h.world.said)
	}
	h.git("checkout", "-q", "-")
	if got, want := turns(t, order("file", 2), "unit"), "a 2.0, b 1.0, c 2.0, d 2.0"; got != want {
		t.Errorf("as in the files: got %s, want %s", got, want)
	}
}

// unlisted is a store that does not list what was allowed.
type unlisted struct{ harness.Store }

func (u unlisted) List(ctx context.Context, prefix string) ([]string, error) {
	if strings.HasPrefix(prefix, "allowed") {
		return nil, errors.New("throttled")
	}
	return u.Store.List(ctx, prefix)
}

// A past that is lost, damaged or forged costs the order, is said, and fails nothing.
func TestHistoryIsDamaged(t *testing.T) {
	for _, tt := range []struct {
		name   string
		damage func(h *house)
		said   string
	}{
		{"no list", func(h *house) { h.Ledger.Store = unlisted{h.Ledger.Store} }, "cannot be read: list what was allowed: throttled"},
		{"no record", func(h *house) { h.remove("1/record") }, "is not known: its record cannot be read"},
		{"no evidence", func(h *house) { h.remove("evidence/after/unit/1") }, ""},
		{"another time in the index", damageIndex, "is not what the store's index says"},
		{"bytes", func(h *house) {
			for _, k := range h.stored() {
				if strings.HasPrefix(k, "blobs/") {
					must(h, os.Truncate(filepath.Join(h.store, filepath.FromSlash(k)), 1))
				}
			}
		}, "is known in part: runs/commit/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.tests()
			h.allowed("commit")
			h.change("2")
			tt.damage(h)
			h.world.said = nil
			if got, want := turns(t, h.begin("commit", 2), "unit"), "a 1.0, b 2.0, c 1.0, d 2.0"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if !h.world.heard(tt.said) {
				t.Errorf("nobody said %q: %q", tt.said, h.world.said)
			}
		})
	}
}

// damageIndex makes the index say another time than the run's record.
func damageIndex(h *house) {
	h.Helper()
	for _, k := range h.stored() {
		if !strings.HasPrefix(k, "allowed/") {
			continue
		}
		other := strings.Replace(k, "20261122T12", "20261122T23", 1)
		if other == k {
			h.Fatalf("%s is of another day", k)
		}
		must(h, h.Ledger.Store.Put(h.Context(), other, []byte("x")))
		must(h, os.Remove(filepath.Join(h.store, filepath.FromSlash(k))))
	}
}
