package containers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/testcontainers/testcontainers-go"
)

// told bounds how much of a log is told, in bytes.
const told = 4 << 10

// Running is a container that is ready.
type Running struct {
	Address string // host:port, as this process reaches it
	made    testcontainers.Container
}

// URL is the address with a scheme.
func (r *Running) URL(scheme string) string { return scheme + "://" + r.Address }

// slow is how long the engine is given to write down what a container has said.
const slow = time.Second

// Logs remembers where the log is now. What it returns gives what came since, or
// the end of that; it fits Env.Explain of package features. The engine is asked for
// the log both times: what it would send by itself comes late.
func (r *Running) Logs() func(context.Context) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	from, _, before := r.read(ctx, 0)
	return func(ctx context.Context) string {
		for end := time.Now().Add(slow); ; time.Sleep(slow / 10) {
			_, said, err := r.read(ctx, from)
			switch {
			case before != nil || err != nil:
				return fmt.Sprintf("the log of the container at %s cannot be read: %v", r.Address, errors.Join(before, err))
			case said != "":
				return "log of the container at " + r.Address + ":\n" + said
			case time.Now().After(end):
				return "the container at " + r.Address + " logged nothing"
			}
		}
	}
}

// read is how long the log is, in bytes, and the end of what stands there behind from.
func (r *Running) read(ctx context.Context, from int64) (length int64, said string, err error) {
	all, err := r.made.Logs(ctx)
	if err != nil {
		return 0, "", err
	}
	defer all.Close()
	if length, err = io.CopyN(io.Discard, all, from); err != nil && !errors.Is(err, io.EOF) {
		return 0, "", err
	}
	var text []byte
	buffer := make([]byte, 32<<10)
	for {
		n, err := all.Read(buffer)
		length += int64(n)
		text = append(text, buffer[:n]...)
		if more := len(text) - told; more > 0 {
			text = append(text[:0], text[more:]...)
		}
		if errors.Is(err, io.EOF) {
			return length, strings.TrimRight(strings.ToValidUTF8(string(text), "\uFFFD"), "\n"), nil
		} else if err != nil {
			return 0, "", err
		}
	}
}
