package results_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/results"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/need"
)

// fixtures is the folder of results that real tools wrote.
func fixtures(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "fixtures")
	if _, err := os.Stat(dir); err != nil {
		need.Missing(t, "the folder of result files that real tools wrote ("+err.Error()+")", "check out the project's shared folder beside the repository")
	}
	return dir
}

// Every file of the fixtures is here: accepted with these counts, or refused
// with these words. Where the file looks better than what happened, and that
// cannot be seen in it, the comment says TRAP.
func TestFixtures(t *testing.T) {
	dir := fixtures(t)
	type want struct {
		counts   string // passed failed skipped undefined pending ambiguous empty
		attempts int    // most of one test
		err      string
	}
	ok := func(counts string) want { return want{counts: counts, attempts: 1} }
	refused := func(err string) want { return want{err: err} }
	table := map[string]want{
		"junit/dorny/empty_failures.xml":                                ok("2 1 0 0 0 0 0"),
		"junit/dorny/golang-json.json":                                  ok("1 4 1 0 0 0 0"),
		"junit/dorny/java-junit.xml":                                    refused("no test cases"),
		"junit/dorny/jest-junit-empty-testsuite.xml":                    refused("no test cases"),
		"junit/dorny/jest-test-results.xml":                             ok("0 2 0 0 0 0 0"), // tests="0" in its header
		"junit/enricomi/NUnit-sec1752-file.xml":                         refused("document type"),
		"junit/enricomi/corrupt-xml.xml":                                refused("unexpected EOF"),
		"junit/enricomi/disabled.xml":                                   ok("6 20 5 0 0 0 0"),
		"junit/enricomi/empty.xml":                                      refused("empty"),
		"junit/enricomi/junit.spark.integration.1.xml":                  ok("33 0 2 0 0 0 0"),
		"junit/enricomi/minimal-attributes.xml":                         ok("1 2 1 0 0 0 0"),
		"junit/enricomi/no-attributes.xml":                              refused("without a name"),
		"junit/enricomi/no-cases-but-tests.xml":                         refused("says tests=6 and holds 0"),
		"junit/enricomi/testsuite-in-testsuite.xml":                     ok("5 0 0 0 0 0 0"),
		"junit/enricomi/unsupported-unicode.xml":                        ok("1 4 2 0 0 0 0"),
		"junit/jenkins/TEST-io.olamy.AlwaysFailTest.xml":                {counts: "0 4 0 0 0 0 0", attempts: 4},
		"junit/jenkins/TestSuite_b.xml":                                 ok("1 0 0 0 0 0 0"),
		"junit/jenkins/TestSuite_b_nonduplicate.xml":                    ok("1 0 0 0 0 0 0"),
		"junit/jenkins/junit-report-errror-details.xml":                 refused("says tests=2 and holds 1"),
		"junit/jenkins/junit-report-huge.xml":                           {counts: "5131 24 2430 0 0 0 0", attempts: 4},
		"junit/jenkins/junit-report-testsuite-various-timestamps.xml":   refused("says tests=8 and holds 12"), // hand-written: 8 suites
		"junit/jenkins/testXxe-xxe.xml":                                 refused("encoding"),                  // and never asks for its entity
		"junit/mikepenz/TEST-test.CorruptTest.xml":                      refused("unexpected EOF"),
		"junit/mikepenz/basic.xml":                                      ok("2 1 0 0 0 0 0"),
		"junit/mikepenz/flaky_success_first.xml":                        {counts: "1 2 0 0 0 0 0", attempts: 3},
		"junit/parser/playwright-failures.xml":                          ok("14 2 0 0 0 0 0"), // two browsers, not two attempts
		"junit/parser/testsuite-with-error.xml":                         ok("1 1 0 0 0 0 0"),
		"junit/testkube/high-level-testcase-both-error-and-failure.xml": ok("6 2 0 0 0 0 0"),
		"cucumber-junit/all-statuses.default.xml":                       ok("1 4 1 0 0 0 0"),
		"cucumber-junit/global-hooks-afterall-error.default.xml":        ok("1 0 0 0 0 0 0"), // TRAP: AfterAll failed, only the exit code tells
		"cucumber-junit/skipped-failing-hook.default.xml":               ok("0 1 0 0 0 0 0"),
		"cucumber-junit/test-run-exception.default.xml":                 refused("no test cases"),
		"gotest-json/go-test-build-failed.out":                          ok("0 1 0 0 0 0 0"),
		"gotest-json/go-test-json-misattributed.out":                    ok("0 1 0 0 0 0 0"),
		"gotest-json/go-test-json-missing-test-fail.out":                ok("0 1 0 0 0 0 0"),
		"gotest-json/go-test-json-panic-race-1.out":                     ok("1 1 0 0 0 0 0"),
		"gotest-json/go-test-json-with-nonjson-stdout.out":              refused("not an event"),
		"test2json/ascii.json":                                          ok("1 0 0 0 0 0 0"),
		"test2json/attr.json":                                           ok("1 0 0 0 0 0 0"),
		"test2json/bench.json":                                          refused("no test cases"),
		"test2json/benchfail.json":                                      ok("0 1 0 0 0 0 0"),
		"test2json/benchshort.json":                                     refused("never ended"),
		"test2json/empty.json":                                          refused("never ended"),
		"test2json/frame.json":                                          ok("1 0 0 0 0 0 0"),
		"test2json/framebig.json":                                       refused("ended twice"), // on purpose: test2json's own test
		"test2json/framefuzz.json":                                      ok("6 0 0 0 0 0 0"),
		"test2json/issue23036.json":                                     ok("0 1 0 0 0 0 0"),
		"test2json/issue23920.json":                                     ok("1 0 0 0 0 0 0"),
		"test2json/issue29755.json":                                     ok("0 1 0 0 0 0 0"),
		"test2json/panic.json":                                          ok("0 1 0 0 0 0 0"),
		"test2json/smiley.json":                                         refused("cached"),
		"test2json/timeout.json":                                        ok("0 1 0 0 0 0 0"),
		"test2json/unicode.json":                                        ok("1 0 0 0 0 0 0"),
		"test2json/vet.json":                                            refused("cached"),
		"godog/cucumber__scenario_outline":                              refused("neither"),
		"godog/junit__empty":                                            refused("no test cases"),
		"godog/junit__some_scenarios_including_failing":                 ok("0 1 0 1 1 1 0"),
		"godog-generated/all.junit":                                     ok("2 1 1 1 1 0 1"),
		"godog-generated/nonstrict.junit":                               ok("2 0 1 1 1 0 1"), // its process exited 0
		"godog-generated/zero.junit":                                    refused("no test cases"),
		"godog-generated/all.events":                                    refused("not an event"),
		"godog-generated/nonstrict.events":                              refused("not an event"),
		"godog-generated/zero.events":                                   refused("not an event"),
	}
	for _, other := range []string{"cucumber", "pretty", "progress"} {
		for _, run := range []string{"all", "nonstrict", "zero"} {
			table["godog-generated/"+run+"."+other] = refused("neither")
		}
	}
	for _, pattern := range []string{"junit/*/*", "cucumber-junit/*", "gotest-json/*", "test2json/*.json", "godog/*", "godog-generated/*"} {
		files, _ := filepath.Glob(filepath.Join(dir, pattern))
		if len(files) == 0 {
			t.Errorf("%s: no fixtures", pattern)
		}
		for _, file := range files {
			name, _ := filepath.Rel(dir, file)
			if strings.HasSuffix(name, ".exit") || strings.HasSuffix(name, ".feature") {
				continue
			}
			t.Run(name, func(t *testing.T) {
				want, ok := table[filepath.ToSlash(name)]
				if !ok {
					t.Fatal("the table does not say what to expect of this file")
				}
				delete(table, filepath.ToSlash(name))
				b, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				rows, err := results.Read(name, b)
				if want.err != "" {
					if err == nil || !strings.Contains(err.Error(), want.err) {
						t.Fatalf("got %v, %v; want an error with %q", harness.CountRows(rows), err, want.err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := counts(rows); got != want.counts {
					t.Errorf("got %s, want %s", got, want.counts)
				}
				most := 0
				for _, r := range rows {
					most = max(most, r.Attempt)
				}
				if most != want.attempts {
					t.Errorf("got %d attempts, want %d", most, want.attempts)
				}
				check(t, rows)
			})
		}
	}
	for name := range table {
		t.Errorf("%s is in the table and not among the fixtures", name)
	}
}

func counts(rows []harness.Row) string {
	c := harness.CountRows(rows)
	return strings.Trim(fmt.Sprint([]int{c[harness.Passed], c[harness.Failed], c[harness.Skipped], c[harness.Undefined], c[harness.Pending], c[harness.Ambiguous], c[harness.Empty]}), "[]")
}

// check holds what is true of all rows of all readers.
func check(t *testing.T, rows []harness.Row) {
	t.Helper()
	seen := map[string]int{}
	for _, r := range rows {
		if r.ID == "" || r.Name == "" || r.Kind != harness.Test || r.Mode != "" || r.Outcome == "" {
			t.Errorf("incomplete row %+v", r)
		}
		if r.Outcome == harness.Passed && r.Reason != "" {
			t.Errorf("%s passed with the reason %q", r.ID, r.Reason)
		}
		if r.Outcome == harness.Failed && r.Reason == "" {
			t.Errorf("%s failed without a reason", r.ID)
		}
		if seen[r.ID]++; r.Attempt != seen[r.ID] {
			t.Errorf("%s: got attempt %d, want %d", r.ID, r.Attempt, seen[r.ID])
		}
	}
	if len(rows) == 0 {
		t.Error("accepted with no rows")
	}
}

func TestGoTest(t *testing.T) {
	line := func(action, test string) string {
		return fmt.Sprintf(`{"Action":%q,"Package":"p","Test":%q}`+"\n", action, test)
	}
	pkg := func(action string) string { return fmt.Sprintf(`{"Action":%q,"Package":"p"}`+"\n", action) }
	a := line("run", "TestA")
	for _, tt := range []struct {
		name, text, want, err string
	}{
		{"passed", a + line("pass", "TestA") + pkg("pass"), "1 0 0 0 0 0 0", ""},
		{"rerun by gotestsum", a + line("fail", "TestA") + pkg("fail") + a + line("pass", "TestA") + pkg("pass"), "1 1 0 0 0 0 0", ""},
		{"-count=2", a + line("fail", "TestA") + a + line("pass", "TestA") + pkg("fail"), "1 1 0 0 0 0 0", ""},
		{"no end of the test", a + pkg("fail"), "0 1 0 0 0 0 0", ""},
		{"a subtest failed, its parent passed", a + line("run", "TestA/s") + line("fail", "TestA/s") + line("pass", "TestA") + pkg("fail"), "0 1 0 0 0 0 0", ""},
		{"a subtest was skipped", a + line("run", "TestA/s") + line("skip", "TestA/s") + line("pass", "TestA") + pkg("pass"), "0 0 1 0 0 0 0", ""},
		{"no end of the package", a + line("pass", "TestA"), "", "never ended"},
		{"the package passed, a test did not", a + line("fail", "TestA") + pkg("pass"), "", "although"},
		{"the package failed by itself", a + line("pass", "TestA") + pkg("fail"), "1 1 0 0 0 0 0", ""},
		{"no test", pkg("pass"), "", "without running"},
		{"no test files", pkg("skip"), "", "no test cases"},
		{"ended twice", a + line("fail", "TestA") + line("pass", "TestA") + pkg("fail"), "", "twice"},
		{"after its package", a + line("pass", "TestA") + pkg("pass") + line("output", "TestA"), "", "after its package"},
		{"another member twice", `{"Action":"fail","Action":"pass","Package":"p"}`, "", "not an event"},
		{"an unknown action", `{"Action":"won","Package":"p"}`, "", "not an event"},
		{"a build alone", `{"Action":"build-fail","ImportPath":"p"}`, "0 1 0 0 0 0 0", ""},
		{"nothing", "\n", "", "no test cases"},
	} {
		rows, err := results.ReadGoTest(strings.NewReader(tt.text))
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: got error %v, want %q", tt.name, err, tt.err)
		}
		if err == nil && counts(rows) != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, counts(rows), tt.want)
		}
		if err == nil {
			check(t, rows)
		}
	}
}

func TestSizeLimit(t *testing.T) {
	big := bytes.Repeat([]byte(" "), results.MaxSize+1)
	for name, read := range map[string]func() error{
		"junit":   func() error { _, err := results.ReadJUnit(bytes.NewReader(big)); return err },
		"go test": func() error { _, err := results.ReadGoTest(bytes.NewReader(big)); return err },
	} {
		if err := read(); err == nil || !strings.Contains(err.Error(), "64 MiB") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := results.Read("x", nil); !errors.Is(err, results.ErrNoTests) {
		t.Errorf("got %v", err)
	}
}

func FuzzReadJUnit(f *testing.F) {
	f.Add([]byte(`<testsuite name="s" tests="1"><testcase name="a" status="passed"><failure message="m">t</failure></testcase></testsuite>`))
	f.Add([]byte(`<testsuites><testsuite><testcase name="a"/><testcase name="a"><rerunError/></testcase></testsuite></testsuites>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := results.ReadJUnit(bytes.NewReader(b))
		if err != nil {
			return
		}
		check(t, rows)
		if n := bytes.Count(b, []byte("<")); len(rows) > n {
			t.Errorf("%d rows of %d elements", len(rows), n)
		}
	})
}

func FuzzReadGoTest(f *testing.F) {
	f.Add([]byte(`{"Action":"run","Package":"p","Test":"TestA"}` + "\n" + `{"Action":"pass","Package":"p","Test":"TestA"}` + "\n" + `{"Action":"pass","Package":"p"}`))
	f.Add([]byte(`{"Action":"fail","Package":"p","FailedBuild":"p"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if rows, err := results.ReadGoTest(bytes.NewReader(b)); err == nil {
			check(t, rows)
		}
	})
}

func ExampleRead() {
	rows, err := results.Read("out.xml", []byte(`<testsuite name="checkout" tests="2" failures="1">
	<testcase name="pays by card"/>
	<testcase name="pays by invoice"><failure message="no invoice"/></testcase>
</testsuite>`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range rows {
		fmt.Printf("%s: %s %q\n", r.ID, r.Outcome, r.Reason)
	}
	// Output:
	// checkout/pays by card: passed ""
	// checkout/pays by invoice: failed "no invoice"
}
