package checkout

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// Artifact digests the files below dir that the patterns name. "*" and "?"
// stay within a folder, "**" stands for any number of folders. A pattern that
// names nothing is not an error: see [harness.Artifact.Files]. A link is: what
// it points to could change under the same name.
func Artifact(dir string, patterns []string) (harness.Artifact, error) {
	var files []harness.File
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if d.IsDir() {
			if name == ".git" || name != "." && !reaches(patterns, name) {
				return fs.SkipDir
			}
			return nil
		}
		if !matches(patterns, name) && !(linked(p, d) && reaches(patterns, name)) {
			return nil
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s: an artifact has regular files only", name)
		}
		f, err := digest(p, name)
		files = append(files, f)
		return err
	})
	if err != nil {
		return harness.Artifact{}, fmt.Errorf("digest files: %w", err)
	}
	return harness.NewArtifact(files), nil
}

// linked reports whether file is a link to a folder, which is never walked.
func linked(file string, d fs.DirEntry) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return false
	}
	info, err := os.Stat(file)
	return err == nil && info.IsDir()
}

func digest(file, name string) (harness.File, error) {
	f, err := os.Open(file)
	if err != nil {
		return harness.File{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return harness.File{}, err
	}
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return harness.File{}, err
	}
	return harness.File{Name: name, Size: n, Exec: info.Mode()&0o111 != 0, Digest: harness.Digest("sha256:" + hex.EncodeToString(h.Sum(nil)))}, nil
}

// Restore writes the files of a that are missing below dir, with what blob
// returns for them. Files that are there are left alone. A name that leads out
// of dir, through a link too, is an error.
func Restore(dir string, a harness.Artifact, blob func(harness.Digest) ([]byte, error)) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("restore files: %w", err)
	}
	defer root.Close()
	for _, f := range a.Files {
		if _, err := root.Lstat(f.Name); err == nil {
			continue
		}
		b, err := blob(f.Digest)
		if err != nil {
			return fmt.Errorf("restore %s: %w", f.Name, err)
		}
		mode := os.FileMode(0o666)
		if f.Exec {
			mode = 0o777
		}
		if err := writeNew(root, f.Name, b, mode); err != nil {
			return fmt.Errorf("restore %s: %w", f.Name, err)
		}
	}
	return nil
}

// writeNew writes a whole file or none.
func writeNew(root *os.Root, to string, b []byte, mode os.FileMode) error {
	if err := root.MkdirAll(path.Dir(to), 0o777); err != nil {
		return err
	}
	name := to + ".stagegate-tmp"
	tmp, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = root.Rename(name, to)
	}
	if err != nil {
		root.Remove(name)
	}
	return err
}

// matches reports whether any pattern names the file.
func matches(patterns []string, name string) bool {
	for _, p := range patterns {
		if match(strings.Split(p, "/"), strings.Split(name, "/")) {
			return true
		}
	}
	return false
}

func match(pattern, name []string) bool {
	switch {
	case len(pattern) == 0:
		return len(name) == 0
	case pattern[0] == "**":
		for i := 0; i <= len(name); i++ {
			if match(pattern[1:], name[i:]) {
				return len(name) > 0
			}
		}
		return false
	case len(name) == 0:
		return false
	}
	ok, err := path.Match(pattern[0], name[0])
	return ok && err == nil && match(pattern[1:], name[1:])
}

// reaches reports whether a file in folder dir could match.
func reaches(patterns []string, dir string) bool {
	d := strings.Split(dir, "/")
	for _, p := range patterns {
		el := strings.Split(p, "/")
		for i := 0; ; i++ {
			if i == len(d) || i < len(el) && el[i] == "**" {
				return true
			}
			if i >= len(el)-1 {
				break
			}
			if ok, _ := path.Match(el[i], d[i]); !ok {
				break
			}
		}
	}
	return false
}

// Files are the committed files below the folder of t.Dir called dir, relative
// to t.Dir and sorted as git does.
func (t Tree) Files(ctx context.Context, dir string) ([]string, error) {
	out, err := t.git(ctx, nil, "ls-files", "-z", "--cached", "--", ":(literal)"+dir)
	if err != nil {
		return nil, fmt.Errorf("list the files of %s: %w", dir, err)
	}
	return strings.FieldsFunc(out, func(c rune) bool { return c == 0 }), nil
}
