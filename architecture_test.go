package stagegate_test

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const module = "github.com/stagegate/stagegate"

// A pkg is what go list says of a package.
type pkg struct {
	ImportPath, Name, Dir, Doc                         string
	Standard                                           bool
	GoFiles, IgnoredGoFiles, TestGoFiles, XTestGoFiles []string
	Imports, TestImports, XTestImports, Deps, CgoFiles []string
	Rest                                               map[string]any `json:",unknown"`
}

// path is the import path within the module, "" for others.
func (p pkg) path() string {
	if p.ImportPath == module {
		return "."
	}
	rel, ok := strings.CutPrefix(p.ImportPath, module+"/")
	if !ok {
		return ""
	}
	return rel
}

// list are all packages of the module, and all that they depend on.
func list(t *testing.T) (own []pkg, standard map[string]bool) {
	t.Helper()
	out, err := exec.Command("go", "list", "-json", "-deps", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	standard = map[string]bool{}
	d := jsontext.NewDecoder(strings.NewReader(string(out)))
	for d.PeekKind() != 0 {
		var p pkg
		if err := json.UnmarshalDecode(d, &p); err != nil {
			t.Fatal(err)
		}
		standard[p.ImportPath] = p.Standard
		if p.path() != "" {
			own = append(own, p)
		}
	}
	if len(own) < 20 {
		t.Fatalf("only %d packages", len(own))
	}
	return own, standard
}

// within reports whether a path is root or below it.
func within(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// anyOf reports whether a path is one of roots or below one.
func anyOf(path string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(r string) bool { return within(path, r) })
}

// mayImport says why a package must not import another: both within the module,
// or the other one of the standard library or from outside. Tests may more.
func mayImport(from, to string, standard, test bool) string {
	own, inside := strings.CutPrefix(to, module+"/")
	switch {
	case within(from, "harness") && !test && !standard && !within(own, "harness"):
		return "the core imports the standard library alone"
	case within(from, "harness") && !test && standard && anyOf(to, "os", "net", "syscall", "io/ioutil", "unsafe", "plugin"):
		return "the core does no I/O"
	case !inside:
		return ""
	case within(own, "cmd"):
		return "nothing imports a command"
	case within(from, "cmd/gate") && !test && anyOf(own, "features", "contracts"):
		return "gate wires, and knows neither features nor contracts"
	case within(from, "adapters"):
		return mayAdapter(from, own, test)
	case within(own, "adapters") && from == "features" && own == "adapters/httpenv":
		return ""
	case test && from == "features/steps/aws" && own == "adapters/awsenv":
		return "" // as a user's own tests guard the client that they give it
	case within(own, "adapters") && !anyOf(from, "cmd/gate", "internal", "bench"):
		return "only cmd/gate, internal packages and benchmarks know adapters"
	case within(from, "internal") && !test && anyOf(own, "features", "contracts"):
		return "arrows point at harness"
	default:
		return ""
	}
}

func mayAdapter(from, own string, test bool) string {
	allowed := []string{"harness", "internal/guard", "internal/protocol", "internal/testjson", "internal/tracing"}
	if test {
		allowed = append(allowed, "internal/need", "internal/mototest")
	}
	switch {
	case test && from == "adapters/kms" && own == "adapters/attest":
		return "" // it proves that what its key signs is what attest opens
	case within(own, "adapters") && own != from:
		return "adapters never import each other"
	case own != from && !anyOf(own, allowed...):
		return "an adapter imports harness, internal/guard and its one outside library"
	default:
		return ""
	}
}

// imports are the import rules that p breaks.
func imports(p pkg, standard map[string]bool) (wrong []string) {
	look := func(all []string, test bool) {
		for _, to := range all {
			if why := mayImport(p.path(), to, standard[to], test); why != "" {
				wrong = append(wrong, fmt.Sprintf("%s imports %s (test: %v): %s", p.path(), to, test, why))
			}
		}
	}
	look(p.Imports, false)
	look(p.TestImports, true)
	look(p.XTestImports, true)
	return wrong
}

// carried are the packages in gate's binary that have no business there.
func carried(deps []string) (wrong []string) {
	for _, d := range deps {
		own := strings.TrimPrefix(d, module+"/")
		if anyOf(own, "features", "contracts", "testing") || anyOf(d, "github.com/ebitengine/purego", "github.com/cucumber/godog", "github.com/pact-foundation/pact-go") {
			wrong = append(wrong, "gate carries "+d)
		}
	}
	return wrong
}

// named are the rules for names and documentation that p breaks.
func named(p pkg) (wrong []string) {
	last := p.ImportPath[strings.LastIndexByte(p.ImportPath, '/')+1:]
	for _, name := range []string{last, p.Name} {
		if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "types", "models", "misc", "shared", "lib"}, name) {
			wrong = append(wrong, fmt.Sprintf("%s: package %s says nothing about what is in it", p.path(), name))
		}
	}
	if p.Doc == "" {
		wrong = append(wrong, p.path()+": has no package comment")
	}
	if len(p.CgoFiles) > 0 {
		wrong = append(wrong, p.path()+": needs cgo")
	}
	return wrong
}

func TestImports(t *testing.T) {
	own, standard := list(t)
	for _, p := range own {
		for _, w := range imports(p, standard) {
			t.Error(w)
		}
	}
}

func TestGateCarriesNoTestEngine(t *testing.T) {
	own, _ := list(t)
	i := slices.IndexFunc(own, func(p pkg) bool { return p.path() == "cmd/gate" })
	if i < 0 {
		t.Fatal("there is no cmd/gate")
	}
	for _, w := range carried(own[i].Deps) {
		t.Error(w)
	}
}

func TestNamesAndComments(t *testing.T) {
	own, _ := list(t)
	for _, p := range own {
		for _, w := range named(p) {
			t.Error(w)
		}
	}
}

// The rules see what they are there for.
func TestImportRulesGoRed(t *testing.T) {
	standard := map[string]bool{"os": true, "os/exec": true, "net": true, "net/http": true, "syscall": true, "strings": true}
	for _, tt := range []struct {
		from, to string
		test     bool
		red      bool
	}{
		{"harness", "os", false, true}, {"harness", "net/http", false, true}, {"harness/tags", "os/exec", false, true},
		{"harness/schedule", "syscall", false, true}, {"harness", "pgregory.net/rapid", false, true}, {"harness", module + "/internal/guard", false, true},
		{"harness", "strings", false, false}, {"harness/schedule", module + "/harness", false, false}, {"harness", "pgregory.net/rapid", true, false},
		{"adapters/s3store", module + "/adapters/filestore", false, true}, {"adapters/s3store", module + "/adapters/filestore", true, true},
		{"adapters/s3store", module + "/internal/ledger", false, true}, {"adapters/s3store", module + "/internal/mototest", false, true},
		{"adapters/s3store", module + "/internal/mototest", true, false}, {"adapters/s3store", module + "/harness", false, false},
		{"adapters/s3store", "github.com/aws/aws-sdk-go-v2/aws", false, false}, {"adapters/s3store", module + "/adapters/s3store", true, false},
		{"cmd/gate", module + "/features", false, true}, {"cmd/gate", module + "/contracts/pact", false, true}, {"cmd/gate", module + "/adapters/gotest", false, false},
		{"features", module + "/adapters/httpenv", false, false}, {"features", module + "/adapters/filestore", false, true},
		{"contracts", module + "/adapters/httpenv", false, true}, {"internal/flow", module + "/adapters/filestore", true, false},
		{"internal/flow", module + "/features", false, true}, {"internal/flow", module + "/cmd/gate", false, true},
		{"adaptersx", module + "/adapters/gotest", false, true}, // a name that only begins alike is another package
	} {
		p := pkg{ImportPath: module + "/" + tt.from}
		if tt.test {
			p.XTestImports = []string{tt.to}
		} else {
			p.Imports = []string{tt.to}
		}
		if got := imports(p, standard); (len(got) > 0) != tt.red {
			t.Errorf("%s imports %s (test: %v): got %q, want red %v", tt.from, tt.to, tt.test, got, tt.red)
		}
	}
	for _, d := range []string{module + "/features", module + "/contracts/pact", "github.com/ebitengine/purego", "github.com/cucumber/godog/internal/x",
		"github.com/pact-foundation/pact-go/v2/matchers", "testing"} {
		if len(carried([]string{"fmt", d})) != 1 {
			t.Errorf("gate may carry %s", d)
		}
	}
	for _, p := range []pkg{{ImportPath: module + "/internal/util", Name: "util", Doc: "x"}, {ImportPath: module + "/internal/x", Name: "helpers", Doc: "x"},
		{ImportPath: module + "/internal/x", Name: "x"}, {ImportPath: module + "/internal/x", Name: "x", Doc: "x", CgoFiles: []string{"c.go"}}} {
		if len(named(p)) == 0 {
			t.Errorf("nothing is wrong with %+v", p)
		}
	}
}
