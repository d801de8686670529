package tamper

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	perWorld = 20 // cases in each world
	enough   = 10_000
)

func newRand(seed, n uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, n)) }

// mutations are all of them, by name: chance chooses them by their number.
func mutations() []mutation {
	all := slices.Concat(byteMutations(), keyMutations(), idleMutations(), rowMutations(), planMutations(), evidenceMutations(),
		recordMutations(), deploymentMutations(), closingMutations(), monitorMutations(), timeMutations(), approvalMutations(), earlierMutations(), trustMutations(), caseMutations())
	slices.SortFunc(all, func(a, b mutation) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name)) })
	return all
}

// A cell is a mutation in a phase.
type cell struct {
	mutation
	phase phase
	id    uint64
}

func (c cell) String() string { return fmt.Sprintf("%s: %s: %s", c.kind, c.name, c.phase) }

// cells are all mutations in all their phases.
func cells() (all []cell) {
	for _, m := range mutations() {
		for p := range phases {
			if m.phases == nil || slices.Contains(m.phases, p) {
				all = append(all, cell{m, p, uint64(len(all))})
			}
		}
	}
	return all
}

// number reads a number from the environment.
func number(t *testing.T, name string, or uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return or
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// A campaign is many cases, and what became of them.
type campaign struct {
	seed  uint64
	both  [2]ring
	cells map[kind][]cell

	mu      sync.Mutex
	done    map[string]int // cases by cell
	shapes  map[string]int // worlds by what is special of them
	found   map[string]int // escapes by mutation
	escapes []string
	failed  atomic.Bool
}

// TestTamper proves that nobody who changes one needed input gets an allow.
func TestTamper(t *testing.T) {
	n := uint64(enough)
	if testing.Short() {
		n = 500
	}
	n = number(t, "STAGEGATE_TAMPER", n)
	c := &campaign{seed: number(t, "STAGEGATE_TAMPER_SEED", uint64(time.Now().UnixNano())%1e9), both: rings(t), cells: byKind(cells()), done: map[string]int{}, shapes: map[string]int{}, found: map[string]int{}}
	if replay := os.Getenv("STAGEGATE_TAMPER_REPLAY"); replay != "" {
		c.replay(t, replay)
		return
	}
	t.Logf("%d cases with STAGEGATE_TAMPER_SEED=%d", n, c.seed)
	begun := time.Now()
	c.run(n)
	t.Logf("%d cases of %d cells in %s", sum(c.done), len(cells()), time.Since(begun).Round(time.Millisecond))
	for _, e := range c.escapes {
		t.Error(e)
	}
	c.wide(t, n)
}
