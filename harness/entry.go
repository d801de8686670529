package harness

import (
	"fmt"
	"slices"
	"strings"
)

// entry decides whether the subject may enter the stage. Nothing has been
// deployed yet, so whatever can be known is asked here.
func (j *judgement) entry() {
	if j.Unproven != "" {
		j.rule("artifact", Inconclusive, j.Unproven)
	} else {
		j.artifact()
	}
	for _, n := range j.Needs {
		j.need(n)
	}
	j.missingNeeds()
	j.numbers(0)
	j.plan()
	j.quarantinePlanned()
	if j.Target.Live {
		j.subset()
	}
	if j.Stage.Deploy {
		j.logic()
	}
	if !j.Target.InProcess() {
		j.attested()
		j.loosened()
	}
	if j.Busy != "" {
		rule := j.rule("alone", Inconclusive, j.Busy)
		if rule.Hint = "wait for it with --wait; a run that nobody will finish is given up with gate decide --run"; j.Newer {
			rule.Hint = "let the newer one go first; if this one is wanted after all, run it again"
		}
	}
	j.manual(j.Now)
}

// attested refuses what nobody signed: the judge is not in the commit, and
// without a trust file there is no other.
func (j *judgement) attested() {
	if j.Trust == nil {
		j.rule("attested", Inconclusive, "there is no trust file: nobody's signature is asked for, and no later stage accepts what nobody signed").
			Hint = "gate key makes a key and a trust file in the store; --trust names one that somebody else keeps"
		return
	}
	j.rule("attested", Pass, "only what the trust file's signers signed is counted")
}

func (j *judgement) artifact() {
	if j.Target.InProcess() {
		j.rule("source", Pass, j.about())
		if !j.Subject.Source.Committed() {
			j.warn("the work tree has changes that are not committed: this run is for you alone, no later stage accepts it")
		}
		return
	}
	switch {
	case !j.Subject.Source.Committed():
		j.rule("artifact", Fail, "the artifact was made from changes that are not committed").Hint = "commit them and run the commit stage"
	case j.Subject.Artifact == "":
		j.rule("artifact", Inconclusive, "no commit stage has made an artifact of commit "+j.Subject.Source.String())
	default:
		j.check("artifact", Fail, j.Differs, "files are not those that the commit stage made", j.about())
	}
}

// need recomputes from evidence whether the subject passed a stage before
// this one. A stored verdict is never an input.
func (j *judgement) need(n Need) {
	name := "needs " + n.Stage.Name
	runs := ordered(n.Runs)
	i := lastOf(runs, n, j.Subject)
	if i < 0 {
		j.rule(name, Inconclusive, fmt.Sprintf("stage %s has not run for %s", n.Stage.Name, describe(n.Subject)), problems(runs)...).
			Hint = "gate run " + n.Stage.Name
		return
	}
	last := runs[i]
	if n.Target.InProcess() && j.Subject.Artifact != "" && (last.Deployment == nil || last.Deployment.Artifact == nil) {
		j.rule(name, Fail, "run "+last.Record.ID+" made no artifact")
		return
	}
	v := Decide(Case{Phase: Exit, Service: j.Service, Stage: n.Stage, Target: n.Target, Subject: n.Subject, Policy: j.Policy, Suites: j.Suites,
		Gate: j.Gate, Now: j.Now, Trust: j.Trust, Runs: runs, Run: last.Record.ID, Needed: true, Approvals: n.Approvals})
	j.unread(v.Unread)
	j.verdict.Evidence = append(j.verdict.Evidence, v.Evidence...)
	j.verdict.Approvals = append(j.verdict.Approvals, v.Approvals...)
	var details []string
	for _, r := range v.Failing() {
		if line := r.Rule + ": " + r.Reason; !slices.Contains(details, line) {
			details = append(details, line)
		}
	}
	var rule *Ruling
	switch v.Verdict {
	case Allow:
		rule = j.rule(name, Pass, "run "+last.Record.ID+" passed")
		for _, a := range v.Approvals {
			if a.Rule == Manual {
				continue
			}
			j.warn("stage %s passed by an override of rule %s by %s: %s", n.Stage.Name, a.Rule, a.By, a.Reason)
		}
	case Unclear:
		rule = j.rule(name, Inconclusive, "run "+last.Record.ID+" is inconclusive", details...)
		rule.Hint = "gate explain " + n.Stage.Name
	default:
		rule = j.rule(name, Fail, "run "+last.Record.ID+" did not pass", details...)
		rule.Hint = "gate explain " + n.Stage.Name
	}
	for _, e := range last.Evidence {
		rule.Evidence = append(rule.Evidence, e.Digest)
	}
}

// missingNeeds refuses a case that forgot to bring a stage which is needed.
func (j *judgement) missingNeeds() {
	for _, name := range j.Stage.Needs {
		if !slices.ContainsFunc(j.Needs, func(n Need) bool { return n.Stage.Name == name }) {
			j.rule("needs "+name, Inconclusive, "nothing is known of stage "+name)
		}
	}
	if !j.Target.InProcess() && !j.Target.Dev && len(j.Stage.Needs) == 0 {
		j.rule("needs", Fail, "the stage deploys to "+j.Target.Name+" and needs no stage before it")
	}
}

// lastOf is the index of the newest run of n's stage, decided or not; -1 if
// there is none. Of the runs of a commit stage those that made another artifact
// are about another subject.
func lastOf(runs []Run, n Need, subject Subject) int {
	last := -1
	for i, r := range runs {
		if r.Record == nil || r.Record.Stage.Name != n.Stage.Name || r.Record.Subject != n.Subject {
			continue // another stage, or the same bytes made from another commit
		}
		if n.Target.InProcess() && subject.Artifact != "" && madeAnother(r, subject.Artifact) {
			continue
		}
		last = i
	}
	return last
}

// madeAnother reports whether the steps of r made something, and not artifact.
func madeAnother(r Run, artifact Digest) bool {
	return r.Deployment != nil && r.Deployment.Artifact != nil && r.Deployment.Artifact.Digest != artifact
}

// plan blocks before anything is deployed when the suites cannot pass.
func (j *judgement) plan() {
	var empty, bad []string
	total := 0
	owner := map[string]string{} // moment and id -> suite
	for _, s := range j.Plan {
		n := j.planned(s, func(p Planned) {
			if p.Problem != "" {
				bad = append(bad, fmt.Sprintf("%s: %s at %s: %s", s, p.name(), p.Where, orProblem(p)))
			}
			at := string(s.When) + " " + p.ID
			if first, ok := owner[at]; ok {
				bad = append(bad, fmt.Sprintf("%s: %s is in suite %s too: suites of a stage must not overlap", s, p.name(), first))
			}
			owner[at] = s.Suite
		})
		if n == 0 && s.Definition.Run != nil {
			empty = append(empty, s.String()+": nothing to run")
		}
		total += n
	}
	if len(j.Plan) == 0 {
		empty = append(empty, "the stage has no suites")
	}
	j.check("plan", Fail, append(empty, bad...), "reasons why the suites cannot pass", fmt.Sprintf("%d planned in %d suites", total, len(j.Plan)))
	for _, q := range j.Stage.Quarantine {
		if !slices.ContainsFunc(j.Plan, func(s PlannedRun) bool { return owner[string(s.When)+" "+q.ID] != "" }) {
			j.warn("%s is in quarantine, and nothing of that name is planned: see gate list %s", q.ID, j.Stage.Name)
		}
	}
}

// planned calls do with everything in the inventory of s, and counts it.
func (j *judgement) planned(s PlannedRun, do func(Planned)) (n int) {
	if s.Inventory == nil {
		return 0
	}
	s.Inventory(func(p Planned, err error) bool {
		if err != nil {
			j.unread(err)
			return false
		}
		n++
		do(p)
		return true
	})
	return n
}

// orProblem is what p says of its problem, or the problem's name.
func orProblem(p Planned) string {
	if strings.Contains(p.Detail, string(p.Problem)) {
		return p.Detail
	}
	return strings.TrimSuffix(string(p.Problem)+": "+p.Detail, ": ")
}

// logic proves that the deploy is done as it was on the stage before: the
// command and its inputs are the same, only configuration differs.
func (j *judgement) logic() {
	var bad []string
	compared, unknown := "", ""
	for _, n := range j.Needs {
		runs := ordered(n.Runs)
		i := lastOf(runs, n, j.Subject)
		if !n.Stage.Deploy {
			continue
		}
		if i < 0 {
			unknown = n.Stage.Name
			continue
		}
		then := runs[i].Record.Logic
		compared = n.Stage.Name
		if then.Command != j.Logic.Command {
			bad = append(bad, fmt.Sprintf("%s deployed with %q, this is %q", n.Stage.Name, then.Command, j.Logic.Command))
		}
		if then.Inputs != j.Logic.Inputs {
			bad = append(bad, fmt.Sprintf("the deploy's inputs are not those of %s: %s then, %s now", n.Stage.Name, then.Inputs.Short(), j.Logic.Inputs.Short()))
		}
	}
	ok := "this is the first stage that deploys"
	if compared != "" {
		ok = "deployed as in " + compared + "; only configuration differs"
	}
	if unknown != "" && len(bad) == 0 {
		j.rule("logic", Inconclusive, "how "+unknown+" deploys this is not known: it has not run")
		return
	}
	j.check("logic", Fail, bad, "differences in how it is deployed", ok)
}

func describe(s Subject) string {
	if s.Artifact != "" {
		return "artifact " + s.Artifact.Short()
	}
	return strings.TrimSpace("commit " + s.Source.String())
}
