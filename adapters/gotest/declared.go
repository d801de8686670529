package gotest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// declared are the tests and fuzz targets in the source of p, with their
// file:line relative to root. It is a witness beside go test -list: a TestMain
// that never calls m.Run lists nothing.
func declared(root string, p listed) (map[string]string, error) {
	if p.tests != nil {
		return p.tests, nil
	}
	found := map[string]string{}
	files := token.NewFileSet()
	for _, name := range append(append([]string{}, p.TestGoFiles...), p.XTestGoFiles...) {
		path := filepath.Join(p.Dir, name)
		f, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !(testFunc(fn, "Test", "T") || testFunc(fn, "Fuzz", "F")) {
				continue
			}
			found[fn.Name.Name] = fmt.Sprintf("%s:%d", relative(root, path), files.Position(fn.Pos()).Line)
		}
	}
	return found, nil
}

func relative(root, path string) string {
	root, err := filepath.Abs(root)
	if err == nil {
		if rel, err := filepath.Rel(resolved(root), resolved(path)); err == nil {
			path = rel
		}
	}
	return filepath.ToSlash(path)
}

// testFunc decides as go test does: the prefix, then no lower-case letter, and
// one parameter of type *testing.T or *testing.F.
func testFunc(fn *ast.FuncDecl, prefix, arg string) bool {
	rest, ok := strings.CutPrefix(fn.Name.Name, prefix)
	if first, _ := utf8.DecodeRuneInString(rest); !ok || rest != "" && unicode.IsLower(first) {
		return false
	}
	params := fn.Type.Params.List
	if fn.Type.TypeParams != nil || fn.Type.Results != nil || len(params) != 1 || len(params[0].Names) > 1 {
		return false
	}
	star, ok := params[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	switch t := star.X.(type) {
	case *ast.Ident:
		return t.Name == arg
	case *ast.SelectorExpr:
		return t.Sel.Name == arg
	}
	return false
}
