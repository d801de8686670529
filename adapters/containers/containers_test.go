package containers_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/adapters/containers"
)

// engine skips loudly where no engine answers, and fails under
// STAGEGATE_REQUIRE=all.
func engine(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("docker", "info").CombinedOutput(); err != nil {
		if os.Getenv("STAGEGATE_REQUIRE") == "all" {
			t.Fatalf("no container engine answers: %v\n%s", err, out)
		}
		t.Skipf("NOT TESTED: no container engine answers: %v\nhint: start Docker", err)
	}
}

// server builds the folder of an image from scratch: no image can be pulled here.
func server(t *testing.T) string {
	t.Helper()
	engine(t)
	dir := t.TempDir()
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "server"), "./testdata/server")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-ldflags=-w")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY server /server\nENTRYPOINT [\"/server\"]\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A container is started once, when somebody needs it, and what it logs
// meanwhile can be told.
func TestStart(t *testing.T) {
	dir := server(t)
	for _, ready := range []string{"/healthz", "ready to answer"} {
		t.Run("ready "+ready, func(t *testing.T) {
			c := containers.New(t, containers.Image{Build: dir, Port: "8080/tcp", Env: map[string]string{"WHO": "me"}, Ready: ready})
			at, err := c.Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if again, err := c.Start(t.Context()); again != at || err != nil {
				t.Errorf("started again: %v, %v", again, err)
			}
			logs := at.Logs()
			if got := get(t, at.URL("http")+"/the/path"); got != "me" {
				t.Errorf("got %q", got)
			}
			said := logs(t.Context()) // at once: a scenario that fails is over
			if !strings.Contains(said, "asked for /the/path") {
				t.Errorf("it does not tell what was logged: %q", said)
			}
			if strings.Contains(said, "ready to answer") {
				t.Errorf("it tells what came before: %q", said)
			}
		})
	}
}

// A name under which it stays: the next one finds it running.
func TestReuse(t *testing.T) {
	dir := server(t)
	name := fmt.Sprintf("stagegate-test-%d", os.Getpid())
	t.Cleanup(func() { exec.Command("sh", "-c", "docker rm -f $(docker ps -aq --filter name="+name+")").Run() })
	image := func(who string) containers.Image {
		return containers.Image{Build: dir, Port: "8080/tcp", Ready: "/", Reuse: name, Env: map[string]string{"WHO": who}}
	}
	run := func(i containers.Image) (address, who string) {
		t.Run("one", func(t *testing.T) {
			at, err := containers.New(t, i).Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			logs := at.Logs()
			address, who = at.Address, get(t, at.URL("http"))
			if said := logs(t.Context()); strings.Count(said, "asked for") != 1 {
				t.Errorf("it does not tell this run alone: %q", said)
			}
		})
		return address, who
	}
	first, _ := run(image("me"))
	if second, _ := run(image("me")); second != first {
		t.Errorf("another one is at %s, the first at %s", second, first)
	}
	if third, who := run(image("you")); third == first || who != "you" {
		t.Errorf("with another setting: %s at %s, the first is at %s", who, third, first)
	}
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY server /server\nENV WHO=built\nENTRYPOINT [\"/server\"]\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	i := image("")
	i.Env = nil
	if _, who := run(i); who != "built" {
		t.Errorf("with another Dockerfile: got %q, that of an older build", who)
	}
}

// Without Reuse nothing is left behind.
func TestRemoved(t *testing.T) {
	dir := server(t)
	var address string
	t.Run("used", func(t *testing.T) {
		at, err := containers.New(t, containers.Image{Build: dir, Port: "8080/tcp", Ready: "/"}).Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		address = at.URL("http")
		get(t, address)
	})
	if resp, err := http.Get(address); err == nil {
		resp.Body.Close()
		t.Error("it is still there")
	}
}

// What cannot be started says so, with a hint, and is an error each time.
func TestCannotStart(t *testing.T) {
	dir := server(t)
	for name, c := range map[string]struct {
		image containers.Image
		want  string
	}{
		"no such image": {containers.Image{Name: "stagegate.invalid/none:1", Port: "8080/tcp", Ready: "/"}, "hint: the engine has no such image"},
		"never ready":   {containers.Image{Build: dir, Port: "8080/tcp", Ready: "a text that never comes", Within: 2 * time.Second}, "hint: its log may say why:\nready to answer"},
		"no Dockerfile": {containers.Image{Build: t.TempDir(), Port: "8080/tcp", Ready: "/"}, "hint: "},
	} {
		made := containers.New(t, c.image)
		for range 2 {
			at, err := made.Start(t.Context())
			var e *containers.EngineError
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) || at != nil {
				t.Errorf("%s: got %v, %v, want %q", name, at, err, c.want)
			}
		}
	}
}

// Where no engine answers the suite is red, and says what to do. It runs in a
// process of its own, because the engine is looked for once.
func TestNoEngine(t *testing.T) {
	if os.Getenv("CONTAINERS_CHILD") != "" {
		_, err := containers.New(t, containers.Image{Name: "any", Port: "1/tcp", Ready: "/"}).Start(context.Background())
		fmt.Println(err)
		if err == nil {
			os.Exit(0)
		}
		os.Exit(3)
	}
	if err := exec.Command("unshare", "-m", "mount", "-t", "tmpfs", "none", "/run").Run(); err != nil {
		if os.Getenv("STAGEGATE_REQUIRE") == "all" {
			t.Fatalf("/run cannot be hidden: %v", err)
		}
		t.Skipf("NOT TESTED: the engine's socket in /run cannot be hidden: %v\nhint: run as root", err)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "-m", "sh", "-c", `mount -t tmpfs none /run && exec "$0" -test.run='^TestNoEngine$'`, os.Args[0])
	cmd.Env = append(os.Environ(), "CONTAINERS_CHILD=1", "DOCKER_HOST=tcp://127.0.0.1:1", "HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 3 || !strings.Contains(string(out), `hint: start a container engine, or name one in DOCKER_HOST (now "tcp://127.0.0.1:1")`) {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestNewWants(t *testing.T) {
	for name, i := range map[string]containers.Image{"nothing": {}, "no port": {Name: "a", Ready: "/"}, "never ready": {Name: "a", Port: "1/tcp"},
		"both": {Name: "a", Build: "b", Port: "1/tcp", Ready: "/"}} {
		tb := &fatal{TB: t}
		func() {
			defer func() { recover() }()
			containers.New(tb, i)
		}()
		if !strings.Contains(tb.said, "give one of Name and Build, a Port, and when it is Ready") {
			t.Errorf("%s: said %q", name, tb.said)
		}
	}
}

// fatal keeps what it is told instead of failing.
type fatal struct {
	testing.TB
	said string
}

func (f *fatal) Helper() {}
func (f *fatal) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	panic("fatal")
}

func ExampleNew() {
	_ = func(t *testing.T) {
		db := containers.New(t, containers.Image{Name: "postgres:16", Port: "5432/tcp", Ready: "ready to accept connections", Env: map[string]string{"POSTGRES_PASSWORD": "dev"}, Reuse: "orders-db"})
		at, err := db.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("postgres://postgres:dev@" + at.Address)
	}
}
