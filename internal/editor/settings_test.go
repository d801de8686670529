package editor_test

import (
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/tailscale/hujson"

	"github.com/stagegate/stagegate/internal/editor"
)

func TestSettings(t *testing.T) {
	const both = "\n  \"cucumber.features\": [\n    \"**/*.feature\"\n  ],\n  \"cucumber.glue\": [\n    \"g\"\n  ]"
	for name, tt := range map[string]struct{ old, want string }{
		"no file":         {"", "{" + both + "\n}\n"},
		"an empty object": {"{}", "{" + both + "\n}"},
		"others":          {"{\n  \"a\": 1 // one\n}\n", "{" + both + ",\n  \"a\": 1 // one\n}\n"},
		"all":             {"{" + both + "}", "{" + both + "}"},
		"other features":  {`{"cucumber.features":["x"],"cucumber.glue":["g"]}`, `{"cucumber.features":["x"],"cucumber.glue":["g"]}`},
		"other glue":      {`{"cucumber.features":[],"cucumber.glue":["x"]}`, "{\"cucumber.features\":[],\"cucumber.glue\":[\n    \"g\",\"x\"]}"},
	} {
		got, err := editor.Settings([]byte(tt.old), []string{"g"}, nil)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, tt.want)
		}
	}
	const typed = `{"cucumber.parameterTypes":[{"regexp":"mine","name":"a"},3],"cucumber.glue":[],"cucumber.features":[]}`
	got, err := editor.Settings([]byte(typed), nil, []editor.Type{{Name: "a", Regexp: "x"}, {Name: "b", Regexp: `\d`}})
	if want := strings.Replace(typed, "[{", "[\n    {\"name\": \"b\", \"regexp\": \"\\\\d\"},{", 1); err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	for _, old := range []string{"[]", "1", "{", `{"cucumber.glue": "x"}`, `{"cucumber.features": {}}`} {
		if got, err := editor.Settings([]byte(old), []string{"g"}, nil); err == nil {
			t.Errorf("%s: got %s", old, got)
		}
	}
}

// Whatever is there stays, and again nothing is added.
func FuzzSettings(f *testing.F) {
	for _, s := range []string{"", "{}", `{"a":[1,],/*x*/}`, `{"cucumber.glue":["a",1,null]}`, "{\n// x\n\"b\":{},\n}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, old string) {
		got, err := editor.Settings([]byte(old), []string{"g", "h"}, []editor.Type{{Name: "t", Regexp: "x"}})
		if err != nil {
			return
		}
		again, err := editor.Settings(got, []string{"g", "h"}, []editor.Type{{Name: "t", Regexp: "x"}})
		if err != nil || string(again) != string(got) {
			t.Fatalf("again: %s, %v, after %s", again, err, got)
		}
		before, after := members(t, old), members(t, string(got))
		for name, v := range before {
			if !strings.HasPrefix(name, "cucumber.") && string(after[name]) != string(v) {
				t.Errorf("%s: got %s, had %s", name, after[name], v)
			}
		}
	})
}

func members(t *testing.T, text string) (all map[string]jsontext.Value) {
	t.Helper()
	if text == "" {
		return nil
	}
	b, err := hujson.Standardize([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &all, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		t.Fatal(err)
	}
	return all
}

// The page shows the settings that are written.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/editors.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := editor.Settings(nil, editor.Globs(nil), nil)
	if err != nil || !strings.Contains(string(page), "```json\n"+string(want)+"```\n") {
		t.Errorf("%v: the page does not have\n%s", err, want)
	}
	for _, glob := range editor.Globs(nil) {
		if !strings.Contains(string(page), `"`+glob+`"`) {
			t.Errorf("the page does not have %s", glob)
		}
	}
}
