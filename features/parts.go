package features

import (
	"time"

	"github.com/stagegate/stagegate/harness"
)

// A part of an attempt is what has a result of its own: a hook, a step, or
// something that this package does around them (open, clean up, the last look).
type part struct {
	hook *hook // nil: a step
	step int   // of the scenario
	result
}

// A result says how a part went.
type result struct {
	outcome      harness.Outcome // empty: it did not run
	reason       string          // why it has not passed, without its place
	stack        []byte          // of a panic or a hang
	began, ended time.Time
	said         []Attachment
	interrupted  bool // the run was stopped while it ran
}

// conceal takes secrets out of everything that a part has said.
func (p *part) conceal(secrets func(string) string) {
	p.reason, p.stack = secrets(p.reason), []byte(secrets(string(p.stack)))
	for i := range p.said {
		a := &p.said[i]
		a.Name, a.Text, a.Body = secrets(a.Name), secrets(a.Text), []byte(secrets(string(a.Body)))
	}
}

// parts lists what an attempt of sc consists of, and where its steps begin and
// its After hooks begin. Hooks that run after something run in reverse order.
func (r *registry) parts(sc *scenario) (all []part, after int) {
	all = make([]part, 0, len(sc.steps)+len(r.hooks))
	add := func(k hookKind, step int) {
		for i := range r.hooks {
			h := &r.hooks[i]
			if k.after() {
				h = &r.hooks[len(r.hooks)-1-i]
			}
			if h.kind == k && h.tags.Match(sc.tags) {
				all = append(all, part{hook: h, step: step})
			}
		}
	}
	add(beforeScenario, -1)
	for i := range sc.steps {
		add(beforeStep, i)
		all = append(all, part{step: i})
		add(afterStep, i)
	}
	after = len(all)
	add(afterScenario, -1)
	return all, after
}

// outcomes are those of all parts. One that did not run was skipped; but what is
// known to be wrong with a step is told, unless a skip came first.
func (sc *scenario) outcomes(parts []part) []harness.Outcome {
	all, skipped := make([]harness.Outcome, len(parts)), false
	for i, p := range parts {
		switch {
		case p.outcome != "":
			skipped = skipped || p.outcome == harness.Skipped
			all[i] = p.outcome
		case p.hook == nil && !skipped && sc.steps[p.step].problem() != "":
			all[i] = sc.steps[p.step].problem()
		default:
			all[i] = harness.Skipped
		}
	}
	return all
}

// problem is what is known to be wrong with a step before it runs.
func (s *step) problem() harness.Outcome {
	switch {
	case len(s.hits()) > 1:
		return harness.Ambiguous
	case len(s.hits()) == 0 || s.misfit:
		return harness.Undefined
	}
	return ""
}
