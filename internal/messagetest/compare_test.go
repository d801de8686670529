package messagetest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/messagetest"
)

// replaced is stream with one text for another, which must be there.
func replaced(t *testing.T, stream, old, with string) string {
	t.Helper()
	if !strings.Contains(stream, old) {
		t.Fatalf("there is no %s in the stream", old)
	}
	return strings.Replace(stream, old, with, 1)
}

// line is the number of the nth line with text, from 0.
func line(t *testing.T, lines []string, text string, nth int) int {
	t.Helper()
	for i, l := range lines {
		if strings.Contains(l, text) {
			if nth == 0 {
				return i
			}
			nth--
		}
	}
	t.Fatalf("there is no line with %s", text)
	return 0
}

func dropped(t *testing.T, stream, text string) string {
	t.Helper()
	lines := strings.SplitAfter(stream, "\n")
	i := line(t, lines, text, 0)
	return strings.Join(slices.Delete(lines, i, i+1), "")
}

func swapped(t *testing.T, stream, text string, i, j int) string {
	t.Helper()
	lines := strings.SplitAfter(stream, "\n")
	i, j = line(t, lines, text, i), line(t, lines, text, j)
	lines[i], lines[j] = lines[j], lines[i]
	return strings.Join(lines, "")
}

// moved is stream with the first line with text behind the first one with after.
func moved(t *testing.T, stream, text, after string) string {
	t.Helper()
	lines := strings.SplitAfter(stream, "\n")
	i := line(t, lines, text, 0)
	l := lines[i]
	lines = slices.Delete(lines, i, i+1)
	return strings.Join(slices.Insert(lines, line(t, lines, after, 0)+1, l), "")
}

func TestChangedStreamsDiffer(t *testing.T) {
	all := golden(t)
	for name, tt := range map[string]struct {
		sample string
		change func(string) string
		says   string
	}{
		"a status":         {"minimal", func(s string) string { return replaced(t, s, `"PASSED"`, `"FAILED"`) }, `status: got "FAILED", want "PASSED"`},
		"the run's result": {"minimal", func(s string) string { return replaced(t, s, `"success":true`, `"success":false`) }, "success: got false, want true"},
		"a step less":      {"minimal", func(s string) string { return dropped(t, s, "testStepStarted") }, "missing"},
		"no definition":    {"unused-steps", func(s string) string { return dropped(t, s, "not used") }, "missing"},
		"no suggestion":    {"undefined", func(s string) string { return dropped(t, s, `{"suggestion"`) }, "missing"},
		"a snippet less": {"undefined", func(s string) string {
			return replaced(t, s, `,{"language":"typescript","code":"Given(\"a list of {float} things\", (float: number) => {\n  return \"pending\"\n})"}`, ``)
		}, "snippets"},
		"no run's end":         {"minimal", func(s string) string { return dropped(t, s, "testRunFinished") }, "does not finish"},
		"cut off":              {"minimal", func(s string) string { return s[:len(s)-1] }, "cut off"},
		"nothing":              {"minimal", func(string) string { return "" }, "empty"},
		"an attachment's body": {"attachments", func(s string) string { return replaced(t, s, `"body":"hello"`, `"body":"hallo"`) }, `body: got "hallo", want "hello"`},
		"an attachment's type": {"attachments", func(s string) string {
			return replaced(t, s, `"mediaType":"application/pdf"`, `"mediaType":"text/plain"`)
		}, "mediaType"},
		"its encoding":         {"attachments", func(s string) string { return replaced(t, s, `"BASE64"`, `"IDENTITY"`) }, "contentEncoding"},
		"attached to another":  {"hooks-attachment", func(s string) string { return moved(t, s, `{"attachment"`, `{"testStepFinished"`) }, "outside of its step or hook"},
		"definitions swapped":  {"all-statuses", func(s string) string { return swapped(t, s, `{"stepDefinition"`, 0, 1) }, "pattern.source"},
		"test cases swapped":   {"retry", func(s string) string { return swapped(t, s, `{"testCase"`, 0, 1) }, "pickleId"},
		"steps swapped":        {"hooks", func(s string) string { return swapped(t, s, `{"testStepStarted"`, 0, 1) }, "is not the next one"},
		"start after finish":   {"minimal", func(s string) string { return moved(t, s, `{"testStepStarted"`, `{"testStepFinished"`) }, "has not started"},
		"case before its text": {"minimal", func(s string) string { return moved(t, s, `{"testCase"`, `{"meta"`) }, "did not come before"},
		"attempts swapped":     {"retry", func(s string) string { return replaced(t, s, `"willBeRetried":true`, `"willBeRetried":false`) }, "attempt 1, after 1 attempts; announced: false"},
		"another attempt":      {"minimal", func(s string) string { return replaced(t, s, `"attempt":0`, `"attempt":1`) }, "attempt 1, after 0 attempts"},
		"another hook":         {"hooks-skipped", func(s string) string { return replaced(t, s, `"hookId":"15"`, `"hookId":"16"`) }, "hookId"},
		"after hooks forwards": {"hooks-skipped", func(s string) string {
			return replaced(t, s, `{"id":"40","hookId":"21"},{"id":"41","hookId":"20"},{"id":"42","hookId":"19"}`, `{"id":"40","hookId":"19"},{"id":"41","hookId":"20"},{"id":"42","hookId":"21"}`)
		}, "hookId"},
		"another definition": {"hooks-skipped", func(s string) string {
			return replaced(t, s, `"stepDefinitionIds":["18"]`, `"stepDefinitionIds":["17"]`)
		}, "stepDefinitionIds"},
		"the hook's tags": {"hooks-conditional", func(s string) string {
			return replaced(t, s, `"tagExpression":"@fail-before"`, `"tagExpression":"@fail"`)
		}, `tagExpression: got "@fail"`},
		"no error": {"stack-traces", func(s string) string { return replaced(t, s, `"message":"BOOM","exception"`, `"exception"`) }, `testStepResult.message: got null, want "(something)"`},
		"an empty error": {"stack-traces", func(s string) string {
			return replaced(t, s, `"message":"BOOM","exception"`, `"message":"","exception"`)
		}, `testStepResult.message: got ""`},
		"no duration":        {"minimal", func(s string) string { return replaced(t, s, `,"duration":{"seconds":0,"nanos":1000000}`, ``) }, "duration: got null"},
		"an argument":        {"minimal", func(s string) string { return replaced(t, s, `"value":"42"`, `"value":"43"`) }, "value"},
		"no argument":        {"minimal", func(s string) string { return replaced(t, s, `"stepMatchArguments":[{`, `"nothing":[{`) }, "stepMatchArguments"},
		"a line of the text": {"minimal", func(s string) string { return replaced(t, s, `"location":{"line":9,`, `"location":{"line":8,`) }, "line: got 8, want 9"},
		"a message of two":   {"minimal", func(s string) string { return replaced(t, s, `{"testRunFinished"`, `{"meta":{},"testRunFinished"`) }, "2 messages"},
		"run hooks swapped":  {"global-hooks-afterall-error", func(s string) string { return replaced(t, s, `"hookId":"9"`, `"hookId":"7"`) }, "hookId"},
		"a pickle twice":     {"minimal", func(s string) string { return s + s }, "twice"},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(messagetest.Compare(t, strings.NewReader(tt.change(all[tt.sample])), strings.NewReader(all[tt.sample])), "\n")
			if !strings.Contains(got, tt.says) {
				t.Errorf("got %q, want %q in it", got, tt.says)
			}
		})
	}
}

// What the kit leaves open does not count.
func TestSameRun(t *testing.T) {
	all := golden(t)
	for name, tt := range map[string]struct {
		sample string
		change func(string) string
	}{
		"identifiers": {"minimal", func(s string) string { return strings.NewReplacer(`"5"`, `"x"`, `"6"`, `"y"`, `"4"`, `"z"`).Replace(s) }},
		"meta":        {"minimal", func(s string) string { return replaced(t, s, "fake-cucumber", "stagegate") }},
		"a time":      {"minimal", func(s string) string { return strings.ReplaceAll(s, `"nanos":1000000`, `"nanos":7`) }},
		"a folder":    {"minimal", func(s string) string { return strings.ReplaceAll(s, "samples/minimal/", "/tmp/") }},
		"where code is": {"minimal", func(s string) string {
			return replaced(t, s, `{"uri":"samples/minimal/minimal.ts","location":{"line":3}}`, `{"uri":"x.go"}`)
		}},
		"how an error is told":     {"stack-traces", func(s string) string { return strings.ReplaceAll(s, "BOOM", "boom") }},
		"its type":                 {"stack-traces", func(s string) string { return replaced(t, s, `"type":"Error",`, "") }},
		"the snippet's language":   {"undefined", func(s string) string { return strings.ReplaceAll(s, "typescript", "go") }},
		"a worker":                 {"minimal", func(s string) string { return replaced(t, s, `"attempt":0`, `"attempt":0,"workerId":"1"`) }},
		"an empty list":            {"minimal", func(s string) string { return replaced(t, s, `"attempt":0`, `"attempt":0,"list":[]`) }},
		"test cases when they run": {"minimal", func(s string) string { return moved(t, s, `{"testRunStarted"`, `{"meta"`) }},
		"suggestions in advance":   {"undefined", func(s string) string { return moved(t, s, `{"suggestion"`, `{"testRunStarted"`) }},
		"all suggestions at once": {"undefined", func(s string) string {
			return moved(t, moved(t, s, `{"suggestion"`, `{"testRunStarted"`), `"pickleStepId":"13","snip`, `{"testRunStarted"`)
		}},
		"definitions before source": {"minimal", func(s string) string { return moved(t, s, `{"stepDefinition"`, `{"meta"`) }},
		"scenarios at once":         {"backgrounds", func(s string) string { return moved(t, s, `{"testCaseStarted":{"id":"39"`, `{"testCaseStarted"`) }},
	} {
		t.Run(name, func(t *testing.T) {
			changed := tt.change(all[tt.sample])
			if changed == all[tt.sample] {
				t.Fatal("nothing was changed")
			}
			for _, wrong := range messagetest.Compare(t, strings.NewReader(changed), strings.NewReader(all[tt.sample])) {
				t.Error(wrong)
			}
		})
	}
}
