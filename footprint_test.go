package stagegate_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFootprint says what a repository that uses godog gains in its go.mod by
// importing features: exactly the modules of testdata/footprint.txt.
func TestFootprint(t *testing.T) {
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put(t, dir, "shop_test.go", `package shop

import (
	"testing"

	"github.com/cucumber/godog"
)

func TestShop(t *testing.T) { godog.TestSuite{}.Run() }
`)
	put(t, dir, "go.mod", "module example.org/shop\n\ngo 1.26.0\n\nrequire github.com/cucumber/godog "+version(t, "github.com/cucumber/godog")+"\n")
	before := tidied(t, dir)
	put(t, dir, "features_test.go", `package shop

import (
	"testing"

	"github.com/stagegate/stagegate/features"
)

func TestFeatures(t *testing.T) { features.Run[int](t, nil, nil) }
`)
	run(t, dir, "go", "mod", "edit", "-require="+module+"@v0.0.0", "-replace="+module+"="+root)
	gained := added(before, tidied(t, dir))
	t.Logf("a godog repository gains %d modules: %s", len(gained), strings.Join(gained, " "))
	b, err := os.ReadFile("testdata/footprint.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range differ(strings.Fields(string(b)), gained) {
		t.Error(w)
	}
}

// differ compares the modules that are known with those that are there.
func differ(known, there []string) (wrong []string) {
	for _, m := range added(known, there) {
		wrong = append(wrong, m+" is new: every user of features gets it. If that is worth it, add it to testdata/footprint.txt")
	}
	for _, m := range added(there, known) {
		wrong = append(wrong, m+" is not needed any more: take it out of testdata/footprint.txt")
	}
	return wrong
}

// added are the elements of b that are not in a.
func added(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(b), func(m string) bool { return slices.Contains(a, m) })
}

func TestFootprintGoesRed(t *testing.T) {
	if got := differ([]string{"a", "b"}, []string{"a", "c"}); len(got) != 2 {
		t.Errorf("got %q, want that c is new and b not needed", got)
	}
	if got := differ([]string{"a", "b"}, []string{"b", "a"}); got != nil {
		t.Errorf("the same in another order: got %q", got)
	}
	old := []string{"m"}
	if got := required("module m\n\nrequire a v1\n\nrequire (\n\tb v1\n\tc v2 // indirect\n)\n\nreplace d => ../d\n"); !slices.Equal(added(old, got), []string{"a", "b", "c"}) {
		t.Errorf("got %q, want a, b and c", got)
	}
}

// tidied tidies the module in dir, and returns what it requires then. What is not
// in the module cache of a fresh machine is downloaded.
func tidied(t *testing.T, dir string) []string {
	t.Helper()
	run(t, dir, "go", "mod", "tidy")
	run(t, dir, "go", "vet", "./...")
	b, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	all := required(string(b))
	if len(all) < 3 {
		t.Fatalf("not tidied: %s", b)
	}
	return all
}

// required are the modules that a go.mod requires.
func required(text string) (all []string) {
	block := false
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "require" && words[1] == "(":
			block = true
		case words[0] == ")":
			block = false
		case words[0] == "require":
			all = append(all, words[1])
		case block:
			all = append(all, words[0])
		}
	}
	return all
}

func version(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", module).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
