package npm_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/internal/npm"
)

// Everything that is fetched is pinned: by an exact version where we name it,
// by a digest where others do. From where it is fetched is the machine's affair.
func TestPinned(t *testing.T) {
	exact := regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	var manifest struct {
		DevDependencies map[string]string `json:"devDependencies"`
	}
	if err := json.Unmarshal([]byte(npm.Files()["package.json"]), &manifest); err != nil || len(manifest.DevDependencies) == 0 {
		t.Fatalf("package.json: %v, %v", manifest, err)
	}
	var lock struct {
		Packages map[string]struct {
			Version   string `json:"version"`
			Integrity string `json:"integrity"`
			Resolved  string `json:"resolved"`
		} `json:"packages"`
	}
	if err := json.Unmarshal([]byte(npm.Files()["package-lock.json"]), &lock); err != nil {
		t.Fatal(err)
	}
	for name, version := range manifest.DevDependencies {
		if !exact.MatchString(version) || lock.Packages["node_modules/"+name].Version != version {
			t.Errorf("%s: package.json has %q, the lock %q", name, version, lock.Packages["node_modules/"+name].Version)
		}
	}
	if len(lock.Packages) < 40 {
		t.Errorf("the lock has %d packages", len(lock.Packages))
	}
	for path, p := range lock.Packages {
		if path != "" && (!strings.HasPrefix(p.Integrity, "sha512-") || p.Resolved != "") {
			t.Errorf("%s: integrity %q, resolved %q: want a sha512 and no host", path, p.Integrity, p.Resolved)
		}
	}
}

func TestDir(t *testing.T) {
	for _, file := range []string{
		"@cucumber/compatibility-kit/features/minimal/minimal.ndjson",
		"@cucumber/messages/messages.schema.json",
		"@cucumber/language-service/dist/go.wasm",
	} {
		if _, err := os.Stat(filepath.Join(npm.Dir(t), file)); err != nil {
			t.Error(err)
		}
	}
}

func TestNode(t *testing.T) {
	out, err := npm.Node(t, `import { version } from "@cucumber/messages"; console.log(version, process.argv.slice(1).join("+"))`, "--one", "two").Output()
	if err != nil || !strings.HasSuffix(string(out), " --one+two\n") || len(out) < 12 {
		t.Errorf("got %q, %v", out, err)
	}
	for name, module := range map[string]string{
		"an error":          `throw new Error("no")`,
		"an unknown module": `import "@cucumber/nothing"`,
		"an exit code":      `process.exit(1)`,
	} {
		if out, err := npm.Node(t, module).CombinedOutput(); err == nil {
			t.Errorf("%s: no error: %s", name, out)
		}
	}
}
