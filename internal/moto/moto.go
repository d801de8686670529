package moto

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Variable names the environment variable that says where moto_server is.
const Variable = "STAGEGATE_MOTO"

// patience bounds a start: Python is slow on a cold, busy machine.
const patience = time.Minute

// ErrMissing is returned by [Find] where there is no moto_server.
var ErrMissing = errors.New("moto_server is missing")

// Find returns the path of moto_server: what STAGEGATE_MOTO names, else what
// PATH has, else .venv/bin/moto_server in dir or a directory above it.
func Find(getenv func(string) string, dir string) (string, error) {
	if path := getenv(Variable); path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", fmt.Errorf("%s: %w: %w", Variable, ErrMissing, err)
		}
		return found, nil
	}
	if path, err := exec.LookPath("moto_server"); err == nil {
		return path, nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if path, err := exec.LookPath(filepath.Join(dir, ".venv", "bin", "moto_server")); err == nil {
			return path, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%w\nhint: make setup", ErrMissing)
		}
	}
}

// A Server is a running moto_server.
type Server struct {
	Endpoint string // http://127.0.0.1:PORT

	cmd   *exec.Cmd
	alive io.Closer
}

// supervise lets the server's whole process group end with its input, which
// ends with this process at the latest, and with the server itself.
const supervise = `{ "$@"; kill -9 0; } & cat >/dev/null; kill -9 0`

// Start runs the moto_server at path and returns when it answers. The caller
// stops it; ending ctx stops it too.
func Start(ctx context.Context, path string) (*Server, error) {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", supervise, "sh", path, "-H", "127.0.0.1", "-p", "0")
	group(cmd)
	cmd.Env = append(os.Environ(), "MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS=false", "PYTHONUNBUFFERED=1")
	alive, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	said, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = w, w
	err = cmd.Start()
	w.Close()
	if err != nil {
		said.Close()
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	s := &Server{cmd: cmd, alive: alive}
	if s.Endpoint, err = await(ctx, said); err == nil {
		err = s.answers(ctx)
	}
	if err != nil {
		s.Stop()
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	return s, nil
}

// Stop ends the server and waits until it is gone.
func (s *Server) Stop() {
	s.alive.Close()
	s.cmd.Wait() // it was killed, and says so
}

var running = regexp.MustCompile(`Running on (http://127\.0\.0\.1:[0-9]+)`)

// await reads what the server says until it names its endpoint, and leaves a
// goroutine that reads on: a full pipe would stop the server.
func await(ctx context.Context, said io.ReadCloser) (string, error) {
	endpoint := make(chan string, 1)
	var before []string // only the goroutine's until it closes endpoint
	go func() {
		defer said.Close()
		defer close(endpoint)
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if m := running.FindStringSubmatch(lines.Text()); m != nil {
				endpoint <- m[1]
				io.Copy(io.Discard, said)
				return
			}
			before = append(before, lines.Text())
		}
	}()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case e, ok := <-endpoint:
		if !ok {
			return "", fmt.Errorf("it ended at once: %s", strings.Join(before, "\n"))
		}
		return e, nil
	case <-late.C:
		return "", fmt.Errorf("it does not listen after %v", patience)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (s *Server) answers(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint+"/moto-api/data.json", nil)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", answer.Status)
	}
	return nil
}
