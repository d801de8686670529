package harness

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// exit decides whether the run passed. The order of the rules is the order in
// which a person wants to read them.
func (j *judgement) exit() {
	i := slices.IndexFunc(j.Runs, func(r Run) bool { return r.Record != nil && r.Record.ID == j.Run })
	if i < 0 {
		j.rule("run", Inconclusive, fmt.Sprintf("run %q is not in the store, or cannot be read", j.Run), problems(j.Runs)...)
		return
	}
	r := j.Runs[i]
	j.record(r)
	if !r.Closed() {
		j.rule("closed", Inconclusive, "the run is still open").Hint = "gate decide --run " + r.Record.ID
	}
	if r.Closed() && r.Grown() {
		j.rule("closed", Inconclusive, "evidence came in after the run was closed").Hint = "gate decide --run " + r.Record.ID
	}
	if j.Needed {
		j.numbers(0)             // what came after it has to be accounted for, too
		j.manual(r.Record.Begun) // whoever let it begin may have asked for less
	} else {
		j.numbers(r.Number)
	}
	if !j.commands(r) {
		return // nothing was deployed: what the suites would say is no news
	}
	j.flakes(r, j.proof(r))
	j.served(r)
	j.monitored(r)
	j.time(r)
	j.clock(r)
}

// record checks that the run is about what is decided, under the same rules.
func (j *judgement) record(r Run) {
	var bad []string
	rec := r.Record
	if rec.Subject != j.Subject {
		bad = append(bad, fmt.Sprintf("the run is about %s, not %s", rec.Subject.Key(), j.Subject.Key()))
	}
	if rec.Service != j.Service {
		bad = append(bad, fmt.Sprintf("the run is of service %s, not %s", rec.Service, j.Service))
	}
	if rec.Stage.Name != j.Stage.Name {
		bad = append(bad, fmt.Sprintf("the run is of stage %s, not %s", rec.Stage.Name, j.Stage.Name))
	}
	if rec.Target.Name != j.Target.Name || rec.Target.Mode != j.Target.Mode {
		bad = append(bad, fmt.Sprintf("the run is on target %q, not %q", rec.Target.Name, j.Target.Name))
	}
	if j.Target.Cloud() && rec.Account != j.Target.Account {
		bad = append(bad, fmt.Sprintf("the run proved account %q, the target's is %s", rec.Account, j.Target.Account))
	}
	j.check("subject", Fail, bad, "contradictions", "run "+rec.ID+" is about "+j.about())
	if rec.Policy != j.Policy {
		j.rule("policy", Inconclusive, "gate.yaml is not the one that the run began under").
			Hint = "run the stage again under the present gate.yaml"
	} else if bad := j.otherPromise(*rec); len(bad) > 0 {
		j.rule("promise", Fail, "the run did not promise what its gate.yaml asks for", bad...)
	}
}

// about names the subject for people.
func (j *judgement) about() string {
	if j.Subject.Artifact != "" {
		return fmt.Sprintf("artifact %s of commit %s", j.Subject.Artifact.Short(), j.Subject.Source)
	}
	if j.Subject.Source.Committed() {
		return "commit " + j.Subject.Source.String()
	}
	return j.Subject.Source.String()
}

// unreadable says that the record of r cannot be read, and why.
func unreadable(r Run) string {
	what := fmt.Sprintf("run %d cannot be read", r.Number)
	var why []string
	for _, p := range r.Problems {
		why = append(why, p.Key+": "+p.Reason)
	}
	if len(why) > 0 {
		what += ": " + strings.Join(why, "; ")
	}
	return what
}

// numbers checks that no run of the subject is lost, and that every run
// before the upto-th was decided (0: every run) and has kept its evidence.
//
// What is validly signed and contradicts its key or its run blocks.
func (j *judgement) numbers(upto int) {
	var bad []string
	result, hint := Inconclusive, ""
	next := 1
	for _, r := range j.Runs {
		for ; next < r.Number; next++ {
			bad = append(bad, fmt.Sprintf("run %d is missing from the store", next))
		}
		next = r.Number + 1
		if (upto == 0 || r.Number < upto) && slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Lies }) {
			result = Fail
		}
		if r.Record == nil {
			bad = append(bad, unreadable(r))
			hint = "a signer who was taken out of the trust file counts again with an until: there; a new commit has runs of its own"
			continue
		}
		if upto != 0 && r.Number >= upto {
			continue
		}
		if !r.Closed() {
			bad = append(bad, fmt.Sprintf("run %s was begun at %s and never decided", r.Record.ID, stamp(r.Record.Begun)))
			hint = fmt.Sprintf("finish it, or give it up in writing: gate decide --run %s", r.Record.ID)
		}
		for _, d := range lost(r) { // it may hold what failed
			bad = append(bad, fmt.Sprintf("evidence %s of run %s was there when the run was closed, and is gone", d.Short(), r.Record.ID))
		}
		for _, p := range r.Problems {
			bad = append(bad, p.Key+": "+p.Reason)
		}
	}
	if r := j.check("runs", result, bad, "runs are not accounted for", "all runs are accounted for"); hint != "" {
		r.Hint = hint
	}
}

// commands checks the stage's steps and its deploy. It reports whether the
// suites had something to run against.
func (j *judgement) commands(r Run) bool {
	d := r.Deployment
	if d == nil {
		reason := "the run ended before its steps or its deploy were finished"
		if len(r.Problems) > 0 {
			reason = "what came of the steps or of the deploy is not known"
		}
		j.rule("deploy", Inconclusive, reason, problems([]Run{r})...)
		return false
	}
	if d.Held != "" {
		j.rule("deploy", Fail, "nothing was deployed: "+d.Held)
		j.proof(r)
		return false
	}
	for _, s := range d.Steps {
		if s.Interrupted {
			j.rule("steps", Inconclusive, s.Name+" was interrupted")
			return false
		}
		if s.Exit != 0 {
			j.rule("steps", Fail, fmt.Sprintf("%s failed with exit code %d", s.Name, s.Exit), lines(s.Error)...)
			return false
		}
	}
	want := len(r.Record.Stage.Steps)
	if r.Record.Stage.Deploy {
		want++
	}
	if len(d.Steps) != want {
		j.rule("steps", Inconclusive, fmt.Sprintf("%d of %d commands were recorded", len(d.Steps), want))
		return false
	}
	if a := d.Artifact; a != nil && len(a.Files) == 0 {
		j.rule("artifact", Fail, "the steps made no file that artifacts in gate.yaml names")
	}
	if want > 0 {
		j.rule("steps", Pass, fmt.Sprintf("%s: exit code 0", names(d.Steps)))
	}
	return true
}

// proof rules on the evidence of r and on what its rows say, and returns what
// failed.
func (j *judgement) proof(r Run) *fallen {
	f := j.look(r, func(PlannedRun) bool { return true })
	j.evidence(r, f)
	if len(r.Evidence) > 0 {
		j.results(r, f)
	}
	return f.fallen
}

// evidence checks that all that was promised is there and readable.
func (j *judgement) evidence(r Run, f *findings) {
	missing, lies := f.lost, []string(nil)
	for _, p := range r.Problems {
		if p.Lies {
			lies = append(lies, p.Key+": "+p.Reason)
		} else {
			missing = append(missing, p.Key+": "+p.Reason)
		}
	}
	held := r.Deployment != nil && r.Deployment.Held != ""
	for _, s := range r.Record.Suites {
		if held && s.When == After {
			continue
		}
		for _, n := range r.missing(s) {
			missing = append(missing, shardName(s.Placed, n, s.Divided())+": no evidence")
		}
	}
	for _, d := range lost(r) {
		missing = append(missing, "evidence "+d.Short()+" was there when the run was closed, and is gone")
	}
	if len(lies) > 0 {
		j.rule("evidence", Fail, "evidence contradicts the run that it is stored with", lies...)
	}
	rule := j.check("evidence", Inconclusive, missing, "pieces of evidence are missing or unreadable", "evidence of every suite is there")
	for _, t := range f.tallies {
		rule.Evidence = append(rule.Evidence, t.Digest)
		j.verdict.Evidence = append(j.verdict.Evidence, EvidenceSummary{Suite: t.Placed.String(), Run: t.Run, Shard: t.Shard,
			Mode: t.mode(), Digest: t.Digest.Hex(), Counts: t.Counts})
	}
}

// lost are digests that a closing names and that are no longer there.
func lost(r Run) (all []Digest) {
	have := map[Digest]bool{}
	for _, e := range r.Evidence {
		have[e.Digest] = true
	}
	for _, c := range r.Closings {
		for _, d := range c.Evidence {
			if !have[d] {
				all, have[d] = append(all, d), true
			}
		}
	}
	slices.Sort(all)
	return all
}

func shardName(p Placed, n, of int) string {
	if of <= 1 {
		return "suite " + p.String()
	}
	return fmt.Sprintf("suite %s, shard %d/%d", p, n, of)
}

func problems(runs []Run) (all []string) {
	for _, r := range runs {
		for _, p := range r.Problems {
			all = append(all, p.Key+": "+p.Reason)
		}
	}
	return all
}

func names(steps []StepTime) string {
	var all []string
	for _, s := range steps {
		all = append(all, s.Name)
	}
	return strings.Join(all, ", ")
}

func lines(s string) []string {
	if s = strings.TrimSpace(s); s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

func orUnknown(s string) string {
	if s == "" {
		return "no reading was recorded"
	}
	return s
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }
