package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/adapters/report"
	"github.com/stagegate/stagegate/harness"
)

var update = flag.Bool("update", false, "write the golden files anew")

const digest = harness.Digest("sha256:9a8b7c6d5e4f30219a8b7c6d5e4f30219a8b7c6d5e4f30219a8b7c6d5e4f3021")

func blocked() (harness.Verdict, []harness.Row) {
	v := harness.Verdict{
		Verdict: harness.Block, Phase: harness.Exit, Service: "orders", Stage: "production", Target: "prod", Emulated: true, Live: true, Attested: true,
		Source: harness.Source{Commit: "3f9a1c2b4d5e6f708192a3b4c5d6e7f801234567", Tree: "t"},
		Rules: []harness.Ruling{
			{Rule: "evidence", Result: harness.Pass, Reason: "3 suites, 12 rows", Details: []string{"not shown"}, Hint: "not shown"},
			{Rule: "smoke", Result: harness.Fail, Reason: "1 of 2 rows did not pass", Details: []string{"features.TestFeatures/pay: failed: got 502, want 200\nat pay.feature:3"}, Hint: "look at the feature:\n  go test -run TestFeatures/pay ./features"},
			{Rule: "alarms", Result: harness.Inconclusive, Reason: "no data"},
			{Rule: "approval", Result: "overridden", Reason: "by ann until tomorrow"},
			{Rule: "not known", Result: "", Reason: ""},
		},
		Recovery: &harness.Recovery{Serves: "3f9a1c2b4d5e6f708192a3b4c5d6e7f801234567", Commit: "1b2c3d4e5f60718293a4b5c6d7e8f90123456789", Artifact: digest,
			Command: "gate run production --artifact " + string(digest)},
		Warnings: []string{"the stage took 4m30s, over the 4m0s that it should take"},
	}
	rows := []harness.Row{
		{ID: "example.test/orders/features.TestFeatures/pay", Kind: harness.Scenario, Outcome: harness.Failed, Attempt: 1, Where: "features/pay.feature:3", Reason: "got 502, want 200\nat step 3", Took: harness.Duration(1500 * time.Millisecond)},
		{ID: "example.test/orders/features.TestFeatures/pay", Kind: harness.Scenario, Outcome: harness.Passed, Attempt: 2, Where: "features/pay.feature:3"},
		{ID: "example.test/orders.TestA", Kind: harness.Test, Outcome: harness.Passed, Attempt: 1},
		{ID: "example.test/orders.TestB", Kind: harness.Test, Outcome: harness.Skipped, Attempt: 1, Reason: "needs docker"},
		{ID: "example.test/orders.TestC", Kind: harness.Test, Outcome: harness.NotRun, Attempt: 1},
		{ID: "example.test/orders.TestD", Kind: harness.Test, Attempt: 1},
	}
	return v, rows
}

func TestGolden(t *testing.T) {
	v, rows := blocked()
	allowed := v
	allowed.Verdict, allowed.Rules, allowed.Warnings, allowed.Attested = harness.Allow, v.Rules[:1], nil, false
	allowed.Recovery = nil
	first, still := v, v
	first.Rules, first.Warnings, first.Recovery = v.Rules[2:3], nil, &harness.Recovery{}
	still.Rules, still.Warnings, still.Recovery = v.Rules[1:2], nil, &harness.Recovery{Serves: v.Recovery.Commit, Commit: v.Recovery.Commit, Artifact: digest, Command: v.Recovery.Command}
	for name, write := range map[string]func(io.Writer) error{
		"block.txt":        func(w io.Writer) error { return report.WriteText(w, v, false) },
		"block-colour.txt": func(w io.Writer) error { return report.WriteText(w, v, true) },
		"allow.txt":        func(w io.Writer) error { return report.WriteText(w, allowed, false) },
		"first.txt":        func(w io.Writer) error { return report.WriteText(w, first, false) },
		"still.txt":        func(w io.Writer) error { return report.WriteText(w, still, false) },
		"zero.txt":         func(w io.Writer) error { return report.WriteText(w, harness.Verdict{}, false) },
		"block.md":         func(w io.Writer) error { return report.WriteSummary(w, v, rows) },
		"zero.md":          func(w io.Writer) error { return report.WriteSummary(w, harness.Verdict{}, nil) },
		"rows.xml":         func(w io.Writer) error { return report.WriteJUnit(w, "acceptance", rows) },
		"zero.xml":         func(w io.Writer) error { return report.WriteJUnit(w, "acceptance", nil) },
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("got\n%s\nwant\n%s\n(go test -update writes it anew)", got.String(), want)
			}
		})
	}
}

// hostile are strings that were written to break what displays them.
func hostile(t *testing.T) []string {
	t.Helper()
	own := []string{"\x1b[2J\x1b[31mred", "\x1b]8;;http://x\x07link\x1b]8;;\x07", "a\rPASS", "\u009b31m", "abc\u202egnp", "line\nbreak", "a\u2028b", "x|y", "``` <script>alert(1)</script> ```", "</details>", "]]>", "&amp;", "\x00", "\xff\xfe", "\u200bhidden", "![x](http://x/y.png)"}
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "fixtures", "text", "blns.json"))
	if err != nil {
		if os.Getenv("STAGEGATE_REQUIRE") == "all" {
			t.Fatalf("naughty strings are missing: %v", err)
		}
		t.Logf("MISSING: the naughty strings (%v). Check out the project's shared folder beside the repository. Only our own are tried.", err)
		return own
	}
	var theirs []string
	if err := json.Unmarshal(b, &theirs); err != nil {
		t.Fatal(err)
	}
	return append(own, theirs...)
}

func TestHostileNames(t *testing.T) {
	for _, s := range hostile(t) {
		v, _ := blocked()
		v.Service, v.Stage, v.Target, v.Phase = s, s, s, harness.Phase(s)
		v.Warnings = []string{s}
		v.Recovery = &harness.Recovery{Serves: s, Commit: s + s, Artifact: harness.Digest(s), Command: s}
		v.Rules = []harness.Ruling{{Rule: s, Result: harness.Result(s), Reason: s, Details: []string{s}, Hint: s}, {Rule: s, Result: harness.Pass, Reason: s}}
		rows := []harness.Row{{ID: s, Outcome: harness.Outcome(s), Reason: s, Where: s, Attempt: 1}, {ID: s, Outcome: harness.Skipped, Reason: s, Attempt: 1}}
		var text, md, junit bytes.Buffer
		if err := errors.Join(report.WriteText(&text, v, false), report.WriteSummary(&md, v, rows), report.WriteJUnit(&junit, s, rows)); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		for name, out := range map[string]string{"text": text.String(), "summary": md.String(), "junit": junit.String()} {
			for _, r := range out {
				if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
					t.Errorf("%s of %q holds %U", name, s, r)
				}
			}
		}
		if !strings.HasPrefix(text.String(), "BLOCK  ") || strings.Count(md.String(), "\n## ") != 0 || strings.Contains(md.String(), "<script") || strings.Contains(md.String(), "](") {
			t.Errorf("%q shows through:\n%s\n%s", s, text.String(), md.String())
		}
		for line := range strings.Lines(md.String()) {
			if strings.HasPrefix(line, "|") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 4 {
				t.Errorf("%q breaks the table: %s", s, line)
			}
		}
		wellFormed(t, junit.Bytes(), 2)
	}
}

// wellFormed checks that b is XML with one failure and n test cases.
func wellFormed(t *testing.T, b []byte, n int) {
	t.Helper()
	var got struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Cases    []struct {
			Failure *struct{} `xml:"failure"`
		} `xml:"testcase"`
	}
	if err := xml.Unmarshal(b, &got); err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	failures := 0
	for _, c := range got.Cases {
		if c.Failure != nil {
			failures++
		}
	}
	if got.Tests != n || len(got.Cases) != n || got.Failures != failures || failures == 0 {
		t.Errorf("got %d test cases with %d failures, header says %d and %d", len(got.Cases), failures, got.Tests, got.Failures)
	}
}

// GitHub drops a summary that is too long: then nobody sees why it is red.
func TestSummaryIsCut(t *testing.T) {
	v, _ := blocked()
	long := strings.Repeat("a reason that goes on and on | ", 100)
	for i := range 2000 {
		v.Rules = append(v.Rules, harness.Ruling{Rule: fmt.Sprint("rule ", i), Result: harness.Pass, Reason: long})
	}
	v.Rules = append(v.Rules, harness.Ruling{Rule: "the last", Result: harness.Fail, Reason: "seen"})
	var rows []harness.Row
	for i := range 20000 {
		rows = append(rows, harness.Row{ID: fmt.Sprint("p.Test", i), Outcome: harness.Failed, Reason: long})
	}
	var b bytes.Buffer
	if err := report.WriteSummary(&b, v, rows); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 256<<10 {
		t.Errorf("got %d bytes", b.Len())
	}
	for _, want := range []string{"BLOCK", "the last", "20000 failed", "Not passed (20000)", "did not fit and were left out"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// A failed write is told: a cut report must not look complete.
func TestWriteErrors(t *testing.T) {
	v, rows := blocked()
	for name, err := range map[string]error{
		"text":    report.WriteText(full{}, v, false),
		"summary": report.WriteSummary(full{}, v, rows),
		"junit":   report.WriteJUnit(full{}, "s", rows),
	} {
		if !errors.Is(err, errFull) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func ExampleWriteText() {
	v := harness.Verdict{
		Verdict: harness.Block, Phase: harness.Exit, Service: "orders", Stage: "acceptance", Target: "staging", Attested: true,
		Source: harness.Source{Commit: "3f9a1c2b4d5e6f708192a3b4c5d6e7f801234567", Tree: "t"},
		Rules: []harness.Ruling{
			{Rule: "complete", Result: harness.Pass, Reason: "8 of 8 planned rows"},
			{Rule: "outcomes", Result: harness.Fail, Reason: "1 row did not pass", Details: []string{"TestFeatures/pay: undefined"}, Hint: "write the step, or tag the scenario"},
		},
	}
	if err := report.WriteText(os.Stdout, v, false); err != nil {
		fmt.Println(err)
	}
	// Output:
	// BLOCK  acceptance exit  orders 3f9a1c2b4d5e on staging
	//
	//   ✓ complete  8 of 8 planned rows
	//   ✗ outcomes  1 row did not pass
	//       - TestFeatures/pay: undefined
	//       hint: write the step, or tag the scenario
}
