package expression_test

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/expression"
)

type color struct{ name string }

func registry(t testing.TB, types ...expression.ParameterType) *expression.Registry {
	t.Helper()
	r := expression.NewRegistry()
	for _, p := range types {
		if err := r.Define(p); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func colorType() expression.ParameterType {
	return expression.ParameterType{Name: "color", Regexps: []string{"red|blue"}, UseForSnippets: true,
		Transform: reflect.ValueOf(func(s string) color { return color{s} })}
}

// What is a regular expression, what is a Cucumber expression, and what is
// neither: a regular expression without anchors must not become an expression
// that matches nothing.
func TestCompileTellsApart(t *testing.T) {
	for _, c := range []struct {
		source   string
		cucumber bool
		want     string // part of the error
	}{
		{"I have {int} ball(s)", true, ""},
		{"I wait {int} second(s)./second(s)?", true, ""},
		{"", true, ""},
		{`a \{ \\d`, true, ""},
		{"^I have (.*)", false, ""},
		{"I have (.*)$", false, ""},
		{`/I have (\d+)/`, false, ""},
		{`I have (\d+) balls`, false, "anchor it with ^ and $"},
		{`I have (.*)`, false, "looks like a regular expression"},
		{`I have .+ balls`, false, "looks like a regular expression"},
		{`I have "([^"]*)"`, false, "looks like a regular expression"},
		{`I (?:have|had) it`, false, "looks like a regular expression"},
		{`(?i)I have it`, false, "looks like a regular expression"},
		{`I have [0-9] balls`, false, "looks like a regular expression"},
		{`I have (ball)+`, false, "looks like a regular expression"},
		{`^I have (`, false, "missing closing )"},
		{`^I have (?=x)`, false, "no lookahead"},
		{"I have {ints}", false, "Undefined parameter type 'ints'"},
		{"I have \xff", false, "not UTF-8"},
	} {
		e, err := expression.Compile(c.source, expression.NewRegistry())
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q: got %v, want %q", c.source, err, c.want)
			}
			continue
		}
		if err != nil || e.Cucumber() != c.cucumber {
			t.Errorf("%q: got %v, want cucumber %v", c.source, err, c.cucumber)
		}
	}
	if _, err := expression.Regexp(nil, expression.NewRegistry()); err == nil {
		t.Error("nil was taken for a regular expression")
	}
}

func TestProblem(t *testing.T) {
	_, err := expression.Compile("a {colour} ball", expression.NewRegistry())
	var p *expression.Problem
	if !errors.As(err, &p) || p.UndefinedType != "colour" || p.Column != 3 {
		t.Errorf("got %#v", err)
	}
}

// A custom type's value comes from its transformer; its groups within are what
// the transformer gets, and one that matched nothing is empty.
func TestTransform(t *testing.T) {
	pair := expression.ParameterType{Name: "pair", Regexps: []string{`(\d+)-(\d+)`, `(none)`},
		Transform: reflect.ValueOf(func(a, b, none string) ([3]string, error) { return [3]string{a, b, none}, nil })}
	level := expression.ParameterType{Name: "level", Regexps: []string{`\d+`}, Transform: reflect.ValueOf(strconv.Atoi)}
	r := registry(t, colorType(), pair, level)
	for _, c := range []struct {
		source, text string
		want         any
	}{
		{"a {color} ball", "a red ball", color{"red"}},
		{"^a (red|blue) ball$", "a red ball", color{"red"}},
		{"{pair}", "3-4", [3]string{"3", "4", ""}},
		{"{pair}", "none", [3]string{"", "", "none"}},
		{"{level}", "12", 12},
	} {
		e, err := expression.Compile(c.source, r)
		if err != nil {
			t.Fatal(err)
		}
		args, ok := e.Match(c.text)
		if !ok || len(args) != 1 {
			t.Errorf("%q: got %v", c.source, args)
			continue
		}
		got, err := args[0].Type.Value(args[0])
		if err != nil || got.Interface() != c.want {
			t.Errorf("%q: got %v, %v, want %v", c.source, got, err, c.want)
		}
	}
	e, err := expression.Compile("{level}", r)
	if err != nil {
		t.Fatal(err)
	}
	args, _ := e.Match("99999999999999999999999")
	if _, err := args[0].Type.Value(args[0]); err == nil || !strings.Contains(err.Error(), "{level}") {
		t.Errorf("got %v", err)
	}
}

func TestDefineRefuses(t *testing.T) {
	for name, p := range map[string]expression.ParameterType{
		"a parameter type needs a name":        {Regexps: []string{"a"}},
		"a name has none of":                   {Name: "a/b", Regexps: []string{"a"}},
		"has no regular expression":            {Name: "a"},
		"missing closing )":                    {Name: "a", Regexps: []string{"("}},
		"unexpected )":                         {Name: "a", Regexps: []string{"b)(c"}},
		"have no lookahead":                    {Name: "a", Regexps: []string{"(?!b)c"}},
		"already a parameter type":             {Name: "int", Regexps: []string{"a"}},
		"one preferential parameter type":      {Name: "a", Regexps: []string{`\d+`}, PreferForRegexpMatch: true},
		"must be a function":                   {Name: "a", Regexps: []string{"a"}, Transform: reflect.ValueOf(3)},
		"may take strings alone":               {Name: "a", Regexps: []string{"a"}, Transform: reflect.ValueOf(func(int) int { return 0 })},
		"is called with 2 strings":             {Name: "a", Regexps: []string{"(a)(b)"}, Transform: reflect.ValueOf(func(string) int { return 0 })},
		"is called with 1 strings":             {Name: "a", Regexps: []string{"a"}, Transform: reflect.ValueOf(func() int { return 0 })},
		"must return a value":                  {Name: "a", Regexps: []string{"a"}, Transform: reflect.ValueOf(func(string) error { return nil })},
		"return a value, or a value and an er": {Name: "a", Regexps: []string{"a"}, Transform: reflect.ValueOf(func(string) (int, int) { return 0, 0 })},
	} {
		if err := expression.NewRegistry().Define(p); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %q", err, name)
		}
	}
}

// Two types with one regular expression are fine, until a regular expression
// has to choose.
func TestAmbiguousType(t *testing.T) {
	twin := colorType()
	twin.Name, twin.Where = "paint", "steps.go:3"
	r := registry(t, colorType(), twin)
	if _, err := expression.Compile("a {color} {paint}", r); err != nil {
		t.Error(err)
	}
	if _, err := expression.Compile("^a (red|blue)$", r); err == nil || !strings.Contains(err.Error(), "{color} {paint} (steps.go:3)") {
		t.Errorf("got %v", err)
	}
	twin.PreferForRegexpMatch = true
	e, err := expression.Compile("^a (red|blue)$", registry(t, colorType(), twin))
	if err != nil || e.Types()[0].Name != "paint" {
		t.Errorf("got %v, %v", e.Types()[0], err)
	}
}

func TestRegexpTypes(t *testing.T) {
	for source, want := range map[string]string{
		`^(\d+)$`: "int", `^([0-9]+)$`: "int", `^(-?\d+)$`: "int", `^(.*)$`: "", `^([^\s]+)$`: "word",
		`^([-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[E][+-]?\d+)?)$`: "float",
	} {
		e, err := expression.Compile(source, expression.NewRegistry())
		if err != nil || len(e.Types()) != 1 || e.Types()[0] == nil || e.Types()[0].Name != want {
			t.Errorf("%s: got %v, %v, want {%s}", source, e.Types(), err, want)
		}
	}
}

// A given regular expression is used as it is.
func TestRegexpIsKept(t *testing.T) {
	re := regexp.MustCompile("a|ab")
	re.Longest()
	e, err := expression.Regexp(re, expression.NewRegistry())
	if err != nil || e.Regexp() != re || e.Source() != "a|ab" {
		t.Errorf("got %v, %v", e, err)
	}
	if _, ok := e.Match("it is ab"); !ok {
		t.Error("matches only the whole text")
	}
}

func TestPrefix(t *testing.T) {
	r := registry(t, colorType())
	for source, want := range map[string]string{
		"I have {int} balls": "I have ", "I have ball(s)": "I have ball", "a/b c": "", "{int} balls": "", "": "", "all of it": "all of it",
		`^I (have|had)$`: "I ", `^(I) have$`: "", `I have$`: "", `^(?i)I have$`: "", `(?m)^I have$`: "", `^I hav?e$`: "I ha", "^": "", "^a|b$": "",
	} {
		e, err := expression.Compile(source, r)
		if err != nil {
			t.Errorf("%q: %v", source, err)
			continue
		}
		if got := e.Prefix(); got != want {
			t.Errorf("%q: got %q, want %q", source, got, want)
		}
	}
}

func TestGenerate(t *testing.T) {
	r := registry(t, colorType())
	for text, want := range map[string][]string{
		"I have 3 red balls":        {"I have {int} {color} balls", "I have {float} {color} balls"},
		`I say "hello you" to 2`:    {"I say {string} to {int}", "I say {string} to {float}"},
		"I pay 2.50 €":              {"I pay {float} €"},
		"I pay -2 €":                {"I pay {int} €", "I pay {float} €"},
		"a (b) {c} d/e \\":          {`a \(b) \{c} d\/e \\`},
		"i18n and reds":             {"i18n and reds"},
		"":                          {""},
		"version 1.2.3":             {"version {float}.{int}", "version {float}.{float}"},
		"Grüße an 3 Leute, für 1.5": {"Grüße an {int} Leute, für {float}", "Grüße an {float} Leute, für {float}"},
	} {
		all := expression.Generate(text, r)
		var got []string
		for _, g := range all {
			got = append(got, g.Source)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	twin := colorType()
	twin.Name = "paint"
	all := expression.Generate("red "+strings.Repeat("red ", 20), registry(t, colorType(), twin))
	if len(all) != 256 || all[1].Types[20].Name != "paint" {
		t.Errorf("got %d", len(all))
	}
}

func ExampleCompile() {
	r := expression.NewRegistry()
	e, err := expression.Compile(`I order {int} box(es) of {string}`, r)
	if err != nil {
		fmt.Println(err)
		return
	}
	args, ok := e.Match(`I order 12 boxes of "green tea"`)
	fmt.Println(ok, args[0].Type.Name, args[0].Text(), args[1].Type.Name, args[1].Text())
	_, err = expression.Compile("I order (a {color}) box", r)
	fmt.Println(err)
	// Output:
	// true int 12 string green tea
	// This Cucumber Expression has a problem at column 12:
	//
	// I order (a {color}) box
	//            ^-----^
	// An optional may not contain a parameter type.
	// If you did not mean to use an parameter type you can use '\{' to escape the '{'
}

func ExampleGenerate() {
	for _, g := range expression.Generate(`I order 12 boxes of "green tea"`, expression.NewRegistry()) {
		fmt.Println(g.Source)
	}
	// Output:
	// I order {int} boxes of {string}
	// I order {float} boxes of {string}
}

// Whatever is written, compiling ends with an expression or with an error, and
// what matches has the prefix.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{"I have {int} ball(s)", "a/b (c)/d", `\\{string}`, "^(a(b)?)$", "((", "{(", `\`, "😀 {int}", "/x/", "a {} b"} {
		f.Add(s, "I have 3 balls")
	}
	f.Fuzz(func(t *testing.T, source, text string) {
		e, err := expression.Compile(source, expression.NewRegistry())
		if err != nil {
			if err.Error() == "" || e != nil {
				t.Errorf("%q: %v, %v", source, e, err)
			}
			return
		}
		args, ok := e.Match(text)
		if ok != e.Regexp().MatchString(text) || ok && len(args) != len(e.Types()) {
			t.Errorf("%q on %q: %v, %v", source, text, args, ok)
		}
		for _, a := range args {
			if text[a.Group.Start:a.Group.End] != a.Group.Value {
				t.Errorf("%q on %q: %+v", source, text, a)
			}
		}
	})
}

// What is proposed for a step matches the step.
func FuzzGenerate(f *testing.F) {
	for _, s := range []string{"I have 3 balls", `say "a \" b" and 'c'`, `a\b (c) {d} e/f`, "1 2 3", "-.5E3", "", " 1", "{0}"} {
		f.Add(s)
	}
	r := expression.NewRegistry()
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ToValidUTF8(text, "") != text || strings.ContainsAny(text, "\n") || len(text) > 300 {
			return
		}
		all := expression.Generate(text, r)
		if len(all) == 0 {
			t.Fatalf("%q: nothing", text)
		}
		for _, g := range all {
			e, err := expression.Cucumber(g.Source, r)
			if err != nil {
				t.Fatalf("%q: %q: %v", text, g.Source, err)
			}
			if _, ok := e.Match(text); !ok {
				t.Fatalf("%q does not match %q", g.Source, text)
			}
		}
	})
}
