package results_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/results"
)

// Edits that make a file look greener, or that encoding/xml would let through.
func TestJUnitRefuses(t *testing.T) {
	const good = `<testsuites tests="2" failures="0"><testsuite name="s" tests="2" failures="0" errors="0" skipped="0"><testcase classname="c" name="a"/><testcase classname="c" name="b"></testcase></testsuite></testsuites>`
	if rows, err := results.Read("good", []byte(good)); err != nil || counts(rows) != "2 0 0 0 0 0 0" {
		t.Fatal(counts(rows), err)
	}
	for name, edit := range map[string][2]string{
		"a test case removed":       {`<testcase classname="c" name="a"/>`, ``},
		"a test case added":         {`<testcase classname="c" name="a"/>`, `<testcase classname="c" name="a"/><testcase classname="c" name="x"/>`},
		"a failure not counted":     {`name="b"></`, `name="b"><failure/></`},
		"a failure only counted":    {`tests="2" failures="0" errors`, `tests="2" failures="1" errors`},
		"an error only counted":     {`errors="0"`, `errors="1"`},
		"a skip not counted":        {`name="b"></`, `name="b"><skipped/></`},
		"a skip only counted":       {`skipped="0"`, `skipped="1"`},
		"a negative counter":        {`skipped="0"`, `skipped="-1"`},
		"a counter that is none":    {`tests="2" failures="0"><`, `tests="two" failures="0"><`},
		"a second root":             {`</testsuites>`, `</testsuites><testsuites/>`},
		"a second root, a good one": {`</testsuites>`, `</testsuites><testsuite name="z"><testcase name="z"/></testsuite>`},
		"text after the root":       {`</testsuites>`, `</testsuites>x`},
		"a duplicate attribute":     {`classname="c" name="b"`, `classname="c" name="b" name="a"`},
		"a document type":           {`<testsuites tests`, `<!DOCTYPE x><testsuites tests`},
		"an entity":                 {`name="b"`, `name="&b;"`},
		"another root":              {`testsuites`, `suites`},
		"an unknown element":        {`name="b"></`, `name="b"><aborted/></`},
		"an element's other case":   {`name="b"></`, `name="b"><Failure/></`},
		"a stray element":           {`<testsuite name`, `<testrun/><testsuite name`},
		"a test case of no suite":   {`<testsuite name`, `<testcase name="x"/><testsuite name`},
		"an unknown status":         {`name="b"></`, `name="b" status="greenish"></`},
		"an unnamed test":           {`name="b"`, `name=" "`},
		"cut short":                 {`</testsuite></testsuites>`, ``},
		"cut in the middle":         {`name="b"></testcase></testsuite></testsuites>`, ``},
		"a NUL":                     {`name="b"`, "name=\"\x00\""},
		"invalid UTF-8":             {`name="b"`, "name=\"\xff\""},
		"nested without an end":     {`name="b"></`, `name="b">` + strings.Repeat("<properties>", 100) + strings.Repeat("</properties>", 100) + `</`},
		"no test case":              {good, `<testsuites/>`},
		"nothing but a definition":  {good, `<?xml version="1.0"?>`},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.ReplaceAll(good, edit[0], edit[1])
			if text == good {
				t.Fatal("the edit changes nothing")
			}
			if rows, err := results.Read("edited", []byte(text)); err == nil {
				t.Errorf("accepted %s: %s", counts(rows), text)
			}
		})
	}
}

func TestJUnitOutcomes(t *testing.T) {
	for _, tt := range []struct {
		body   string
		want   string
		reason string
	}{
		{`<testcase name="x"/>`, "1 0 0 0 0 0 0", ""},
		{`<testcase name="x"><failure/></testcase>`, "0 1 0 0 0 0 0", "failed"},
		{`<testcase name="x"><error message="m">text</error></testcase>`, "0 1 0 0 0 0 0", "m\ntext"},
		{`<testcase name="x"><skipped message="later"/></testcase>`, "0 0 1 0 0 0 0", "later"},
		{`<testcase name="x"><skipped/></testcase>`, "0 0 1 0 0 0 0", ""},
		{`<testcase name="x"><skipped/><failure/></testcase>`, "0 1 0 0 0 0 0", "failed"},
		{`<testcase name="x" status="failed"/>`, "0 1 0 0 0 0 0", "status failed"},
		{`<testcase name="x" status="passed"><failure/></testcase>`, "0 1 0 0 0 0 0", "failed"},
		{`<testcase name="x" status="notrun" result="suppressed"/>`, "0 0 1 0 0 0 0", "notrun"},
		{`<testcase name="x" status="run" result="completed"/>`, "1 0 0 0 0 0 0", ""},
		{`<testcase name="x" status=""/>`, "0 0 0 0 0 0 1", "the tool wrote no status: nothing was executed"},
		{`<testcase name="x"><flakyFailure message="first"/></testcase>`, "1 1 0 0 0 0 0", "first"},
		{`<testcase name="x"><failure message="m"/><rerunFailure message="again"/></testcase>`, "0 2 0 0 0 0 0", "m"},
		{`<testcase name="x"/><error message="tear down"/>`, "1 1 0 0 0 0 0", ""},
	} {
		rows, err := results.ReadJUnit(strings.NewReader(`<testsuite name="s">` + tt.body + `</testsuite>`))
		if err != nil {
			t.Errorf("%s: %v", tt.body, err)
			continue
		}
		if counts(rows) != tt.want || rows[0].Reason != tt.reason {
			t.Errorf("%s: got %s %q, want %s %q", tt.body, counts(rows), rows[0].Reason, tt.want, tt.reason)
		}
		check(t, rows)
	}
}

func TestJUnitIdentity(t *testing.T) {
	rows, err := results.ReadJUnit(strings.NewReader(`<testsuites>
		<testsuite name="s" hostname="firefox"><testcase classname="s" name="a"/></testsuite>
		<testsuite name="s" hostname="chrome"><testcase classname="s" name="a"/></testsuite>
		<testsuite name="t"><testcase classname="c" name="a" file="x.py" line="3" time="1.5"/><testsuite name="u"><testcase name="a"/><testcase name="a"/></testsuite></testsuite>
	</testsuites>`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprintf("%s#%d", r.ID, r.Attempt))
	}
	want := "s [firefox]/s/a#1 s [chrome]/s/a#1 t/c/a#1 t/u/a#1 t/u/a#2"
	if strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, " "), want)
	}
	if rows[2].Where != "x.py:3" || rows[2].Took.String() != "1.5s" {
		t.Errorf("got %+v", rows[2])
	}
}
