package editor_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/internal/editor"
)

// code has a step in each form that people write.
const code = `package shop_test

import (
	"regexp"
	"testing"

	"github.com/stagegate/stagegate/features"
	_ "github.com/stagegate/stagegate/features/steps/http"
)

func define(s *features.Steps[*world]) {
	s.ParameterType("color", nil, "red", ` + "`blu(e|ish)`" + `)
	s.Given(` + "`^a shop$`" + `, shop)
	s.When(` + "`^I order (\\d+) of \"([^\"]*)\"$`" + `, order)
	s.When(` + "`^the shop is closed$`" + `, closed).Mutates()
	s.Then("^it is (open|closed)$", is)
	s.Then("^it says (\\w+)$", says)
	s.Then("^there " + "are (\\d+) left$", left)
	for range 1 {
		s.Then(` + "`^in a loop$`" + `, loop)
	}
	s.Step(regexp.MustCompile("compiled"), compiled)
	s.Step("/between (slash|dash)es/", between)
	s.Given("{int} mugs and {word} people", both)
	s.Given("a {color} mug", paint)
}

func TestFeatures(t *testing.T) {
	features.Run(t, open, func(s *features.Steps[*world]) {
		s.Given(` + "`^inside$`" + `, inside)
		s.Given(name(), unknown)
	})
}
`

const feature = `Feature: shop

  Scenario: all forms
    Given a shop
    When I order 2 of "mug"
    And the shop is closed
    Then it is closed
    And it says no
    And there are 3 left
    And in a loop
    And inside
    And it is compiled
    And between slashes
    And 3 mugs and two people
    And a bluish mug
    When I GET "/orders"
    Then the status is 200
    And the JSON at "lines.0" is "mug"
    When I ordr 2 of "mug"
    And a green mug
    Then the status are 200
`

// workspace is a repository, as gate editor leaves it.
func workspace(t *testing.T) (root string, settings map[string]any) {
	t.Helper()
	f, err := editor.Find("shop_test.go", []byte(code))
	if err != nil {
		t.Fatal(err)
	}
	glue, unread, err := editor.Glue([]editor.File{f})
	if err != nil || len(unread) != 1 || unread[0].Where != "shop_test.go:31" {
		t.Fatalf("%v, unread: %v", err, unread)
	}
	file, err := editor.Settings(nil, editor.Globs([]editor.File{f}), f.Types)
	if err != nil {
		t.Fatal(err)
	}
	root = t.TempDir()
	for name, text := range map[string]string{"shop_test.go": code, "shop.feature": feature, editor.GluePath: glue} {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var flat map[string]any
	if err := json.Unmarshal(file, &flat); err != nil {
		t.Fatalf("%v: %s", err, file)
	}
	settings = map[string]any{}
	for k, v := range flat {
		settings[strings.TrimPrefix(k, "cucumber.")] = v
	}
	return root, settings
}

// lineOf is the line of a step in the feature.
func lineOf(t *testing.T, step string) int {
	t.Helper()
	for i, l := range strings.Split(feature, "\n") {
		if strings.Contains(l, step) {
			return i + 1
		}
	}
	t.Fatal("no step ", step)
	return 0
}

// The official server finds the steps of a repository and ours, each where it is
// defined, and knows what is not one.
func TestLanguageServer(t *testing.T) {
	root, settings := workspace(t)
	s := start(t, root, settings)
	uri := "file://" + root + "/shop.feature"
	want := []int{lineOf(t, "I ordr"), lineOf(t, "a green"), lineOf(t, "the status are")}
	if got := s.undefined(uri, feature); !slices.Equal(got, want) {
		t.Errorf("undefined are the lines %v, want %v", got, want)
	}
	if got := s.definition(uri, lineOf(t, "a shop")); got != "shop_test.go:13" {
		t.Errorf("a shop is defined at %s", got)
	}
	glue, err := os.ReadFile(filepath.Join(root, editor.GluePath))
	if err != nil {
		t.Fatal(err)
	}
	for step, expr := range map[string]string{"the status is": "`^the status is", "in a loop": "`^in a loop$`", "the shop is closed": "`^the shop is closed$`"} {
		line := strings.Count(string(glue)[:strings.Index(string(glue), expr)], "\n") + 1
		if got, want := s.definition(uri, lineOf(t, step)), fmt.Sprint("steps.go:", line); got != want {
			t.Errorf("%s is defined at %s, want %s", step, got, want)
		}
	}
	if got := s.definition(uri, lineOf(t, "I ordr")); got != "0 definitions" {
		t.Errorf("a typo has %s", got)
	}
	half := "Feature: half\n  Scenario: a\n    Then the stat"
	other := "file://" + root + "/half.feature"
	s.undefined(other, half)
	if got := s.completions(other, 3, len("    Then the stat")); !slices.ContainsFunc(got, func(l string) bool { return strings.Contains(l, "the status is") }) {
		t.Errorf("completions are %q", got)
	}
}

// Without the glue file the server does not find what the comment of the package
// says that it does not find: else the file would be for nothing.
func TestLanguageServerAlone(t *testing.T) {
	root, settings := workspace(t)
	if err := os.RemoveAll(filepath.Join(root, filepath.Dir(editor.GluePath))); err != nil {
		t.Fatal(err)
	}
	s := start(t, root, settings)
	var want []int
	for _, step := range []string{"the shop is closed", "it says", "there are 3", "in a loop", "inside", "it is compiled", "between", "I GET", "the status is", "the JSON at", "I ordr", "a green", "the status are"} {
		want = append(want, lineOf(t, step))
	}
	if got := s.undefined("file://"+root+"/shop.feature", feature); !slices.Equal(got, want) {
		t.Errorf("undefined are the lines %v, want %v", got, want)
	}
}
