package tamper

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// A kind of mutation, by who could do it.
type kind string

const (
	bytesChanged   kind = "bytes"   // without the key
	meaningChanged kind = "meaning" // with the key
	idleChanged    kind = "idle"    // of no matter
)

// A mutation changes one thing of a world.
type mutation struct {
	name   string
	kind   kind
	phases []phase // that it is tried in; nil: all
	// try changes t and says what may be decided then; the zero want if t's
	// world has nothing to change so.
	try func(t *trial) want
}

// among is m in some phases: in others there never is anything to change so.
func among(some []phase, m mutation) mutation {
	m.phases = some
	return m
}

// A want is what may be decided.
type want struct {
	answers []harness.Answer
	same    bool // and where it is allow, for the same reasons
}

func (w want) some() bool { return len(w.answers) > 0 }

var (
	none     = want{}
	blocks   = want{answers: []harness.Answer{harness.Block}}
	unclear  = want{answers: []harness.Answer{harness.Unclear}}
	never    = want{answers: []harness.Answer{harness.Block, harness.Unclear}}
	allowed  = want{answers: []harness.Answer{harness.Allow}}
	same     = want{answers: []harness.Answer{harness.Allow}, same: true}
	hint     = want{answers: []harness.Answer{harness.Block, harness.Unclear, harness.Allow}, same: true}
	anything = want{answers: []harness.Answer{harness.Block, harness.Unclear, harness.Allow}}
)

// A trial is one case: a world of its own in which one thing is changed.
type trial struct {
	*world // its sites are the trial's; what else it has is shared
	*rand.Rand
	phase   phase
	store   *memory
	trust   *trusted
	classes map[string]class
	edit    func(*harness.Case)
	hand    hand
	touched []*site
	after   func() // what is done to the store when all is signed
	what    string // that was changed, for the report
}

func newTrial(w *proven, p phase, r *rand.Rand) *trial {
	own := *w.world
	return &trial{world: &own, Rand: r, phase: p, store: w.base.copied(), trust: w.trust, classes: w.classes[p]}
}

// note says what was changed.
func (t *trial) note(format string, args ...any) { t.what = fmt.Sprintf(format, args...) }

// one is one of all, or false if there is none.
func one[T any](t *trial, all []T) (v T, ok bool) {
	if len(all) == 0 {
		return v, false
	}
	return all[t.IntN(len(all))], true
}

// place says which stage an exit decides, or one that an entry needs.
func (t *trial) place() phase {
	if t.phase == prodEntry {
		return phase(t.IntN(int(prodExit)))
	}
	return t.phase
}

// own is a copy of the site at p that can be changed; it is signed again when
// the mutation is done.
func (t *trial) own(p phase) *site {
	s := t.sites[p].clone()
	t.sites[p] = s
	t.touched = append(t.touched, s)
	return s
}

// site is a copy of the site that is decided.
func (t *trial) site() *site { return t.own(t.place()) }

// thing is one thing of a class that ok says yes to.
func (t *trial) thing(c class, ok func(thing) bool) (thing, bool) {
	return one(t, filter(t.things, func(x thing) bool { return t.classes[x.key] == c && ok(x) }))
}

// run applies m and decides. It returns false if there is nothing to change.
func (t *trial) run(m mutation, base harness.Verdict) (ok bool, escape error) {
	w := m.try(t)
	if !w.some() {
		return false, nil
	}
	for _, s := range t.touched {
		t.forge(t.store, s, t.hand)
	}
	if t.after != nil {
		t.after()
	}
	v, err := t.decide(t.phase, t.store, t.trust, t.edit)
	if err != nil {
		return true, err
	}
	permitted := w.answers
	if t.phase == prodEntry && reflect.DeepEqual(w, unclear) {
		permitted = never.answers // an entry asks more, and some of it blocks
	}
	switch {
	case !slices.Contains(permitted, v.Verdict):
		return true, fmt.Errorf("got %s, permitted is %v\n\t\t%s", v.Verdict, permitted, reasons(v))
	case v.Allowed() && w.same && !reflect.DeepEqual(v.Rules, base.Rules):
		return true, fmt.Errorf("allowed for other reasons\n\t\t%s\n\tthan\n\t\t%s", reasons(v), reasons(base))
	}
	return true, nil
}

// reasons are why v is not an allow, or what it rests on.
func reasons(v harness.Verdict) string {
	var all []string
	for _, r := range v.Rules {
		if line := r.Rule + ": " + string(r.Result); r.Result == harness.Pass {
			all = append(all, line)
		} else {
			all = append(all, line+": "+strings.Join(append([]string{r.Reason}, r.Details...), ": "))
		}
	}
	return strings.Join(all, "\n\t\t")
}
