package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
	root, err := s.open()
	if err != nil {
		return none(err)
	}
	defer root.Close()
	if err := checkDirs(root, base); err != nil {
		return none(err)
	}
	keys := []string{}
	if err := walk(ctx, root.FS(), base, &keys); err != nil {
		return nil, err
	}
	slices.Sort(keys)
	return keys, nil
}

func walk(ctx context.Context, tree fs.FS, dir string, keys *[]string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := fs.ReadDir(tree, dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case harness.CheckKey(name) != nil: // a temporary file, or not ours
		case e.IsDir():
			if err := walk(ctx, tree, name, keys); err != nil {
				return err
			}
		case e.Type().IsRegular():
			*keys = append(*keys, name)
		default:
			return fmt.Errorf("%q is not a regular file: %v", name, e.Type())
		}
	}
	return nil
}

func none(err error) ([]string, error) {
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return nil, err
}
