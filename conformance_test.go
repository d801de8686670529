package stagegate_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every test that docs/conformance.md names exists, and skips nothing.
func TestConformancePage(t *testing.T) {
	page, err := os.ReadFile("docs/conformance.md")
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string]string{"features": "features", "tags": "harness/tags", "gotest": "adapters/gotest"}
	_, ways, _ := strings.Cut(string(page), "## Ways to be green by mistake")
	named := regexp.MustCompile("`(\\w+)\\.(Test\\w+)`").FindAllStringSubmatch(ways, -1)
	if len(named) < 15 {
		t.Fatalf("the page names %d tests", len(named))
	}
	for _, m := range named {
		files, err := filepath.Glob(filepath.Join(folders[m[1]], "*_test.go"))
		if err != nil || folders[m[1]] == "" {
			t.Fatalf("%s: %v", m[0], err)
		}
		body := ""
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, after, ok := strings.Cut(string(b), "\nfunc "+m[2]+"(t *testing.T) {\n"); ok {
				body, _, _ = strings.Cut(after, "\n}\n")
			}
		}
		if body == "" || regexp.MustCompile(`(?m)^\t+t\.Skip`).MatchString(body) {
			t.Errorf("%s: there is no such test, or it skips", m[0])
		}
	}
	for _, row := range strings.Split(ways, "\n") {
		if strings.HasPrefix(row, "| ") && !strings.Contains(row, "Test") && !strings.Contains(row, "red here") {
			t.Errorf("no test: %s", row)
		}
	}
}
