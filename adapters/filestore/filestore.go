package filestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"

	"github.com/stagegate/stagegate/harness"
)

// maxValue bounds what is read into memory, and so what may be written.
const maxValue = 256 << 20

// A Store is a [harness.Store] in a directory.
type Store struct {
	dir string

	mu     sync.Mutex
	synced map[string]bool // directories whose own entry is known to be on the disk
}

var _ harness.Store = (*Store)(nil)

// New returns a store in dir, which is made by the first Put.
func New(dir string) *Store {
	return &Store{dir: dir, synced: map[string]bool{}}
}

// Get implements [harness.Store]. What is not a regular file, is reached
// through a symbolic link or is over 256 MiB is an error.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	b, err := s.get(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("reading %q from %s: %w", key, s.dir, err)
	}
	return b, nil
}

func (s *Store) get(ctx context.Context, key string) ([]byte, error) {
	if err := errors.Join(ctx.Err(), harness.CheckKey(key)); err != nil {
		return nil, err
	}
	dir, err := s.enter(path.Dir(key))
	if err != nil {
		return nil, absent(err)
	}
	defer dir.Close()
	name := path.Base(key)
	named, err := dir.Lstat(name)
	switch {
	case err != nil:
		return nil, absent(err)
	case named.IsDir():
		return nil, harness.ErrNotFound // a prefix of keys, not a key
	case !named.Mode().IsRegular():
		return nil, fmt.Errorf("not a regular file: %v", named.Mode().Type())
	case named.Size() > maxValue:
		return nil, fmt.Errorf("%d bytes, at most %d", named.Size(), maxValue)
	}
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if opened, err := f.Stat(); err != nil || !os.SameFile(named, opened) {
		return nil, errors.Join(errors.New("replaced while it was opened"), err)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxValue+1))
	if len(b) > maxValue {
		return nil, fmt.Errorf("it grew over %d bytes", maxValue)
	}
	return b, err
}

// List implements [harness.Store]. Names that are not keys, what killed writers
// left among them, are passed over; a symbolic link is an error.
func (s *Store) List(ctx context.Context, prefix string) ([]string, error) {
	keys, err := s.list(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("listing %q in %s: %w", prefix, s.dir, err)
	}
	return keys, nil
}

// open opens the directory itself, which must not be a symbolic link.
func (s *Store) open() (*os.Root, error) {
	info, err := os.Lstat(s.dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a directory: %v", s.dir, info.Mode().Type())
	}
	return os.OpenRoot(s.dir)
}

// enter opens the directory at dir. Everything on the way is a directory;
// os.Root alone would follow a symbolic link that stays inside.
func (s *Store) enter(dir string) (*os.Root, error) {
	at, err := s.open()
	if err != nil || dir == "." {
		return at, err
	}
	for name := range strings.SplitSeq(dir, "/") {
		next, err := below(at, name)
		if err = errors.Join(err, at.Close()); err != nil {
			return nil, err
		}
		at = next
	}
	return at, nil
}

// below opens a directory in at, which must not be a symbolic link.
func below(at *os.Root, name string) (*os.Root, error) {
	info, err := at.Lstat(name)
	switch {
	case err != nil:
		return nil, err
	case info.Mode().Type() == fs.ModeSymlink:
		return nil, fmt.Errorf("%q is a symbolic link", path.Join(at.Name(), name))
	case !info.IsDir():
		return nil, fs.ErrNotExist // a value where a directory would be: nothing is below it
	}
	next, err := at.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	if opened, err := next.Stat("."); err != nil || !os.SameFile(info, opened) {
		return nil, errors.Join(fmt.Errorf("%q was replaced while it was opened", path.Join(at.Name(), name)), err, next.Close())
	}
	return next, nil
}

// ancestors are the directories from the first element of dir down to dir.
func ancestors(dir string) (all []string) {
	if dir == "." {
		return nil
	}
	return append(ancestors(path.Dir(dir)), dir)
}

func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return harness.ErrNotFound
	}
	return err
}
