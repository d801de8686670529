package stagegate_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// source is a package's files, parsed.
type source struct {
	path  string // within the module
	main  bool
	set   *token.FileSet
	files []*ast.File // without tests
	tests []*ast.File
}

func parse(t *testing.T, p pkg) source {
	t.Helper()
	s := source{path: p.path(), main: p.Name == "main", set: token.NewFileSet()}
	read := func(names ...[]string) (all []*ast.File) {
		for _, name := range slices.Concat(names...) {
			f, err := parser.ParseFile(s.set, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, f)
		}
		return all
	}
	s.files, s.tests = read(p.GoFiles, p.IgnoredGoFiles), read(p.TestGoFiles, p.XTestGoFiles)
	return s
}

// fabricated is a package of one file that was never on the disk.
func fabricated(t *testing.T, path, name, text string) source {
	t.Helper()
	s := source{path: path, set: token.NewFileSet()}
	f, err := parser.ParseFile(s.set, name, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	s.main = f.Name.Name == "main"
	if strings.HasSuffix(name, "_test.go") {
		s.tests = []*ast.File{f}
	} else {
		s.files = []*ast.File{f}
	}
	return s
}

func (s source) at(n ast.Node, format string, args ...any) string {
	pos := s.set.Position(n.Pos())
	return fmt.Sprintf("%s/%s:%d: %s", s.path, filepath.Base(pos.Filename), pos.Line, fmt.Sprintf(format, args...))
}

// long are the files over 400 lines.
func long(s source) (wrong []string) {
	for _, f := range s.files {
		if n := s.set.Position(f.FileEnd).Line; n > 400 {
			wrong = append(wrong, s.at(f, "%d lines, at most 400", n))
		}
	}
	return wrong
}

// calls are the uses of what a program does in its main alone, of init, and of
// a clock in the core.
func calls(s source) (wrong []string) {
	for _, f := range slices.Concat(s.files, s.tests) {
		file := filepath.Base(s.set.Position(f.Pos()).Filename)
		test := strings.HasSuffix(file, "_test.go")
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if ok && fn.Recv == nil && fn.Name.Name == "init" {
				wrong = append(wrong, s.at(fn, "func init"))
			}
			start := s.main && file == "main.go" || test && ok && fn.Name.Name == "TestMain"
			ast.Inspect(d, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, _ := sel.X.(*ast.Ident)
				if x == nil {
					return true
				}
				name := x.Name + "." + sel.Sel.Name
				switch {
				case !start && (name == "os.Exit" || x.Name == "log" && strings.HasPrefix(sel.Sel.Name, "Fatal")):
					wrong = append(wrong, s.at(sel, "%s outside of main.go and TestMain", name))
				case slices.Contains([]string{"os.Setenv", "os.Unsetenv", "os.Clearenv", "os.Chdir"}, name):
					wrong = append(wrong, s.at(sel, "%s changes the whole process", name))
				case within(s.path, "harness") && !test && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}, sel.Sel.Name):
					wrong = append(wrong, s.at(sel, "%s: time comes in as a value", name))
				}
				return true
			})
		}
	}
	return wrong
}

// nothing is an importer for which every package is empty: only what the
// package itself declares is of interest.
type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) { return nil, errors.New("not read") }

// state are the package-level variables that change after their declaration,
// or are made to: locks and the like.
func state(s source) (wrong []string) {
	byName := map[string][]*ast.File{}
	for _, f := range s.files { // files of other systems declare the same names again
		byName[f.Name.Name] = append(byName[f.Name.Name], f)
	}
	for _, files := range byName {
		for _, f := range files {
			wrong = append(wrong, locks(s, f)...)
		}
		info := types.Info{Uses: map[*ast.Ident]types.Object{}}
		cfg := types.Config{Importer: nothing{}, Error: func(error) {}, FakeImportC: true}
		pkg, _ := cfg.Check(s.path, s.set, files, &info)
		global := func(e ast.Expr) (string, bool) {
			id := root(e)
			if id == nil {
				return "", false
			}
			v, ok := info.Uses[id].(*types.Var)
			return id.Name, ok && v.Parent() == pkg.Scope()
		}
		for _, f := range files {
			ast.Inspect(f, func(n ast.Node) bool {
				for _, e := range changed(n) {
					if name, ok := global(e); ok {
						wrong = append(wrong, s.at(n, "package variable %s is changed", name))
					}
				}
				return true
			})
		}
	}
	return wrong
}

// changed are the expressions to which a node gives another value.
func changed(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear" || f.Name == "copy") && len(n.Args) > 0 {
			return n.Args[:1]
		}
	}
	return nil
}

// root is the identifier at the beginning of x.y[z].w; nil if there is none.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// locks are package-level variables of types that exist to be changed.
func locks(s source, f *ast.File) (wrong []string) {
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		ast.Inspect(g, func(n ast.Node) bool {
			if _, ok := n.(*ast.FuncLit); ok {
				return false
			}
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, _ := sel.X.(*ast.Ident)
			if x != nil && (x.Name == "atomic" || x.Name == "sync" && !strings.HasPrefix(sel.Sel.Name, "OnceValue")) {
				wrong = append(wrong, s.at(sel, "package variable of type %s.%s", x.Name, sel.Sel.Name))
			}
			return true
		})
	}
	return wrong
}

// excused are the packages whose state has a reason.
var excused = []string{
	"internal/mototest", // one emulator for all tests of a test binary
}

func TestSource(t *testing.T) {
	own, _ := list(t)
	for _, p := range own {
		s := parse(t, p)
		wrong := append(long(s), calls(s)...)
		if !slices.Contains(excused, s.path) {
			wrong = append(wrong, state(s)...)
		}
		for _, w := range wrong {
			t.Error(w)
		}
	}
}

func TestEveryFolderIsLookedAt(t *testing.T) {
	own, _ := list(t)
	known := map[string]bool{}
	for _, p := range own {
		known[p.Dir] = true
	}
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); path != root && (name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
			return filepath.SkipDir
		}
		if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != root {
			return filepath.SkipDir
		}
		files, err := filepath.Glob(filepath.Join(path, "*.go"))
		if len(files) > 0 && !known[path] {
			t.Errorf("%s has Go files that no rule sees", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSourceRulesGoRed(t *testing.T) {
	for _, tt := range []struct {
		name, path, file, text string
		rule                   func(source) []string
		red                    bool
	}{
		{"a long file", "x", "x.go", "package x\n" + strings.Repeat("\n", 400), long, true},
		{"a file that is not too long", "x", "x.go", "package x\n" + strings.Repeat("\n", 390), long, false},
		{"init", "x", "x.go", "package x; func init() {}", calls, true},
		{"init in a test", "x", "x_test.go", "package x; func init() {}", calls, true},
		{"a method init", "x", "x.go", "package x; type t int; func (t) init() {}", calls, false},
		{"exit", "x", "x.go", "package x; import \"os\"; func f() { os.Exit(1) }", calls, true},
		{"exit in a variable", "x", "x.go", "package x; import \"os\"; var f = func() { os.Exit(1) }", calls, true},
		{"exit as a value", "x", "x.go", "package x; import \"os\"; var f = os.Exit", calls, true},
		{"exit in main.go of no program", "x", "main.go", "package x; import \"os\"; func f() { os.Exit(1) }", calls, true},
		{"exit beside main.go", "x", "run.go", "package main; import \"os\"; func f() { os.Exit(1) }", calls, true},
		{"exit in main.go", "x", "main.go", "package main; import \"os\"; func main() { os.Exit(1) }", calls, false},
		{"exit in TestMain", "x", "x_test.go", "package x; import \"os\"; func TestMain() { os.Exit(1) }", calls, false},
		{"exit in a test", "x", "x_test.go", "package x; import \"os\"; func TestX() { os.Exit(1) }", calls, true},
		{"fatal", "x", "x.go", "package x; import \"log\"; func f() { log.Fatalf(\"x\") }", calls, true},
		{"setenv", "x", "x.go", "package x; import \"os\"; func f() { os.Setenv(\"a\", \"b\") }", calls, true},
		{"a clock in the core", "harness", "x.go", "package x; import \"time\"; var now = time.Now", calls, true},
		{"sleep in the core", "harness/tags", "x.go", "package x; import \"time\"; func f() { time.Sleep(1) }", calls, true},
		{"a clock in a test of the core", "harness", "x_test.go", "package x; import \"time\"; var now = time.Now", calls, false},
		{"a clock elsewhere", "internal/flow", "x.go", "package x; import \"time\"; var now = time.Now", calls, false},
		{"a duration in the core", "harness", "x.go", "package x; import \"time\"; var d = time.Second", calls, false},
		{"a variable is set", "x", "x.go", "package x; var v int; func f() { v = 1 }", state, true},
		{"a variable is counted", "x", "x.go", "package x; var v int; func f() { v++ }", state, true},
		{"a map is written", "x", "x.go", "package x; var v = map[string]int{}; func f() { v[\"a\"] = 1 }", state, true},
		{"a map is cleared", "x", "x.go", "package x; var v = map[string]int{}; func f() { clear(v) }", state, true},
		{"a field is set", "x", "x.go", "package x; var v struct{ a []int }; func f() { v.a[0] += 1 }", state, true},
		{"through a pointer", "x", "x.go", "package x; var v = new(int); func f() { *v = 1 }", state, true},
		{"in a range", "x", "x.go", "package x; var v int; func f(a []int) { for v = range a {} }", state, true},
		{"a lock", "x", "x.go", "package x; import \"sync\"; var v sync.Mutex", state, true},
		{"a lock in a struct", "x", "x.go", "package x; import \"sync\"; var v struct{ sync.Once }", state, true},
		{"a counter", "x", "x.go", "package x; import \"sync/atomic\"; var v atomic.Int64", state, true},
		{"a shadow", "x", "x.go", "package x; var v int; func f() { v := 2; v = 3; _ = v }", state, false},
		{"a parameter", "x", "x.go", "package x; var v int; func f(v int) { v = 3 }", state, false},
		{"a value computed once", "x", "x.go", "package x; import \"sync\"; var v = sync.OnceValue(func() int { return 1 })", state, false},
	} {
		if got := tt.rule(fabricated(t, tt.path, tt.file, tt.text)); (len(got) > 0) != tt.red {
			t.Errorf("%s: got %q, want red %v", tt.name, got, tt.red)
		}
	}
}
