package harness_test

import (
	"fmt"
	"time"

	"github.com/stagegate/stagegate/harness"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const (
	commit = "1111111111111111111111111111111111111111"
	policy = harness.Digest("sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
)

var (
	artifact = harness.NewArtifact([]harness.File{{Name: "dist/orders", Digest: harness.DigestOf([]byte("orders"))}})
	src      = harness.Source{Commit: commit, Tree: "2222222222222222222222222222222222222222"}
	logic    = harness.Logic{Command: "make deploy", Inputs: harness.DigestOf([]byte("infra"))}

	staging = harness.Target{Name: "staging", Mode: harness.Deployed, Account: "222222222222"}
	prod    = harness.Target{Name: "prod", Mode: harness.Deployed, Account: "333333333333", Live: true}

	commitStage = harness.Stage{Name: "commit", After: []string{"unit"}, Steps: []harness.Step{{Name: "dist", Run: "make"}}}
	acceptance  = harness.Stage{Name: "acceptance", Target: "staging", Needs: []string{"commit"}, Deploy: true, After: []string{"features", "contracts"}}
	production  = harness.Stage{Name: "production", Target: "prod", Needs: []string{"acceptance"}, Deploy: true, Before: []string{"contracts"}, After: []string{"smoke"}}
)

func scenario(id string, tags ...string) harness.Planned {
	return harness.Planned{ID: "f.TestFeatures/" + id, Name: id, Kind: harness.Scenario, Hash: "text of " + id, Tags: tags}
}

func interaction(id string) harness.Planned {
	return harness.Planned{ID: "c.TestPayments/" + id, Name: id, Kind: harness.Interaction, Hash: "text of " + id, Safe: true}
}

// suite is a planned suite of things.
func suite(name string, when harness.Moment, things ...harness.Planned) harness.PlannedRun {
	return harness.PlannedRun{Placed: harness.Placed{When: when, Suite: name}, Shards: 1,
		Definition: harness.Suite{Name: name, Run: []string{"./" + name}}, Inventory: harness.PlanOf(things)}
}

// suites are those of gate.yaml.
func suites() map[string]harness.Suite {
	all := map[string]harness.Suite{}
	for _, name := range []string{"unit", "features", "contracts", "smoke"} {
		all[name] = suite(name, harness.After).Definition
	}
	return all
}

// passed is the row of p that a good run leaves on t.
func passed(p harness.Planned, t harness.Target) harness.Row {
	r := harness.Row{ID: p.ID, Name: p.Name, Kind: p.Kind, Hash: p.Hash, Tags: p.Tags, Mode: harness.ModeFor(p.Kind, t), Outcome: harness.Passed, Attempt: 1}
	if p.Kind == harness.Scenario && !t.InProcess() {
		r.Calls = 1
	}
	return r
}

// goodRun is run number n of a stage, with everything as planned.
func goodRun(s harness.Stage, t harness.Target, subject harness.Subject, n int, suites ...harness.PlannedRun) harness.Run {
	place := t.Name
	if t.InProcess() {
		place = "commit"
	}
	begun := now.Add(-time.Hour)
	rec := &harness.RunRecord{Format: harness.RunFormat, ID: fmt.Sprintf("%s/x/%d", place, n), Number: n, Service: "orders", Stage: s, Subject: subject,
		Target: t, Account: t.Account, Nonce: fmt.Sprint("nonce", n), Begun: begun, Suites: suites, Shards: 1, Policy: policy}
	r := harness.Run{Number: n, Record: rec, Digest: harness.DigestOf([]byte(rec.ID)), Deployment: &harness.Deployment{Run: rec.ID, Artifact: &artifact}}
	closing := harness.Closing{Run: rec.ID, At: begun.Add(time.Minute), Source: subject.Source, Artifact: artifact.Digest}
	if t.InProcess() {
		r.Deployment.Steps = []harness.StepTime{{Name: "dist"}}
	} else {
		rec.Logic = logic
		r.Deployment.Steps = []harness.StepTime{{Name: "deploy"}}
		r.Deployment.Served = harness.Reading{Commit: subject.Source.Commit}
		closing.Served = r.Deployment.Served
	}
	for _, s := range suites {
		e := harness.Evidence{Format: harness.EvidenceFormat, Run: rec.ID, Nonce: rec.Nonce, Subject: subject, Target: t.Name, Account: t.Account,
			Placed: s.Placed, Shard: 1, Source: harness.GoTest, Started: begun, Finished: begun.Add(10 * time.Second)}
		var seen []harness.Row
		for _, p := range planned(s) {
			seen = append(seen, passed(p, t))
		}
		e.Rows = harness.RowsOf(seen)
		e.Counts = harness.CountRows(seen)
		e.Digest = harness.DigestOf([]byte(rec.ID + s.String()))
		closing.Evidence = append(closing.Evidence, e.Digest)
		r.Evidence = append(r.Evidence, e)
	}
	r.Closings = []harness.Closing{closing}
	return r
}

func commitRun() harness.Run {
	unit := harness.Planned{ID: "u.TestUnit", Kind: harness.Test}
	return goodRun(commitStage, harness.InProcessTarget(), harness.Subject{Source: src}, 1, suite("unit", harness.After, unit))
}

func stagingRun(n int) harness.Run {
	return goodRun(acceptance, staging, harness.Subject{Source: src, Artifact: artifact.Digest}, n,
		suite("features", harness.After, scenario("order", "@smoke"), scenario("refund"), scenario("unplugged", "@offline")),
		suite("contracts", harness.After, interaction("card")))
}

func prodRun(n int) harness.Run {
	return goodRun(production, prod, harness.Subject{Source: src, Artifact: artifact.Digest}, n,
		suite("contracts", harness.Before, interaction("card")),
		suite("smoke", harness.After, scenario("order", "@smoke")))
}

// exitOf is the case that decides the last of runs.
func exitOf(s harness.Stage, t harness.Target, runs ...harness.Run) harness.Case {
	last := runs[len(runs)-1]
	return harness.Case{Phase: harness.Exit, Service: "orders", Stage: s, Target: t, Subject: last.Record.Subject, Policy: policy, Suites: suites(),
		Now: now, Runs: runs, Run: last.Record.ID}
}

func stagingExit() harness.Case { return exitOf(acceptance, staging, stagingRun(1)) }

// trusted is a trust file that asks for nothing but signatures.
func trusted() *harness.Trust {
	return &harness.Trust{Digest: harness.DigestOf([]byte("trust")), Places: map[string]harness.TrustedPlace{"commit": {}, "staging": {}, "prod": {}}}
}

func prodEntry() harness.Case {
	subject := harness.Subject{Source: src, Artifact: artifact.Digest}
	return harness.Case{Phase: harness.Entry, Service: "orders", Stage: production, Target: prod, Subject: subject, Policy: policy, Suites: suites(), Now: now, Trust: trusted(),
		Plan: []harness.PlannedRun{suite("contracts", harness.Before, interaction("card")), suite("smoke", harness.After, scenario("order", "@smoke"))},
		Needs: []harness.Need{
			{Stage: commitStage, Target: harness.InProcessTarget(), Subject: harness.Subject{Source: src}, Runs: []harness.Run{commitRun()}},
			{Stage: acceptance, Target: staging, Subject: subject, Runs: []harness.Run{stagingRun(1)}},
		},
		Logic: logic,
	}
}

// rows are the rows of e.
func rows(e harness.Evidence) []harness.Row {
	all, err := e.Rows.All()
	if err != nil {
		panic(err)
	}
	return all
}

// planned is the inventory of s.
func planned(s harness.PlannedRun) []harness.Planned {
	all, err := s.Inventory.All()
	if err != nil {
		panic(err)
	}
	return all
}

// rewrite changes the i-th row of e.
func rewrite(e *harness.Evidence, i int, edit func(*harness.Row)) {
	all := rows(*e)
	edit(&all[i])
	e.Rows = harness.RowsOf(all)
}

// replan changes the first thing that s plans.
func replan(s *harness.PlannedRun, edit func(*harness.Planned)) {
	all := planned(*s)
	edit(&all[0])
	s.Inventory = harness.PlanOf(all)
}

// retried puts a failed attempt before the first row of e.
func retried(e *harness.Evidence) {
	all := rows(*e)
	first := all[0]
	first.Outcome = harness.Failed
	all[0].Attempt = 2
	all = append(all, first)
	e.Rows, e.Counts = harness.RowsOf(all), harness.CountRows(all)
}
