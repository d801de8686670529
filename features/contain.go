package features

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

// errExit says that a function never returned but ended its goroutine.
var errExit = errors.New("left its goroutine (runtime.Goexit, or FailNow of a testing.T)")

// A hangError says that a function had neither returned nor ended its goroutine
// when its time was over. Its text has no stack.
type hangError struct{ stack []byte }

func (*hangError) Error() string { return "still running when its limit was over" }

// grace is how long a function that honours its context has to return after
// the limit, so that its own error is seen and cleaning up does not overlap it.
const grace = 100 * time.Millisecond

// A panicError is a panic that was recovered. Its text has no stack.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string {
	if _, ok := p.value.(runtime.Error); ok && bytes.Contains(p.stack, []byte("cucumber/godog.(*testingT).")) {
		return "godog.T is for steps, and for hooks of scenarios and of steps\nhint: return an error"
	}
	return fmt.Sprintf("panic: %v", p.value)
}

// Unwrap gives the panic's value where it is an error.
func (p *panicError) Unwrap() error {
	err, _ := p.value.(error)
	return err
}

// errOverdue says that a function has returned, without an error and too late.
var errOverdue = errors.New("came back after its limit")

// overdue reports whether the time that ctx gave is over; a run that was stopped is
// another thing.
func overdue(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return errors.Is(cause, context.DeadlineExceeded) || errors.As(cause, new(errStepLimit))
}

// contain calls f in a goroutine of its own and returns its error, a
// [*panicError], errExit, errOverdue, or a [*hangError] where f is still running
// when ctx is over. Nothing can stop it then.
func contain(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	name := make(chan string, 1)
	go func() {
		name <- goroutine()
		err := errExit
		defer func() {
			if v := recover(); v != nil {
				err = &panicError{v, debug.Stack()}
			}
			done <- err
		}()
		err = f()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case err := <-done:
		if err == nil && overdue(ctx) {
			return errOverdue
		}
		return err
	case <-late.C:
		return &hangError{stackOf(<-name)}
	}
}

// goroutine is the first line of the current goroutine's stack up to its state:
// "goroutine 17 ".
func goroutine() string {
	var b [64]byte
	line, _, _ := bytes.Cut(b[:runtime.Stack(b[:], false)], []byte("["))
	return string(line)
}

// maxStacks bounds how much of the stacks of all goroutines is looked at, in bytes.
const maxStacks = 16 << 20

// stackOf is the stack of another goroutine: of the one called name.
func stackOf(name string) []byte {
	for size := 64 << 10; ; size *= 4 {
		b := make([]byte, size)
		n := runtime.Stack(b, true)
		if n == size && size < maxStacks {
			continue
		}
		for g := range bytes.SplitSeq(b[:n], []byte("\n\n")) {
			if bytes.HasPrefix(g, []byte(name)) {
				return bytes.Clone(g)
			}
		}
		return nil
	}
}
