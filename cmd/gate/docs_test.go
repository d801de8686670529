package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/gatefile"
	"github.com/stagegate/stagegate/internal/protocol"
)

func page(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// names reports whether a page has word in code quotes, alone or as a part of
// a dotted one.
func names(page, word string) bool {
	return regexp.MustCompile("`([a-zA-Z.]+\\.)?" + regexp.QuoteMeta(word) + "(\\.[a-zA-Z.]+)?`").MatchString(page)
}

// TestDocsGateYAML holds docs/gate-yaml.md to the reader: its example is a
// gate.yaml, and it names every key.
func TestDocsGateYAML(t *testing.T) {
	text := page(t, "docs/gate-yaml.md")
	_, example, _ := strings.Cut(text, "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	if _, err := gatefile.Parse("docs/gate-yaml.md", []byte(example)); err != nil {
		t.Errorf("the example: %v", err)
	}
	known := regexp.MustCompile(`known: (.*)`)
	for _, place := range []string{
		"?: 1", "store: {?: 1}", "deploy: {?: 1}", "suites: {a: {?: 1}}",
		"targets: {a: {?: 1}}", "targets: {a: {version: {?: 1}}}", "targets: {a: {dependencies: {b: {?: 1}}}}",
		"stages: {a: {?: 1}}", "stages: {a: {budget: {?: 1}}}", "stages: {a: {limits: {?: 1}}}",
	} {
		_, err := gatefile.Parse("x", []byte(strings.ReplaceAll(place, "?", "no-such-key")))
		if err == nil {
			t.Fatalf("%s: got no error", place)
		}
		m := known.FindStringSubmatch(err.Error())
		if m == nil {
			t.Fatalf("%s: got %v, want the known keys", place, err)
		}
		for _, key := range strings.Split(m[1], ", ") {
			if !names(text, key) {
				t.Errorf("%s: the page does not name %q", place, key)
			}
		}
	}
}

// TestDocsProtocol holds docs/protocol.md to the types that are written.
func TestDocsProtocol(t *testing.T) {
	text := page(t, "docs/protocol.md")
	for _, v := range []any{protocol.Session{}, protocol.Header{}, protocol.Trailer{}, protocol.Pact{}, protocol.Unused{}, harness.Target{}, harness.Planned{}, harness.Row{}, harness.VersionSource{}} {
		for _, name := range members(reflect.TypeOf(v)) {
			if !names(text, name) {
				t.Errorf("%T: the page does not name member %q", v, name)
			}
		}
	}
	for _, o := range outcomes(t) {
		if !names(text, o) {
			t.Errorf("the page does not name outcome %q", o)
		}
	}
}

// TestDocsVerdict holds docs/verdict.md to the rules and the JSON.
func TestDocsVerdict(t *testing.T) {
	text := page(t, "docs/verdict.md")
	rule := regexp.MustCompile(`j\.(?:rule|check)\("([a-z]+)"`)
	seen := 0
	for _, file := range []string{"entry.go", "subset.go", "exit.go", "ending.go", "results.go", "flakes.go", "trust.go", "loosened.go", "override.go"} {
		for _, m := range rule.FindAllStringSubmatch(page(t, "harness/"+file), -1) {
			seen++
			if !names(text, m[1]) {
				t.Errorf("harness/%s: the page does not name rule %q", file, m[1])
			}
		}
	}
	if seen < 20 {
		t.Errorf("found %d rules in harness: the pattern has lost them", seen)
	}
	for _, name := range members(reflect.TypeFor[harness.Verdict]()) {
		if !strings.Contains(text, `"`+name+`":`) {
			t.Errorf("the page's JSON does not have %q", name)
		}
	}
}

// TestDocsLinks finds links of the pages that lead nowhere.
func TestDocsLinks(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)#]+)(?:#[^)]*)?\)`)
	code := regexp.MustCompile("(?s)\n```.*?\n```|`[^`\n]*`") // f[T](x) is no link
	for _, name := range append(pages, "../../README.md", "../../CONTRIBUTING.md", "../../CHANGELOG.md") {
		text := code.ReplaceAllString(page(t, name[len("../../"):]), "")
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), m[1])); err != nil {
				t.Errorf("%s: link to %s: %v", name, m[1], err)
			}
		}
	}
}

func members(typ reflect.Type) (all []string) {
	for _, f := range reflect.VisibleFields(typ) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			all = append(all, name)
		}
	}
	return all
}

// outcomes are those that harness declares.
func outcomes(t *testing.T) (all []string) {
	for _, m := range regexp.MustCompile(`Outcome = "([a-z-]+)"`).FindAllStringSubmatch(page(t, "harness/outcome.go"), -1) {
		all = append(all, m[1])
	}
	if len(all) < 15 {
		t.Fatalf("found outcomes %q: the pattern has lost some", all)
	}
	return all
}
