package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/stagegate/stagegate/harness"
)

func (s *Store) list(ctx context.Context, prefix string) ([]string, error) {
	base := "."
	if prefix != "" {
		if err := harness.CheckKey(prefix); err != nil {
			return nil, err
		}
		base = prefix
	}
	root, err := s.enter(base)
	if err != nil {
		return none(err)
	}
	defer root.Close()
	keys := []string{}
	if err := walk(ctx, root, base, &keys); err != nil {
		return nil, err
	}
	slices.Sort(keys)
	return keys, nil
}

// walk adds the keys below dir, which is open as at.
func walk(ctx context.Context, at *os.Root, dir string, keys *[]string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := fs.ReadDir(at.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case harness.CheckKey(name) != nil: // a temporary file, or not ours
		case e.IsDir():
			err = walkBelow(ctx, at, e.Name(), name, keys)
		case e.Type().IsRegular():
			*keys = append(*keys, name)
		default:
			err = fmt.Errorf("%q is not a regular file: %v", name, e.Type())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func walkBelow(ctx context.Context, at *os.Root, name, dir string, keys *[]string) error {
	next, err := below(at, name)
	if err != nil {
		return err
	}
	return errors.Join(walk(ctx, next, dir, keys), next.Close())
}

func none(err error) ([]string, error) {
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return nil, err
}
