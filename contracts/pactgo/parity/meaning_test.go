package parity

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// meaning is what a pact file says: its interactions by description and
// states, in the form of specification version 4, without what only names the
// tool that wrote it.
func meaning(t *testing.T, file []byte) map[string]map[string]any {
	t.Helper()
	var d struct {
		Interactions []map[string]any `json:"interactions"`
		Metadata     struct {
			Specification struct {
				Version string `json:"version"`
			} `json:"pactSpecification"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(file, &d); err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]any{}
	for _, i := range d.Interactions {
		if d.Metadata.Specification.Version == "2.0.0" {
			upgrade(t, i)
		}
		delete(i, "key")
		delete(i, "transport") // "http", which is the default
		for _, part := range []string{"request", "response"} {
			once(i[part].(map[string]any))
		}
		name := text(i["description"]) + " " + text(i["providerStates"])
		if all[name] != nil {
			t.Fatalf("%s is there twice", name)
		}
		all[name] = i
	}
	return all
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// upgrade writes an interaction of version 2 as version 4 does.
func upgrade(t *testing.T, i map[string]any) {
	t.Helper()
	i["type"], i["pending"] = "Synchronous/HTTP", false
	if state, ok := i["providerState"]; ok {
		i["providerStates"] = []any{map[string]any{"name": state}}
		delete(i, "providerState")
	}
	for _, name := range []string{"request", "response"} {
		part := i[name].(map[string]any)
		if q, ok := part["query"].(string); ok {
			values, err := url.ParseQuery(q)
			if err != nil {
				t.Fatal(err)
			}
			part["query"] = anyOf(t, values)
		}
		headers, _ := part["headers"].(map[string]any)
		for name, v := range headers {
			headers[name] = []any{v}
		}
		if body, ok := part["body"]; ok {
			media, _ := headers["Content-Type"].([]any)
			if len(media) != 1 {
				t.Fatalf("a body without its media type: %v", part)
			}
			part["body"] = map[string]any{"content": body, "contentType": media[0], "encoded": false}
		}
		if rules, ok := part["matchingRules"].(map[string]any); ok {
			part["matchingRules"] = upgradeRules(rules)
		}
	}
}

// upgradeRules puts rules like $.body.a, $.headers['X'] and $.path into their categories.
func upgradeRules(rules map[string]any) map[string]any {
	all := map[string]any{}
	in := func(category, path string, rule any) {
		members, _ := all[category].(map[string]any)
		if members == nil {
			members = map[string]any{}
			all[category] = members
		}
		members[path] = rule
	}
	for path, rule := range rules {
		list := map[string]any{"combine": "AND", "matchers": []any{rule}}
		switch rest, _ := strings.CutPrefix(path, "$."); {
		case rest == "path":
			all["path"] = list
		case strings.HasPrefix(rest, "body"):
			in("body", "$"+strings.TrimPrefix(rest, "body"), list)
		case strings.HasPrefix(rest, "headers"):
			in("header", strings.Trim(strings.TrimPrefix(rest, "headers"), ".['"+"]"), list)
		default:
			in("query", strings.Trim(strings.TrimPrefix(rest, "query"), ".['"+"]"), list)
		}
	}
	return all
}

// once removes a rule that stands next to an equal one: the engine writes the
// same rule twice for arrays in version 4.
func once(part map[string]any) {
	categories, _ := part["matchingRules"].(map[string]any)
	for _, category := range categories {
		members, _ := category.(map[string]any)
		for _, rule := range members {
			if rule, ok := rule.(map[string]any); ok {
				list, _ := rule["matchers"].([]any)
				rule["matchers"] = slices.CompactFunc(list, func(a, b any) bool { return text(a) == text(b) })
			}
		}
	}
}

func anyOf(t *testing.T, v any) (out any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text(v)), &out); err != nil {
		t.Fatal(err)
	}
	return out
}
