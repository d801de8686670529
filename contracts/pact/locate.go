package pact

import (
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/stagegate/stagegate/internal/pactversion"
)

// An InstallError says that there is no usable engine at Path. Its text names
// the command that installs one.
type InstallError struct {
	Path string
	Err  error
}

func (e *InstallError) Error() string {
	return fmt.Sprintf("the Pact engine (libpact_ffi %s) cannot be used: %s: %v\nhint: install it with: %s", Version, e.Path, e.Err, InstallCommand)
}

func (e *InstallError) Unwrap() error { return e.Err }

// ErrChecksum says that a file is not the one that this package is pinned to.
var ErrChecksum = errors.New("checksum differs from the pinned one")

// A PlatformError says that there is no engine for this operating system and processor.
type PlatformError struct{ OS, Arch string }

func (e *PlatformError) Error() string {
	return fmt.Sprintf("contract tests do not run on %s/%s yet: the Pact engine is pinned for linux/amd64 with glibc only\nhint: see docs/platforms.md", e.OS, e.Arch)
}

// Supported returns a [*PlatformError] where there is no engine for this process.
func Supported() error {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return &PlatformError{runtime.GOOS, runtime.GOARCH}
	}
	return nil
}

// CachePath is where the installer puts the library and where it is looked for.
func CachePath(cacheDir string) string {
	return pactversion.CachePath(cacheDir)
}

// Locate is the path of the library: the one that STAGEGATE_PACT_LIB names,
// else the one in the user's cache. Whether it is usable, [Check] says.
func Locate(getenv func(string) string, cacheDir func() (string, error)) (string, error) {
	if path := getenv(Variable); path != "" {
		if !filepath.IsAbs(path) {
			return "", &InstallError{path, fmt.Errorf("%s must be an absolute path", Variable)}
		}
		return path, nil
	}
	dir, err := cacheDir()
	if err != nil {
		return "", &InstallError{"the user's cache", err}
	}
	return CachePath(dir), nil
}

// Check returns an [*InstallError] unless the file at path is the pinned
// library, in a place that only its owner and group can change. It reads the
// whole file.
func Check(path string) error {
	if err := check(path); err != nil {
		return &InstallError{path, err}
	}
	return nil
}

func check(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	if err := notWorldWritable(real); err != nil {
		return err
	}
	f, err := os.Open(real)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha512.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != LibrarySHA512 {
		return fmt.Errorf("%w: sha512 %.16s..., want %.16s...", ErrChecksum, got, LibrarySHA512)
	}
	return nil
}

// notWorldWritable refuses a file that anybody could exchange between the check
// and the load. The sticky bit protects what lies in a folder only from being
// replaced, so the library's own folder must not be open to all at all.
func notWorldWritable(path string) error {
	for at, depth := path, 0; ; at, depth = filepath.Dir(at), depth+1 {
		info, err := os.Lstat(at)
		if err != nil {
			return err
		}
		open := info.Mode().Perm()&0o002 != 0
		sticky := info.Mode()&fs.ModeSticky != 0
		if open && (depth < 2 || !sticky) {
			return fmt.Errorf("%s can be written by everybody (mode %v)", at, info.Mode())
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}
