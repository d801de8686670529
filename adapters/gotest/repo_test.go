package gotest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/gotest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// A repo is a throw-away module on disk.
type repo struct {
	gotest.Runner
	log *bytes.Buffer
}

// newRepo writes files, each "name: content" of a txtar-like text. Sources get
// their imports of testing and of the fake stagegate by themselves.
func newRepo(t *testing.T, files map[string]string) repo {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repo")
	fake, err := filepath.Abs("testdata/stagegate")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.mod"), "module example.test/m\n\ngo 1.26\n\nrequire github.com/stagegate/stagegate v0.0.0\n\nreplace github.com/stagegate/stagegate => "+fake+"\n")
	for name, body := range files {
		write(t, filepath.Join(dir, name), body)
	}
	r := repo{log: &bytes.Buffer{}}
	r.Runner = gotest.Runner{Dir: dir, Env: append(os.Environ(), "GOFLAGS=-vet=off -ldflags=-w", "STAGEGATE_RUN=/stale"), Log: r.log, Linked: t.TempDir()}
	return r
}

func write(t *testing.T, path, body string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(body), 0o666); err != nil {
		t.Fatal(err)
	}
}

// test is a test file of package p with the given body.
func test(body string, imports ...string) string {
	return source("p", body, imports...)
}

func source(pkg, body string, imports ...string) string {
	all := "\"testing\"\n"
	for _, i := range imports {
		all += `"` + i + "\"\n"
	}
	return "package " + pkg + "\nimport (\n" + all + ")\n" + body
}

const features = "github.com/stagegate/stagegate/features"

func session() protocol.Session {
	return protocol.Session{Run: "run-1", Nonce: "nonce-1", Service: "s", Stage: "commit", Target: harness.InProcessTarget()}
}

func suite(patterns ...string) harness.Suite { return harness.Suite{Name: "unit", Run: patterns} }

func (r repo) plan(t *testing.T, s harness.Suite) []harness.Planned {
	t.Helper()
	planned, _, err := r.Plan(t.Context(), session(), s)
	if err != nil {
		t.Fatal("plan: ", err)
	}
	return planned
}

// run plans and runs.
func (r repo) run(t *testing.T, s harness.Suite) gotest.Seen {
	t.Helper()
	planned := r.plan(t, s)
	seen, err := r.Run(t.Context(), session(), s, planned)
	if err != nil {
		t.Fatal("run: ", err)
	}
	return seen
}

// outcomes is one line for each row, "id outcome", without the module's name.
func outcomes(rows []harness.Row) string {
	var lines []string
	for _, r := range rows {
		lines = append(lines, strings.TrimPrefix(r.ID, "example.test/m/")+" "+string(r.Outcome))
	}
	return strings.Join(lines, "\n")
}

func ids(planned []harness.Planned) string {
	var lines []string
	for _, p := range planned {
		lines = append(lines, strings.TrimPrefix(p.ID, "example.test/m/")+" "+string(p.Kind))
	}
	return strings.Join(lines, "\n")
}
