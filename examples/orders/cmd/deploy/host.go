package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A host is a folder that plays a server, on Linux or macOS:
//
//	releases/COMMIT/orders   what was deployed, each time
//	pid                      of the running service, which holds a lock on this file
//	log                      what it wrote
//
// The service inherits the lock and holds it until it ends. So a lock that is
// held proves that the pid in the file is alive and is ours: a file left
// behind, or a pid used again by something else, is never taken for it.
type host struct{ dir string }

// Limits of patience.
const (
	startTime = 20 * time.Second
	stopTime  = 10 * time.Second
	tick      = 20 * time.Millisecond
)

// install copies the program to a release of its own and returns its path.
func (h host) install(program, commit string) (string, error) {
	b, err := os.ReadFile(program)
	if err != nil {
		return "", err
	}
	path, err := filepath.Abs(filepath.Join(h.dir, "releases", commit, filepath.Base(program)))
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	// A program that runs cannot be overwritten, but it can be replaced.
	if err := os.WriteFile(path+".new", b, 0o700); err != nil {
		return "", err
	}
	return path, os.Rename(path+".new", path)
}

// start starts the program, detached, and waits until ready says so.
func (h host) start(ctx context.Context, program string, env []string, ready func(context.Context) error) error {
	pid, free, err := h.lock()
	if err != nil {
		return err
	}
	defer pid.Close()
	if !free {
		return fmt.Errorf("another service holds %s", pid.Name())
	}
	log, err := os.OpenFile(filepath.Join(h.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(program)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, log, log
	cmd.ExtraFiles = []*os.File{pid}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := rewrite(pid, strconv.Itoa(cmd.Process.Pid)); err != nil {
		return errors.Join(err, cmd.Process.Kill())
	}
	died := make(chan error, 1)
	go func() { died <- cmd.Wait() }()
	return h.await(ctx, died, ready)
}

func (h host) await(ctx context.Context, died <-chan error, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		if errors.Is(err, errOther) {
			return err
		}
		select {
		case end := <-died:
			return fmt.Errorf("it ended at once (%v), see %s", end, filepath.Join(h.dir, "log"))
		case <-ctx.Done():
			return fmt.Errorf("it is not ready after %v: %w", startTime, err)
		case <-time.After(tick):
		}
	}
}

// stop stops the service, if one runs: politely, then not.
func (h host) stop(ctx context.Context) error {
	f, free, err := h.lock()
	if err != nil {
		return err
	}
	defer f.Close()
	if free {
		return nil
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || pid < 2 {
		return fmt.Errorf("a process holds %s, which does not tell its pid: %q", f.Name(), b)
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("%v to %d: %w", sig, pid, err)
		}
		if gone, err := untilFree(ctx, f); gone || err != nil {
			return err
		}
	}
	return fmt.Errorf("process %d does not end", pid)
}

// vacant checks that nobody listens on address: a service of somebody else
// could answer in place of ours.
func vacant(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return l.Close()
}

// lock opens the pid file and tries to take its lock, which stays taken until
// the file is closed by everyone who inherited it.
func (h host) lock() (f *os.File, free bool, err error) {
	if err := os.MkdirAll(h.dir, 0o700); err != nil {
		return nil, false, err
	}
	f, err = os.OpenFile(filepath.Join(h.dir, "pid"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, false, err
	}
	if free, err = tryLock(f); err != nil {
		f.Close()
		return nil, false, err
	}
	return f, free, nil
}

func tryLock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

func untilFree(ctx context.Context, f *os.File) (bool, error) {
	for end := time.Now().Add(stopTime); time.Now().Before(end); {
		if free, err := tryLock(f); free || err != nil {
			return free, err
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(tick):
		}
	}
	return false, nil
}

func rewrite(f *os.File, s string) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(s+"\n"), 0)
	return err
}

// errOther says that what answers is not what was started: waiting is of no use.
var errOther = errors.New("another commit is served")

// serves asks whether the resource at url answers {"commit": commit}.
func serves(url, commit string) func(context.Context) error {
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		var answer struct {
			Commit string `json:"commit"`
		}
		if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&answer); err != nil {
			return fmt.Errorf("%s answered %s: %w", url, resp.Status, err)
		}
		if answer.Commit != commit {
			return fmt.Errorf("%w: %s answers %q, want %q", errOther, url, answer.Commit, commit)
		}
		return nil
	}
}
