package harness

import (
	"fmt"
	"slices"
)

// loosened lists what the stage, and those before it, ask for less than when a
// run was last allowed here. That is often right; it should never be quiet.
func (j *judgement) loosened() {
	j.lost()
	if j.Before == nil && len(j.Lost) > 0 {
		return
	}
	if j.Before == nil {
		j.rule("loosened", Pass, "nothing was allowed here before that this could be compared with")
		return
	}
	now := RunRecord{Service: j.Service, Stage: j.Stage, Target: j.Target, Suites: j.Plan}
	all := j.looser(*j.Before, now)
	for _, n := range j.Needs {
		runs := ordered(n.Runs)
		if i := lastOf(runs, n, j.Subject); i >= 0 && n.Before != nil {
			all = append(all, j.looser(*n.Before, *runs[i].Record)...)
		}
	}
	j.verdict.Loosened = all
	guarded := j.Trust != nil && j.Trust.Places[PlaceOf(j.Target)].Guarded
	switch {
	case len(all) == 0:
		j.rule("loosened", Pass, "nothing is asked for less than in run "+j.Before.ID)
	case guarded:
		j.rule("loosened", Fail, fmt.Sprintf("%d things are asked for less than in run %s, and nobody has approved that", len(all), j.Before.ID), all...).
			Hint = fmt.Sprintf("gate approve %s --rule loosened --reason ...", j.Stage.Name)
	default:
		j.rule("loosened", Pass, fmt.Sprintf("%d things are asked for less than in run %s", len(all), j.Before.ID), all...)
		for _, line := range all {
			j.warn("loosened: %s", line)
		}
	}
}

// looser lists what now asks for less than then.
func (j *judgement) looser(then, now RunRecord) (all []string) {
	say := func(format string, args ...any) {
		all = append(all, "stage "+now.Stage.Name+": "+fmt.Sprintf(format, args...))
	}
	for _, line := range above(now.Stage, then.Stage.Limits) {
		all = append(all, line+" before")
	}
	if was, is := then.Stage.Budget, now.Stage.Budget; was.Max > 0 && (is.Max == 0 || is.Max > was.Max) {
		say("budget.max is %s, %s before", is.Max, was.Max)
	}
	if now.Stage.Approvals < then.Stage.Approvals {
		say("approvals is %d, %d before", now.Stage.Approvals, then.Stage.Approvals)
	}
	for _, n := range then.Stage.Needs {
		if !slices.Contains(now.Stage.Needs, n) {
			say("does not need %s any more", n)
		}
	}
	for _, q := range now.Stage.Quarantine {
		if was, ok := then.Stage.quarantined(q.ID); !ok || q.Until.After(was.Until) {
			say("%s is in quarantine until %s", q.ID, stamp(q.Until))
		}
	}
	if then.Service != now.Service {
		say("the service is %s, %s before", now.Service, then.Service)
	}
	if !alike(then.Stage.Steps, now.Stage.Steps) {
		say("its steps are others than before")
	}
	for _, line := range quieter(then.Stage, now.Stage) {
		say("%s", line)
	}
	for _, p := range then.Artifacts {
		if now.Artifacts != nil && !slices.Contains(now.Artifacts, p) {
			say("the files %s are not part of the artifact any more", p)
		}
	}
	for _, line := range moved(then.Target, now.Target) {
		say("target %s %s", now.Target.Name, line)
	}
	return append(all, j.gone(then, now)...)
}

// moved lists how now is another place than then, though it has its name.
func moved(then, now Target) (all []string) {
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if then.Live && !now.Live {
		say("is not live any more")
	}
	if then.Account != now.Account {
		say("has account %q, %q before", now.Account, then.Account)
	}
	if !alike(then.Tests, now.Tests) {
		say("has other rights for its tests: %s, %s before", now.Tests, then.Tests)
	}
	if then.URL != now.URL {
		say("has the URL %q, %q before", now.URL, then.URL)
	}
	if !alike(then.Version, now.Version) {
		say("tells its version in another way")
	}
	for _, name := range now.Mutates {
		if !slices.Contains(then.Mutates, name) {
			say("lets %q change it", name)
		}
	}
	for name, was := range then.Dependencies {
		if is, ok := now.Dependencies[name]; !ok || is.URL != was.URL {
			say("has dependency %s at %q, %q before", name, is.URL, was.URL)
		}
	}
	slices.Sort(all)
	return all
}

// gone lists the suites, scenarios and interactions of then that now has not
// got, or has with other tags.
func (j *judgement) gone(then, now RunRecord) (all []string) {
	type kept struct {
		tags []string
		safe bool
	}
	have := map[string]kept{}
	for _, s := range now.Suites {
		j.planned(s, func(p Planned) { have[p.ID] = kept{p.Tags, p.Safe} })
	}
	for _, s := range then.Suites {
		if is, ok := now.Suite(s.Placed); !ok {
			all = append(all, fmt.Sprintf("stage %s: suite %s is gone", now.Stage.Name, s))
		} else if !alike(is.Definition, s.Definition) {
			all = append(all, fmt.Sprintf("stage %s: suite %s is defined in another way", now.Stage.Name, s))
		}
		j.planned(s, func(p Planned) {
			switch is, ok := have[p.ID]; {
			case !ok:
				all = append(all, fmt.Sprintf("stage %s: %s: %s is gone", now.Stage.Name, s, p.name()))
			case !slices.Equal(is.tags, p.Tags):
				all = append(all, fmt.Sprintf("stage %s: %s: %s has the tags %v, %v before", now.Stage.Name, s, p.name(), is.tags, p.Tags))
			case p.Safe && !is.safe:
				all = append(all, fmt.Sprintf("stage %s: %s: %s is not safe any more, and will not run on a live target", now.Stage.Name, s, p.name()))
			}
		})
	}
	return all
}
