package editor

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

const features = "github.com/stagegate/stagegate/features"

// A Definition is a call that defines a step.
type Definition struct {
	Expr  string // "" where it is not put together from string literals
	Where string // file:line
	Found bool   // by the language server, where it is
}

// A Type is a parameter type, as the server wants to have it told.
type Type struct{ Name, Regexp string }

// A File is what a Go file says about steps.
type File struct {
	Path  string // slashes, below the repository
	Steps []Definition
	Types []Type
	Ready []string // packages of ready-made steps that it imports
}

// Find reads a Go file. A file that imports neither features nor godog has no
// steps.
func Find(path string, source []byte) (File, error) {
	out := File{Path: path}
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
	if err != nil {
		return out, err
	}
	has := false
	for _, i := range f.Imports {
		name, _ := strconv.Unquote(i.Path.Value)
		has = has || name == features || name == "github.com/cucumber/godog"
		if ready, ok := strings.CutPrefix(name, features+"/steps/"); ok {
			out.Ready = append(out.Ready, ready)
		}
	}
	if !has {
		return out, nil
	}
	found := map[ast.Node]bool{}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
			for _, s := range fn.Body.List {
				if s, ok := s.(*ast.ExprStmt); ok {
					found[s.X] = true
				}
			}
		}
		ast.Inspect(d, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if ok {
				out.Types = append(out.Types, parameterType(call)...)
			}
			if !ok || !defines(call) {
				return true
			}
			expr, ok := expression(call.Args[0])
			if !ok {
				expr = ""
			}
			out.Steps = append(out.Steps, Definition{
				Expr:  expr,
				Where: fmt.Sprintf("%s:%d", path, set.Position(call.Pos()).Line),
				Found: found[call] && plain(call.Args[0]),
			})
			return true
		})
	}
	return out, nil
}

func defines(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return ok && len(call.Args) == 2 && slices.Contains([]string{"Given", "When", "Then", "Step"}, sel.Sel.Name)
}

// parameterType is what a call of ParameterType defines with literals.
func parameterType(call *ast.CallExpr) []Type {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "ParameterType" || len(call.Args) < 3 {
		return nil
	}
	name, ok := text(call.Args[0])
	var patterns []string
	for _, arg := range call.Args[2:] {
		p, also := text(arg)
		patterns, ok = append(patterns, p), ok && also
	}
	if !ok {
		return nil
	}
	return []Type{{name, strings.Join(patterns, "|")}}
}

// plain reports whether the server reads a literal as features does: it takes
// what begins with ^ or ends with $ for a regular expression.
func plain(e ast.Expr) bool {
	lit, ok := e.(*ast.BasicLit)
	return ok && lit.Kind == token.STRING && lit.Value[1] != '/' && (lit.Value[0] == '`' || !strings.Contains(lit.Value, `\`))
}

// expression is what a step is defined by, as the server has to read it: a
// regular expression without an anchor, as between slashes or in a call of
// regexp.MustCompile, gets some.
func expression(e ast.Expr) (string, bool) {
	regexp := false
	if call, ok := e.(*ast.CallExpr); ok && len(call.Args) == 1 {
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "MustCompile" {
			e, regexp = call.Args[0], true
		}
	}
	s, ok := text(e)
	if inner, slash := strings.CutPrefix(s, "/"); slash && strings.HasSuffix(inner, "/") {
		s, regexp = strings.TrimSuffix(inner, "/"), true
	}
	if regexp && !strings.HasPrefix(s, "^") && !strings.HasSuffix(s, "$") {
		s = "^.*(?:" + s + ").*$"
	}
	return s, ok
}

// text is the value of an expression that is made of string literals.
func text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, e.Kind == token.STRING && err == nil
	case *ast.ParenExpr:
		return text(e.X)
	case *ast.BinaryExpr:
		x, ok := text(e.X)
		y, also := text(e.Y)
		return x + y, ok && also && e.Op == token.ADD
	}
	return "", false
}
