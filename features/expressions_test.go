package features

import (
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
)

type shade string

func (s *shade) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		return errors.New("no shade")
	}
	*s = shade("a " + string(b))
	return nil
}

type money struct {
	amount   int
	currency string
}

// runOne runs one step that matches and returns what its function got.
func runOne(t *testing.T, text string, define func(s *Steps[*world], got *[]any)) (harness.Row, []any) {
	t.Helper()
	var got []any
	reg, all := planned(t, func(s *Steps[*world]) { define(s, &got) }, map[string]string{"a.feature": "Feature: f\n  Scenario: s\n    When " + text + "\n"})
	row := testRunner(reg).attempt(t.Context(), all[0], 1).row
	return row, got
}

func TestExpressionValues(t *testing.T) {
	amount := func(n, currency string) (money, error) {
		var m money
		_, err := fmt.Sscan(n, &m.amount)
		m.currency = currency
		return m, err
	}
	ten, _ := new(big.Int).SetString("100000000000000000000", 10)
	for _, c := range []struct {
		text   string
		define func(s *Steps[*world], got *[]any)
		want   []any
	}{
		{"I order 3 boxes of \"green \\\"tea\\\"\"", func(s *Steps[*world], got *[]any) {
			s.When("I order {int} box(es) of {string}", func(_ *world, n uint8, what string) { *got = append(*got, n, what) })
		}, []any{uint8(3), `green "tea"`}},
		{"I pay 20 EUR", func(s *Steps[*world], got *[]any) {
			s.ParameterType("money", amount, `(\d+) (EUR|USD)`)
			s.When("I pay/return {money}", func(m money) { *got = append(*got, m) })
		}, []any{money{20, "EUR"}}},
		{"I pay 20 EUR twice", func(s *Steps[*world], got *[]any) { // the group of a regular expression is a {money}
			s.ParameterType("money", amount, `(\d+) (EUR|USD)`)
			s.When(`^I pay ((\d+) (EUR|USD)) (\w+)$`, func(m money, how string) { *got = append(*got, m, how) })
		}, []any{money{20, "EUR"}, "twice"}},
		{"I pay 20 EUR", func(s *Steps[*world], got *[]any) { // without a type, every group is a value
			s.When(`^I pay ((\d+) (EUR|USD))$`, func(all string, n int, c string) { *got = append(*got, all, n, c) })
		}, []any{"20 EUR", 20, "EUR"}},
		{"I wait 1m30s in dark for 100000000000000000000", func(s *Steps[*world], got *[]any) {
			s.When("I wait {} in {word} for {biginteger}", func(d time.Duration, x shade, n *big.Int) { *got = append(*got, d, x, n) })
		}, []any{90 * time.Second, shade("a dark"), ten}},
		{"it is not there", func(s *Steps[*world], got *[]any) {
			s.When(regexp.MustCompile(`it is( not)? there( today)?`), func(not, today *string) { *got = append(*got, *not, today == nil) })
		}, []any{" not", true}},
		{"the color is red", func(s *Steps[*world], got *[]any) { // no transformer: text
			s.ParameterType("color", nil, "red", "blue")
			s.When("the color is {color}", func(c string) { *got = append(*got, c) })
		}, []any{"red"}},
		{"I have:\n      | n | said |\n      | 1 | a b  |\n      | 2 |      |", func(s *Steps[*world], got *[]any) {
			type line struct {
				N    int
				Said *string
			}
			s.When("I have:", func(_ *world, lines []line) {
				*got = append(*got, len(lines), lines[0].N, *lines[0].Said, lines[1].Said == nil)
			})
		}, []any{2, 1, "a b", true}},
		{"I am 3:\n      | n | 7 |", func(s *Steps[*world], got *[]any) {
			s.When("I am {int}:", func(_ *world, n int, x *trailer) { *got = append(*got, n, *x) })
		}, []any{3, trailer{7}}},
	} {
		row, got := runOne(t, c.text, c.define)
		if row.Outcome != harness.Passed || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, %s %s, want %v", c.text, got, row.Outcome, row.Reason, c.want)
		}
	}
}

// A value that cannot be made fails the step, and says what was wanted.
func TestExpressionValueRefused(t *testing.T) {
	for _, c := range []struct {
		text, want string
		define     func(s *Steps[*world], got *[]any)
	}{
		{"I have 300", `"300" is out of range for an int8`, func(s *Steps[*world], _ *[]any) { s.When("I have {int}", func(int8) {}) }},
		{"I have 3 red", `{color} of "red": sold out`, func(s *Steps[*world], _ *[]any) {
			s.ParameterType("color", func(string) (shade, error) { return "", errors.New("sold out") }, "red")
			s.When("I have {int} {color}", func(int, shade) {})
		}},
		{"I have red", `panic: no paint`, func(s *Steps[*world], _ *[]any) {
			s.ParameterType("color", func(string) shade { panic("no paint") }, "red")
			s.When("I have {color}", func(shade) {})
		}},
		{"I have:\n      | n   |\n      | one |", `row 1, column "n": "one" is not an int`, func(s *Steps[*world], _ *[]any) {
			s.When("I have:", func([]trailer) {})
		}},
	} {
		row, _ := runOne(t, c.text, c.define)
		if row.Outcome != harness.Failed || !strings.Contains(row.Reason, c.want) {
			t.Errorf("%s: got %s %s, want %q", c.text, row.Outcome, row.Reason, c.want)
		}
	}
}

// What is wrong with a definition is said before anything runs, with its place.
func TestExpressionRefused(t *testing.T) {
	for _, c := range []struct {
		want   string
		define func(s *Steps[*world])
	}{
		{"anchor it with ^ and $, pass regexp.MustCompile", func(s *Steps[*world]) { s.When(`I have (\d+) balls`, func(int) {}) }},
		{"hint: s.ParameterType(\"color\", ...) before the steps", func(s *Steps[*world]) { s.When("a {color} ball", func(string) {}) }},
		{"want a string or a *regexp.Regexp, have int", func(s *Steps[*world]) { s.When(3, func() {}) }},
		{"the regular expression is nil", func(s *Steps[*world]) { s.When((*regexp.Regexp)(nil), func() {}) }},
		{"takes 2 values, the expression captures 1", func(s *Steps[*world]) { s.When("I have {int}", func(int, int) {}) }},
		{"parameter string: {color} is a features.shade (expressions_test.go", func(s *Steps[*world]) {
			s.ParameterType("color", func(s string) shade { return shade(s) }, "red")
			s.When("a {color} ball", func(string) {})
		}},
		{"already a parameter type with name int", func(s *Steps[*world]) { s.ParameterType("int", nil, "x") }},
		{"transformer must be a function", func(s *Steps[*world]) { s.ParameterType("color", 3, "x") }},
	} {
		s := newSteps[*world]()
		c.define(s)
		if err := errors.Join(s.err(), errors.Join(s.missing...)); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "expressions_test.go:") {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

// A struct for a table that is not there, or that nobody takes, is undefined.
func TestStructWithoutTable(t *testing.T) {
	for text, define := range map[string]func(s *Steps[*world], _ *[]any){
		"I have": func(s *Steps[*world], _ *[]any) { s.When("I have", func([]trailer) {}) },
		"I have:\n      \"\"\"\n      x\n      \"\"\"": func(s *Steps[*world], _ *[]any) { s.When("I have:", func(trailer) {}) },
		"I have:\n      | n |":                         func(s *Steps[*world], _ *[]any) { s.When("I have:", func(string) {}) },
	} {
		if row, _ := runOne(t, text, define); row.Outcome != harness.Undefined {
			t.Errorf("%q: got %s %s", text, row.Outcome, row.Reason)
		}
	}
}

// What is proposed can be pasted: it is a definition that matches.
func TestSnippet(t *testing.T) {
	s := newSteps[*world]()
	s.ParameterType("color", func(s string) shade { return shade(s) }, "red|blue")
	for text, want := range map[string]string{
		`I have 3 red "balls" a/b`: "s.Step(`I have {int} {color} {string} a\\/b`, func(w *world, ctx context.Context, arg1 int, arg2 shade, arg3 string) error {",
		`^ is 3 caret`:             "s.Step(`^\\^ is 3 caret$`, func(w *world, ctx context.Context) error {",
		`costs 3 $`:                "s.Step(`^costs 3 \\$$`,",
		`matches .*`:               "s.Step(`^matches \\.\\*$`,",
		"a ` tick":                 "s.Step(\"a ` tick\",",
	} {
		got := s.snippet(step{phrase: &phrase{text: text}})
		if !strings.Contains(got, want) {
			t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
		}
	}
}
