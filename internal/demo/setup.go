package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/internal/moto"
)

const module = "github.com/stagegate/stagegate"

// setUp makes the lab. What was started before an error is for cleanUp to stop.
func (l *lab) setUp(ctx context.Context) (err error) {
	if l.dir, err = os.MkdirTemp("", "stagegate-demo-*"); err != nil {
		return err
	}
	if l.dir, err = filepath.EvalSymlinks(l.dir); err != nil {
		return err
	}
	l.env = environ(l.environ, l.dir)
	fmt.Fprintln(l.stdout, "=== Set-up: a copy of examples/orders, its two accounts, and gate, in", l.dir)
	if l.root, err = l.quiet(ctx, ".", "go", "list", "-m", "-f", "{{.Dir}}", module); err != nil {
		return fmt.Errorf("look for the checkout of stagegate: %w", err)
	}
	for _, do := range []func(context.Context) error{l.copyShop, l.build, l.start, l.firstCommit} {
		if err := do(ctx); err != nil {
			return fmt.Errorf("set-up: %w", err)
		}
	}
	return nil
}

// copyShop copies the example, without what was built and stored there.
func (l *lab) copyShop(ctx context.Context) error {
	if err := os.CopyFS(l.repo(), os.DirFS(filepath.Join(l.root, "examples", "orders"))); err != nil {
		return err
	}
	for _, dir := range []string{"dist", ".gate"} {
		if err := os.RemoveAll(filepath.Join(l.repo(), dir)); err != nil {
			return err
		}
	}
	_, err := l.quiet(ctx, l.repo(), "go", "mod", "edit", "-replace="+module+"="+l.root,
		"-replace="+module+"/adapters/containers="+filepath.Join(l.root, "adapters", "containers"))
	return err
}

// build builds the programs, and the tests so that the compiler's cache is
// warm: the stories tell how long gate takes, not how long a first build takes.
func (l *lab) build(ctx context.Context) error {
	if err := os.MkdirAll(l.program(""), 0o700); err != nil {
		return err
	}
	for _, b := range []struct {
		dir  string
		args []string
	}{
		// Stamping asks git about the checkout, which it may refuse to another user.
		{l.root, []string{"build", "-buildvcs=false", "-o", l.program("gate"), "./cmd/gate"}},
		{l.repo(), []string{"build", "-buildvcs=false", "-o", l.program(""), "./cmd/deploy", "./cmd/payments"}},
		{l.repo(), []string{"test", "-count=1", "-run", "^$", "./..."}},
	} {
		fmt.Fprintln(l.stderr, "demo: go", strings.Join(b.args, " "))
		if _, err := l.quiet(ctx, b.dir, "go", b.args...); err != nil {
			return err
		}
	}
	return nil
}

// start starts the emulator and the payments services, and tells the shop
// where they are: every address of the example is replaced by a free one.
func (l *lab) start(ctx context.Context) error {
	path, err := moto.Find(l.getenv, l.root)
	if err != nil {
		return err
	}
	// Not ctx: the services' data has to be there until they are stopped.
	server, err := moto.Start(context.WithoutCancel(ctx), path)
	if err != nil {
		return err
	}
	l.running = append(l.running, server.Stop)
	addresses := map[string]string{"127.0.0.1:18080": strings.TrimPrefix(server.Endpoint, "http://")}
	l.urls = map[string]string{}
	for target, own := range map[string]string{"staging": "127.0.0.1:18082", "prod": "127.0.0.1:18083"} {
		if addresses[own], err = free(addresses); err != nil {
			return err
		}
		l.urls[target] = "http://" + addresses[own]
	}
	for _, own := range []string{"127.0.0.1:18092", "127.0.0.1:18093"} {
		if addresses[own], err = l.payments(ctx); err != nil {
			return err
		}
	}
	return readdress(l.repo(), addresses, "gate.yaml", "config/staging.json", "config/prod.json")
}

// payments starts a payments service and returns its address.
func (l *lab) payments(ctx context.Context) (string, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cmd := l.command(ctx, l.dir, l.program("payments"), "-listen", "127.0.0.1:0")
	said, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return "", fmt.Errorf("start payments: %w", err)
	}
	first, err := bufio.NewReader(said).ReadString('\n')
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		io.Copy(io.Discard, said)
	}()
	l.running = append(l.running, func() {
		cancel()
		<-drained
		cmd.Wait() // it was interrupted, and may say so
	})
	_, address, ok := strings.Cut(strings.TrimSpace(first), "listening on ")
	if !ok {
		return "", fmt.Errorf("start payments: it says %q: %w", first, err)
	}
	return address, nil
}

// free returns an address of this machine on which nobody listens. It is below
// the ports that systems hand out for outgoing connections: one of those could
// take it before the service does, or between two deploys.
func free(taken map[string]string) (string, error) {
	var errs []error
	for range 20 {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(10000))
		l, err := net.Listen("tcp", address)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		l.Close()
		if !slices.Contains(slices.Collect(maps.Values(taken)), address) {
			return address, nil
		}
	}
	return "", fmt.Errorf("no free port for a service: %w", errors.Join(errs...))
}

// readdress replaces addresses in files below dir. Each of them has to be
// there, and no other address of the example may be left.
func readdress(dir string, addresses map[string]string, files ...string) error {
	seen := map[string]bool{}
	for _, name := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var pairs []string
		rest := string(b)
		for from, to := range addresses {
			seen[from] = seen[from] || strings.Contains(rest, from)
			rest = strings.ReplaceAll(rest, from, "")
			pairs = append(pairs, from, to)
		}
		if strings.Contains(rest, "127.0.0.1:") {
			return fmt.Errorf("%s has an address that the demo does not know: every one of %v is replaced", name, slices.Sorted(maps.Keys(addresses)))
		}
		if err := os.WriteFile(file, []byte(strings.NewReplacer(pairs...).Replace(string(b))), 0o666); err != nil {
			return err
		}
	}
	for from := range addresses {
		if !seen[from] {
			return fmt.Errorf("%v do not have the address %s any more", files, from)
		}
	}
	return nil
}

// firstCommit makes the repository, with a configuration that does not depend
// on the user's, and the key that signs what is seen there.
func (l *lab) firstCommit(ctx context.Context) error {
	for _, args := range [][]string{
		{"init", "--quiet", "-b", "main"},
		{"config", "user.name", "demo"}, {"config", "user.email", "demo@example.org"},
		{"config", "commit.gpgsign", "false"}, {"config", "core.hooksPath", os.DevNull},
		{"config", "core.autocrlf", "false"}, {"config", "core.excludesFile", os.DevNull},
	} {
		if _, err := l.quiet(ctx, l.repo(), "git", args...); err != nil {
			return err
		}
	}
	if _, err := l.commit(ctx, "The shop"); err != nil {
		return err
	}
	_, err := l.quiet(ctx, l.repo(), l.program("gate"), "key")
	return err
}

func (l *lab) getenv(name string) string {
	for _, kv := range slices.Backward(l.environ) {
		if n, v, _ := strings.Cut(kv, "="); n == name {
			return v
		}
	}
	return ""
}

// environ is the caller's environment without what could lead the stories
// elsewhere: clouds, other repositories, another run, a CI's job summary. The
// keys are the emulator's, which takes any.
func environ(caller []string, dir string) (env []string) {
	for _, kv := range caller {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "GIT_") || name == "GITHUB_STEP_SUMMARY" || name == "GOWORK" ||
			strings.HasPrefix(name, "STAGEGATE_") && !strings.HasPrefix(name, "STAGEGATE_PACT_") {
			continue
		}
		env = append(env, kv)
	}
	return append(env, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"GOWORK=off", "ORDERS_HOSTS="+filepath.Join(dir, "hosts"))
}
