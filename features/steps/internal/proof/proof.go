package proof

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/features/steps/internal/ready"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// A Proof is a scenario that a step passes in, and one that it fails in and what
// it says then.
type Proof struct{ Pass, Fail, Says string }

// Of is a proof.
func Of(pass, fail, says string) Proof { return Proof{pass, fail, says} }

// Doc is a step with a doc string.
func Doc(step, text string) string { return step + "\n\"\"\"\n" + text + "\n\"\"\"\n" }

const child = "STEPS_CHILD"

// Child reports whether this process is to run the scenarios of its folder.
func Child() bool { return os.Getenv(child) != "" }

// Text is a feature of all proofs. There is one for each step, which is in both of
// its scenarios and in its example.
func Text(t *testing.T, steps []ready.Step, proofs []Proof) string {
	t.Helper()
	if len(proofs) != len(steps) {
		t.Fatalf("%d proofs for %d steps", len(proofs), len(steps))
	}
	text := "Feature: f\n"
	for i, p := range proofs {
		for _, s := range []string{p.Pass, p.Fail, steps[i].Example} {
			if !uses(s, steps[i]) {
				t.Errorf("%s is not in %q", steps[i].Expr, s)
			}
		}
		text += fmt.Sprintf("Scenario: pass %d\n%s\nScenario: fail %d\n%s\n", i, p.Pass, i, p.Fail)
	}
	return text
}

// uses reports whether a scenario has a line of that step.
func uses(scenario string, step ready.Step) bool {
	return regexp.MustCompile("(?m)^(Given |When |Then |And )" + strings.TrimPrefix(step.Expr, "^")).MatchString(scenario)
}

// Run runs a feature against a target in a child, and returns what became of its
// scenarios, by name. env is for the child.
func Run(t *testing.T, text string, target harness.Target, env ...string) map[string]harness.Row {
	t.Helper()
	all := map[string]harness.Row{}
	for _, r := range answer(t, text, target, protocol.Exec, env).Rows {
		all[strings.TrimPrefix(r.Name, "f: ")] = r
	}
	return all
}

func answer(t *testing.T, text string, target harness.Target, phase protocol.Phase, env []string) protocol.Answer {
	t.Helper()
	dir, out, file := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "run.json")
	if err := os.WriteFile(filepath.Join(dir, "a.feature"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	err := protocol.WriteSession(file, protocol.Session{Phase: phase, Run: "r", Nonce: "n", Service: "s", Stage: "s", Suite: "s", Out: out, Target: target})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSteps$")
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), child+"=1", protocol.Variable+"="+file), env...)
	said, _ := cmd.CombinedOutput() // scenarios fail in it
	answers, err := protocol.ReadDir(out)
	if err != nil || len(answers) != 1 {
		t.Fatalf("%v\n%s", err, said)
	}
	return answers[0]
}

// Judge wants each scenario to end as its proof says. Where says is false a failure
// may be told in other words.
func Judge(t *testing.T, steps []ready.Step, proofs []Proof, got map[string]harness.Row, says bool) {
	t.Helper()
	for i, p := range proofs {
		if r := got[fmt.Sprint("pass ", i)]; r.Outcome != harness.Passed {
			t.Errorf("%s: %s: %s", steps[i].Expr, r.Outcome, r.Reason)
		}
		if r := got[fmt.Sprint("fail ", i)]; r.Outcome != harness.Failed || says && (p.Says == "" || !strings.Contains(r.Reason, p.Says)) {
			t.Errorf("%s: %s: %s\nwant %s", steps[i].Expr, r.Outcome, r.Reason, p.Says)
		}
	}
}

// Live wants the plan on a live target to refuse the scenarios that pass elsewhere
// and have a step that mutates, and no other.
func Live(t *testing.T, steps []ready.Step, proofs []Proof, target harness.Target) {
	t.Helper()
	target.Live = true
	refused := 0
	for _, planned := range answer(t, Text(t, steps, proofs), target, protocol.Plan, nil).Planned {
		var i int
		if n, _ := fmt.Sscanf(planned.Name, "f: pass %d", &i); n != 1 {
			continue
		}
		want := harness.Outcome("")
		for _, s := range steps {
			if s.Mutates && uses(proofs[i].Pass, s) {
				want, refused = harness.Refused, refused+1
				break
			}
		}
		if planned.Problem != want {
			t.Errorf("%s on a live target: planned as %q, want %q: %s", steps[i].Expr, planned.Problem, want, planned.Detail)
		}
	}
	if refused == 0 || refused == len(steps) {
		t.Errorf("%d of %d scenarios are refused", refused, len(steps))
	}
}

// Page wants docs/steps.md, as seen from a package of steps, to hold their
// reference, and internal/editor their glue code.
func Page(t *testing.T, steps []ready.Step) {
	t.Helper()
	b, err := os.ReadFile("../../../docs/steps.md")
	if err != nil {
		t.Fatal(err)
	}
	if page := ready.Page(steps); !strings.Contains(string(b), page) {
		t.Errorf("docs/steps.md is not up to date: put this into it\n%s", page)
	}
	name := filepath.Base(wd(t))
	file := filepath.Join("../../../internal/editor/ready", name+".go.txt")
	b, err = os.ReadFile(file)
	if glue := ready.Glue("github.com/stagegate/stagegate/features/steps/"+name, steps); err != nil || string(b) != glue {
		t.Errorf("%s is not up to date (%v): put this into it\n%s", file, err, glue)
	}
}

func wd(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
