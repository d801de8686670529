package main

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"gate": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
		},
	})
}

// goEnv asks the go command for its settings: a script has a home of its own.
func goEnv(t *testing.T, names ...string) map[string]string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for i, v := range strings.Split(strings.TrimSuffix(string(out), "\n"), "\n") {
		all[names[i]] = v
	}
	return all
}

// TestScripts runs the command line as people do. Each script starts in an
// empty git repository; "module" makes it a Go module that uses this stagegate.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	settings := goEnv(t, "GOCACHE", "GOMODCACHE", "GOPROXY", "GOSUMDB")
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			for k, v := range settings {
				e.Setenv(k, v)
			}
			e.Setenv("XDG_CACHE_HOME", cache)
			e.Setenv("ROOT", root)
			e.Setenv("GOFLAGS", "-mod=mod -buildvcs=false")
			e.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(e.WorkDir, ".gitconfig"))
			return os.WriteFile(filepath.Join(e.WorkDir, ".gitconfig"), []byte("[user]\n\tname = test\n\temail = test@example.org\n[init]\n\tdefaultBranch = main\n"), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": code, "module": module, "commit": commitAll, "flip": flip, "serve": serve, "await": await,
		},
	})
}

// code WANT COMMAND...: the command must end with that exit code.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code WANT COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		if exit, ok := err.(*exec.ExitError); ok {
			got = exit.ProcessState.String()
			got = strings.TrimPrefix(got, "exit status ")
		} else {
			got = err.Error()
		}
	}
	if got != args[0] {
		ts.Fatalf("%s: got exit code %s, want %s", strings.Join(args[1:], " "), got, args[0])
	}
}

// module NAME: a git repository and a Go module that uses this stagegate.
func module(ts *testscript.TestScript, neg bool, args []string) {
	root := ts.Getenv("ROOT")
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("go.sum"), sum, 0o666))
	ts.Check(os.WriteFile(ts.MkAbs("go.mod"), []byte("module "+args[0]+"\n\ngo 1.26.0\n\nrequire github.com/stagegate/stagegate v0.0.0\n\nreplace github.com/stagegate/stagegate => "+root+"\n"), 0o666))
	if _, err := os.Stat(ts.MkAbs(".gitignore")); err != nil {
		ts.Check(os.WriteFile(ts.MkAbs(".gitignore"), []byte("/.gate/\n/dist/\n/.gitconfig\n/.tmp/\n/tmp/\n"), 0o666))
	}
	ts.Check(ts.Exec("go", "mod", "tidy"))
	ts.Check(ts.Exec("git", "init", "-q"))
	commitAll(ts, false, nil)
}

// commit: commits all changes.
func commitAll(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(ts.Exec("git", "add", "-A"))
	ts.Check(ts.Exec("git", "commit", "-q", "-m", "change"))
}

// flip GLOB: flips one bit in the middle of each file that matches.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	files, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(files) == 0 {
		ts.Fatalf("flip: %s matches nothing", args[0])
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		ts.Check(err)
		b[len(b)/2] ^= 1
		ts.Check(os.Chmod(f, 0o600))
		ts.Check(os.WriteFile(f, b, 0o600))
	}
}
