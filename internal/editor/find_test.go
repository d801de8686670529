package editor_test

import (
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/editor"
)

func TestFind(t *testing.T) {
	const head = "package p\nimport \"github.com/stagegate/stagegate/features\"\n"
	for name, tt := range map[string]struct {
		source string
		want   []editor.Definition
	}{
		"a statement":         {head + "func f() { s.Given(`^a$`, a) }", []editor.Definition{{Expr: "^a$", Where: "f.go:3", Found: true}}},
		"in a method":         {head + "func (w w) f() { s.Then(`^a$`, a) }", []editor.Definition{{Expr: "^a$", Where: "f.go:3", Found: true}}},
		"between quotes":      {head + "func f() { s.Step(\"^a$\", a) }", []editor.Definition{{Expr: "^a$", Where: "f.go:3", Found: true}}},
		"with a backslash":    {head + "func f() { s.Step(\"^\\\\d$\", a) }", []editor.Definition{{Expr: `^\d$`, Where: "f.go:3"}}},
		"a Cucumber one":      {head + "func f() { s.Step(\"{int} mugs\", a) }", []editor.Definition{{Expr: "{int} mugs", Where: "f.go:3", Found: true}}},
		"something behind it": {head + "func f() { s.When(`^a$`, a).Mutates() }", []editor.Definition{{Expr: "^a$", Where: "f.go:3"}}},
		"in a literal":        {head + "func f() { g(func() { s.When(`^a$`, a) }) }", []editor.Definition{{Expr: "^a$", Where: "f.go:3"}}},
		"in a block":          {head + "func f() { if x { s.When(`^a$`, a) } }", []editor.Definition{{Expr: "^a$", Where: "f.go:3"}}},
		"put together":        {head + "func f() { s.When((`^a` + `$`), a) }", []editor.Definition{{Expr: "^a$", Where: "f.go:3"}}},
		"compiled":            {head + "func f() { s.When(regexp.MustCompile(`a`), a) }", []editor.Definition{{Expr: "^.*(?:a).*$", Where: "f.go:3"}}},
		"between slashes":     {head + "func f() { s.When(`/^a/`, a) }", []editor.Definition{{Expr: "^a", Where: "f.go:3"}}},
		"not a literal":       {head + "func f() { s.When(a, b) }", []editor.Definition{{Where: "f.go:3"}}},
		"another function":    {head + "func f() { s.Whenever(`^a$`, a); When(`^b$`, b); s.Step(1) }", nil},
		"of another package":  {"package p\nfunc f() { s.When(`^a$`, a) }", nil},
		"of godog":            {"package p\nimport \"github.com/cucumber/godog\"\nfunc f() { s.When(`^a$`, a) }", []editor.Definition{{Expr: "^a$", Where: "f.go:3", Found: true}}},
		"in a variable":       {head + "var f = func() { s.When(`^a$`, a) }", []editor.Definition{{Expr: "^a$", Where: "f.go:3"}}},
		"a declaration":       {head + "func f()\nvar x = 1", nil},
	} {
		f, err := editor.Find("f.go", []byte(tt.source))
		if err != nil || !reflect.DeepEqual(f.Steps, tt.want) {
			t.Errorf("%s: got %+v, %v, want %+v", name, f.Steps, err, tt.want)
		}
	}
	f, err := editor.Find("f.go", []byte("package p\nimport h \"github.com/stagegate/stagegate/features/steps/http\""))
	if err != nil || !slices.Equal(f.Ready, []string{"http"}) {
		t.Errorf("got %v, %v", f.Ready, err)
	}
	if _, err := editor.Find("f.go", []byte("package")); err == nil {
		t.Error("no error for what is not Go")
	}
}

// The glue of all packages of steps is Go, and is there.
func TestReady(t *testing.T) {
	if got := editor.Names(); !slices.Equal(got, []string{"aws", "http"}) {
		t.Errorf("got %q", got)
	}
	text, unread, err := editor.Glue([]editor.File{{Ready: append(editor.Names(), "of-somebody-else", "http")}})
	if err != nil || len(unread) > 0 {
		t.Fatalf("%v, %v", err, unread)
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "steps.go", text, parser.ParseComments); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(text, editor.Mark+"\n") || strings.Count(text, "func http(") != 1 || strings.Count(text, "s.Step(`") < 30 {
		t.Errorf("got %s", text)
	}
}

func TestUnread(t *testing.T) {
	steps := []editor.Definition{{Where: "f.go:1"}, {Expr: "^`$", Where: "f.go:2"}, {Expr: "^a$", Where: "f.go:3"}, {Expr: "^a$", Where: "f.go:4"}}
	text, unread, err := editor.Glue([]editor.File{{Steps: steps}})
	if err != nil || !reflect.DeepEqual(unread, steps[:2]) || strings.Count(text, "`^a$`") != 1 {
		t.Errorf("got %v, %v: %s", unread, err, text)
	}
}

func FuzzFind(f *testing.F) {
	f.Add("package p\nimport \"github.com/stagegate/stagegate/features\"\nfunc f() { s.Given(`^a$`, a) }")
	f.Fuzz(func(t *testing.T, source string) {
		file, err := editor.Find("f.go", []byte(source))
		if err != nil {
			return
		}
		if _, _, err := editor.Glue([]editor.File{file}); err != nil {
			t.Error(err)
		}
	})
}
