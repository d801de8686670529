package containers

import (
	"context"
	"strings"
	"sync"

	"github.com/testcontainers/testcontainers-go"
)

// Bounds of the logs that are kept, and of those that are told, in bytes.
const (
	kept = 1 << 20
	told = 4 << 10
)

// Running is a container that is ready.
type Running struct {
	Address string // host:port, as this process reaches it
	log     log
}

// URL is the address with a scheme.
func (r *Running) URL(scheme string) string { return scheme + "://" + r.Address }

// Logs remembers where the log is now. What it returns gives what came since, or
// the end of that; it fits Env.Explain of package features.
func (r *Running) Logs() func(context.Context) string {
	from := r.log.end()
	return func(context.Context) string {
		said := r.log.since(from)
		if said == "" {
			return "the container at " + r.Address + " logged nothing"
		}
		return "log of the container at " + r.Address + ":\n" + said
	}
}

// A log collects what a container prints. It implements testcontainers.LogConsumer.
type log struct {
	mu   sync.Mutex
	text []byte
	gone int // bytes that were dropped at the beginning
}

// Accept implements testcontainers.LogConsumer.
func (l *log) Accept(entry testcontainers.Log) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, entry.Content...)
	if n := len(l.text) - kept; n > 0 {
		l.text, l.gone = append([]byte(nil), l.text[n:]...), l.gone+n
	}
}

func (l *log) end() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gone + len(l.text)
}

func (l *log) since(from int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.text[max(0, min(from-l.gone, len(l.text))):]
	if n := len(text) - told; n > 0 {
		text = text[n:]
	}
	return strings.TrimRight(strings.ToValidUTF8(string(text), "\uFFFD"), "\n")
}
