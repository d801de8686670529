package expression

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/stagegate/stagegate/internal/need"
)

// vectors reads the published cases of a folder, by the names of their files.
func vectors[T any](t *testing.T, folder string, want int) map[string]T {
	t.Helper()
	root := filepath.Join("..", "..", "..", "shared", "vectors", "cucumber-expressions", "testdata")
	if _, err := os.Stat(root); err != nil {
		need.Missing(t, "the folder of published cases ("+err.Error()+")", "put cucumber/cucumber-expressions' testdata at ../shared/vectors/cucumber-expressions beside the repository")
	}
	names, err := filepath.Glob(filepath.Join(root, folder, "*.yaml"))
	if err != nil || len(names) < want {
		t.Fatalf("%s: %d cases, want at least %d (%v)", folder, len(names), want, err)
	}
	all := map[string]T{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var c T
		if err := yaml.Load(b, &c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[filepath.Base(name)] = c
	}
	return all
}

type tree struct {
	Type       string
	Start, End int
	Token      string
	Nodes      []tree
}

func (n *node) tree() tree {
	out := tree{Type: string(n.kind), Start: n.start, End: n.end, Token: n.token}
	for _, c := range n.nodes {
		out.Nodes = append(out.Nodes, c.tree())
	}
	return out
}

func (n *tree) normal() {
	if len(n.Nodes) == 0 {
		n.Nodes = nil
	}
	for i := range n.Nodes {
		n.Nodes[i].normal()
	}
}

func TestTokenizerVectors(t *testing.T) {
	type tok struct {
		Type       string
		Start, End int
		Text       string
	}
	for name, c := range vectors[struct {
		Expression, Exception string
		ExpectedTokens        []tok `yaml:"expected_tokens"`
	}](t, "cucumber-expression/tokenizer", 13) {
		tokens, err := tokenize(c.Expression)
		if wrong := compare(err, c.Exception); wrong != "" {
			t.Errorf("%s: %s", name, wrong)
		}
		var got []tok
		for _, k := range tokens {
			got = append(got, tok{string(k.kind), k.start, k.end, k.text})
		}
		if !reflect.DeepEqual(got, c.ExpectedTokens) {
			t.Errorf("%s:\n got %v\nwant %v", name, got, c.ExpectedTokens)
		}
	}
}

// compare says how an error differs from the one that a case wants.
func compare(err error, want string) string {
	switch {
	case err == nil && want == "":
		return ""
	case err == nil:
		return "no error, want " + want
	case err.Error() != want:
		return fmt.Sprintf("got error:\n%v\nwant:\n%s", err, want)
	}
	return ""
}

func TestParserVectors(t *testing.T) {
	for name, c := range vectors[struct {
		Expression, Exception string
		ExpectedAST           tree `yaml:"expected_ast"`
	}](t, "cucumber-expression/parser", 20) {
		n, err := parse(c.Expression)
		if wrong := compare(err, c.Exception); wrong != "" || err != nil {
			if wrong != "" {
				t.Errorf("%s: %s", name, wrong)
			}
			continue
		}
		got := n.tree()
		got.normal()
		c.ExpectedAST.normal()
		if !reflect.DeepEqual(got, c.ExpectedAST) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, c.ExpectedAST)
		}
	}
}

func TestTransformationVectors(t *testing.T) {
	for name, c := range vectors[struct {
		Expression    string
		ExpectedRegex string `yaml:"expected_regex"`
	}](t, "cucumber-expression/transformation", 8) {
		e, err := Cucumber(c.Expression, NewRegistry())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := e.Regexp().String(); got != c.ExpectedRegex {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.ExpectedRegex)
		}
	}
}

type matching struct {
	Expression, Text, Exception string
	ExpectedArgs                []any `yaml:"expected_args"`
}

// nothing reports whether the case wants that nothing matches: its arguments
// are null, and not a list.
func (m matching) nothing() bool { return m.ExpectedArgs == nil }

func TestMatchingVectors(t *testing.T) {
	for name, c := range vectors[matching](t, "cucumber-expression/matching", 60) {
		e, err := Cucumber(c.Expression, NewRegistry())
		if wrong := compare(err, c.Exception); wrong != "" {
			t.Errorf("%s: %s", name, wrong)
		}
		if err == nil {
			c.check(t, name, e)
		}
	}
}

func TestRegexpVectors(t *testing.T) {
	for name, c := range vectors[matching](t, "regular-expression/matching", 3) {
		e, err := Compile(c.Expression, NewRegistry())
		if err != nil || e.Cucumber() {
			t.Errorf("%s: got cucumber %v, %v", name, e.Cucumber(), err)
			continue
		}
		c.check(t, name, e)
	}
}

func (m matching) check(t *testing.T, name string, e *Expression) {
	t.Helper()
	args, ok := e.Match(m.Text)
	if ok == m.nothing() {
		t.Errorf("%s: %q matches %q: %v", name, m.Expression, m.Text, ok)
		return
	}
	if len(args) != len(m.ExpectedArgs) {
		t.Errorf("%s: got %d arguments, want %v", name, len(args), m.ExpectedArgs)
		return
	}
	for i, a := range args {
		if got := value(t, a); !reflect.DeepEqual(got, m.ExpectedArgs[i]) {
			t.Errorf("%s: argument %d: got %#v, want %#v", name, i, got, m.ExpectedArgs[i])
		}
		if g := a.Group; g.Matched && m.Text[g.Start:g.End] != g.Value {
			t.Errorf("%s: argument %d: %+v is not where it says", name, i, g)
		}
	}
}

// value is an argument in the type that the cases have it in.
func value(t *testing.T, a Argument) any {
	t.Helper()
	switch {
	case !a.Group.Matched:
		return nil
	case a.Type == nil || a.Type.Type == nil:
		return a.Text()
	case a.Type.Type.Kind() == reflect.Float64:
		f, err := strconv.ParseFloat(a.Text(), 64)
		if err != nil {
			t.Error(err)
		}
		return f
	default:
		n, err := strconv.Atoi(a.Text())
		if err != nil {
			t.Error(err)
		}
		return n
	}
}
