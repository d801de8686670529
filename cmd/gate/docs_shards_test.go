package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v4"
)

// A snippet is a code block of a page, and what it is written in.
type snippet struct{ lang, text string }

func snippets(page string) (all []snippet) {
	for _, m := range regexp.MustCompile("(?s)\n```([a-z]+)\n(.*?)\n```").FindAllStringSubmatch(page, -1) {
		all = append(all, snippet{m[1], m[2]})
	}
	return all
}

// TestDocsShards holds docs/shards.md to the code: every snippet can be read, has a
// call of gate test that this gate understands, and the part of the system that
// makes the variables; those that the page names are those that are read.
func TestDocsShards(t *testing.T) {
	text := page(t, "docs/shards.md")
	read := shardVariables()
	for _, c := range counters() {
		if c.total != "" {
			read = append(read, c.total)
		}
	}
	for _, name := range read {
		if !names(text, name) {
			t.Errorf("the page does not name %s", name)
		}
	}
	variable := regexp.MustCompile(`\b(?:CI_NODE|JOB_COMPLETION|AWS_BATCH_JOB|STAGEGATE)_[A-Z_]+\b`)
	for _, name := range variable.FindAllString(text, -1) {
		if !slices.Contains(read, name) {
			t.Errorf("the page names %s, which nobody reads", name)
		}
	}
	wants := map[string]any{ // a path in a snippet, and what stands there
		"jobs.test.env.STAGEGATE_SHARD": "${{ matrix.shard }}/${{ strategy.job-total }}",
		"jobs.test.strategy.fail-fast":  false,
		"test.parallel":                 4,
		"spec.completionMode":           "Indexed",
		"spec.completions":              4,
		"arrayProperties.size":          4.0,
	}
	systems := 0
	for _, s := range snippets(text) {
		var doc map[string]any
		switch s.lang {
		case "yaml":
			if err := yaml.Unmarshal([]byte(s.text), &doc); err != nil {
				t.Errorf("%v:\n%s", err, s.text)
			}
		case "json":
			if err := json.Unmarshal([]byte(s.text), &doc); err != nil {
				t.Errorf("%v:\n%s", err, s.text)
			}
		default:
			continue
		}
		systems++
		if plain := regexp.MustCompile(`[",\[\]]+`).ReplaceAllString(s.text, ""); !regexp.MustCompile(`gate test --run \S+( \S+ }})? --shard auto`).MatchString(plain) {
			t.Errorf("nobody calls gate test with --shard auto:\n%s", s.text)
		}
		if regexp.MustCompile(`(echo|export)[^\n]*\$\(gate`).MatchString(s.text) {
			t.Errorf("the exit code of gate is lost:\n%s", s.text)
		}
		for path, want := range wants {
			if got, ok := at(doc, path); ok && got == want {
				delete(wants, path)
			}
		}
	}
	if systems != 4 || len(wants) > 0 {
		t.Errorf("%d systems; no snippet has %v", systems, wants)
	}
	c := (&app{}).testCmd()
	for _, flag := range []string{"run", "shard"} {
		if c.Flag(flag) == nil {
			t.Errorf("gate test has no --%s", flag)
		}
	}
}

// at is what stands at a dotted path of a document.
func at(doc any, path string) (any, bool) {
	for _, name := range strings.Split(path, ".") {
		m, ok := doc.(map[string]any)
		if !ok {
			return nil, false
		}
		if doc, ok = m[name]; !ok {
			return nil, false
		}
	}
	return doc, true
}
