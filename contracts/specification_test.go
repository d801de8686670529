//go:build linux && amd64

package contracts

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ebitengine/purego"

	"github.com/stagegate/stagegate/contracts/pact"
	"github.com/stagegate/stagegate/internal/need"
)

// vectors are the test cases of the published specification, beside the repository.
const vectors = "../../shared/vectors/pact-specification"

// explained are the request cases on which live mode and the specification
// differ, with the reason. All others agree.
var explained = map[string]string{
	"version-1/testcases/request/path/empty path found when forward slash expected.json":   emptyPath,
	"version-1.1/testcases/request/path/empty path found when forward slash expected.json": emptyPath,
	"version-2/testcases/request/path/empty path found when forward slash expected.json":   emptyPath,
	"version-3/testcases/request/path/empty path found when forward slash expected.json":   emptyPath,
	"version-4/testcases/request/path/empty path found when forward slash expected.json":   emptyPath,

	"version-3/testcases/request/headers/matches content type with parameters in different order.json": foldedHeader,
	"version-4/testcases/request/headers/matches content type with parameters in different order.json": foldedHeader,

	"version-1/testcases/request/query/different param order.json": queryText,
	"version-1/testcases/request/query/trailing amperand.json":     queryText,

	"version-2/testcases/request/body/matches with regex xml.json":                                           xmlRules,
	"version-3/testcases/request/body/matches with regex xml.json":                                           xmlRules,
	"version-4/testcases/request/body/array with regular expression that does not match in element xml.json": xmlRules,
}

// Reasons for differences.
const (
	emptyPath    = "the case sends an empty path, which HTTP cannot (RFC 9112, 3.2.1): it is sent as /"
	foldedHeader = "the case folds a header over two lines, which may not be sent (RFC 9112, 5.2): net/http refuses it, and nothing reaches the dependency"
	queryText    = "version 1 compares queries as texts; the engine's mock server compares parameters in each version"
	xmlRules     = "the engine's own answer: a rule for an element of XML is not one for its text, and a rule with [*] reaches none"
)

// A requestCase is a request that the specification says matches or does not.
type requestCase struct {
	Match    bool
	Expected map[string]any
	Actual   struct {
		Method, Path string
		Query        any
		Headers      map[string]any
		Body         json.RawMessage
	}
}

// TestRequestSpecification sends every request case of the specification through
// the guard: what does not match must be refused, what matches must reach the
// dependency, once.
func TestRequestSpecification(t *testing.T) {
	engine(t)
	if _, err := os.Stat(vectors); err != nil {
		need.Missing(t, "the folder of the Pact specification's cases ("+err.Error()+")", "check out the project's shared folder beside the repository")
	}
	mock := documentServer(t)
	var n, differ atomic.Int32
	t.Run("all", func(t *testing.T) {
		for folder, version := range map[string]string{"version-1": "1.0.0", "version-1.1": "1.1.0", "version-2": "2.0.0", "version-3": "3.0.0", "version-4": "4.0"} {
			err := filepath.WalkDir(filepath.Join(vectors, folder, "testcases", "request"), func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() || filepath.Ext(path) != ".json" {
					return err
				}
				n.Add(1)
				name := strings.TrimPrefix(path, vectors+"/")
				t.Run(name, func(t *testing.T) {
					got, c, what := judged(t, mock, path, version)
					why, known := explained[name]
					switch agree := got == c.Match; {
					case !agree && known:
						differ.Add(1)
						t.Log(why)
					case !agree:
						t.Errorf("got match %v, want %v: %s", got, c.Match, what)
					case known:
						t.Errorf("it agrees: take it out of the list (%s)", why)
					}
				})
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
	if n.Load() != 384 || int(differ.Load()) != len(explained) || differ.Load() > 12 {
		t.Errorf("got %d cases, %d of which differ, want 384 and the %d that are explained", n.Load(), differ.Load(), len(explained))
	}
}

// judged sends the request of a case through a guard.
func judged(t *testing.T, mock func(doc []byte) (string, func()), path, version string) (match bool, c requestCase, what string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))))
	d.UseNumber()
	if err := d.Decode(&c); err != nil {
		t.Fatal(err)
	}
	doc, err := json.Marshal(map[string]any{"consumer": map[string]any{"name": "c"}, "provider": map[string]any{"name": "p"},
		"metadata": map[string]any{"pactSpecification": map[string]any{"version": version}},
		"interactions": []any{map[string]any{"type": "Synchronous/HTTP", "description": "it", "request": c.Expected,
			"response": map[string]any{"status": 200, "headers": map[string]any{pact.MarkHeader: []string{"0"}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	address, stop := mock(doc)
	defer stop()
	reached := 0
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	defer s.Close()
	g := newGuard(parsed(t, address), parsed(t, s.URL), 10*time.Second)
	answer, err := g.RoundTrip(c.request(t, s.URL, version))
	if err == nil {
		answer.Body.Close()
	}
	g.finish()
	if (err == nil) != (reached == 1) {
		t.Fatalf("got %v, and %d requests that reached the dependency", err, reached)
	}
	return err == nil, c, string(b)
}

// request is the case's request, as an adapter makes it.
func (c requestCase) request(t *testing.T, base, version string) *http.Request {
	t.Helper()
	u := base + c.Actual.Path
	switch q := c.Actual.Query.(type) {
	case string:
		if q != "" {
			u += "?" + q
		}
	case map[string]any:
		values := url.Values{}
		for name, v := range q {
			for _, x := range list(v) {
				values.Add(name, x)
			}
		}
		u += "?" + values.Encode()
	}
	r, err := http.NewRequest(strings.ToUpper(c.Actual.Method), u, bytes.NewReader(c.body(t, version)))
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range c.Actual.Headers {
		r.Header[http.CanonicalHeaderKey(name)] = list(v)
	}
	return r
}

func list(v any) (all []string) {
	values, ok := v.([]any)
	if !ok {
		values = []any{v}
	}
	for _, x := range values {
		all = append(all, fmt.Sprint(x))
	}
	return all
}

// body is the body of the case's request as it goes over the wire.
func (c requestCase) body(t *testing.T, version string) []byte {
	t.Helper()
	v := c.Actual.Body
	encoded := any(nil)
	if version == "4.0" {
		var wrapped struct {
			Content json.RawMessage
			Encoded any
		}
		if json.Unmarshal(v, &wrapped) != nil {
			return nil
		}
		v, encoded = wrapped.Content, wrapped.Encoded
	}
	var text string
	if len(v) == 0 || string(v) == "null" {
		return nil
	}
	if json.Unmarshal(v, &text) != nil {
		return v
	}
	if encoded == "base64" {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	return []byte(text)
}

// documentServer returns a function that serves a whole document with the
// engine's mock server. The symbol is deprecated, and used by this test alone:
// the interactions of a contract are built one by one.
func documentServer(t *testing.T) func(doc []byte) (address string, stop func()) {
	t.Helper()
	path, err := pact.Locate(os.Getenv, os.UserCacheDir)
	if err != nil {
		t.Fatal(err)
	}
	lib, err := purego.Dlopen(path, purego.RTLD_NOW)
	if err != nil {
		t.Fatal(err)
	}
	var serve func(doc, address string, tls bool) int32
	var cleanup func(port int32) bool
	purego.RegisterLibFunc(&serve, lib, "pactffi_create_mock_server")
	purego.RegisterLibFunc(&cleanup, lib, "pactffi_cleanup_mock_server")
	return func(doc []byte) (string, func()) {
		port := serve(string(doc), "127.0.0.1:0", false)
		if port <= 0 {
			t.Fatalf("the engine returned %d for %s", port, doc)
		}
		return fmt.Sprintf("http://127.0.0.1:%d", port), func() { cleanup(port) }
	}
}
