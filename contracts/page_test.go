package contracts

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
)

// TestPage holds docs/contracts.md to the code: it names every outcome, lint,
// body and function, and the limits as they are.
func TestPage(t *testing.T) {
	b, err := os.ReadFile("../docs/contracts.md")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"64 MiB", "10 seconds", "`" + string(harness.Passed) + "`"}
	for _, o := range []harness.Outcome{harness.RequestMismatch, harness.ResponseMismatch, harness.NotCalled, harness.TestFailed, harness.NotSafe,
		harness.Unreachable, harness.Timeout, harness.NoFixture} {
		names = append(names, "`"+string(o)+"`")
	}
	for _, l := range []Lint{LintLiteral, LintDecimal, LintSecret} {
		names = append(names, "`"+string(l)+"`")
	}
	fields := 0
	for _, name := range exported(t) {
		fields++
		names = append(names, name)
	}
	if fields < 20 {
		t.Errorf("found only %d exported names", fields)
	}
	for _, name := range names {
		if !strings.Contains(string(b), name) {
			t.Errorf("the page does not name %s", name)
		}
	}
	if maxAnswer != 64<<20 || answerTimeout.Seconds() != 10 {
		t.Error("the page names other limits")
	}
}

// exported are the functions of the package, the methods that a test calls, and
// the fields of an interaction.
func exported(t *testing.T) (all []string) {
	t.Helper()
	set := token.NewFileSet()
	var files []*ast.File
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, e.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	p, err := doc.NewFromFiles(set, files, "contracts")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Funcs {
		all = append(all, f.Name)
	}
	for _, typ := range p.Types {
		for _, f := range typ.Funcs {
			all = append(all, f.Name)
		}
		if typ.Name == "Contract" || typ.Name == "Endpoint" {
			for _, m := range typ.Methods {
				all = append(all, m.Name)
			}
		}
		if s, ok := typ.Decl.Specs[0].(*ast.TypeSpec).Type.(*ast.StructType); ok && typ.Name == "Interaction" {
			for _, f := range s.Fields.List {
				for _, n := range f.Names {
					if n.Name != "Name" {
						all = append(all, n.Name)
					}
				}
			}
		}
	}
	return all
}
