package features

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/messagetest"
	"github.com/stagegate/stagegate/internal/protocol"
)

// told runs a child that is asked for messages, and returns them.
func told(t *testing.T, c child) []byte {
	t.Helper()
	got := c.run(t)
	files, err := filepath.Glob(filepath.Join(c.session.Out, "messages-*.ndjson"))
	if err != nil || len(files) != 1 {
		t.Fatalf("messages in %q, %v:\n%s", files, err, got.output)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func messagesOf(target harness.Target) *protocol.Session {
	return session(protocol.Exec, func(s *protocol.Session) { s.Messages, s.Target = true, target })
}

// A secret of the target is in no message, whoever says it and however.
func TestMessagesTellNoSecret(t *testing.T) {
	target := harness.Target{Name: "staging", Mode: harness.Deployed, URL: "http://127.0.0.1:1", Secrets: map[string]harness.SecretRef{"SAMPLE_SECRET": {Env: "X"}}}
	got := told(t, child{files: one("Feature: f\n  Scenario: s\n    When it says a secret\n"), how: "hooks", session: messagesOf(target),
		environ: []string{"SAMPLE_SECRET=tok_12345678", "SAMPLE_HOOKS=says a secret"}})
	for _, form := range []string{"tok_12345678", base64.StdEncoding.EncodeToString([]byte("body tok_12345678"))} {
		if bytes.Contains(got, []byte(form)) {
			t.Errorf("%s is in\n%s", form, got)
		}
	}
	for _, want := range []string{`"fileName":"[SAMPLE_SECRET].txt"`, `"body":"text [SAMPLE_SECRET]"`, `about all: [SAMPLE_SECRET]`, "it was [SAMPLE_SECRET]"} {
		if !bytes.Contains(got, []byte(want)) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

// On a live target attachments are told of those scenarios alone that ask for it.
func TestMessagesOnALiveTarget(t *testing.T) {
	text := "Feature: f\n  Scenario: s\n    When it says something\n  @attachments\n  Scenario: t\n    When it says something\n"
	target := harness.Target{Name: "prod", Mode: harness.Deployed, URL: "http://127.0.0.1:1"}
	for live, want := range map[bool]int{false: 3, true: 1} {
		target.Live = live
		got := told(t, child{files: one(text), how: "hooks", session: messagesOf(target), environ: []string{"SAMPLE_HOOKS=says a secret"}})
		if n := bytes.Count(got, []byte(`{"attachment":`)); n != want {
			t.Errorf("live %v: %d attachments, want %d", live, n, want)
		}
	}
}

// A process that dies leaves a stream that can be read as far as it goes.
func TestMessagesOfTheKilled(t *testing.T) {
	got := told(t, child{files: one("Feature: f\n  Scenario: s\n    When nothing happens\n  Scenario: h\n    When it dies\n"), args: []string{"-test.parallel=1"}, session: messagesOf(harness.InProcessTarget())})
	if n := bytes.Count(got, []byte(`{"testCaseFinished":`)); n != 1 || bytes.Contains(got, []byte("testRunFinished")) {
		t.Errorf("%d finished test cases in\n%s", n, got)
	}
	if wrong := messagetest.Schema(t, bytes.NewReader(got)); len(wrong) > 0 {
		t.Errorf("%s", strings.Join(wrong, "\n"))
	}
}
