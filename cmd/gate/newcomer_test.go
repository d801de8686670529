package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// A person at a keyboard.
type person struct {
	dir string
	env []string
}

// newcomer has a machine with Go and git, an empty folder, and the module
// cache of this machine.
func newcomer(t *testing.T) *person {
	t.Helper()
	home := t.TempDir()
	git := filepath.Join(home, "gitconfig")
	if err := os.WriteFile(git, []byte("[user]\n\tname = test\n\temail = test@example.org\n[init]\n\tdefaultBranch = main\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(home, "work")
	if err := os.Mkdir(work, 0o777); err != nil {
		t.Fatal(err)
	}
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + os.TempDir(), "XDG_CACHE_HOME=" + cache,
		"STAGEGATE_PACT_LIB=" + os.Getenv("STAGEGATE_PACT_LIB"),
		"GIT_CONFIG_GLOBAL=" + git, "GOFLAGS=-modcacherw", "GONOSUMDB=" + modulePath,
	}
	set := goEnv(t, "GOCACHE", "GOMODCACHE", "GOSUMDB", "GOPROXY", "GOTOOLCHAIN")
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOSUMDB", "GOTOOLCHAIN"} {
		env = append(env, name+"="+set[name])
	}
	env = append(env, "GOPROXY="+proxies(folderProxy(t, set["GOMODCACHE"]), set))
	return &person{dir: work, env: env}
}

// proxies are the places of modules, nearest first: the work tree's, what this
// machine has downloaded before, and its own proxy. Nobody has stagegate's
// repository at hand, so "direct" is left out where there is another proxy.
func proxies(folder string, set map[string]string) string {
	all := "file://" + filepath.ToSlash(folder) + ",file://" + filepath.ToSlash(set["GOMODCACHE"]) + "/cache/download"
	for _, p := range strings.FieldsFunc(set["GOPROXY"], func(r rune) bool { return r == ',' || r == '|' }) {
		if p != "direct" && p != "off" {
			all += "," + p
		}
	}
	return all
}

// types runs a line in a shell. A folder that the line changes to stays.
func (p *person) types(t *testing.T, line string) (output string, code int) {
	t.Helper()
	where := filepath.Join(t.TempDir(), "pwd")
	cmd := exec.CommandContext(t.Context(), "bash", "-c", line+"\ncode=$?\npwd >\"$WHERE\"\nexit $code")
	cmd.Dir, cmd.Env = p.dir, append(p.env[:len(p.env):len(p.env)], "WHERE="+where)
	started := time.Now()
	out, err := cmd.CombinedOutput()
	t.Logf("$ %s\n%s(%s)", line, out, time.Since(started).Round(time.Millisecond))
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(where); err == nil {
		p.dir = strings.TrimSpace(string(b))
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// folderProxy makes a module proxy that has stagegate as it is in the work
// tree, in the layout of `go help goproxy`. The version is named after the
// content: what the build cache holds of another is not taken for this one.
func folderProxy(t *testing.T, modcache string) (folder string) {
	t.Helper()
	forget(t, modcache)
	files := moduleFiles(t)
	var content bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&content, "%s %s\n", f.name, harness.DigestOf(f.content))
	}
	version := "v0.1.0-" + testVersion + harness.DigestOf(content.Bytes()).Short()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	var mod []byte
	for _, f := range files {
		if f.name == "go.mod" {
			mod = f.content
		}
		z, err := w.Create(modulePath + "@" + version + "/" + f.name)
		if err == nil {
			_, err = z.Write(f.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	at := filepath.Join(folder, filepath.FromSlash(modulePath), "@v")
	err := os.MkdirAll(at, 0o777)
	for name, b := range map[string][]byte{
		"list": []byte(version + "\n"), version + ".mod": mod, version + ".zip": archive.Bytes(),
		version + ".info": fmt.Appendf(nil, `{"Version":%q,"Time":"2026-01-01T00:00:00Z"}`, version),
	} {
		err = errors.Join(err, os.WriteFile(filepath.Join(at, name), b, 0o666))
	}
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// testVersion begins the pre-release part of versions that this test makes; a
// letter, because the hash alone could be a number with a leading zero.
const testVersion = "readme.h"

// forget removes what earlier tests have left in the module cache. Those of
// the last hour may still be in use.
func forget(t *testing.T, modcache string) {
	t.Helper()
	for _, pattern := range []string{modulePath + "@v0.1.0-" + testVersion + "*", "cache/download/" + modulePath + "/@v/v0.1.0-" + testVersion + "*"} {
		old, err := filepath.Glob(filepath.Join(modcache, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range old {
			if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > time.Hour {
				if err := os.RemoveAll(name); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

type moduleFile struct {
	name    string
	content []byte
}

// moduleFiles are the files that git would have of the module, without those
// of modules below it.
func moduleFiles(t *testing.T) (files []moduleFile) {
	t.Helper()
	root := filepath.Join("..", "..")
	out, err := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if inner(root, name) {
			continue
		}
		b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and git does not know yet
		}
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, moduleFile{name, b})
	}
	return files
}

// inner reports whether name is in a module below root.
func inner(root, name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(dir), "go.mod")); err == nil {
			return true
		}
	}
	return false
}
