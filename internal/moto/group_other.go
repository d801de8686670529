//go:build !unix

package moto

import "os/exec"

// group does nothing: there is no /bin/sh to start a server with either.
func group(*exec.Cmd) {}
