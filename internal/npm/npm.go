// Package npm gives tests the official Cucumber tools, which run on Node: the
// compatibility kit, the schema of the messages, formatters, the language server.
//
//	kit := filepath.Join(npm.Dir(t), "@cucumber/compatibility-kit")
//	out, err := npm.Node(t, `import { Query } from "@cucumber/query"; ...`, "argument").Output()
//
// package.json pins each by its exact version, package-lock.json each package
// below them by its digest. internal/npm/install (make setup) puts them into
// the user's cache, in a folder named after the digest of these files: a change
// of a version is another folder, and clones of one version share one. Nothing
// of it is shipped.
package npm

import (
	"crypto/sha256"
	_ "embed" // the pinned versions
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/need"
)

//go:embed package.json
var manifest string

//go:embed package-lock.json
var lock string

//go:embed .npmrc
var settings string

// InstallCommand installs the packages.
const InstallCommand = "go run github.com/stagegate/stagegate/internal/npm/install"

// Files are what npm ci needs, by name.
func Files() map[string]string {
	return map[string]string{"package.json": manifest, "package-lock.json": lock, ".npmrc": settings}
}

// Home is the folder below cacheDir that holds node_modules for [Files].
func Home(cacheDir string) string {
	sum := sha256.Sum256([]byte(manifest + "\x00" + lock + "\x00" + settings))
	return filepath.Join(cacheDir, "stagegate", "npm-"+hex.EncodeToString(sum[:8]))
}

// Installed returns an error that says what is missing below home.
func Installed(home string) error {
	_, err := os.Stat(filepath.Join(home, "node_modules"))
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the npm packages of the tests: %s", home)
	}
	return err
}

// Dir is the node_modules folder. Where it or node is missing, the test ends by
// [need.Missing].
func Dir(t testing.TB) string {
	t.Helper()
	return filepath.Join(home(t), "node_modules")
}

// Node is a command that runs an ES module, given as text, with process.argv
// [node, args...]. It imports packages by name. It is killed when the test ends.
func Node(t testing.TB, module string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", append([]string{"--input-type=module", "--eval", module, "--"}, args...)...)
	cmd.Dir = home(t) // from where the module's imports are resolved
	cmd.Env = append(os.Environ(), "NODE_OPTIONS=")
	return cmd
}

func home(t testing.TB) string {
	t.Helper()
	const install = "make setup, or: " + InstallCommand
	if _, err := exec.LookPath("node"); err != nil {
		need.Missing(t, "node", "install Node.js 20 or later with npm, then "+install)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := Home(cache)
	if err := Installed(dir); err != nil {
		need.Missing(t, strings.TrimSpace(err.Error()), install)
	}
	return dir
}
