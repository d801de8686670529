package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
)

func told(t *testing.T, w *fakeWorld) *teller {
	t.Helper()
	var clock time.Time
	teller := &teller{world: w, out: t.Output(), now: func() time.Time { clock = clock.Add(time.Second); return clock }}
	teller.tell(t.Context())
	return teller
}

func TestStoriesAsTold(t *testing.T) {
	w := newFakeWorld()
	teller := told(t, w)
	if err := teller.verdict(); err != nil {
		t.Fatal(err)
	}
	if len(w.commits) != 3 || len(teller.steps) != 17 {
		t.Errorf("got %d commits and %d expectations, want 3 and 17", len(w.commits), len(teller.steps))
	}
}

// Whatever the world answers otherwise, at whatever moment: the demo goes red,
// and asks nothing more of a world that is not as told.
func TestEveryDeviationIsSeen(t *testing.T) {
	good := newFakeWorld()
	told(t, good)
	kinds := map[string]map[string]func(*fakeWorld){
		"change": {"fails": func(w *fakeWorld) { w.err = errFake }},
		"gate": {
			"fails":                  func(w *fakeWorld) { w.err = errFake },
			"other answer":           func(w *fakeWorld) { w.exit = func(e int) int { return 10 - e } },
			"exit code inconclusive": func(w *fakeWorld) { w.exit = func(int) int { return 11 } },
			"exit code 1":            func(w *fakeWorld) { w.exit = func(int) int { return 1 } },
		},
		"ask": {
			"fails":        func(w *fakeWorld) { w.err = errFake },
			"zero verdict": func(w *fakeWorld) { w.verdict = func(v *harness.Verdict) { *v = harness.Verdict{} } },
			"no answer":    func(w *fakeWorld) { w.verdict = func(v *harness.Verdict) { v.Verdict = "" } },
			"inconclusive": func(w *fakeWorld) { w.verdict = func(v *harness.Verdict) { v.Verdict = harness.Unclear } },
			"other phase":  func(w *fakeWorld) { w.verdict = func(v *harness.Verdict) { v.Phase = "" } },
			"other stage":  func(w *fakeWorld) { w.verdict = func(v *harness.Verdict) { v.Stage = "other" } },
			"other target": func(w *fakeWorld) { w.verdict = func(v *harness.Verdict) { v.Target = "other" } },
			"not emulated": func(w *fakeWorld) { w.verdict = func(v *harness.Verdict) { v.Emulated = !v.Emulated } },
			"other commit": func(w *fakeWorld) { w.verdict = func(v *harness.Verdict) { v.Source.Commit = "other" } },
			"no rules":     func(w *fakeWorld) { w.verdict = func(v *harness.Verdict) { v.Rules = nil } },
			"other rules":  func(w *fakeWorld) { w.verdict = otherRules },
			"other details": func(w *fakeWorld) {
				w.verdict = func(v *harness.Verdict) { v.Rules[len(v.Rules)-1].Result = "odd" }
			},
		},
		"served": {
			"fails":          func(w *fakeWorld) { w.err = errFake },
			"another commit": func(w *fakeWorld) { w.commit = func(string) string { return "other" } },
			"nothing":        func(w *fakeWorld) { w.commit = func(string) string { return "" } },
		},
	}
	for n, kind := range good.calls {
		for name, spoil := range kinds[kind] {
			w := newFakeWorld()
			w.n = n
			spoil(w)
			teller := told(t, w)
			if err := teller.verdict(); err == nil || !strings.Contains(err.Error(), "story ") {
				t.Errorf("call %d (%s), %s: got %v, want the story that is not as told", n, kind, name, err)
			}
			if more := len(w.calls) - n - 1; more > 1 { // a wrong exit code is judged with its verdict
				t.Errorf("call %d (%s), %s: %d more calls after it", n, kind, name, more)
			}
		}
	}
}

// otherRules turns a pass into a failure, and a failure into another rule's.
func otherRules(v *harness.Verdict) {
	last := &v.Rules[len(v.Rules)-1]
	last.Rule, last.Result = "other", harness.Fail
}

func TestRecoveryIsHeldToTheStory(t *testing.T) {
	good := newFakeWorld()
	told(t, good)
	blocked := -1 // the call that asks for the verdict with the recovery
	for n := range good.calls {
		w := newFakeWorld()
		w.n, w.verdict = n, func(v *harness.Verdict) {
			if v.Recovery != nil {
				blocked = n
			}
		}
		told(t, w)
	}
	if blocked < 0 {
		t.Fatal("no verdict has a recovery")
	}
	for name, spoil := range map[string]func(*harness.Verdict){
		"none":              func(v *harness.Verdict) { v.Recovery = nil },
		"empty":             func(v *harness.Verdict) { v.Recovery = &harness.Recovery{} },
		"serves another":    func(v *harness.Verdict) { v.Recovery.Serves = v.Recovery.Commit },
		"back to another":   func(v *harness.Verdict) { v.Recovery.Commit = v.Recovery.Serves },
		"another artifact":  func(v *harness.Verdict) { v.Recovery.Artifact = harness.DigestOf(nil) },
		"another command":   func(v *harness.Verdict) { v.Recovery.Command = "gate run production" },
		"no command":        func(v *harness.Verdict) { v.Recovery.Command = "" },
		"not what can fail": func(v *harness.Verdict) { v.Rules[len(v.Rules)-1].Details = []string{"An order that nobody placed"} },
	} {
		w := newFakeWorld()
		w.n, w.verdict = blocked, spoil
		if err := told(t, w).verdict(); err == nil || !strings.Contains(err.Error(), "story 3") {
			t.Errorf("%s: got %v, want story 3 not as told", name, err)
		}
	}
}

// Nothing told is not a demo that went well.
func TestNothingTold(t *testing.T) {
	for name, teller := range map[string]*teller{
		"nothing":             {},
		"two stories":         {ended: 2},
		"an expectation":      {ended: stories, steps: []step{{kept: true}, {expected: "x"}}},
		"an error at the end": {ended: stories, err: errFake},
	} {
		if teller.verdict() == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func TestSummary(t *testing.T) {
	var out bytes.Buffer
	teller := &teller{out: &out, steps: []step{
		{story: 1, expected: "the commit stage passes", seen: "allow", took: 1500 * time.Millisecond, kept: true},
		{story: 2, expected: "prod serves 1234", seen: "5678"},
	}}
	teller.summary(time.Second, 90*time.Second)
	want := `
=== What happened

story      expected                 seen   time
1      ok  the commit stage passes  allow  1.5s
2      NO  prod serves 1234         5678   0.0s

set-up 1.0s, stories 90.0s
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// The stories edit the example: where it changes they have to follow.
func TestTheExampleFitsTheStories(t *testing.T) {
	repo := filepath.Join(t.TempDir(), "repo")
	if err := os.CopyFS(repo, os.DirFS(filepath.Join("..", "..", "examples", "orders"))); err != nil {
		t.Fatal(err)
	}
	addresses := map[string]string{}
	for _, a := range []string{"18080", "18082", "18083", "18092", "18093"} {
		addresses["127.0.0.1:"+a] = "127.0.0.1:2" + a[1:]
	}
	if err := readdress(repo, addresses, "gate.yaml", "config/staging.json", "config/prod.json"); err != nil {
		t.Error(err)
	}
	w := &fakeWorld{served: map[string]string{}, n: -1}
	teller := &teller{world: editing{w, repo}, out: io.Discard, now: time.Now}
	teller.tell(t.Context())
	if err := teller.verdict(); err != nil {
		t.Error(err)
	}
}

// editing is a fakeWorld whose changes really edit the files of dir.
type editing struct {
	*fakeWorld
	dir string
}

func (e editing) Change(ctx context.Context, message string, edits ...edit) (string, error) {
	for _, edit := range edits {
		if err := edit.apply(e.dir); err != nil {
			return "", err
		}
	}
	return e.fakeWorld.Change(ctx, message, edits...)
}

func TestReaddressRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"an address is gone":      "url: http://127.0.0.1:1\n",
		"an address is not known": "url: http://127.0.0.1:1 http://127.0.0.1:2 http://127.0.0.1:3\n",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "f"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := readdress(dir, map[string]string{"127.0.0.1:1": "a", "127.0.0.1:2": "b"}, "f"); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func TestEnvironLeaksNothing(t *testing.T) {
	got := environ([]string{"PATH=/bin", "AWS_PROFILE=prod", "AWS_ENDPOINT_URL=http://x", "AWS_ACCESS_KEY_ID=AKIA", "STAGEGATE_RUN=/r", "STAGEGATE_PACT_LIB=/p",
		"GIT_DIR=/g", "GITHUB_STEP_SUMMARY=/s", "GOWORK=/w", "ORDERS_HOSTS=/h", "GOPROXY=off"}, "/lab")
	want := []string{"PATH=/bin", "STAGEGATE_PACT_LIB=/p", "ORDERS_HOSTS=/h", "GOPROXY=off", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "GOWORK=off", "ORDERS_HOSTS=/lab/hosts"}
	if !slices.Equal(got, want) { // of a variable that is set twice the last counts
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestRunFails(t *testing.T) {
	t.Chdir(t.TempDir())
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, c := range []struct {
		name string
		ctx  context.Context
		args []string
		want int
		says string
	}{
		{"a flag that is not there", t.Context(), []string{"-kep"}, exitUsage, "-kep"},
		{"an argument", t.Context(), []string{"prod"}, exitUsage, "no arguments"},
		{"no checkout", t.Context(), nil, exitUntold, "look for the checkout"},
		{"a signal", stopped, nil, exitInterrupted, "interrupted"},
	} {
		tmp := t.TempDir()
		t.Setenv("TMPDIR", tmp)
		var stderr bytes.Buffer
		if got := run(c.ctx, c.args, os.Environ(), io.Discard, &stderr); got != c.want || !strings.Contains(stderr.String(), c.says) {
			t.Errorf("%s: got %d %q, want %d and %q", c.name, got, stderr.String(), c.want, c.says)
		}
		if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
			t.Errorf("%s: left %v, %v", c.name, left, err)
		}
	}
}
