package bundle

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/adapters/gotest"
	"github.com/stagegate/stagegate/harness"
)

const (
	Folder   = ".bundle"                  // in a bundle: what is not of the repository
	Engine   = Folder + "/libpact_ffi.so" // the Pact engine, where a suite needs it
	manifest = Folder + "/manifest.json"

	format      = 1
	maxManifest = 64 << 20
)

// A Manifest says what a bundle holds and where it runs.
type Manifest struct {
	Format int            `json:"format"`
	OS     string         `json:"os"`
	Arch   string         `json:"arch"`
	Source harness.Source `json:"source"` // that it was built from
	Kit    gotest.Kit     `json:"kit"`
	Files  []harness.File `json:"files"` // by name, without the manifest
}

// Pack writes the files below dir that m names as a bundle.
func Pack(w io.Writer, dir string, m Manifest) error {
	m.Format = format
	b, err := json.Marshal(m, json.Deterministic(true))
	if err != nil {
		return err
	}
	to := tar.NewWriter(w)
	if err := add(to, manifest, bytes.NewReader(b), int64(len(b)), 0o644); err != nil {
		return err
	}
	for _, f := range m.Files {
		from, err := os.Open(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil {
			return err
		}
		err = add(to, f.Name, from, f.Size, mode(f))
		if err = errors.Join(err, from.Close()); err != nil {
			return fmt.Errorf("pack %s: %w", f.Name, err)
		}
	}
	return to.Close()
}

func mode(f harness.File) int64 {
	if f.Exec {
		return 0o755
	}
	return 0o644
}

func add(to *tar.Writer, name string, from io.Reader, size, mode int64) error {
	if err := to.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: mode, Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err := io.Copy(to, from)
	return err
}

// Unpack writes the bundle in r to dir, an empty folder, and returns its
// manifest and the digest of all its bytes. An error says that it is cut short,
// that a file is not the manifest's, or that it is for another machine.
func Unpack(r io.Reader, dir string) (m Manifest, d harness.Digest, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return m, "", err
	}
	defer root.Close()
	sum := sha256.New()
	r = io.TeeReader(r, sum)
	from := tar.NewReader(r)
	if m, err = read(from); err != nil {
		return m, "", err
	}
	if m.OS != runtime.GOOS || m.Arch != runtime.GOARCH {
		return m, "", fmt.Errorf("the bundle is for %s/%s, this is %s/%s", m.OS, m.Arch, runtime.GOOS, runtime.GOARCH)
	}
	for _, f := range m.Files {
		h, err := from.Next()
		if err != nil {
			return m, "", fmt.Errorf("the bundle ends before %s: %w", f.Name, noEnd(err))
		}
		if h.Name != f.Name || h.Typeflag != tar.TypeReg {
			return m, "", fmt.Errorf("the bundle has %s where its manifest has %s", h.Name, f.Name)
		}
		if err := extract(root, from, f); err != nil {
			return m, "", fmt.Errorf("unpack %s: %w", f.Name, err)
		}
	}
	for _, p := range m.Kit.Packages { // its folder is where its tests run, also where they read nothing
		if err := root.MkdirAll(p.Dir, 0o700); err != nil {
			return m, "", fmt.Errorf("unpack %s: %w", p.ImportPath, err)
		}
	}
	if h, err := from.Next(); err == nil {
		return m, "", fmt.Errorf("the bundle has %s, which is not in its manifest", h.Name)
	} else if !errors.Is(err, io.EOF) {
		return m, "", fmt.Errorf("read the bundle's end: %w", err)
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return m, "", err
	}
	return m, harness.Digest("sha256:" + hex.EncodeToString(sum.Sum(nil))), nil
}

func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func read(from *tar.Reader) (m Manifest, err error) {
	h, err := from.Next()
	if err != nil {
		return m, fmt.Errorf("not a bundle: %w", noEnd(err))
	}
	if h.Name != manifest || h.Size > maxManifest {
		return m, fmt.Errorf("not a bundle: it begins with %s (%d bytes), want %s", h.Name, h.Size, manifest)
	}
	b, err := io.ReadAll(from)
	if err != nil {
		return m, fmt.Errorf("read the manifest: %w", err)
	}
	if err := json.Unmarshal(b, &m, json.RejectUnknownMembers(true)); err != nil {
		return m, fmt.Errorf("read the manifest: %w", err)
	}
	if m.Format != format {
		return m, fmt.Errorf("the bundle has format %d, this gate reads %d", m.Format, format)
	}
	return m, nil
}

// extract writes the next file of from, which must be f. root keeps it in place.
func extract(root *os.Root, from io.Reader, f harness.File) error {
	if err := root.MkdirAll(path.Dir(f.Name), 0o700); err != nil {
		return err
	}
	to, err := root.OpenFile(f.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, os.FileMode(mode(f)))
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, sum), from)
	if err = errors.Join(err, to.Close()); err != nil {
		return err
	}
	if got := harness.Digest("sha256:" + hex.EncodeToString(sum.Sum(nil))); got != f.Digest || n != f.Size {
		return fmt.Errorf("%d bytes, %s, are not those of the manifest", n, got.Short())
	}
	return nil
}
