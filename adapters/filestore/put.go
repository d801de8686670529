package filestore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/stagegate/stagegate/harness"
)

// temporary begins the names of files that are being written. No key has a "~".
const temporary = ".tmp~"

// Put implements [harness.Store].
func (s *Store) Put(ctx context.Context, key string, b []byte) error {
	if err := s.put(ctx, key, b); err != nil {
		return fmt.Errorf("writing %q to %s: %w", key, s.dir, err)
	}
	return nil
}

func (s *Store) put(ctx context.Context, key string, b []byte) error {
	if err := errors.Join(ctx.Err(), harness.CheckKey(key)); err != nil {
		return err
	}
	if len(b) > maxValue {
		return fmt.Errorf("%d bytes, at most %d", len(b), maxValue)
	}
	if err := s.makeStore(s.dir); err != nil {
		return err
	}
	root, err := s.open()
	if err != nil {
		return err
	}
	defer root.Close()
	dir := path.Dir(key)
	for _, d := range ancestors(dir) {
		if err := s.makeDir(root, d); err != nil {
			return err
		}
	}
	temp := path.Join(dir, temporary+rand.Text())
	if err := write(root, temp, b); err != nil {
		return errors.Join(err, root.Remove(temp))
	}
	defer root.Remove(temp) // where it stays, nobody reads it
	return publish(root, temp, key)
}

// write makes the file name with the content b, on the disk when it returns nil.
func write(root *os.Root, name string, b []byte) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// publish gives the written file its key. If the key might be lost with the
// machine it is taken back: an error means that there is nothing to read.
func publish(root *os.Root, temp, key string) error {
	err := root.Link(temp, key)
	switch {
	case errors.Is(err, fs.ErrExist):
		return occupied(root, key)
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w\nhint: the store needs a file system with hard links, which write once depends on", err)
	case err != nil:
		return err
	}
	if err := syncDir(root, path.Dir(key)); err != nil {
		return errors.Join(err, root.Remove(key))
	}
	return nil
}

func occupied(root *os.Root, key string) error {
	info, err := root.Lstat(key)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("the name is taken, and not by a value: %v", info.Mode().Type())
	}
	return harness.ErrExists
}

// makeDir makes d below root and sees to it that its name is on the disk, also
// where another process made it and may not have come as far.
func (s *Store) makeDir(root *os.Root, d string) error {
	made := root.Mkdir(d, 0o700)
	if made != nil && !errors.Is(made, fs.ErrExist) {
		return made
	}
	info, err := root.Lstat(d)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%q is not a directory: %v", d, info.Mode().Type())
	}
	return s.once(d, made == nil, func() error { return syncDir(root, path.Dir(d)) })
}

// makeStore makes the store's directory and those above it that are missing.
func (s *Store) makeStore(dir string) error {
	made := os.Mkdir(dir, 0o700)
	if errors.Is(made, fs.ErrNotExist) && filepath.Dir(dir) != dir {
		if err := s.makeStore(filepath.Dir(dir)); err != nil {
			return err
		}
		made = os.Mkdir(dir, 0o700)
	}
	if made != nil && !errors.Is(made, fs.ErrExist) {
		return made
	}
	return s.once("/"+dir, made == nil, func() error {
		parent, err := os.Open(filepath.Dir(dir))
		switch {
		case made != nil && errors.Is(err, fs.ErrPermission):
			return nil // it was made for us by somebody who may write there
		case err != nil:
			return err
		}
		return errors.Join(parent.Sync(), parent.Close())
	})
}

// once runs sync unless it has succeeded for the name before; always if again.
func (s *Store) once(name string, again bool, sync func() error) error {
	s.mu.Lock()
	done := s.synced[name]
	s.mu.Unlock()
	if done && !again {
		return nil
	}
	if err := sync(); err != nil {
		return err
	}
	s.mu.Lock()
	s.synced[name] = true
	s.mu.Unlock()
	return nil
}

func syncDir(root *os.Root, dir string) error {
	d, err := root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
