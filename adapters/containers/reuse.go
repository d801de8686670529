package containers

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// reused is the name of a container that stays: i.Reuse and a digest of all that
// it is made of, so that a changed image, Dockerfile or setting is another one and
// nobody tests against yesterday's build.
func (i Image) reused() (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q\n", i.Name, i.Port, i.Cmd)
	for _, k := range slices.Sorted(maps.Keys(i.Env)) {
		fmt.Fprintf(h, "%q=%q\n", k, i.Env[k])
	}
	if i.Build != "" {
		if err := digest(h, i.Build); err != nil {
			return "", fmt.Errorf("read the folder that the image is built from: %w", err)
		}
	}
	return i.Reuse + "-" + hex.EncodeToString(h.Sum(nil))[:12], nil
}

// digest adds the names, modes and contents of all files below dir.
func digest(h hash.Hash, dir string) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%q %v %d\n", filepath.ToSlash(rel), info.Mode(), info.Size())
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(h, f)
		return err
	})
}
