package pact

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/stagegate/stagegate/internal/need"
)

// vectors are the test cases of the published specification, beside the repository.
const vectors = "../../../shared/vectors/pact-specification"

// TestSpecification compares [Engine.VerifyResponses] with every response case of
// the specification: recording, deriving and replaying change no answer.
func TestSpecification(t *testing.T) {
	engine(t)
	if _, err := os.Stat(vectors); err != nil {
		need.Missing(t, "the folder of the Pact specification's cases ("+err.Error()+")", "check out the project's shared folder beside the repository")
	}
	n := 0
	for folder, version := range map[string]string{"version-1": "1.0.0", "version-1.1": "1.1.0", "version-2": "2.0.0", "version-3": "3.0.0", "version-4": "4.0"} {
		root := filepath.Join(vectors, folder, "testcases", "response")
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".json" {
				return err
			}
			n++
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			t.Run(strings.TrimPrefix(path, vectors+"/"), func(t *testing.T) { checkCase(t, version, b) })
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n != 357 {
		t.Errorf("got %d cases, want 357", n)
	}
}

func checkCase(t *testing.T, version string, b []byte) {
	t.Parallel()
	var c struct {
		Match    bool   `json:"match"`
		Expected object `json:"expected"`
		Actual   struct {
			Status  int             `json:"status"`
			Headers map[string]any  `json:"headers"`
			Body    *jsontext.Value `json:"body"`
		} `json:"actual"`
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if err := json.Unmarshal(b, &c, jsontext.AllowDuplicateNames(true)); err != nil {
		t.Fatal(err)
	}
	if c.Expected["status"] == nil {
		c.Expected["status"] = jsontext.Value(`200`)
	}
	r := Recorded{Description: "it", Method: "GET", Status: 200, Header: map[string][]string{}}
	if c.Actual.Status != 0 {
		r.Status = c.Actual.Status
	}
	for name, v := range c.Actual.Headers {
		values, ok := v.([]any)
		if !ok {
			values = []any{v}
		}
		for _, x := range values {
			r.Header[name] = append(r.Header[name], fmt.Sprint(x))
		}
	}
	if c.Actual.Body != nil {
		r.Body = actualBody(t, version, *c.Actual.Body)
	}
	response, err := json.Marshal(c.Expected, jsontext.AllowDuplicateNames(true))
	if err != nil {
		t.Fatal(err)
	}
	doc := fmt.Sprintf(`{"consumer":{"name":"c"},"provider":{"name":"p"},"interactions":[{"type":"Synchronous/HTTP","description":"it","request":{"method":"GET","path":"/"},"response":%s}],"metadata":{"pactSpecification":{"version":%q}}}`, response, version)
	mismatches, err := engine(t).VerifyResponses([]byte(doc), []Recorded{r})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(mismatches) == 0; got != c.Match {
		t.Errorf("got match %v, want %v: %+v\n%s", got, c.Match, mismatches, b)
	}
}

// actualBody is the body of a case as it goes over the wire.
func actualBody(t *testing.T, version string, v jsontext.Value) []byte {
	t.Helper()
	if version == "4.0" {
		var wrapped struct {
			Content jsontext.Value `json:"content"`
			Encoded any            `json:"encoded"`
		}
		if v.Kind() != '{' || json.Unmarshal(v, &wrapped) != nil || wrapped.Content == nil || wrapped.Content.Kind() == 'n' {
			return nil
		}
		v = wrapped.Content
		if wrapped.Encoded == "base64" {
			var s string
			if err := json.Unmarshal(v, &s); err != nil {
				t.Fatal(err)
			}
			b, err := base64.StdEncoding.DecodeString(s)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	var s string
	switch {
	case v.Kind() == 'n':
		return []byte(`null`)
	case v.Kind() != '"':
		return v
	case json.Unmarshal(v, &s) != nil:
		t.Fatal("a string that is none")
	}
	return []byte(s)
}
