package pact

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

func document(t *testing.T, all ...Interaction) *Pact {
	t.Helper()
	p, err := engine(t).NewPact("orders", "payments")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Free)
	for _, i := range all {
		if err := p.Add(i); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func TestMockServer(t *testing.T) {
	p := document(t,
		Interaction{Description: "a", Given: []State{{"s", ""}, {"u", `{"id":1}`}}, Method: "GET", Path: "/a", Status: 200, Query: []Value{{Name: "q", Value: "1"}}},
		Interaction{Description: "b", Method: "POST", Path: `{"pact:matcher:type":"regex","value":"/b/1","regex":"^/b/\\d+$"}`, Status: 201,
			RequestBody: &Body{ContentType: "application/json", Content: `{"n":{"pact:matcher:type":"type","value":"x"}}`}, ResponseHeader: []Value{{Name: "X-A", Value: "1"}}})
	s, err := p.Serve()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := p.Add(Interaction{Description: "late", Method: "GET", Path: "/"}); err == nil {
		t.Error("an interaction was added after the start")
	}
	kinds := func() string {
		t.Helper()
		all, err := s.Mismatches()
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, m := range all {
			b.WriteString(string(m.Kind) + " " + m.Method + " " + m.Path + "\n")
		}
		return b.String()
	}
	if got := kinds(); strings.Count(got, string(Missing)) != 2 {
		t.Errorf("before any request: got %q, want two missing", got)
	}
	get := func(path string, want int) {
		t.Helper()
		r, err := http.Get(s.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if refused := r.Header.Get(RefusedHeader) != ""; r.StatusCode != want || refused != (want == 500) {
			t.Errorf("%s: got %s with %s %q", path, r.Status, RefusedHeader, r.Header.Get(RefusedHeader))
		}
	}
	get("/a?q=1", 200)
	r, err := http.Post(s.URL()+"/b/77", "application/json", strings.NewReader(`{"n":"y"}`))
	if err != nil || r.StatusCode != 201 || r.Header.Get("X-A") != "1" {
		t.Fatalf("got %v, %v", r, err)
	}
	r.Body.Close()
	if got := kinds(); got != "" {
		t.Errorf("after all requests: got %q", got)
	}
	get("/a", 500)
	get("/c", 500)
	if got := kinds(); !strings.Contains(got, "request-mismatch GET /a") || !strings.Contains(got, "request-not-found GET /c") {
		t.Errorf("after wrong requests: got %q", got)
	}
	s.Close()
	if _, err := s.Mismatches(); err == nil {
		t.Error("a stopped server has no mismatches")
	}
}

func TestNUL(t *testing.T) {
	if _, err := engine(t).NewPact("a\x00", "b"); err == nil {
		t.Error("a name with NUL was taken")
	}
	p := document(t)
	for name, i := range map[string]Interaction{
		"description": {Description: "a\x00"}, "path": {Path: "/\x00"}, "state": {Given: []State{{"\x00", ""}}}, "query": {Query: []Value{{Name: "a", Value: "\x00"}}},
		"header": {ResponseHeader: []Value{{Name: "\x00", Value: "a"}}}, "body": {RequestBody: &Body{ContentType: "text/plain", Content: "\x00"}},
	} {
		if err := p.Add(i); err == nil {
			t.Errorf("%s: NUL was taken", name)
		}
	}
}

func TestBadParams(t *testing.T) {
	if err := document(t).Add(Interaction{Description: "a", Method: "GET", Path: "/", Status: 200, Given: []State{{"s", "{"}}}); err == nil {
		t.Error("parameters that are not JSON were taken")
	}
}

func TestJSON(t *testing.T) {
	b, err := document(t, Interaction{Description: "a", Given: []State{{"u", `{"id":1.50}`}}, Method: "GET", Path: "/a", Status: 200}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Consumer, Provider struct {
			Name string `json:"name"`
		}
		Interactions []struct {
			Description string `json:"description"`
		} `json:"interactions"`
	}
	if err := json.Unmarshal(b, &d, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatal(err)
	}
	if d.Consumer.Name != "orders" || d.Provider.Name != "payments" || len(d.Interactions) != 1 || d.Interactions[0].Description != "a" {
		t.Errorf("got %+v from %s", d, b)
	}
}

func TestVerifyResponsesRefuses(t *testing.T) {
	doc, err := document(t, Interaction{Description: "a", Method: "GET", Path: "/a", Status: 200}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		doc      string
		recorded []Recorded
	}{
		"nothing recorded":    {string(doc), nil},
		"another interaction": {string(doc), []Recorded{{Description: "b", Status: 200}}},
		"not JSON":            {"{", []Recorded{{Description: "a", Status: 200}}},
		"no interactions":     {"{}", []Recorded{{Description: "a", Status: 200}}},
	} {
		if m, err := engine(t).VerifyResponses([]byte(tt.doc), tt.recorded); err == nil {
			t.Errorf("%s: got %v and no error", name, m)
		}
	}
	good := []Recorded{{Description: "a", Status: 200}, {Description: "a", Status: 404}, {Description: "a", Status: 200}}
	m, err := engine(t).VerifyResponses(doc, good)
	if err != nil || len(m) != 1 || m[0].Recorded != 1 || len(m[0].Differences) == 0 || m[0].Differences[0].Part != "status" {
		t.Errorf("got %+v, %v, want the second one's status", m, err)
	}
}

// A report that is not about everything, or says two things, is no report.
func TestReadReport(t *testing.T) {
	const one = `{"interactionKey":"k0","result":"OK"}`
	for name, tt := range map[string]struct {
		code   int32
		report string
		n      int
		good   bool
	}{
		"good":                   {0, `{"result":true,"interactionResults":[` + one + `],"errors":[]}`, 1, true},
		"no report":              {0, ``, 1, false},
		"empty object":           {0, `{}`, 1, false},
		"one of two":             {0, `{"result":true,"interactionResults":[` + one + `]}`, 2, false},
		"one twice":              {0, `{"result":true,"interactionResults":[` + one + `,` + one + `]}`, 2, false},
		"code says otherwise":    {1, `{"result":true,"interactionResults":[` + one + `]}`, 1, false},
		"code of a crash":        {2, `{"result":true,"interactionResults":[` + one + `]}`, 1, false},
		"result says otherwise":  {0, `{"result":false,"interactionResults":[` + one + `]}`, 1, false},
		"not OK, and no errors":  {1, `{"result":false,"interactionResults":[{"interactionKey":"k0","result":"ERROR"}]}`, 1, false},
		"OK says otherwise":      {0, `{"result":true,"interactionResults":[{"interactionKey":"k0","result":"ERROR"}]}`, 1, false},
		"result in another case": {0, `{"Result":true,"interactionResults":[` + one + `]}`, 1, false},
		"errors, and all good":   {0, `{"result":true,"interactionResults":[` + one + `],"errors":[{"interaction":"x","mismatch":{}}]}`, 1, false},
	} {
		m, err := readReport(tt.code, []byte(tt.report), tt.n)
		if (err == nil && len(m) == 0) != tt.good {
			t.Errorf("%s: got %v, %v", name, m, err)
		}
	}
}
