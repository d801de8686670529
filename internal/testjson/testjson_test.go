package testjson_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/testjson"
)

// stream writes events, each "action test" or "action" for the package p.
func stream(events ...string) string {
	var b strings.Builder
	for _, e := range events {
		action, rest, _ := strings.Cut(e, " ")
		test, output, _ := strings.Cut(rest, " ")
		fmt.Fprintf(&b, `{"Action":%q,"Package":"p"`, action)
		if test != "" {
			fmt.Fprintf(&b, `,"Test":%q`, test)
		}
		if output != "" {
			fmt.Fprintf(&b, `,"Output":%q`, output+"\n")
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func read(t *testing.T, text string) *testjson.Stream {
	t.Helper()
	s, err := testjson.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		name   string
		events []string
		want   harness.Outcome
		reason string
	}{
		{"passed", []string{"run T", "output T noise", "pass T", "pass"}, harness.Passed, ""},
		{"failed", []string{"run T", "output T === RUN   T", "output T     x_test.go:1: no", "output T --- FAIL: T (0.00s)", "fail T", "fail"}, harness.Failed, "x_test.go:1: no"},
		{"failed silently", []string{"run T", "fail T", "fail"}, harness.Failed, "T failed"},
		{"never ended", []string{"run T", "output T panic: boom", "fail"}, harness.Failed, "T never ended: panic: boom"},
		{"a subtest never ended", []string{"run T", "run T/a", "pass T", "pass"}, harness.Failed, "T/a never ended"},
		{"a subtest failed deep down", []string{"run T", "run T/a", "run T/a/b", "output T/a/b no", "fail T/a/b", "fail T/a", "fail T", "fail"}, harness.Failed, "T/a/b: no"},
		{"a subtest failed, its parents passed", []string{"run T", "run T/a", "run T/a/b", "fail T/a/b", "pass T/a", "pass T", "pass"}, harness.Failed, "T/a/b failed"},
		{"skipped", []string{"run T", "output T later", "skip T", "pass"}, harness.Skipped, "later"},
		{"skipped without a word", []string{"run T", "output T --- SKIP: T (0.00s)", "skip T", "pass"}, harness.Skipped, ""},
		{"one subtest of two was skipped", []string{"run T", "run T/a", "pass T/a", "run T/b", "output T/b later", "skip T/b", "pass T", "pass"}, harness.Skipped, "T/b was skipped: later"},
		{"one of two skips says why", []string{"run T", "run T/a", "skip T/a", "run T/b", "output T/b later", "skip T/b", "pass T", "pass"}, harness.Skipped, ""},
		{"failed and skipped", []string{"run T", "run T/a", "skip T/a", "run T/b", "output T/b no", "fail T/b", "fail T", "fail"}, harness.Failed, "T/b: no"},
		{"two ends, the good one last", []string{"run T", "output T no", "fail T", "pass T", "fail"}, harness.Failed, "no"},
		{"two ends, the good one first", []string{"run T", "pass T", "fail T", "fail"}, harness.Failed, "T failed"},
		{"an end after the package's", []string{"run T", "fail", "pass T"}, harness.Passed, ""}, // and it is odd: see below
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, reason := read(t, stream(tt.events...)).Package("p").Latest("T").Judge()
			if got != tt.want || reason != tt.reason {
				t.Errorf("got %s %q, want %s %q", got, reason, tt.want, tt.reason)
			}
		})
	}
}

func TestOdd(t *testing.T) {
	for name, text := range map[string]string{
		"text":                "ok p 0.1s",
		"an array":            `[]`,
		"a member twice":      `{"Action":"fail","Action":"pass","Package":"p"}`,
		"the other case":      `{"action":"pass","Package":"p"}`,
		"an unknown action":   `{"Action":"passed","Package":"p"}`,
		"invalid UTF-8":       "{\"Action\":\"pass\",\"Package\":\"\xff\"}",
		"half a line":         `{"Action":"pass","Pack`,
		"two on a line":       `{"Action":"pass","Package":"p"}{"Action":"pass","Package":"p"}`,
		"after the package":   stream("run T", "pass T", "pass", "output T late"),
		"an end that is late": stream("run T", "fail", "pass T"),
	} {
		if s := read(t, text); len(s.Odd) == 0 {
			t.Errorf("%s: nothing is odd", name)
		}
	}
	if s := read(t, strings.Repeat("x\n", 1000)); len(s.Odd) > 100 {
		t.Errorf("kept %d odd lines", len(s.Odd))
	}
}

func TestPackageEnds(t *testing.T) {
	p := read(t, stream("start", "run T", "fail T", "output  noise", "fail", "run T", "pass T", "fail")).Package("p")
	if len(p.Ends) != 2 || p.Ends[0].Unexplained || !p.Ends[1].Unexplained || p.Ends[0].Tests != 1 || len(p.Tests) != 2 || p.Tests[1].Attempt != 2 || p.Open {
		t.Errorf("got %+v", p)
	}
	for line, is := range map[string]func(testjson.End) bool{
		"ok  \tp\t(cached)":                   func(e testjson.End) bool { return e.Cached },
		"ok  \tp\t0.1s [no tests to run]":     func(e testjson.End) bool { return e.NoTests },
		"?   \tp\t[no test files]":            func(e testjson.End) bool { return e.NoFiles },
		"ok  \tp\t(cached) [no tests to run]": func(e testjson.End) bool { return e.Cached && e.NoTests },
	} {
		text := fmt.Sprintf(`{"Action":"output","Package":"p","Output":%q}`+"\n", line+"\n") + stream("pass")
		if e := read(t, text).Package("p").Ends[0]; !is(e) {
			t.Errorf("%q: got %+v", line, e)
		}
	}
}

func TestExcerpt(t *testing.T) {
	var e testjson.Excerpt
	e.Add("first\n")
	for range 10000 {
		e.Add("filling line\n")
	}
	e.Add("last\n")
	s := e.String()
	if len(s) > 8<<10 || !strings.HasPrefix(s, "first\n") || !strings.HasSuffix(s, "last\n") || !strings.Contains(s, "[...]") {
		t.Errorf("got %d bytes: %.40q", len(s), s)
	}
	if text := e.Text(); len(text) > 2000 {
		t.Errorf("got a reason of %d bytes", len(text))
	}
}

// A stream that is cut at any line must not look complete.
func TestCut(t *testing.T) {
	texts := []string{stream("start", "run T", "run T/a", "pass T/a", "pass T", "run U", "pass U", "output  PASS", "pass")}
	files, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "fixtures", "gotest-json", "*.out"))
	if len(files) == 0 && os.Getenv("STAGEGATE_REQUIRE") == "all" {
		t.Fatal("the fixtures are missing: check out the project's shared folder beside the repository")
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(b))
	}
	for i, text := range texts {
		all := strings.SplitAfter(strings.TrimSpace(text), "\n")
		for n := 1; n < len(all); n++ {
			complete := true
			s := read(t, strings.Join(all[:n], ""))
			for _, p := range s.Packages {
				complete = complete && len(p.Ends) > 0 && !p.Open
			}
			if complete && len(s.Odd) == 0 && len(s.Packages) > 0 {
				t.Errorf("stream %d, cut after line %d of %d, looks complete", i, n, len(all))
			}
		}
	}
}

func FuzzStream(f *testing.F) {
	f.Add(stream("start", "run T", "run T/a", "output T/a x", "skip T/a", "pass T", "pass"))
	f.Add(stream("run T", "fail", "run T", "pass T", "pass"))
	f.Add(`{"Action":"build-output","ImportPath":"p","Output":"x"}` + "\n" + `{"Action":"build-fail","ImportPath":"p"}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := testjson.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, p := range s.Packages {
			for _, q := range p.Tests {
				o, reason := q.Judge()
				if o != harness.Passed && o != harness.Failed && o != harness.Skipped || o == harness.Failed && reason == "" {
					t.Errorf("got %q %q", o, reason)
				}
				if o == harness.Passed && !strings.Contains(text, "pass") && !strings.Contains(text, "bench") && !strings.Contains(text, `\u`) {
					t.Errorf("%s passed", q.Name)
				}
			}
		}
	})
}
