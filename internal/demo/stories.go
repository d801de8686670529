package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// stories is how many there are.
const stories = 3

// A release is a commit and what its commit stage made.
type release struct {
	commit   string
	artifact harness.Digest
}

func (t *teller) tell(ctx context.Context) {
	good := t.goodChange(ctx)
	t.badChange(ctx, good)
	t.wrongConfiguration(ctx, good)
}

// goodChange is story 1.
func (t *teller) goodChange(ctx context.Context) release {
	t.begin("a good change reaches prod")
	commit := t.change(ctx, "The mug is a big mug", edit{"service.go", `Name: "A mug"`, `Name: "A big mug"`})
	t.stage(ctx, asked{stage: "commit", commit: commit, want: harness.Allow})
	t.stage(ctx, asked{stage: "acceptance", target: "staging", commit: commit, want: harness.Allow})
	v := t.stage(ctx, asked{stage: "production", target: "prod", commit: commit, want: harness.Allow})
	t.serves(ctx, "staging", commit)
	t.serves(ctx, "prod", commit)
	t.end()
	return release{commit, artifactOf(v)}
}

// otherAttribute is a mistake that nobody sees in memory: only a real table
// has attributes.
func otherAttribute() edit {
	return edit{"ordersaws/ordersaws.go", `out.Item["order"]`, `out.Item["body"]`}
}

// wrongAddress lets prod ask for its money where nobody listens.
func wrongAddress() edit {
	return edit{"config/prod.json", `"PaymentsUrl": "http://127.0.0.1:`, `"PaymentsUrl": "http://127.0.0.2:`}
}

// badChange is story 2.
func (t *teller) badChange(ctx context.Context, good release) {
	t.begin("a bad change is blocked in staging")
	commit := t.change(ctx, "Read orders from another attribute", otherAttribute())
	t.stage(ctx, asked{stage: "commit", commit: commit, want: harness.Allow})
	t.stage(ctx, asked{stage: "acceptance", target: "staging", commit: commit, want: harness.Block, rule: "outcomes"})
	t.say("may it enter production all the same?")
	t.stage(ctx, asked{stage: "production", target: "prod", commit: commit, want: harness.Block, entry: true, rule: "needs acceptance"})
	t.serves(ctx, "staging", commit)
	t.serves(ctx, "prod", good.commit)
	t.end()
}

// wrongConfiguration is story 3.
func (t *teller) wrongConfiguration(ctx context.Context, good release) {
	t.begin("the change is good, but prod's payments URL is wrong")
	commit := t.change(ctx, "Undo that; prod's payments service has moved", otherAttribute().undone(), wrongAddress())
	t.stage(ctx, asked{stage: "commit", commit: commit, want: harness.Allow})
	t.stage(ctx, asked{stage: "acceptance", target: "staging", commit: commit, want: harness.Allow})
	v := t.stage(ctx, asked{stage: "production", target: "prod", commit: commit, want: harness.Block, rule: "outcomes", about: "The shop can be paid"})
	t.serves(ctx, "prod", commit)
	t.recovery(v, harness.Recovery{Serves: commit, Commit: good.commit, Artifact: good.artifact, Command: "gate run production --commit " + good.commit + " --artifact " + string(good.artifact)})
	t.repair(ctx, v, good)
	t.serves(ctx, "prod", good.commit)
	t.end()
}

func (t *teller) change(ctx context.Context, message string, edits ...edit) (commit string) {
	if t.err != nil {
		return ""
	}
	t.say("somebody commits: %s", message)
	commit, err := t.world.Change(ctx, message, edits...)
	if err != nil {
		t.err = fmt.Errorf("story %d: commit %q: %w", t.story, message, err)
	}
	return commit
}

// An asked is a stage to run and what its verdict has to be.
type asked struct {
	stage, target, commit string
	want                  harness.Answer
	entry                 bool   // the entry verdict is meant: no run begins
	rule, about           string // the rule that must not pass, and what its details must name
}

// stage runs a stage and holds its exit code and its verdict to what is asked.
func (t *teller) stage(ctx context.Context, a asked) (v harness.Verdict) {
	expected := "the " + a.stage + " stage passes"
	switch {
	case a.entry:
		expected = a.stage + " is refused, nothing is deployed"
	case a.want != harness.Allow:
		expected = "the " + a.stage + " stage blocks"
	}
	t.say("gate run %s", a.stage)
	t.expect(expected, func() (seen string, wrong []string, err error) {
		exit, err := t.world.Gate(ctx, "run", a.stage)
		if err != nil {
			return "", nil, err
		}
		if v, err = t.world.Ask(ctx, "explain", a.stage); err != nil {
			return fmt.Sprint("exit ", exit), nil, err
		}
		return says(v), append(differ("exit code", exit, exitOf(a.want)), a.wrong(v)...), nil
	})
	return v
}

// wrong lists how v is not the verdict that a asks for.
func (a asked) wrong(v harness.Verdict) (all []string) {
	phase := harness.Exit
	if a.entry {
		phase = harness.Entry
	}
	all = slices.Concat(
		differ("verdict", v.Verdict, a.want),
		differ("phase", v.Phase, phase),
		differ("stage", v.Stage, a.stage),
		differ("target", v.Target, a.target),
		differ("emulated", v.Emulated, a.target != ""),
		differ("commit", v.Source.Commit, a.commit),
	)
	failing := v.Failing()
	if a.want == harness.Allow {
		for _, r := range failing {
			all = append(all, fmt.Sprintf("rule %s is %s: %s", r.Rule, r.Result, r.Reason))
		}
		if len(v.Rules) == 0 || artifactOf(v) == "" && a.target != "" {
			all = append(all, "the verdict has no rules or no artifact")
		}
		return all
	}
	i := slices.IndexFunc(failing, func(r harness.Ruling) bool { return r.Rule == a.rule && r.Result == harness.Fail })
	if i < 0 {
		return append(all, fmt.Sprintf("rule %q did not fail", a.rule))
	}
	if text := failing[i].Reason + "\n" + strings.Join(failing[i].Details, "\n"); !strings.Contains(text, a.about) {
		all = append(all, fmt.Sprintf("rule %q does not name %q: %s", a.rule, a.about, text))
	}
	return all
}

// serves holds what a target says of itself to a commit.
func (t *teller) serves(ctx context.Context, target, commit string) {
	t.expect(target+" serves "+short(commit), func() (string, []string, error) {
		got, err := t.world.Served(ctx, target)
		return short(got), differ(target+" serves", got, commit), err
	})
}

// recovery holds what a verdict says of a way back to want.
func (t *teller) recovery(v harness.Verdict, want harness.Recovery) {
	t.expect("the verdict names what prod serves and the way back", func() (string, []string, error) {
		if v.Recovery == nil {
			return "nothing", []string{"the verdict has no recovery"}, nil
		}
		r := *v.Recovery
		return fmt.Sprintf("serves %s, back to %s", short(r.Serves), short(r.Commit)), slices.Concat(
			differ("serves", r.Serves, want.Serves),
			differ("last allowed commit", r.Commit, want.Commit),
			differ("last allowed artifact", r.Artifact, want.Artifact),
			differ("command", r.Command, want.Command),
		), nil
	})
}

// repair runs the command that v prints, word for word.
func (t *teller) repair(ctx context.Context, v harness.Verdict, good release) {
	if t.err != nil {
		return
	}
	t.say("%s", v.Recovery.Command)
	t.expect("that command deploys the last allowed artifact", func() (string, []string, error) {
		words := strings.Fields(v.Recovery.Command)
		exit, err := t.world.Gate(ctx, words[1:]...)
		if err != nil {
			return "", nil, err
		}
		again, err := t.world.Ask(ctx, "explain", "production", "--artifact", string(good.artifact))
		if err != nil {
			return fmt.Sprint("exit ", exit), nil, err
		}
		asked := asked{stage: "production", target: "prod", commit: good.commit, want: harness.Allow}
		return says(again), slices.Concat(differ("exit code", exit, 0), differ("artifact", artifactOf(again), good.artifact),
			differ("runs of it on prod", len(again.Runs), 2), asked.wrong(again)), nil
	})
}

// says is a verdict in a few words: the answer, and the first rule that did not pass.
func says(v harness.Verdict) string {
	s := string(v.Verdict)
	if v.Phase == harness.Entry {
		s += " at the entry"
	}
	if failing := v.Failing(); len(failing) > 0 {
		s += " (" + failing[0].Rule + ")"
	}
	return s
}

// artifactOf is the artifact that v is about, "" if it is about none.
func artifactOf(v harness.Verdict) harness.Digest {
	for _, s := range v.Subjects {
		if d := harness.Digest("sha256:" + s.Digest["sha256"]); d.Valid() {
			return d
		}
	}
	return ""
}

// exitOf is the exit code that gate documents for an answer.
func exitOf(a harness.Answer) int {
	switch a {
	case harness.Allow:
		return 0
	case harness.Unclear:
		return 11
	default:
		return 10
	}
}

func differ[T comparable](what string, got, want T) []string {
	if got == want {
		return nil
	}
	return []string{fmt.Sprintf("%s: got %v, want %v", what, got, want)}
}
