package flow_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/checkout"
	"github.com/stagegate/stagegate/internal/flow"
)

func TestOneChangeGoesToProduction(t *testing.T) {
	h := newHouse(t)
	head := h.git("rev-parse", "HEAD")
	h.allowed("commit", "acceptance", "production")
	for _, target := range []string{"staging", "prod"} {
		if h.world.serves[target] != head || h.world.bytes[target] != "built from 1" {
			t.Errorf("%s serves %q of %s, want what was built from %s", target, h.world.bytes[target], h.world.serves[target], head)
		}
	}
	if want := []string{"make dist", "deploy staging", "deploy prod"}; !slices.Equal(h.world.commands, want) {
		t.Errorf("commands %q, want %q", h.world.commands, want)
	}
}

func TestCheckChangesNothing(t *testing.T) {
	h := newHouse(t)
	h.allowed("commit")
	stored, commands := h.stored(), len(h.world.commands)
	if v := h.check("acceptance"); !v.Allowed() || v.Phase != harness.Entry {
		t.Errorf("got %s %s, want allow at entry: %+v", v.Phase, v.Verdict, v.Failing())
	}
	if now := h.stored(); !slices.Equal(now, stored) || len(h.world.commands) != commands {
		t.Errorf("something was written or run: %v, was %v", now, stored)
	}
}

// What is wrong is found before anything begins.
func TestEntry(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stage  string
		after  []string // stages that were allowed before
		edit   func(h *house)
		want   harness.Answer
		rule   string
		reason string
	}{
		{"no commit stage", "acceptance", nil, func(*house) {}, harness.Unclear, "artifact", "no commit stage has made"},
		{"no acceptance stage", "production", []string{"commit"}, func(*house) {}, harness.Unclear, "needs acceptance", "has not run"},
		{"another commit", "acceptance", []string{"commit"}, func(h *house) { h.change("2") }, harness.Unclear, "artifact", "no commit stage has made"},
		{"a changed artifact file", "acceptance", []string{"commit"}, func(h *house) { h.write("dist/app", "mine") }, harness.Block, "artifact", "dist/app was changed"},
		{"an added artifact file", "acceptance", []string{"commit"}, func(h *house) { h.write("dist/more", "mine") }, harness.Block, "artifact", "dist/more was added"},
		{"an artifact file lost here and in the store", "acceptance", []string{"commit"}, func(h *house) {
			os.RemoveAll(filepath.Join(h.dir, "dist"))
			h.remove("blobs/" + harness.DigestOf([]byte("built from 1")).Hex())
		}, harness.Block, "artifact", "dist/app is missing, and the store cannot bring it back"},
		{"a dirty tree", "production", []string{"commit", "acceptance"}, func(h *house) { h.write("app.go", "2") }, harness.Block, "artifact", "app.go"},
		{"an untracked file", "production", []string{"commit", "acceptance"}, func(h *house) { h.write("new.go", "2") }, harness.Block, "artifact", "new.go"},
		{"a change that git was told not to see", "acceptance", []string{"commit"}, func(h *house) {
			h.git("update-index", "--assume-unchanged", "app.go")
			h.write("app.go", "2")
		}, harness.Block, "artifact", "the work tree differs from commit"},
		{"another deploy command", "production", []string{"commit", "acceptance"}, func(h *house) { h.File.Deploy.Run = "deploy by other means" },
			harness.Block, "logic", "deploy by other means"},
		{"another gate.yaml", "acceptance", []string{"commit"}, func(h *house) { h.File.Digest = harness.DigestOf(nil) }, harness.Unclear, "needs commit", "gate.yaml is not the one"},
		{"an undefined step", "acceptance", []string{"commit"}, func(h *house) { h.world.suites["features"][1].Problem = harness.Undefined }, harness.Block, "plan", "undefined"},
		{"a tag that matches nothing", "production", []string{"commit", "acceptance"}, func(h *house) { h.world.suites["smoke"] = nil }, harness.Block, "plan", "nothing to run"},
		{"smoke that staging never saw", "production", []string{"commit", "acceptance"}, func(h *house) {
			h.world.suites["smoke"] = []harness.Planned{planned("f.TestFeatures/new", harness.Scenario, "@smoke")}
		}, harness.Block, "subset", "did not pass in a stage before"},
		{"evidence of staging deleted", "production", []string{"commit", "acceptance"}, func(h *house) { h.remove("evidence/after/features/1") },
			harness.Unclear, "needs acceptance", "inconclusive"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.allowed(tt.after...)
			tt.edit(h)
			stored, commands := h.stored(), len(h.world.commands)
			_, v, err := h.Gate.Begin(t.Context(), tt.stage, 1)
			must(t, err)
			(&house{T: t}).want(v, tt.want, tt.rule, tt.reason)
			if now := h.stored(); !slices.Equal(now, stored) || len(h.world.commands) != commands {
				t.Errorf("a run began all the same: %v", now)
			}
		})
	}
}

// Check answers for a checkout in which nothing was built, and leaves it so.
func TestCheckWritesNothing(t *testing.T) {
	h := newHouse(t)
	h.allowed("commit")
	must(t, os.RemoveAll(filepath.Join(h.dir, "dist")))
	stored := h.stored()
	v, err := h.Gate.Check(t.Context(), "acceptance")
	must(t, err)
	if !v.Allowed() {
		t.Errorf("got %s, want allow: %+v", v.Verdict, v.Failing())
	}
	if _, err := os.Stat(filepath.Join(h.dir, "dist")); err == nil {
		t.Error("check has put files into the work tree")
	}
	if now := h.stored(); !slices.Equal(now, stored) {
		t.Errorf("check has written to the store: %v", now)
	}
}

func TestErrorsBeforeARunBegins(t *testing.T) {
	wrong := errors.New("wrong account")
	for _, tt := range []struct {
		name  string
		stage string
		edit  func(h *house)
		want  error
	}{
		{"an unknown stage", "prodution", func(*house) {}, flow.ErrStage},
		{"a plan that does not compile", "acceptance", func(h *house) { delete(h.world.suites, "features") }, flow.ErrPolicy},
		{"no deploy inputs", "acceptance", func(h *house) { h.File.Deploy.Inputs = []string{"gone/**"} }, flow.ErrPolicy},
		{"no configuration for the target", "acceptance", func(h *house) { h.File.Deploy.Config = []string{"gone.json"} }, flow.ErrPolicy},
		{"another account", "acceptance", func(h *house) { h.world.account = func(harness.Target) (string, error) { return "", wrong } }, wrong},
		{"not a repository", "acceptance", func(h *house) { h.Tree.Dir = t.TempDir() }, checkout.ErrNoGit},
	} {
		h := newHouse(t)
		h.allowed("commit")
		tt.edit(h)
		stored := h.stored()
		if rec, v, err := h.Gate.Begin(t.Context(), tt.stage, 1); !errors.Is(err, tt.want) {
			t.Errorf("%s: got run %q, %s, %v; want error %v", tt.name, rec.ID, v.Verdict, err, tt.want)
		}
		if now := h.stored(); !slices.Equal(now, stored) || h.world.deployed("staging") > 0 {
			t.Errorf("%s: something happened all the same: %v", tt.name, now)
		}
	}
}

func TestExit(t *testing.T) {
	commit := func(h *house) string { return h.git("rev-parse", "HEAD") }
	for _, tt := range []struct {
		name   string
		stage  string
		edit   func(h *house)
		want   harness.Answer
		rule   string
		reason string
	}{
		{"a step fails", "commit", func(h *house) { h.world.exits["make dist"] = 2 }, harness.Block, "steps", "dist failed with exit code 2"},
		{"the steps make nothing", "commit", func(h *house) { h.File.Artifacts = []string{"out/**"} }, harness.Block, "artifact", "made no file"},
		{"a test fails", "commit", func(h *house) { h.world.outcomes["u.TestUnit"] = harness.Failed }, harness.Block, "outcomes", "u.TestUnit"},
		{"the checkout changes", "commit", func(h *house) { h.world.during["contracts"] = func() { h.write("app.go", "2") } }, harness.Block, "source", "changed while"},
		{"the deploy fails", "acceptance", func(h *house) { h.world.exits["deploy"] = 3 }, harness.Block, "steps", "deploy failed with exit code 3"},
		{"a scenario fails", "acceptance", func(h *house) { h.world.outcomes["f.TestFeatures/refund"] = harness.Failed }, harness.Block, "outcomes", "refund"},
		{"a dependency is away", "acceptance", func(h *house) { h.world.outcomes["c.TestPayments/card"] = harness.Unreachable }, harness.Unclear, "answers", "card"},
		{"another commit is served", "acceptance", func(h *house) {
			h.world.tells = func(string) harness.Reading { return harness.Reading{Commit: strings.Repeat("9", 40)} }
		}, harness.Block, "served", "999999999999"},
		{"another commit is served after the suites", "acceptance", func(h *house) {
			h.world.during["contracts"] = func() { h.world.serves["staging"] = strings.Repeat("9", 40) }
		}, harness.Block, "served", "after the suites"},
		{"the target does not say what it serves", "acceptance", func(h *house) {
			h.world.tells = func(string) harness.Reading { return harness.Reading{Error: "connection refused"} }
		}, harness.Unclear, "served", "connection refused"},
		{"it says so only at first", "acceptance", func(h *house) {
			at := commit(h)
			h.world.tells = func(string) harness.Reading {
				defer func() { at = "" }()
				return harness.Reading{Commit: at}
			}
		}, harness.Unclear, "served", "could not be read after"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.T = t
			if tt.stage != "commit" {
				h.allowed("commit")
			}
			tt.edit(h)
			h.want(h.run(tt.stage), tt.want, tt.rule, tt.reason)
			id, err := h.LastRun(t.Context(), tt.stage)
			if err != nil || id == "" {
				return // a dirty checkout is another subject
			}
			again := h.decide(id)
			h.want(again, tt.want, tt.rule, tt.reason) // deciding again changes nothing
			if n := len(again.Runs); n != 1 || !again.Runs[0].Closed {
				t.Errorf("the run is not decided: %+v", again.Runs)
			}
		})
	}
}

func TestFailingContractsHoldTheDeploy(t *testing.T) {
	h := newHouse(t)
	h.allowed("commit", "acceptance")
	h.world.outcomes["contracts before the deploy c.TestPayments/card"] = harness.ResponseMismatch
	h.want(h.run("production"), harness.Block, "deploy", "nothing was deployed: contracts before the deploy")
	if n := h.world.deployed("prod"); n != 0 || h.world.serves["prod"] != "" {
		t.Errorf("deployed %d times, prod serves %q", n, h.world.serves["prod"])
	}
	if n := h.world.ran["smoke f.TestFeatures/order"]; n != 0 {
		t.Errorf("smoke ran %d times against what was there before", n)
	}
}

func TestFreshClone(t *testing.T) {
	h := newHouse(t)
	h.allowed("commit")
	clone := filepath.Join(t.TempDir(), "clone")
	h.git("clone", "-q", h.dir, clone)
	h.dir, h.world.dir = clone, clone
	h.load()
	v := h.run("acceptance")
	if !v.Allowed() || h.world.bytes["staging"] != "built from 1" {
		t.Errorf("got %s, staging has %q: %+v", v.Verdict, h.world.bytes["staging"], v.Failing())
	}
	info, err := os.Stat(filepath.Join(clone, "dist", "app"))
	if err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("the restored file is not executable: %v, %v", info, err)
	}
	if n := slices.Index(h.world.commands, "make dist"); slices.Contains(h.world.commands[n+1:], "make dist") {
		t.Error("the artifact was built again")
	}
}

func TestRecovery(t *testing.T) {
	h := newHouse(t)
	first := h.git("rev-parse", "HEAD")
	h.allowed("commit", "acceptance", "production")
	h.world.outcomes["smoke f.TestFeatures/order"] = harness.Failed
	bad := h.change("2")
	h.allowed("commit", "acceptance")
	v := h.run("production")
	h.want(v, harness.Block, "outcomes", "order")
	if r := v.Recovery; r == nil || r.Commit != first || r.Serves != bad || r.Command != "gate run production --commit "+first+" --artifact "+string(r.Artifact) {
		t.Errorf("got way back %+v, want from %s to %s", r, bad, first)
	}
	blobs := harness.NewArtifact([]harness.File{{Name: "dist/app", Digest: harness.DigestOf([]byte("built from 1"))}})
	if r := v.Recovery; r != nil && r.Artifact != blobs.Digest {
		t.Errorf("got artifact %s, want the one made of commit %s", r.Artifact, first)
	}
}

func TestNoRecoveryWithoutAnAllowedRun(t *testing.T) {
	h := newHouse(t)
	h.world.outcomes["f.TestFeatures/refund"] = harness.Failed
	h.allowed("commit")
	h.run("acceptance")
	h.change("2")
	h.allowed("commit")
	v := h.run("acceptance")
	if r := v.Recovery; v.Verdict != harness.Block || r == nil || r.Commit != "" || r.Command != "" {
		t.Errorf("got %s and way back %+v, want that there is none", v.Verdict, r)
	}
}

func TestInterrupted(t *testing.T) {
	for _, tt := range []struct {
		name   string
		at     string // command or suite
		want   harness.Answer
		rule   string
		reason string
	}{
		{"in the suites before the deploy", "contracts before the deploy", harness.Unclear, "deploy", "ended before"},
		{"in the deploy", "deploy", harness.Block, "steps", "exit code 130"},
		{"in the suites", "smoke", harness.Unclear, "inventory", "order"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.T = t
			h.allowed("commit", "acceptance")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			h.world.during[tt.at] = cancel
			rec, _, err := h.Gate.Begin(ctx, "production", 1)
			if err == nil {
				err = h.Test(ctx, rec.ID, 1)
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v, want that it was interrupted", err)
			}
			h.world.during = nil
			if v, err := h.Explain(t.Context(), rec.ID); err != nil || v.Verdict == harness.Allow {
				t.Errorf("explained: %s, %v", v.Verdict, err)
			}
			h.want(h.decide(rec.ID), tt.want, tt.rule, tt.reason)
		})
	}
}
