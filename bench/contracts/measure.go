package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/pactfile"
	"github.com/stagegate/stagegate/internal/protocol"
)

// A world is where the children run.
type world struct {
	dir, self, peer string
	dependency      *httptest.Server
}

// A sample is one run.
type sample struct {
	report
	cpu   time.Duration
	merge time.Duration // of the pact files, in the parent
}

func makeWorld(ctx context.Context) (*world, error) {
	dir, err := os.MkdirTemp("", "stagegate-bench-")
	if err != nil {
		return nil, err
	}
	w := &world{dir: dir, peer: filepath.Join(dir, "peer")}
	if w.self, err = os.Executable(); err != nil {
		return w, err
	}
	build := exec.CommandContext(ctx, "scripts/with-pact-go", "go", "-C", "bench/contracts/peer", "build", "-o", w.peer, ".")
	if out, err := build.CombinedOutput(); err != nil {
		return w, fmt.Errorf("build pact-go's side, from the root of the repository: %w\n%s", err, out)
	}
	w.dependency = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = rw.Write([]byte(answer))
	}))
	return w, nil
}

func (w *world) close() {
	if w.dependency != nil {
		w.dependency.Close()
	}
	os.RemoveAll(w.dir)
}

// pactGo runs n interactions with pact-go.
func (w *world) pactGo(ctx context.Context, n int) (sample, error) {
	dir, err := os.MkdirTemp(w.dir, "pacts-")
	if err != nil {
		return sample{}, err
	}
	s, err := w.child(ctx, n, nil, "scripts/with-pact-go", w.peer, "-interactions", fmt.Sprint(n), "-dir", dir)
	if err == nil {
		err = holds(filepath.Join(dir, "bench-cards.json"), n)
	}
	return s, err
}

// ours runs n interactions of contracts: on target under a run, or without one
// if target is nil.
func (w *world) ours(ctx context.Context, n int, target *harness.Target) (sample, error) {
	env, out := []string{protocol.Variable + "="}, ""
	if target != nil {
		dir, err := os.MkdirTemp(w.dir, "run-")
		if err != nil {
			return sample{}, err
		}
		out = filepath.Join(dir, "out")
		file := filepath.Join(dir, "run.json")
		err = os.Mkdir(out, 0o700)
		if err == nil {
			err = protocol.WriteSession(file, protocol.Session{Phase: protocol.Exec, Run: "bench", Nonce: "bench", Service: "bench",
				Stage: "bench", Suite: "bench", Target: *target, Out: out})
		}
		if err != nil {
			return sample{}, err
		}
		env[0] += file
	}
	s, err := w.child(ctx, n, env, w.self, "-child", "contracts", "-interactions", fmt.Sprint(n))
	if err != nil || target == nil {
		return s, err
	}
	started := time.Now()
	err = w.collect(out, n, target.InProcess())
	s.merge = time.Since(started)
	return s, err
}

// collect does with the answers of a run what gate does.
func (w *world) collect(out string, n int, mock bool) error {
	answers, err := protocol.ReadDir(out)
	if err != nil {
		return err
	}
	var all []pactfile.Fragment
	passed := 0
	for _, a := range answers {
		for _, r := range a.Rows {
			if r.Outcome == harness.Passed {
				passed++
			}
		}
		for _, p := range a.Pacts {
			all = append(all, pactfile.Fragment{From: p.ID, Document: p.Document})
		}
	}
	if passed != n {
		return fmt.Errorf("%d of %d interactions passed", passed, n)
	}
	if !mock {
		return nil
	}
	files, err := pactfile.Merge(all)
	if err != nil {
		return err
	}
	pacts := filepath.Join(out, "pacts")
	if err := pactfile.Write(pacts, files); err != nil {
		return err
	}
	return holds(filepath.Join(pacts, "bench-cards.json"), n)
}

// holds returns an error unless a pact file has n interactions.
func holds(file string, n int) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var d struct {
		Interactions []json.RawMessage `json:"interactions"`
	}
	if err := json.Unmarshal(b, &d); err != nil || len(d.Interactions) != n {
		return fmt.Errorf("%s has %d interactions, want %d: %v", file, len(d.Interactions), n, err)
	}
	return nil
}

// direct makes n calls without anything between.
func (w *world) direct(ctx context.Context, n int) (sample, error) {
	return w.child(ctx, n, nil, w.self, "-child", "direct", "-interactions", fmt.Sprint(n), "-url", w.dependency.URL)
}

func (w *world) target() *harness.Target {
	return &harness.Target{Name: "bench", Mode: harness.Deployed, Dependencies: map[string]harness.Dependency{"cards": {URL: w.dependency.URL}}}
}

func (w *world) child(ctx context.Context, n int, env []string, name string, args ...string) (s sample, err error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(append(os.Environ(), "PACT_DO_NOT_TRACK=true", "LOG_LEVEL=OFF"), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return s, fmt.Errorf("%s: %w\n%s", name, err, tail(out.String()))
	}
	s.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	_, line, _ := strings.Cut(out.String(), "\n"+mark)
	line, _, _ = strings.Cut(line, "\n")
	if err := json.Unmarshal([]byte(line), &s.report); err != nil || len(s.Took) != n {
		return s, fmt.Errorf("%s: %d interactions of %d, %v\n%s", name, len(s.Took), n, err, tail(out.String()))
	}
	return s, nil
}

func tail(text string) string { return text[max(0, len(text)-3000):] }
