package pact

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A replay serves recorded responses on a port of 127.0.0.1.
type replay struct {
	port   int
	server *http.Server
}

func startReplay(recorded []Recorded) (*replay, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"+derivedPrefix))
		if err != nil || n < 0 || n >= len(recorded) {
			http.Error(w, "no such recording", http.StatusNotFound)
			return
		}
		write(w, recorded[n])
	})}
	go s.Serve(l)
	return &replay{l.Addr().(*net.TCPAddr).Port, s}, nil
}

func (r *replay) close() { _ = r.server.Shutdown(context.Background()) }

// write gives the response with its own headers and no other one; see [renamed]
// for those that describe the connection and not the content.
func write(w http.ResponseWriter, x Recorded) {
	h := w.Header()
	h["Date"], h["Content-Type"] = nil, nil // or net/http adds them
	for name, values := range x.Header {
		h[renamed(name)] = values
	}
	w.WriteHeader(x.Status)
	if x.Method != http.MethodHead {
		_, _ = w.Write(x.Body) // a verifier that hangs up reports it itself
	}
}
