package gotest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/stagegate/stagegate/internal/protocol"
	"github.com/stagegate/stagegate/internal/testjson"
)

// grace is how long a test process may take to end once it is told to.
const grace = 5 * time.Second

// command is go with args in the repository. Told to stop, it stops with all
// that it started.
func (r Runner) command(ctx context.Context, session string, args ...string) *exec.Cmd {
	return r.process(ctx, session, "go", args...)
}

// process is command for any program.
func (r Runner) process(ctx context.Context, session, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = r.Dir
	cmd.Env = r.environ(session)
	cmd.WaitDelay = grace
	inGroup(cmd)
	return cmd
}

// environ is never nil: exec would then pass on our own environment.
func (r Runner) environ(session string) []string {
	env := make([]string, 0, len(r.Env)+1)
	for _, v := range r.Env {
		if !strings.HasPrefix(v, protocol.Variable+"=") {
			env = append(env, v)
		}
	}
	if session != "" {
		env = append(env, protocol.Variable+"="+session)
	}
	return env
}

// output runs go and returns its stdout. The error carries stderr.
func (r Runner) output(ctx context.Context, args ...string) ([]byte, error) {
	cmd := r.command(ctx, "", args...)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := wait(ctx, cmd); err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out.Bytes(), nil
}

// A streamed is one call of go test -json.
type streamed struct {
	exit   int
	stderr testjson.Excerpt
}

// stream runs go test with args, feeds events to into, and calls on for each.
// An error means that go could not be run at all; a failed test is no error.
func (r Runner) stream(ctx context.Context, session string, into *testjson.Stream, on func(testjson.Event), args ...string) (streamed, error) {
	if r.Kit != nil {
		return r.Kit.stream(ctx, r, session, into, on, args)
	}
	args = append([]string{"test", "-json", "-count=1", "-timeout=" + r.timeout().String()}, args...)
	var s streamed
	var err error
	s.exit, err = r.events(ctx, r.command(ctx, session, args...), &s, into, on)
	return s, err
}

// events runs cmd, which prints events as go test -json does, and returns its
// exit code.
func (r Runner) events(ctx context.Context, cmd *exec.Cmd, s *streamed, into *testjson.Stream, on func(testjson.Event)) (int, error) {
	log := &lockedWriter{w: r.Log}
	lines := &lineWriter{line: func(b []byte) {
		e, ok := into.Line(b)
		if !ok {
			log.Write(append(bytes.Clone(b), '\n'))
			return
		}
		if e.Output != "" {
			log.Write([]byte(e.Output))
		}
		on(e)
	}}
	cmd.Stdout = lines
	cmd.Stderr = io.MultiWriter(log, writerFunc(func(b []byte) { s.stderr.Add(string(b)) }))
	err := wait(ctx, cmd)
	lines.flush()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return exit.ExitCode(), nil // -1: ended by a signal
	case err != nil && ctx.Err() != nil:
		return -1, nil
	case err != nil:
		return 0, fmt.Errorf("go test: %w", err)
	}
	return 0, nil
}

// wait runs cmd, and ends what is left of its process group when ctx is done.
func wait(ctx context.Context, cmd *exec.Cmd) error {
	err := cmd.Run()
	if ctx.Err() != nil {
		killGroup(cmd)
	}
	return err
}

// A lineWriter cuts what is written into lines. It is called from the one
// goroutine that copies a command's output.
type lineWriter struct {
	buf  []byte
	line func([]byte)
}

func (w *lineWriter) Write(b []byte) (int, error) {
	n := len(b)
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			break
		}
		w.buf = append(w.buf, b[:i]...)
		w.flush()
		b = b[i+1:]
	}
	w.buf = append(w.buf, b...)
	if len(w.buf) > testjson.MaxLine {
		w.flush() // half an event is odd, and will be a doubt
	}
	return n, nil
}

func (w *lineWriter) flush() {
	if len(w.buf) > 0 {
		w.line(w.buf)
	}
	w.buf = w.buf[:0]
}

// A lockedWriter lets stdout and stderr share a log that may be nil. A log that
// fails does not fail the tests.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	if l.w != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		_, _ = l.w.Write(b)
	}
	return len(b), nil
}

type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) { f(b); return len(b), nil }
