package main

import (
	"context"
	"strings"
)

// exitTerminated is the exit code after SIGTERM.
const exitTerminated = 143

// signalCode tells which signal ended ctx: signal.NotifyContext has it in the
// cause's text.
func signalCode(ctx context.Context) int {
	if cause := context.Cause(ctx); cause != nil && strings.Contains(cause.Error(), "terminated") {
		return exitTerminated
	}
	return exitInterrupted
}
