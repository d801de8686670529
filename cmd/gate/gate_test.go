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

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stagegate/stagegate/contracts/pact"
	"github.com/stagegate/stagegate/internal/moto"
	"github.com/stagegate/stagegate/internal/need"
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

// TestScripts runs the command line as people do: a script for each topic, in
// an empty folder that "service" makes a repository with a service.
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
			for _, who := range []string{"AUTHOR", "COMMITTER"} {
				e.Setenv("GIT_"+who+"_NAME", "test")
				e.Setenv("GIT_"+who+"_EMAIL", "test@example.org")
			}
			e.Setenv("GORACE", "atexit_sleep_ms=10")                    // else each gate, built as this test is, waits a second before it exits
			e.Setenv("GOFLAGS", "-buildvcs=false -vet=off -ldflags=-w") // as fast as go goes
			return nil
		},
		Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": code, "json": document, "service": service, "commit": commit, "flip": flip, "await": await, "moto": startMoto,
			"aws": awsCommand,
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

// condition tells which real parts this machine lacks. Where every part is
// required none is said to be lacking: the script then fails without it.
func condition(name string) (lacks bool, err error) {
	if os.Getenv(need.Variable) == "all" {
		return false, nil
	}
	switch name {
	case "no-pact":
		_, err = pact.Load()
	case "no-moto":
		_, err = moto.Find(os.Getenv, ".")
	case "no-tmpfs":
		err = exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt").Run()
	default:
		return false, &exec.Error{Name: name, Err: exec.ErrNotFound}
	}
	return err != nil, nil
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

// json FILE [MEMBER=VALUE...]: the file, or stdout, is one JSON document and
// nothing else, and the members of its top object have these values.
func document(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: json FILE [MEMBER=VALUE...]")
	}
	text := []byte(ts.ReadFile(args[0]))
	if !jsontext.Value(text).IsValid() {
		ts.Fatalf("%s is not one JSON document:\n%s", args[0], text)
	}
	if len(args) == 1 {
		return
	}
	var members map[string]jsontext.Value
	ts.Check(json.Unmarshal(text, &members))
	for _, arg := range args[1:] {
		name, want, _ := strings.Cut(arg, "=")
		if got := strings.Trim(string(members[name]), `"`); got != want {
			ts.Fatalf("%s: got %q, want %q", name, got, want)
		}
	}
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
