package features

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	gherkin "github.com/cucumber/gherkin/go/v42"
	"github.com/cucumber/godog"
	messages "github.com/cucumber/messages/go/v34"

	"github.com/stagegate/stagegate/internal/expression"
)

type named string

type trailer struct{ N int }

func TestDefine(t *testing.T) {
	w := reflect.TypeFor[*world]()
	for _, c := range []struct {
		expr string
		fn   any
		want string // of the error; none if it is empty
	}{
		{`^a$`, func() {}, ""},
		{`^a$`, func(*world) error { return nil }, ""},
		{`^a$`, func(*world, context.Context) context.Context { return nil }, ""},
		{`^a$`, func(context.Context) (context.Context, error) { return nil, nil }, ""},
		{`^(a)(b)$`, func(string) {}, ""},
		{`^(a)(b)$`, func(*world, context.Context, int8, uint64) {}, ""},
		{`^(a)(b)(c)$`, func(float64, bool, []byte) {}, ""},
		{`^(a)$`, func(int, *godog.Table) {}, ""},
		{`^(a)$`, func(int, *godog.DocString) {}, ""},
		{`^(a)$`, func(int, string) {}, ""},
		{`^a$`, func(*world, []byte) {}, ""},
		{`^a$`, nil, "want a function"},
		{`^a$`, "x", "want a function"},
		{`^a$`, (func())(nil), "function is nil"},
		{`^(a)$`, func(...string) {}, "must be fixed"},
		{`^a$`, func() int { return 0 }, "must return"},
		{`^a$`, func() (error, error) { return nil, nil }, "must return"},
		{`^a$`, func() (error, context.Context) { return nil, nil }, "must return"},
		{`^a$`, func() godog.Steps { return nil }, "not supported"},
		{`^a$`, func(int) {}, "captures 0"},
		{`^(a)$`, func(int, int) {}, "captures 1"},
		{`^(a)$`, func(int, int, int) {}, "captures 1"},
		{`^(a)$`, func(*godog.Table) {}, "after the 1 captured"},
		{`^(a)(b)$`, func(int, *godog.Table) {}, "after the 2 captured"},
		{`^(a)(b)$`, func(int, *godog.Table, int) {}, "last parameter"},
		{`^(a)$`, func(named) {}, ""},
		{`^a$`, func([]world) {}, ""},
		{`^a$`, func(*world, *trailer) {}, ""},
		{"{int} {string} {}", func(*world, uint8, named, *string, trailer) {}, ""},
		{"{int}", func([]byte, time.Duration) {}, "captures 1"},
		{"{int}", func(int, int) {}, "captures 1"},
		{`^(a)$`, func(world) {}, "parameter features.world"},
		{`^(a)$`, func(complex64) {}, "parameter complex64"},
		{`^(a)$`, func([]int) {}, "parameter []int"},
		{`^(a)(b)$`, func(string, *world) {}, "parameter *features.world"},
		{`^(a)(b)$`, func(string, context.Context) {}, "parameter context.Context"},
	} {
		e, err := expression.Compile(c.expr, expression.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		_, err = define(e, c.fn, w)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %T: got %v, want %q", c.expr, c.fn, err, c.want)
		}
	}
}

// The hash changes with what is tested, and with nothing else.
func TestHash(t *testing.T) {
	const base = "Feature: f\n  Background:\n    Given I have 1\n  Scenario: s\n    When I add all of\n      | n |\n      | 1 |\n    And I say\n      \"\"\"md\n      x\n      \"\"\"\n"
	hash := func(text string) string {
		_, all := planned(t, sampleSteps, map[string]string{"a.feature": text})
		return all[len(all)-1].hash
	}
	for _, same := range [][2]string{
		{"Feature: f", "# more\n\n@tag\nFeature: g"}, {"Scenario: s", "@a\n  Scenario: t"}, {"      | 1 |", "      |   1   |"}, {"\"\"\"", "```"}, {"And I", "When I"},
	} {
		if hash(base) != hash(strings.ReplaceAll(base, same[0], same[1])) {
			t.Errorf("%q for %q changes the hash", same[1], same[0])
		}
	}
	for _, other := range [][2]string{
		{"I have 1", "I have 2"}, {"When I add", "Then I add"}, {"| 1 |", "| 2 |"}, {"| n |\n      | 1 |", "| n | 1 |"}, {"      x", "      y"}, {"md", "txt"},
		{"  Scenario", "  Rule: r\n  Scenario"}, {"    And I say\n      \"\"\"md\n      x\n      \"\"\"\n", ""},
	} {
		if hash(base) == hash(strings.ReplaceAll(base, other[0], other[1])) {
			t.Errorf("%q for %q does not change the hash", other[1], other[0])
		}
	}
}

func TestDistinct(t *testing.T) {
	got := distinct([]string{"a", "a", "a#01", "a", "b", "a#01"})
	want := []string{"a", "a#02", "a#01", "a#03", "b", "a#01#01"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Whatever a scenario is called, godog runs it.
func FuzzNames(f *testing.F) {
	f.Add("Feature: f\n  Background:\n    Given a\n  Rule: r\n    Background:\n      * b\n    @x\n    # c\n    @y\n    Scenario Outline: <a>\n      * <a>\n        | <a> |\n      Examples:\n        | a |\n        | 1 |\n      @z\n      Examples: two\n        | a |\n        # between\n        | 2 |\n        | 3 |")
	f.Add("# language: de\nFunktionalität: f\n\n  Szenario: s\n    * a\n      \"\"\"\n      Szenario: no\n\n      \"\"\"\n\n  # end\n")
	f.Add("\uFEFFFeature: f\r\n  Scenario: s\r\n    * a\r\n  Scenario: t\r\n    * b\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := read(fstest.MapFS{"a.feature": {Data: []byte(text)}}, "T", (&messages.Incrementing{}).NewId, nil)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, sc := range all {
			if seen[sc.id] || rewrite(sc.sub) != sc.sub {
				t.Errorf("name %q", sc.id)
			}
			seen[sc.id] = true
			if sc.problem != "" {
				continue
			}
			ids := (&messages.Incrementing{}).NewId
			doc, err := gherkin.ParseGherkinDocument(strings.NewReader(fmt.Sprintf(source, strings.TrimSpace(sc.name))), ids)
			if err != nil {
				t.Fatalf("%v for the name %q", err, sc.name)
			}
			if pickles := gherkin.Pickles(*doc, "", ids); len(pickles) != 1 || len(pickles[0].Steps) != 1 || pickles[0].Steps[0].Text != "parts" {
				t.Fatalf("%d pickles for the name %q", len(pickles), sc.name)
			}
		}
	})
}
