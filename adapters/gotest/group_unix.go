//go:build unix

package gotest

import (
	"os/exec"
	"syscall"
)

// inGroup puts cmd into a process group of its own, so that test binaries and
// what they start are told to stop as well. Interrupt and not terminate: go
// then waits for its test binaries and says how they ended.
func inGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
}

func killGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // no such process: all had ended
	}
}
