//go:build !unix

package main

import (
	"os/exec"
	"time"
)

// inGroup leaves cmd alone: cancelling it ends its own process.
func inGroup(*exec.Cmd, time.Duration) (ended func()) { return func() {} }
