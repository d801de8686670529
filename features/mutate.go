package features

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// mutates is the tag of a scenario that changes its target.
const mutates = "@mutates"

// A Definition is a step that was defined.
type Definition struct {
	in *registry
	at int // in in.defs; -1 where the step is not defined well
}

// Mutates declares that the step changes its target. On a live target a
// scenario with such a step, like one that is tagged @mutates, is refused when
// it is planned, unless the target's mutates in gate.yaml names it.
func (d Definition) Mutates() Definition {
	if d.at >= 0 {
		d.in.defs[d.at].mutates = true
	}
	return d
}

// refuse gives those scenarios a problem that would change a live target
// without being allowed to.
func (r *runner) refuse(all []*scenario) {
	for i := range all {
		sc := all[i]
		sc.mutates = r.changes(sc)
		if sc.problem != "" || sc.mutates == "" || !r.target.Live || r.allowed(sc) {
			continue
		}
		sc.problem = harness.Refused
		sc.detail = fmt.Sprintf("%s: refused: %s is live, and %s\nhint: leave it out of the suite, or, if it cleans up after itself, allow it by name: targets.%s.mutates: [%q]",
			sc.where, r.target.Name, sc.mutates, r.target.Name, sc.plain)
	}
}

// changes says why sc changes its target; empty means that it does not.
func (r *runner) changes(sc *scenario) string {
	if sc.tagged(mutates) {
		return "it is tagged " + mutates
	}
	for i, st := range sc.steps {
		if st.problem() == "" && r.defs[st.hits()[0]].mutates {
			return fmt.Sprintf("%q changes it (%s)", strings.TrimSpace(st.String()), sc.place(i))
		}
	}
	return ""
}

// allowed reports whether the target names sc, or the outline of which it is a row.
func (r *runner) allowed(sc *scenario) bool {
	return slices.Contains(r.target.Mutates, sc.plain) || slices.Contains(r.target.Mutates, sc.title)
}
