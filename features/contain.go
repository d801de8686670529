package features

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

var (
	errHang = errors.New("still running when its limit was over")
	errExit = errors.New("left its goroutine (runtime.Goexit, or FailNow of a testing.T)")
)

// grace is how long a function that honours its context has to return after
// the limit, so that its own error is seen and cleaning up does not overlap it.
const grace = 100 * time.Millisecond

// A panicError is a panic that was recovered. Its text has no stack.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// Unwrap gives the panic's value where it is an error.
func (p *panicError) Unwrap() error {
	err, _ := p.value.(error)
	return err
}

// contain calls f in a goroutine of its own and returns its error, a
// [*panicError], errExit where f never returned but ended its goroutine, or
// errHang where it has done neither when ctx is over. After errHang f may
// still be running: nothing can stop it.
func contain(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	go func() {
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
		return err
	case <-late.C:
		return errHang
	}
}
