package hello_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/hello"
)

// What a test brings stays, what it does not bring comes from the template,
// and the place that is deployed is the place that is served.
func TestRepository(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "greeting.txt"), []byte("Ahoy"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(hello.Handler(dir))
	defer s.Close()
	if err := hello.Write(dir, map[string]string{"URL": s.URL}); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "gate.yaml")); err != nil || !strings.Contains(string(b), s.URL+"/staging") {
		t.Errorf("gate.yaml does not have the URL of the service: %s, %v", b, err)
	}
	if code, says := get(t, s.URL+"/staging/version"); code != http.StatusNotFound {
		t.Errorf("before the deploy: %d %s", code, says)
	}
	deploy := exec.Command("sh", "-c", "mkdir dist && cp greeting.txt dist/greeting && echo c0ffee >dist/commit && sh deploy.sh")
	deploy.Dir, deploy.Env = dir, append(os.Environ(), "STAGEGATE_TARGET=staging")
	if out, err := deploy.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for path, want := range map[string]string{"/version": `{"commit": "c0ffee"}`, "/greeting?name=Ada": "Ahoy, Ada!"} {
		if code, got := get(t, s.URL+"/staging"+path); code != http.StatusOK || got != want {
			t.Errorf("%s: got %d %q, want %q", path, code, got, want)
		}
	}
	if code, _ := get(t, s.URL+"/prod/version"); code != http.StatusNotFound {
		t.Errorf("prod serves what was deployed to staging")
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}
