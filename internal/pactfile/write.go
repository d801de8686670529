package pactfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrForeign says that a folder holds something that is no pact file.
var ErrForeign = errors.New("it is not a folder of pact files")

// Write puts the files into dir in place of everything that was in it. The old
// folder is there until the new one is whole. A folder that holds anything but
// pact files is left alone: [ErrForeign].
func Write(dir string, files map[string][]byte) error {
	if err := owned(dir); err != nil {
		return fmt.Errorf("write pacts to %s: %w", dir, err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("write pacts: %w", err)
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-")
	if err != nil {
		return fmt.Errorf("write pacts: %w", err)
	}
	defer os.RemoveAll(fresh) // after the rename there is nothing to remove
	err = os.Chmod(fresh, 0o755)
	for name, b := range files {
		err = errors.Join(err, write(filepath.Join(fresh, name), b))
	}
	if err != nil {
		return fmt.Errorf("write pacts: %w", err)
	}
	return replace(dir, fresh)
}

func write(name string, b []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// Remove takes the folder of pact files away, if there is one.
func Remove(dir string) error {
	if err := owned(dir); err != nil {
		return fmt.Errorf("remove pacts in %s: %w", dir, err)
	}
	return os.RemoveAll(dir)
}

func replace(dir, fresh string) error {
	old := fresh + "-old"
	err := os.Rename(dir, old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write pacts: %w", err)
	}
	if err := os.Rename(fresh, dir); err != nil {
		return fmt.Errorf("write pacts: %w", errors.Join(err, os.Rename(old, dir)))
	}
	return os.RemoveAll(old)
}

// owned reports whether dir may be replaced: nothing is there, or pact files alone.
func owned(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.HasSuffix(e.Name(), ".json") {
			return fmt.Errorf("%w: %s", ErrForeign, e.Name())
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		if _, _, err := read(b); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrForeign, e.Name(), err)
		}
	}
	return err
}
