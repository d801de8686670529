package harness

import (
	"fmt"
	"time"
)

// served checks that checkout, artifact and target are still what they were
// when the run began.
func (j *judgement) served(r Run) {
	c := r.Closing()
	if r.Closed() && c.Source != j.Subject.Source {
		j.rule("source", Fail, fmt.Sprintf("the checkout changed while the stage ran: %s at the start, %s at the end", j.Subject.Source, c.Source)).
			Hint = "let tests write to temporary folders, and add what builds make to .gitignore"
	}
	j.same(r)
	if by := r.Closing().Overtaken; by != "" {
		j.rule("alone", Inconclusive, by+" took the target before this run had ended: what the suites saw may be its deploy").
			Hint = "run the stage again"
	}
	if !j.Target.InProcess() {
		j.commit(r)
	}
}

// same checks that the files of the artifact did not change: not by the deploy,
// and not by the suites.
func (j *judgement) same(r Run) {
	want := j.Subject.Artifact
	if made := r.Deployment.Artifact; made != nil && j.Target.InProcess() {
		want = made.Digest
	} else if made != nil && made.Digest != want {
		j.rule("artifact", Fail, fmt.Sprintf("the deploy left other files than it was given: %s, not %s", made.Digest.Short(), want.Short()))
		return
	} else if made == nil && !j.Target.InProcess() {
		j.rule("artifact", Inconclusive, "which files were deployed was not recorded")
		return
	}
	if end := r.Closing().Artifact; want != "" && r.Closed() && end != want {
		j.rule("artifact", Fail, fmt.Sprintf("the artifact's files changed while the suites ran: %s at the start, %s at the end", want.Short(), end.Short()))
	}
}

// commit checks what the target said it serves before and after the suites.
func (j *judgement) commit(r Run) {
	want := j.Subject.Source.Commit
	result, reason := Pass, "the target serves "+j.Subject.Source.String()+", before and after the suites"
	for _, m := range []struct {
		when string
		got  Reading
	}{{"after", r.Closing().Served}, {"before", r.Deployment.Served}} {
		switch {
		case m.got.Commit == "" && result == Pass:
			result, reason = Inconclusive, fmt.Sprintf("which commit is deployed could not be read %s the suites: %s", m.when, orUnknown(m.got.Error))
		case m.got.Commit != "" && m.got.Commit != want:
			result, reason = Fail, fmt.Sprintf("the target serves %s %s the suites, not %s", m.got, m.when, j.Subject.Source)
		}
	}
	j.rule("served", result, reason)
}

// time holds the stage to its budget: the longest path over what was recorded,
// commands one after the other, then suites, of each the slowest shard.
func (j *judgement) time(r Run) {
	b := j.Stage.Budget
	if b == (Budget{}) {
		return
	}
	total := LongestPath(r)
	text := fmt.Sprintf("%s of at most %s", total.Round(time.Second/10), b.Max)
	switch {
	case b.Max > 0 && total > time.Duration(b.Max):
		j.rule("time", Fail, text)
	case b.Warn > 0 && total > time.Duration(b.Warn):
		j.rule("time", Pass, text)
		j.warn("stage %s took %s: worry from %s", j.Stage.Name, total.Round(time.Second), b.Warn)
	default:
		j.rule("time", Pass, text)
	}
}

// LongestPath is the time of a run over its recorded commands and suites.
func LongestPath(r Run) (total time.Duration) {
	if r.Deployment != nil {
		for _, s := range r.Deployment.Steps {
			total += time.Duration(s.Took)
		}
	}
	slowest := map[Placed]time.Duration{}
	for _, e := range r.Evidence {
		slowest[e.Placed] = max(slowest[e.Placed], e.Finished.Sub(e.Started))
	}
	for _, d := range slowest {
		total += d
	}
	return total
}

// clock checks that nothing is from the future, and nothing too old.
func (j *judgement) clock(r Run) {
	var bad, old []string
	look := func(what string, at time.Time) {
		if at.After(j.Now.Add(skew)) {
			bad = append(bad, fmt.Sprintf("%s is from the future: %s", what, stamp(at)))
		}
		if age := j.Now.Sub(at); j.Stage.Limits.Age > 0 && age > time.Duration(j.Stage.Limits.Age) {
			old = append(old, fmt.Sprintf("%s is %s old, the limit is %s", what, age.Round(time.Second), j.Stage.Limits.Age))
		}
	}
	look("the run", r.Record.Begun)
	for _, at := range []time.Time{r.Deployment.At, r.Closing().At} {
		if !at.IsZero() {
			look("what was written when the deploy or the run ended", at)
		}
	}
	if w := r.Closing().Watch; w != nil {
		look("what was seen of the alarms", w.Until)
	}
	for _, e := range r.Evidence {
		if e.Finished.Before(e.Started) {
			bad = append(bad, "evidence of "+shardName(e.Placed, e.Shard, r.Record.Shards)+" ended before it began")
		}
		look("evidence of "+shardName(e.Placed, e.Shard, r.Record.Shards), e.Finished)
	}
	j.check("clock", Inconclusive, append(bad, old...), "timestamps cannot be used", "timestamps are in order")
}
