package contracts

import (
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
)

// What comes from another consumer's builder keeps its own description and path.
func TestDescriptionAndRegexPath(t *testing.T) {
	a, b := card(), card()
	a.Description, b.Name, b.Description = "a card", "b", "another card"
	s := spec{consumer: "c", provider: "p", name: "it", all: []Interaction{a, b}}
	if err := s.validate(); err != nil || s.description(0) != "a card" || s.description(1) != "another card" {
		t.Errorf("got %q, %q, %v", s.description(0), s.description(1), err)
	}
	before := s.hash()
	s.all[1].Description = "a card"
	if err := s.validate(); err == nil || !strings.Contains(err.Error(), `its description "a card"`) {
		t.Errorf("two of one description: got %v", err)
	}
	if s.hash() == before {
		t.Error("another description, the same hash")
	}
	hash := func(p Path) string {
		i := card()
		i.Request.Path = p
		return spec{consumer: "c", provider: "p", name: "n", all: []Interaction{i}}.hash()
	}
	if p := RegexPath("/a/1", `/a/\d`); hash(p) == hash(Literal("/a/1")) || hash(p) == hash(RegexPath("/a/1", `/a/.`)) {
		t.Error("another expression, the same hash")
	}
	for _, p := range []Path{RegexPath("/a/x", `/a/\d`), RegexPath("a/1", `a/\d`)} {
		if p.validate() == nil {
			t.Errorf("%+v is valid", p)
		}
	}
	if p := RegexPath("/a/{1}", `^/a/(?!b)`); p.validate() != nil || len(p.placeholders()) != 0 {
		t.Errorf("an expression that only the engine knows: got %v, placeholders %q", p.validate(), p.placeholders())
	}
}

func TestRegexPathInModes(t *testing.T) {
	i := card()
	i.Request.Path = RegexPath("/cards/tok_1", `^/cards/tok_\d+$`)
	accept := []string{"Accept", "application/json"}
	for name, p := range map[string]place{"mock": {mode: harness.Mock, timeout: answerTimeout}, "live": live(serve(t, answer(200, good)).URL)} {
		t.Log(name)
		expect(t, try(t, p, []Interaction{i}, send("GET", "/cards/tok_77", "", accept...)), harness.Passed)
		expect(t, try(t, p, []Interaction{i}, send("GET", "/cards/tok_x", "", accept...)), harness.RequestMismatch, "/cards/tok_x")
	}
}
