package messagetest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/npm"
)

// The programs on docs/features.md make a page and JUnit XML of a stream.
func TestPrograms(t *testing.T) {
	stream, err := os.ReadFile(filepath.Join(npm.Dir(t), "@cucumber/compatibility-kit/features/hooks/hooks.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/features.md")
	if err != nil {
		t.Fatal(err)
	}
	programs := regexp.MustCompile("(?s)```js\n// (\\w+)\\.mjs\n(.*?)```").FindAllSubmatch(page, -1)
	want := map[string]string{"html": "No tags and a failed step", "junit": "<testcase"}
	if len(programs) != len(want) {
		t.Fatalf("%d programs, want %d", len(programs), len(want))
	}
	for _, p := range programs {
		cmd := npm.Node(t, string(p[2]))
		cmd.Stdin = bytes.NewReader(stream)
		out, err := cmd.Output()
		if err != nil || !strings.Contains(string(out), want[string(p[1])]) {
			t.Errorf("%s.mjs: %v, no %q in %d bytes", p[1], err, want[string(p[1])], len(out))
		}
	}
}
