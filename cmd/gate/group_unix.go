//go:build unix

package main

import (
	"os/exec"
	"syscall"
	"time"
)

// inGroup makes cancelling cmd end what it started, too: asked first, by a signal, and
// made to when grace has passed. The caller calls ended when cmd is done.
func inGroup(cmd *exec.Cmd, ask syscall.Signal, grace time.Duration) (ended func()) {
	var asked time.Time
	group := func(s syscall.Signal) error { return syscall.Kill(-cmd.Process.Pid, s) }
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		asked = time.Now()
		return group(ask)
	}
	return func() {
		if asked.IsZero() {
			return
		}
		for group(0) == nil && time.Since(asked) < grace {
			time.Sleep(20 * time.Millisecond)
		}
		_ = group(syscall.SIGKILL) // no such process: all had ended
	}
}
