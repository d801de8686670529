package tags_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/stagegate/stagegate/harness/tags"
	"github.com/stagegate/stagegate/internal/need"
)

// vectors reads one file of Cucumber's published cases.
func vectors[T any](t *testing.T, name string) []T {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "vectors", "tag-expressions", name)
	b, err := os.ReadFile(path)
	if err != nil {
		need.Missing(t, "the folder of published cases ("+err.Error()+")", "put cucumber/tag-expressions' testdata at ../shared/vectors beside the repository")
	}
	var all []T
	if err := yaml.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) < 7 {
		t.Fatalf("%s has %d cases", name, len(all))
	}
	return all
}

func TestParsingVectors(t *testing.T) {
	for _, c := range vectors[struct{ Expression, Formatted string }](t, "parsing.yml") {
		got, err := tags.Parse(c.Expression)
		if err != nil {
			t.Errorf("%q: %v", c.Expression, err)
			continue
		}
		if got.String() != c.Formatted {
			t.Errorf("%q: got %q, want %q", c.Expression, got, c.Formatted)
		}
	}
}

func TestErrorVectors(t *testing.T) {
	for _, c := range vectors[struct{ Expression, Error string }](t, "errors.yml") {
		_, err := tags.Parse(c.Expression)
		if got := fmt.Sprint(err); got != c.Error {
			t.Errorf("%q:\n got %q\nwant %q", c.Expression, got, c.Error)
		}
	}
}

func TestEvaluationVectors(t *testing.T) {
	for _, c := range vectors[struct {
		Expression string
		Tests      []struct {
			Variables []string
			Result    bool
		}
	}](t, "evaluations.yml") {
		e, err := tags.Parse(c.Expression)
		if err != nil {
			t.Errorf("%q: %v", c.Expression, err)
			continue
		}
		for _, test := range c.Tests {
			if got := e.Match(test.Variables); got != test.Result {
				t.Errorf("%q on %q: got %v, want %v", c.Expression, test.Variables, got, test.Result)
			}
		}
	}
}

// What another tool understands must not be read as the name of a tag.
func TestForeignSyntax(t *testing.T) {
	for expression, hint := range map[string]string{
		"~@wip":           `"not @wip"`,
		"!@wip":           `"not @wip"`,
		"-@wip":           `"not @wip"`,
		"@a && @b":        `"@a and @b"`,
		"@a&&@b":          `"@a and @b"`,
		"@a && ~@b":       `"@a and @b"`,
		"@a,@b":           `"@a or @b"`,
		"@a,~@b":          `"@a or not @b"`,
		"@a,":             `"@a or @b"`,
		"@a || @b":        `"@a or @b"`,
		"@a AND @b":       "written small: and",
		"NOT @a":          "written small: not",
		"@a and (@b, @c)": `"@a or @b"`,
	} {
		_, err := tags.Parse(expression)
		var syntax *tags.SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(syntax.Hint, hint) {
			t.Errorf("%q: got %v, want a hint with %s", expression, err, hint)
		}
	}
}

func TestZeroMatchesNothing(t *testing.T) {
	var zero tags.Expr
	if zero.Match(nil) || zero.Match([]string{"@a"}) {
		t.Error("the zero expression matches")
	}
	if e, err := tags.Parse("@a and"); err == nil || e.Match([]string{"@a"}) {
		t.Error("what could not be read matches")
	}
}

func TestEscapedOperator(t *testing.T) {
	for _, expression := range []string{`\(`, `\)`, `a\ b`, `x\\`} {
		e, err := tags.Parse(expression)
		if err != nil || len(e.Tags()) != 1 || !e.Match(e.Tags()) {
			t.Errorf("%q: %q, %v", expression, e.Tags(), err)
		}
	}
}

func TestDeep(t *testing.T) {
	for _, s := range []string{strings.Repeat("(", 1<<20), strings.Repeat("not ", 1<<20) + "@a"} {
		if _, err := tags.Parse(s); err == nil {
			t.Error("a million levels were accepted")
		}
	}
}

func ExampleParse() {
	e, err := tags.Parse("@smoke and not @slow")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Match([]string{"@smoke"}), e.Match([]string{"@smoke", "@slow"}))
	_, err = tags.Parse("~@slow")
	fmt.Println(err)
	// Output:
	// true false
	// Tag expression "~@slow" could not be parsed because of syntax error: "~@slow" is not a tag. Hint: write "not @slow".
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "@a", "not (@a and @b) or @c", `x\ or y`, `a\\\( and b\\\)`, "~@a", "@a && @b", "@a,"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := tags.Parse(s)
		if err != nil {
			if e.Match(nil) {
				t.Errorf("%q: an error, and matches", s)
			}
			return
		}
		again, err := tags.Parse(e.String())
		if err != nil || again.String() != e.String() {
			t.Errorf("%q: formatted as %q, which reads as %q, %v", s, e, again, err)
		}
		if e.Match(nil) != again.Match(nil) || e.Match(e.Tags()) != again.Match(e.Tags()) {
			t.Errorf("%q and %q differ", s, e)
		}
	})
}
