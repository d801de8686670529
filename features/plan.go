package features

import (
	"fmt"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// plan finds the definition of every step of every scenario. What cannot be
// run says so in the scenario's problem; nothing is called.
func (r *registry) plan(all []*scenario) {
	defs := newIndex(r.defs)
	for i := range all {
		if all[i].problem == "" {
			r.bind(all[i], defs)
		}
	}
}

func (r *registry) bind(sc *scenario, defs *index) {
	var undefined, ambiguous []string
	for i := range sc.steps {
		st := &sc.steps[i]
		if st.found == nil {
			st.found = defs.match(st.text)
		}
		st.misfit = len(st.hits()) == 1 && r.defs[st.hits()[0]].accepts(*st) != ""
		switch st.problem() {
		case harness.Undefined:
			undefined = append(undefined, r.undefined(sc, i))
		case harness.Ambiguous:
			ambiguous = append(ambiguous, r.ambiguity(sc, i))
		}
		for _, h := range st.hits() { // also where it is ambiguous: something means it
			r.defs[h].used = true
		}
	}
	switch {
	case len(sc.steps) == 0:
		sc.problem, sc.detail = harness.Empty, sc.where+": a scenario without steps"
	case len(undefined) > 0:
		sc.problem, sc.detail = harness.Undefined, strings.Join(append(undefined, ambiguous...), "\n")
	case len(ambiguous) > 0:
		sc.problem, sc.detail = harness.Ambiguous, strings.Join(ambiguous, "\n")
	}
}

func (r *registry) undefined(sc *scenario, i int) string {
	st := sc.steps[i]
	if st.misfit {
		d := r.defs[st.hits()[0]]
		return fmt.Sprintf("%s: undefined: %s\n%s %s", sc.place(i), st, d.where, d.accepts(st))
	}
	return fmt.Sprintf("%s: undefined: %s\n%s", sc.place(i), st, r.snippet(st))
}

func (r *registry) ambiguity(sc *scenario, i int) string {
	st := sc.steps[i]
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ambiguous: %s: defined at", sc.place(i), st)
	for i, h := range st.hits() {
		if i > 0 {
			b.WriteString(" and")
		}
		fmt.Fprintf(&b, " %s (%s)", r.defs[h].where, r.defs[h].expr.Source())
	}
	return b.String()
}

// accepts says why d cannot take the argument of st, or nothing. A table that
// nobody reads would pass whatever is in it.
func (d definition) accepts(st step) string {
	table := st.argument != nil && st.argument.DataTable != nil
	doc := st.argument != nil && st.argument.DocString != nil
	switch {
	case d.extra == nil && table:
		return "matches, but takes no table: add a *godog.Table as the last parameter, after the captured values"
	case d.extra == nil && doc:
		return "matches, but takes no doc string: add a *godog.DocString as the last parameter, after the captured values"
	case d.extra != nil && (d.extra == tableType || ofTable(d.extra)) && !table:
		return "matches, but takes a table, and the step has none"
	case d.extra != nil && d.extra != tableType && !ofTable(d.extra) && !doc:
		return "matches, but takes a doc string, and the step has none"
	}
	return ""
}
