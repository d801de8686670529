package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// otherPromise lists how a run was going to do something else than gate.yaml
// says, which is the same as when it began: whoever writes the record does not
// choose what has to be shown.
func (j *judgement) otherPromise(rec RunRecord) (all []string) {
	if !alike(doing(rec.Stage), doing(j.Stage)) {
		all = append(all, "the stage does something else: its steps, its deploy or its suites")
	}
	if !alike(rec.Target, j.Target) {
		all = append(all, fmt.Sprintf("the target is another one: its URL is %q, and was %q", j.Target.URL, rec.Target.URL))
	}
	var planned []Placed
	for _, s := range rec.Suites {
		planned = append(planned, s.Placed)
		if now, ok := j.Suites[s.Suite]; !ok || !alike(now, s.Definition) {
			all = append(all, fmt.Sprintf("suite %s is another one", s))
		}
	}
	if want := j.Stage.Suites(); !slices.Equal(planned, want) {
		all = append(all, fmt.Sprintf("the suites are %v, and were %v", want, planned))
	}
	return all
}

// doing is what is done in a stage. How much of it may fail, be late or be left
// out is for the decision, which has that from gate.yaml.
func doing(s Stage) Stage {
	return Stage{Name: s.Name, Target: s.Target, Deploy: s.Deploy, Steps: s.Steps, Before: s.Before, After: s.After,
		Alarms: s.Alarms, Checks: s.Checks}
}

// alike reports whether a and b are written in the same way: what is empty and
// what is absent are the same.
func alike[T any](a, b T) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}
