package pact

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/need"
)

// engine is the real one. Without it nothing that needs it says anything.
func engine(t *testing.T) *Engine {
	t.Helper()
	e, err := Load()
	if err == nil {
		return e
	}
	need.Missing(t, "the Pact engine ("+err.Error()+")", InstallCommand)
	return nil
}

func TestLoad(t *testing.T) {
	e := engine(t)
	if v := e.version(); v != Version {
		t.Errorf("got version %q, want %q", v, Version)
	}
	again, err := Load()
	if again != e || err != nil {
		t.Errorf("a second Load gave %p, %v, want %p", again, err, e)
	}
}

func TestLocate(t *testing.T) {
	cache := func() (string, error) { return "/cache", nil }
	env := func(v string) func(string) string {
		return func(name string) string { return map[string]string{Variable: v}[name] }
	}
	if got, err := Locate(env(""), cache); err != nil || got != "/cache/stagegate/pact/"+Version+"/"+Library {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := Locate(env("/opt/lib.so"), cache); err != nil || got != "/opt/lib.so" {
		t.Errorf("got %q, %v", got, err)
	}
	for name, f := range map[string]func() (string, error){
		"relative": func() (string, error) { return Locate(env("lib.so"), cache) },
		"no cache": func() (string, error) { return Locate(env(""), func() (string, error) { return "", io.EOF }) },
	} {
		_, err := f()
		isInstallError(t, name, err)
	}
}

func isInstallError(t *testing.T, name string, err error) {
	t.Helper()
	var i *InstallError
	if !errors.As(err, &i) || !strings.Contains(err.Error(), InstallCommand) {
		t.Errorf("%s: got %v, want an InstallError that names the command", name, err)
	}
}

// place copies the real library into dir.
func place(t *testing.T, dir string) string {
	t.Helper()
	engine(t)
	from, err := Locate(os.Getenv, os.UserCacheDir)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, Library)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestCheck(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lib")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := place(t, dir)
	if err := Check(path); err != nil {
		t.Fatalf("the right library in the right place: %v", err)
	}
	for name, mode := range map[string]os.FileMode{"open": 0o777, "open and sticky": 0o777 | os.ModeSticky} {
		chmod(t, dir, mode)
		isInstallError(t, name+" folder", Check(path))
		chmod(t, dir, 0o755)
	}
	chmod(t, filepath.Dir(dir), 0o777)
	isInstallError(t, "open folder above", Check(path))
	chmod(t, filepath.Dir(dir), 0o755)
	chmod(t, path, 0o666)
	isInstallError(t, "open file", Check(path))
	chmod(t, path, 0o644)
	link := filepath.Join(t.TempDir(), "link.so")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := Check(link); err != nil {
		t.Errorf("a link to the right library: %v", err)
	}
	chmod(t, dir, 0o777)
	isInstallError(t, "link into an open folder", Check(link))
	chmod(t, dir, 0o755)
	if err := Check(path); err != nil {
		t.Fatalf("something else is wrong: %v", err)
	}

	isInstallError(t, "missing", Check(path+".no"))
	isInstallError(t, "folder", Check(dir))
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{'!'}, 1<<20); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := Check(path); !errors.Is(err, ErrChecksum) {
		t.Errorf("one byte differs: got %v, want %v", err, ErrChecksum)
	}
}

func TestPlatformError(t *testing.T) {
	if err := (&PlatformError{"darwin", "arm64"}).Error(); !strings.Contains(err, "darwin/arm64") || !strings.Contains(err, "docs/platforms.md") {
		t.Errorf("got %q", err)
	}
}

// What the engine needs is in the environment of C, which it reads.
func TestEnvironment(t *testing.T) {
	engine(t)
	if got := cenv(t, "PACT_DO_NOT_TRACK"); got != "true" {
		t.Errorf("the engine would send telemetry: got %q", got)
	}
	for _, name := range []string{"SSL_CERT_FILE", "SSL_CERT_DIR"} {
		if got := cenv(t, name); got != os.DevNull {
			t.Errorf("%s: got %q, the engine would read all certificates for each response", name, got)
		}
		if got, ok := os.LookupEnv(name); ok && got == os.DevNull {
			t.Errorf("%s: Go code would find no certificates", name)
		}
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		if got := cenv(t, name); !strings.HasSuffix(got, "127.0.0.1,localhost") {
			t.Errorf("%s: got %q, the engine would ask a proxy for 127.0.0.1", name, got)
		}
	}
}
