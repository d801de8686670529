package editor_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/editor"
)

// repository writes what gate editor writes for the Go files of a folder, and
// runs the server there.
func repository(t *testing.T, root string) *server {
	t.Helper()
	var files []editor.File
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f, err := editor.Find(filepath.ToSlash(below), b)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	glue, unread, err := editor.Glue(files)
	if err != nil || len(unread) > 0 {
		t.Fatalf("%v, unread: %v", err, unread)
	}
	file := filepath.Join(root, editor.GluePath)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(glue), 0o644); err != nil {
		t.Fatal(err)
	}
	return start(t, root, map[string]any{"features": []string{"**/*.feature"}, "glue": editor.Globs(files)})
}

// Each feature of the example is one whose steps an editor knows.
func TestExample(t *testing.T) {
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS("../../examples/orders")); err != nil {
		t.Fatal(err)
	}
	s := repository(t, root)
	files, err := filepath.Glob(filepath.Join(root, "features/*.feature"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range s.undefined("file://"+file, string(b)) {
			t.Errorf("%s:%d: undefined", file, line)
		}
	}
}

// Each ready-made step is found as its page shows it.
func TestReadyStepsAreFound(t *testing.T) {
	root := t.TempDir()
	imports, feature := "", "Feature: f\n"
	for _, name := range editor.Names() {
		imports += "import _ \"github.com/stagegate/stagegate/features/steps/" + name + "\"\n"
		text, _ := editor.Ready(name)
		examples := 0
		for line := range strings.Lines(text) {
			line, ok := strings.CutPrefix(line, "\t//\t")
			if !ok {
				continue
			}
			if strings.HasPrefix(line, "Given ") || strings.HasPrefix(line, "When ") || strings.HasPrefix(line, "Then ") {
				examples++
				feature += "Scenario: " + name + "\n"
			}
			feature += line
		}
		if steps := strings.Count(text, "s.Step("); examples != steps {
			t.Fatalf("%s: %d examples of %d steps", name, examples, steps)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "steps.go"), []byte("package p\n"+imports), 0o644); err != nil {
		t.Fatal(err)
	}
	s := repository(t, root)
	lines := strings.Split(feature, "\n")
	for _, n := range s.undefined("file://"+root+"/f.feature", feature) {
		t.Errorf("undefined: %s", lines[n-1])
	}
}
