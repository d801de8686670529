package parity

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pact-foundation/pact-go/v2/provider"

	"github.com/stagegate/stagegate/contracts/pactgo/parity/after"
)

// users is a provider that keeps both contracts, unless it is broken.
func users(broken bool) http.Handler {
	type answer struct {
		status      int
		media, body string
	}
	all := map[string]answer{
		"GET /users/10?full=yes&part=a&part=b": {200, "application/json; charset=utf-8", `{"id":3,"name":"x","since":"2024-02-03","tags":["a","b","c"]}`},
		"GET /users/10":                        {404, "", ""},
		"POST /users":                          {201, "application/json", `{"id":11,"nested":{"a":[1,"x",null,true,1.5],"when":"2024-02-01T12:30:00Z"}}`},
		"PUT /users/1?a=b+c":                   {200, "application/json", `{"ok":false}`},
		"GET /users?page=1":                    {200, "application/json", `{"id":5,"score":2.25,"nothing":null,"same":"x","has":"hello","day":"2024-02-03","few":["q"],"most":[1],"any":["z",7]}`},
		"POST /notes":                          {200, "text/plain", "bye"},
		"POST /xml":                            {200, "application/xml", "<c></c>"},
		"POST /json":                           {200, "application/json", `{"b":9}`},
		"POST /form":                           {204, "", ""},
		"PUT /bytes":                           {200, "application/octet-stream", "\x01\x00\x02"},
		"GET /one":                             {200, "", ""},
		"GET /two":                             {200, "", ""},
	}
	if broken {
		all["POST /json"] = answer{200, "application/json", `{"b":"nine"}`}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := all[r.Method+" "+r.URL.RequestURI()]
		if !ok {
			http.Error(w, "unknown: "+r.URL.RequestURI(), http.StatusTeapot)
			return
		}
		if a.media != "" {
			w.Header().Set("Content-Type", a.media)
		}
		for name, value := range map[string]string{"X-Version": "2", "Location": "/users/12", "X-Done": "yes"} {
			if a.status != http.StatusCreated || name == "Location" {
				w.Header().Set(name, value)
			}
		}
		w.WriteHeader(a.status)
		_, _ = w.Write([]byte(a.body))
	})
}

const childVariable = "STAGEGATE_TEST_CHILD"

// TestVerifierAccepts lets pact-go's provider verifier, the other side of
// pact-go, verify a provider with pactgo's files.
func TestVerifierAccepts(t *testing.T) {
	t.Setenv("PACT_DO_NOT_TRACK", "true")
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "v2.json"), filepath.Join(dir, "v4.json")}
	for n, b := range [][]byte{ours(t, after.Second), ours(t, after.Fourth)} {
		if err := os.WriteFile(files[n], b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := httptest.NewServer(users(os.Getenv(childVariable) == "broken"))
	defer s.Close()
	if err := provider.NewVerifier().VerifyProvider(t, provider.VerifyRequest{Provider: "users", ProviderBaseURL: s.URL, PactFiles: files}); err != nil {
		t.Error(err)
	}
}

// The verifier has really looked: a provider that breaks one interaction fails.
func TestVerifierRefuses(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestVerifierAccepts$", "-test.count=1")
	cmd.Env = append(os.Environ(), childVariable+"=broken")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "JSON that is written already") {
		t.Errorf("got %v\n%s", err, out)
	}
}

func get(host string, port int) error {
	answer, err := http.Get(fmt.Sprintf("http://%s:%d/", host, port))
	if err == nil {
		err = answer.Body.Close()
	}
	return err
}
