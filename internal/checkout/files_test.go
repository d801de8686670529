package checkout_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/checkout"
)

// folder makes a folder with files, each with its own name as content.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	r := repo{t, t.TempDir()}
	for _, f := range files {
		r.write(f, f)
	}
	return r.dir
}

func artifactOf(t *testing.T, dir string, patterns ...string) harness.Artifact {
	t.Helper()
	a, err := checkout.Artifact(dir, patterns)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestArtifactPatterns(t *testing.T) {
	dir := folder(t, "a", "b.txt", ".env", "dist/orders", "dist/orders.map", "dist/lib/x.so", "dist/lib/deep/y.so", "infra/main.tf",
		"infra/env/prod.tf", ".git/config", "sub/.git/config", "distant/z")
	for _, tt := range []struct {
		patterns []string
		want     []string
	}{
		{nil, nil},
		{[]string{"nothing"}, nil},
		{[]string{"dist"}, nil}, // a folder is not a file
		{[]string{"a"}, []string{"a"}},
		{[]string{"?"}, []string{"a"}},
		{[]string{"*"}, []string{".env", "a", "b.txt"}},
		{[]string{"dist/*"}, []string{"dist/orders", "dist/orders.map"}},
		{[]string{"dist/**"}, []string{"dist/lib/deep/y.so", "dist/lib/x.so", "dist/orders", "dist/orders.map"}},
		{[]string{"dist/**/*.so"}, []string{"dist/lib/deep/y.so", "dist/lib/x.so"}},
		{[]string{"**/*.tf"}, []string{"infra/env/prod.tf", "infra/main.tf"}},
		{[]string{"**/env/**"}, []string{"infra/env/prod.tf"}},
		{[]string{"**/lib/*/*"}, []string{"dist/lib/deep/y.so"}},
		{[]string{"*/*/prod.tf"}, []string{"infra/env/prod.tf"}},
		{[]string{"d*/z", "[ab]"}, []string{"a", "distant/z"}},
		{[]string{"a", "*", "a"}, []string{".env", "a", "b.txt"}}, // each file once
		{[]string{"sub/**"}, []string{"sub/.git/config"}},
		{[]string{".git/**", "**/config"}, []string{"sub/.git/config"}}, // git's own folder never
		{[]string{"dist/**/**/orders"}, []string{"dist/orders"}},
	} {
		var got []string
		for _, f := range artifactOf(t, dir, tt.patterns...).Files {
			got = append(got, f.Name)
			if f.Digest != harness.DigestOf([]byte(f.Name)) || f.Size != int64(len(f.Name)) {
				t.Errorf("%v: %+v is not the file's content", tt.patterns, f)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%v: got %v, want %v", tt.patterns, got, tt.want)
		}
	}
}

func TestArtifactDigest(t *testing.T) {
	dir := folder(t, "dist/a", "dist/b")
	first := artifactOf(t, dir, "dist/**")
	if again := artifactOf(t, dir, "dist/b", "dist/a"); again.Digest != first.Digest {
		t.Error("the same files in another order have another digest")
	}
	if none := artifactOf(t, dir, "x"); none.Digest == first.Digest || len(none.Files) != 0 {
		t.Errorf("no files: got %+v", none)
	}
	os.WriteFile(filepath.Join(dir, "dist/a"), []byte("dist/A"), 0o666)
	if changed := artifactOf(t, dir, "dist/**"); changed.Digest == first.Digest {
		t.Error("another content has the same digest")
	}
	os.WriteFile(filepath.Join(dir, "dist/a"), []byte("dist/a"), 0o666)
	os.Rename(filepath.Join(dir, "dist/b"), filepath.Join(dir, "dist/c"))
	if renamed := artifactOf(t, dir, "dist/**"); renamed.Digest == first.Digest {
		t.Error("another name has the same digest")
	}
}

func TestArtifactRefusesLinks(t *testing.T) {
	for _, tt := range []struct{ name, link, to, pattern string }{
		{"to a file", "dist/link", "a", "dist/**"},
		{"to nothing", "dist/link", "gone", "dist/**"},
		{"named itself", "link", "dist/a", "link"},
		{"to a folder", "link", "dist", "link/**"},
		{"to a folder below", "dist/lib", "..", "dist/**/*.so"},
	} {
		dir := folder(t, "dist/a")
		if err := os.Symlink(tt.to, filepath.Join(dir, tt.link)); err != nil {
			t.Fatal(err)
		}
		if a, err := checkout.Artifact(dir, []string{tt.pattern}); err == nil {
			t.Errorf("%s: got %+v, want an error", tt.name, a)
		}
		if _, err := checkout.Artifact(dir, []string{"dist/a"}); err != nil {
			t.Errorf("%s: a link that is not part of it: %v", tt.name, err)
		}
	}
	if a, err := checkout.Artifact(filepath.Join(t.TempDir(), "gone"), []string{"*"}); err == nil {
		t.Errorf("no folder: got %+v, want an error", a)
	}
}

func TestRestore(t *testing.T) {
	from := folder(t, "dist/orders", "dist/lib/x.so", "dist/keep")
	if err := os.Chmod(filepath.Join(from, "dist/orders"), 0o755); err != nil {
		t.Fatal(err)
	}
	a := artifactOf(t, from, "dist/**")
	var asked []string
	blob := func(d harness.Digest) ([]byte, error) {
		for _, f := range a.Files {
			if f.Digest == d {
				asked = append(asked, f.Name)
				return []byte(f.Name), nil
			}
		}
		return nil, errors.New("no such blob")
	}
	to := folder(t, "dist/keep")
	if err := os.WriteFile(filepath.Join(to, "dist/keep"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := checkout.Restore(to, a, blob); err != nil {
		t.Fatal(err)
	}
	if want := []string{"dist/lib/x.so", "dist/orders"}; !slices.Equal(asked, want) {
		t.Errorf("restored %v, want %v", asked, want)
	}
	if b, _ := os.ReadFile(filepath.Join(to, "dist/keep")); string(b) != "mine" {
		t.Errorf("a file that was there is %q now", b)
	}
	have := artifactOf(t, to, "**")
	if got := a.Differences(have); !slices.Equal(got, []string{"dist/keep was changed"}) {
		t.Errorf("differences %q", got)
	}
	for i, f := range have.Files {
		if f.Exec != a.Files[i].Exec {
			t.Errorf("%s: executable %v, want %v", f.Name, f.Exec, a.Files[i].Exec)
		}
	}
}

func TestRestoreCannot(t *testing.T) {
	file := harness.File{Name: "dist/a", Digest: harness.DigestOf([]byte("x"))}
	x := func(harness.Digest) ([]byte, error) { return []byte("x"), nil }
	lost := errors.New("lost")
	dir := t.TempDir()
	if err := checkout.Restore(dir, harness.NewArtifact([]harness.File{file}), func(harness.Digest) ([]byte, error) { return nil, lost }); !errors.Is(err, lost) {
		t.Errorf("got %v, want the blob's error", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../x", "/x", "a/../../x", "link/x"} {
		file.Name = name
		if err := checkout.Restore(dir, harness.NewArtifact([]harness.File{file}), x); err == nil {
			t.Errorf("%q: want an error", name)
		}
	}
	if left, _ := os.ReadDir(outside); len(left) > 0 {
		t.Errorf("written outside: %v", left)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "..", "x")); len(left) > 0 {
		t.Errorf("written outside: %v", left)
	}
}

func TestDifferences(t *testing.T) {
	a := artifactOf(t, folder(t, "a", "b", "c"), "*")
	other := folder(t, "b", "c", "d")
	os.WriteFile(filepath.Join(other, "c"), []byte("changed"), 0o666)
	want := []string{"a is missing", "c was changed", "d was added"}
	if got := a.Differences(artifactOf(t, other, "*")); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := a.Differences(a); got != nil {
		t.Errorf("with itself: got %q", got)
	}
}
