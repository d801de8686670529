package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stagegate/stagegate/internal/editor"
)

func (a *app) editorCmd() *cobra.Command {
	return &cobra.Command{Use: "editor", Short: "Write what editors need to find steps: settings and a glue file for the Cucumber language server", Args: cobra.NoArgs,
		Long: `Write what the official Cucumber language server needs to find the steps of
this repository: ` + editor.SettingsPath + ` gets the entries that it lacks, and
` + editor.GluePath + ` repeats the steps that the server does not find where
they are defined, the ready-made ones among them. Go code is read, not run.
See docs/editors.md.`,
		RunE: func(*cobra.Command, []string) error {
			written, unread, err := writeEditor(".")
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]any{"files": written, "unread": unread})
			}
			for _, w := range written {
				fmt.Fprintf(a.stdout, "%-8s %s\n", w.Done, w.File)
			}
			for _, where := range unread {
				fmt.Fprintf(a.stdout, "unread   %s: editors do not find the step: its expression is not a string literal, or has a backtick\n", clean(where))
			}
			return nil
		}}
}

// done is what became of a file.
type done struct {
	Done string `json:"done"` // created, updated or kept
	File string `json:"file"`
}

func writeEditor(dir string) (written []done, unread []string, err error) {
	files, err := goFiles(dir)
	if err != nil {
		return nil, nil, err
	}
	steps := 0
	for _, f := range files {
		steps += len(f.Steps) + len(f.Ready)
	}
	if steps == 0 {
		return nil, nil, errUsage{errors.New("no Go file here defines steps\nhint: run gate editor in the folder that your editor opens, the repository's")}
	}
	glue, definitions, err := editor.Glue(files)
	if err != nil {
		return nil, nil, err
	}
	unread = []string{}
	for _, d := range definitions {
		unread = append(unread, d.Where)
	}
	for _, w := range []struct {
		file string
		text func(old []byte) ([]byte, error)
	}{
		{editor.GluePath, func(old []byte) ([]byte, error) {
			if len(old) > 0 && !bytes.HasPrefix(old, []byte(editor.Mark)) {
				return nil, errors.New("gate editor did not write it\nhint: move it away")
			}
			return []byte(glue), nil
		}},
		{editor.SettingsPath, func(old []byte) ([]byte, error) {
			return editor.Settings(old, editor.Globs(files), editor.Types(files))
		}},
	} {
		did, err := rewrite(filepath.Join(dir, filepath.FromSlash(w.file)), w.text)
		if err != nil {
			return written, unread, errUsage{fmt.Errorf("%s: %w", w.file, err)}
		}
		written = append(written, done{did, w.file})
	}
	return written, unread, nil
}

// rewrite puts text(what is there) into a file.
func rewrite(file string, text func(old []byte) ([]byte, error)) (string, error) {
	old, err := os.ReadFile(file)
	created := errors.Is(err, fs.ErrNotExist)
	if err != nil && !created {
		return "", err
	}
	b, err := text(old)
	switch {
	case err != nil:
		return "", err
	case created:
		return "created", create(file, string(b))
	case bytes.Equal(old, b):
		return "kept", nil
	default:
		return "updated", os.WriteFile(file, b, 0o666)
	}
}

// goFiles are the Go files of a repository that have steps, read. One that does
// not parse is somebody's work in progress: it has none.
func goFiles(dir string) (files []editor.File, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		hidden := strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
		if d.IsDir() && path != dir && (hidden || name == "vendor" || name == "node_modules" || name == "testdata") {
			return filepath.SkipDir
		}
		if !d.Type().IsRegular() || hidden || filepath.Ext(name) != ".go" {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		f, err := editor.Find(filepath.ToSlash(below), source)
		if err == nil && len(f.Steps)+len(f.Ready) > 0 {
			files = append(files, f)
		}
		return nil
	})
	return files, err
}
