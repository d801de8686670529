package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/stagegate/stagegate/adapters/results"
	"github.com/stagegate/stagegate/harness"
)

// grace is how long a command that was told to end may take to do so.
const grace = 10 * time.Second

// shell runs one command with sh in dir; what it prints goes to log.
func (a *app) shell(ctx context.Context, dir, name, command string, env []string, log io.Writer) harness.StepTime {
	t := harness.StepTime{Name: name, Started: time.Now().UTC()}
	last := &tail{max: 4 << 10}
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Dir, cmd.Env = dir, env
	output := io.MultiWriter(log, last)
	cmd.Stdout, cmd.Stderr = output, output
	ended := inGroup(cmd, syscall.SIGTERM, grace)
	cmd.WaitDelay = grace
	err := cmd.Run()
	ended()
	t.Took = harness.Duration(time.Since(t.Started))
	var exit *exec.ExitError
	switch {
	case err == nil || errors.Is(err, exec.ErrWaitDelay) && cmd.ProcessState.Success():
		return t // a process that it left running may still hold its output
	case ctx.Err() != nil:
		t.Exit, t.Interrupted = exitInterrupted, true
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		t.Exit, t.Error = exit.ExitCode(), last.String()
	default:
		t.Exit, t.Error = exitInternal, err.Error()
	}
	return t
}

// tool runs a suite of another tool and reads the results that it wrote in
// this very run: older files are removed first.
func (a *app) tool(ctx context.Context, dir string, s harness.Suite, env []string, v *view) (harness.Evidence, error) {
	file := filepath.Join(dir, filepath.FromSlash(s.Results))
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return harness.Evidence{}, fmt.Errorf("remove old results: %w", err)
	}
	log := v.concealed(a.stderr)
	step := a.shell(ctx, dir, s.Name, s.Cmd, env, log)
	log.Flush()
	e := harness.Evidence{Source: harness.Command, Exit: step.Exit, Started: step.Started, Finished: time.Now().UTC()}
	b, err := os.ReadFile(file)
	if err != nil {
		e.Doubts = append(e.Doubts, fmt.Sprintf("%q wrote no results: %v", s.Cmd, err))
		return e, nil
	}
	rows, err := results.Read(s.Results, b)
	e.Rows = harness.RowsOf(rows)
	if err != nil {
		e.Doubts = append(e.Doubts, fmt.Sprintf("%s cannot be used: %v", s.Results, err))
	}
	return e, nil
}

// tail keeps the last bytes that were written to it.
type tail struct {
	b   []byte
	max int
}

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if n := len(t.b) - t.max; n > 0 {
		t.b = append([]byte(nil), t.b[n:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.b) }
