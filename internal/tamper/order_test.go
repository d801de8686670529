package tamper

import (
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"testing"
	"time"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
)

// TestOrder proves that neither the order in which a store lists things nor
// what is there twice changes a verdict: it is signed alike, to the last byte.
func TestOrder(t *testing.T) {
	n := uint64(enough)
	if testing.Short() {
		n = 500
	}
	n = number(t, "STAGEGATE_TAMPER", n) / 10
	seed := number(t, "STAGEGATE_TAMPER_SEED", uint64(time.Now().UnixNano())%1e9)
	t.Logf("%d cases with STAGEGATE_TAMPER_SEED=%d", n, seed)
	both := rings(t)
	var w *proven
	moved := 0
	for i := range n {
		if i%perWorld == 0 {
			var err error
			if w, err = prove(seed, i/perWorld, both); err != nil {
				t.Fatal(err)
			}
		}
		p, r := phase(i%uint64(phases)), newRand(seed, i)
		want := payload(t, w.verdicts[p])
		m := mixer{Rand: r}
		v, err := w.decide(p, restless{m.store(w), shuffled[string](r)}, w.trust, m.mix)
		if err != nil {
			t.Fatalf("world %d, %s: %v", i/perWorld, p, err)
		}
		if got := payload(t, v); got != want {
			t.Fatalf("world %d, %s: another order, another verdict:\n got %s\nwant %s", i/perWorld, p, got, want)
		}
		moved += m.moved
	}
	if uint64(moved) < n {
		t.Errorf("%d things were moved or doubled in %d cases: the cases are too much alike", moved, n)
	}
}

// payload is what is signed of v, and all of v.
func payload(t *testing.T, v harness.Verdict) string {
	t.Helper()
	full, err := attest.EncodeVerdict(v)
	must(err)
	b, err := attest.VerdictStatement(v, harness.DigestOf(full), gate)
	must(err)
	return fmt.Sprintf("%s\n%s", b, full)
}

func shuffled[T any](r *rand.Rand) func([]T) {
	return func(all []T) { r.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] }) }
}

// A mixer puts things in another order, and some of them twice.
type mixer struct {
	*rand.Rand
	moved int
}

// store is the store of w, with approvals in it that are there twice.
func (m *mixer) store(w *proven) *memory {
	s := w.base.copied()
	for _, k := range s.keys("approvals/") {
		if m.IntN(2) == 0 {
			m.moved++
			s.values[path.Join(path.Dir(k), fmt.Sprint(100+m.moved))] = s.values[k]
		}
	}
	return s
}

func (m *mixer) mix(c *harness.Case) {
	c.Runs = m.runs(c.Runs)
	shuffled[harness.Approval](m.Rand)(c.Approvals)
	for i := range c.Needs {
		c.Needs[i].Runs = m.runs(c.Needs[i].Runs)
		shuffled[harness.Approval](m.Rand)(c.Needs[i].Approvals)
	}
}

// runs is all in another order, with runs and evidence twice.
func (m *mixer) runs(all []harness.Run) []harness.Run {
	all = slices.Clone(all)
	for i, r := range all {
		for _, e := range r.Evidence {
			if m.IntN(3) == 0 {
				m.moved++
				all[i].Evidence = append(all[i].Evidence, e)
			}
		}
		shuffled[harness.Evidence](m.Rand)(all[i].Evidence)
	}
	for _, r := range all {
		if m.IntN(3) == 0 {
			m.moved++
			all = append(all, r)
		}
	}
	shuffled[harness.Run](m.Rand)(all)
	return all
}
