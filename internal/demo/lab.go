package main

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
	"time"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/harness"
)

// A lab is the world of the stories: a folder with the shop's repository and
// the programs, an AWS emulator, and a payments service for each target.
//
//	repo/    a copy of examples/orders, with a store of its own
//	bin/     gate, deploy, payments
//	hosts/   the servers of staging and prod: see examples/orders/cmd/deploy
type lab struct {
	environ        []string // the caller's
	stdout, stderr io.Writer

	root    string // the checkout of stagegate
	dir     string
	env     []string          // of everything that is run here
	urls    map[string]string // of the targets
	running []func()          // stop what was started, the last first
}

func (l *lab) repo() string { return filepath.Join(l.dir, "repo") }

func (l *lab) program(name string) string { return filepath.Join(l.dir, "bin", name) }

// patience is how long a program that was interrupted may take to end.
const patience = 30 * time.Second

// command runs a program of the stories. Ending ctx interrupts it.
func (l *lab) command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, l.env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = patience
	return cmd
}

// quiet runs a program and returns what it printed; its errors say the rest.
func (l *lab) quiet(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := l.command(ctx, dir, name, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(name), strings.Join(args, " "), err, out, stderr.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// Gate implements [world].
func (l *lab) Gate(ctx context.Context, args ...string) (int, error) {
	cmd := l.command(ctx, l.repo(), l.program("gate"), args...)
	cmd.Stdout, cmd.Stderr = l.stdout, l.stderr
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode(), nil
	default:
		return 0, err
	}
}

// Ask implements [world].
func (l *lab) Ask(ctx context.Context, args ...string) (v harness.Verdict, err error) {
	args = append(args, "--json")
	cmd := l.command(ctx, l.repo(), l.program("gate"), args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return v, err
	}
	asked := "gate " + strings.Join(args, " ")
	if err := json.Unmarshal(out, &v, json.RejectUnknownMembers(true)); err != nil {
		return v, fmt.Errorf("%s: %w\n%s%s", asked, err, out, stderr.String())
	}
	if got, want := cmd.ProcessState.ExitCode(), exitOf(v.Verdict); got != want {
		return v, fmt.Errorf("%s: exit code %d, and the verdict is %q", asked, got, v.Verdict)
	}
	return v, nil
}

// Change implements [world].
func (l *lab) Change(ctx context.Context, message string, edits ...edit) (string, error) {
	for _, e := range edits {
		if err := e.apply(l.repo()); err != nil {
			return "", err
		}
	}
	return l.commit(ctx, message)
}

func (l *lab) commit(ctx context.Context, message string) (string, error) {
	if _, err := l.quiet(ctx, l.repo(), "git", "add", "-A"); err != nil {
		return "", err
	}
	if _, err := l.quiet(ctx, l.repo(), "git", "commit", "--quiet", "-m", message); err != nil {
		return "", err
	}
	return l.quiet(ctx, l.repo(), "git", "rev-parse", "HEAD")
}

// apply makes the edit below dir. A place that is not there exactly once is an
// error: the example has changed, and the story does not fit it any more.
func (e edit) apply(dir string) error {
	file := filepath.Join(dir, filepath.FromSlash(e.file))
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if n := strings.Count(string(b), e.old); n != 1 {
		return fmt.Errorf("%s has %q %d times, want once", e.file, e.old, n)
	}
	return os.WriteFile(file, []byte(strings.Replace(string(b), e.old, e.new, 1)), 0o666)
}

// Served implements [world].
func (l *lab) Served(ctx context.Context, target string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	url := l.urls[target] + "/version"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct {
		Commit string `json:"commit"`
	}
	if err := json.UnmarshalRead(io.LimitReader(resp.Body, 1<<16), &answer); err != nil {
		return "", fmt.Errorf("%s answers %s: %w", url, resp.Status, err)
	}
	return answer.Commit, nil
}

// cleanUp stops everything and removes the folder, unless it is kept. It looks
// whether the services are really gone.
func (l *lab) cleanUp(ctx context.Context, keep bool) error {
	if l.dir == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	var errs []error
	if _, err := os.Stat(l.program("deploy")); err == nil {
		_, err := l.quiet(ctx, l.dir, l.program("deploy"), "-stop")
		errs = append(errs, err)
	}
	for i := len(l.running) - 1; i >= 0; i-- {
		l.running[i]()
	}
	for target := range l.urls {
		if _, err := l.Served(ctx, target); err == nil {
			errs = append(errs, fmt.Errorf("%s still serves at %s: stop it by hand", target, l.urls[target]))
		}
	}
	if keep {
		fmt.Fprintln(l.stderr, "demo: kept", l.dir)
	} else {
		errs = append(errs, os.RemoveAll(l.dir))
	}
	return errors.Join(errs...)
}
