package harness

import (
	"fmt"
	"slices"
)

// otherPromise lists how a run was going to do something else than gate.yaml
// says, which is the same as when it began: whoever writes the record does not
// choose what has to be shown.
func (j *judgement) otherPromise(rec RunRecord) (all []string) {
	if rec.Stage.Deploy != j.Stage.Deploy {
		all = append(all, fmt.Sprintf("deploy is %t, and was %t", j.Stage.Deploy, rec.Stage.Deploy))
	}
	if !slices.Equal(rec.Stage.Steps, j.Stage.Steps) {
		all = append(all, fmt.Sprintf("the steps are %v, and were %v", commandNames(j.Stage.Steps), commandNames(rec.Stage.Steps)))
	}
	var planned []Placed
	for _, s := range rec.Suites {
		planned = append(planned, s.Placed)
		if now, ok := j.Suites[s.Suite]; !ok || !now.same(s.Definition) {
			all = append(all, fmt.Sprintf("suite %s is another one", s))
		}
	}
	if want := j.Stage.Suites(); !slices.Equal(planned, want) {
		all = append(all, fmt.Sprintf("the suites are %v, and were %v", want, planned))
	}
	return all
}

func commandNames(steps []Step) (all []string) {
	for _, s := range steps {
		all = append(all, s.Name)
	}
	return all
}

// same reports whether s and o run the same.
func (s Suite) same(o Suite) bool {
	return s.Name == o.Name && slices.Equal(s.Run, o.Run) && slices.Equal(s.Except, o.Except) && s.Tags == o.Tags &&
		s.Cmd == o.Cmd && s.Results == o.Results && s.Record == o.Record
}
