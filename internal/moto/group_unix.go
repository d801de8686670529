//go:build unix

package moto

import (
	"os/exec"
	"syscall"
)

// group gives cmd a process group of its own, which is killed as a whole: the
// server may be behind a shell and a shim.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
