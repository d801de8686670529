package bundle_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/adapters/gotest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/bundle"
	"github.com/stagegate/stagegate/internal/checkout"
)

// sample is a folder with two files, and its manifest.
func sample(t testing.TB) (dir string, m bundle.Manifest) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{"gate.yaml": "service: x\n", "features/a.feature": "Feature: a\n"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := checkout.Artifact(dir, []string{"**"})
	if err != nil {
		t.Fatal(err)
	}
	return dir, bundle.Manifest{OS: runtime.GOOS, Arch: runtime.GOARCH, Source: harness.Source{Commit: "c", Tree: "t"},
		Kit: gotest.Kit{Packages: []gotest.KitPackage{{ImportPath: "x/contracts", Dir: "contracts"}}}, Files: all.Files}
}

func pack(t testing.TB, dir string, m bundle.Manifest) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := bundle.Pack(&b, dir, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUnpackGivesWhatWasPacked(t *testing.T) {
	dir, m := sample(t)
	b := pack(t, dir, m)
	if other, same := sample(t); !bytes.Equal(pack(t, other, same), b) {
		t.Error("the same files in another folder are other bytes")
	}
	to := t.TempDir()
	got, d, err := bundle.Unpack(bytes.NewReader(b), to)
	if err != nil {
		t.Fatal(err)
	}
	if d != harness.DigestOf(b) || got.Source != m.Source {
		t.Errorf("got %s of %v, want %s of %v", d, got.Source, harness.DigestOf(b), m.Source)
	}
	if info, err := os.Stat(filepath.Join(to, "contracts")); err != nil || !info.IsDir() {
		t.Errorf("the folder of a package without files: %v", err)
	}
	if text, err := os.ReadFile(filepath.Join(to, "features/a.feature")); string(text) != "Feature: a\n" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestUnpackRefuses(t *testing.T) {
	dir, good := sample(t)
	whole := pack(t, dir, good)
	edited := func(edit func(*bundle.Manifest)) []byte {
		_, m := sample(t)
		edit(&m)
		return pack(t, dir, m)
	}
	for _, tt := range []struct {
		name string
		b    []byte
		want string
	}{
		{"nothing", nil, "not a bundle"},
		{"something else", []byte("service: x\n"), "not a bundle"},
		{"half of a file", whole[:len(whole)-1536], "unexpected EOF"},
		{"a file less", whole[:bytes.LastIndex(whole, []byte("gate.yaml"))&^511], "ends before gate.yaml"},
		{"another content", bytes.Replace(whole, []byte("Feature: a"), []byte("Feature: b"), 1), "not those of the manifest"},
		{"another name", bytes.Replace(whole, []byte("\x00features/a"), []byte("\x00features/b"), 1), ""},
		{"another system", edited(func(m *bundle.Manifest) { m.OS = "plan9" }), "is for plan9/"},
		{"another processor", edited(func(m *bundle.Manifest) { m.Arch = "mips" }), "/mips, this is"},
		{"another digest", edited(func(m *bundle.Manifest) { m.Files[0].Digest = m.Files[1].Digest }), "not those of the manifest"},
		{"a file twice", edited(func(m *bundle.Manifest) { m.Files = append(m.Files, m.Files[0]) }), "file exists"},
		{"a member that nobody knows", bytes.Replace(whole, []byte(`"os":`), []byte(`"so":`), 1), "read the manifest"},
		{"a package outside", edited(func(m *bundle.Manifest) { m.Kit.Packages[0].Dir = "../x" }), "escapes"},
		{"another format", bytes.Replace(whole, []byte(`"format":1`), []byte(`"format":2`), 1), "format 2"},
		{"a file outside", bytes.ReplaceAll(whole, []byte("features/a.feature"), []byte("../../../a.feature")), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, d, err := bundle.Unpack(bytes.NewReader(tt.b), t.TempDir())
			if err == nil || d != "" || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %s, %v; want an error with %q", d, err, tt.want)
			}
		})
	}
}

func FuzzUnpack(f *testing.F) {
	dir, m := sample(f)
	f.Add(pack(f, dir, m))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, d, err := bundle.Unpack(bytes.NewReader(b), t.TempDir()); err == nil && (d != harness.DigestOf(b) || m.Format != 1) {
			t.Errorf("accepted with digest %s, want %s", d, harness.DigestOf(b))
		}
	})
}
