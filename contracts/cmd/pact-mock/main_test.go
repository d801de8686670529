package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stagegate/stagegate/contracts/pact"
	"github.com/stagegate/stagegate/internal/need"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"pact-mock": main})
}

// TestScripts runs pact-mock as a process, with the real engine.
func TestScripts(t *testing.T) {
	if _, err := pact.Load(); err != nil {
		need.Missing(t, err.Error(), pact.InstallCommand)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CACHE_HOME", cache)
			e.Setenv(pact.Variable, os.Getenv(pact.Variable))
			e.Values[key{}] = &running{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"start": begin, "finish": finish, "ask": ask},
	})
}

// A running pact-mock, the last one of a script.
type running struct {
	cmd    *exec.Cmd
	stderr *os.File
}

// key is where a script has its running one.
type key struct{}

// begin starts pact-mock with args and sets URL to where it is. What it
// printed is in the files out and err.
func begin(ts *testscript.TestScript, neg bool, args []string) {
	bin, err := exec.LookPath("pact-mock")
	ts.Check(err)
	r := ts.Value(key{}).(*running)
	cmd := exec.Command(bin, args...)
	r.cmd = cmd
	r.cmd.Dir, r.cmd.Env = ts.MkAbs("."), []string{"XDG_CACHE_HOME=" + ts.Getenv("XDG_CACHE_HOME"), pact.Variable + "=" + ts.Getenv(pact.Variable), "HOME=" + ts.Getenv("HOME")}
	r.stderr, err = os.Create(ts.MkAbs("err"))
	ts.Check(err)
	r.cmd.Stderr = r.stderr
	out, err := r.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(r.cmd.Start())
	ts.Defer(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	text := ""
	for n := 1; n > 0 && lines.Scan(); n-- {
		text += lines.Text() + "\n"
		if url, count, ok := strings.Cut(lines.Text(), " "); ok && strings.HasPrefix(url, "http://") {
			ts.Setenv("URL", url)
			_, err := fmt.Sscanf(count[strings.LastIndex(count, ":")+1:], "%d", &n)
			ts.Check(err)
			n++
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs("out"), []byte(text), 0o600))
}

// finish sends INT or TERM, and prints the exit code.
func finish(ts *testscript.TestScript, neg bool, args []string) {
	r := ts.Value(key{}).(*running)
	ts.Check(r.cmd.Process.Signal(map[string]os.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM}[args[0]]))
	late := time.AfterFunc(20*time.Second, func() { _ = r.cmd.Process.Kill() })
	err := r.cmd.Wait()
	late.Stop()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		ts.Check(err)
	}
	ts.Check(r.stderr.Close())
	fmt.Fprintf(ts.Stdout(), "exit %d\n", r.cmd.ProcessState.ExitCode())
}

// ask prints the answer to METHOD PATH [CONTENT-TYPE BODY].
func ask(ts *testscript.TestScript, neg bool, args []string) {
	body, media := "", ""
	if len(args) > 2 {
		media, body = args[2], args[3]
	}
	r, err := http.NewRequest(args[0], ts.Getenv("URL")+args[1], strings.NewReader(body))
	ts.Check(err)
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n%s\n%s\n", answer.Status, answer.Header, b)
}

// A context that ends is a clean end.
func TestEndsWithContext(t *testing.T) {
	ctx, stop := signal.NotifyContext(context.Background())
	stop()
	if _, err := pact.Load(); err != nil {
		need.Missing(t, err.Error(), pact.InstallCommand)
	}
	var out, problems strings.Builder
	path := t.TempDir() + "/a.json"
	if err := os.WriteFile(path, []byte(`{"consumer":{"name":"a"},"provider":{"name":"b"},"interactions":[{"description":"x","request":{"method":"get","path":"/"},"response":{"status":200}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := run(ctx, []string{path}, &out, &problems); code != 0 || !strings.HasPrefix(out.String(), "http://127.0.0.1:") {
		t.Errorf("got %d, %q, %q", code, out.String(), problems.String())
	}
}
