//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// inGroup makes cancelling cmd end what it started, too.
func inGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
}
