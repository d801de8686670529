package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/notary"
)

// failing is a store that gives and takes nothing once it is down.
type failing struct {
	harness.Store
	down bool
}

var errDown = errors.New("the store is down")

func (f *failing) Put(ctx context.Context, key string, b []byte) error {
	if f.down {
		return errDown
	}
	return f.Store.Put(ctx, key, b)
}

func (f *failing) List(ctx context.Context, prefix string) ([]string, error) {
	if f.down {
		return nil, errDown
	}
	return f.Store.List(ctx, prefix)
}

// A run of which the first error is another one than that of its decision: both
// are told, each once, and the exit code is that of the first.
func TestFirstError(t *testing.T) {
	denied := errAccess{errors.New("the credentials have expired")}
	for _, tt := range []struct {
		name   string
		err    error // of the suite
		down   bool  // the store, from then on
		ends   bool  // the run is interrupted
		stdout bool  // standard output takes nothing
		want   int
		says   []string
	}{
		{"nothing", nil, false, false, false, exitAllow, nil},
		{"the suite", denied, false, false, false, exitInconclusive, []string{"have expired"}},
		{"the store", nil, true, false, false, exitInternal, []string{"is down"}}, // once by the evidence, once by the decision
		{"the suite, then the store", denied, true, false, false, exitAccount, []string{"have expired", "is down"}},
		{"the suite, then the answer", denied, false, false, true, exitAccount, []string{"have expired", "file already closed"}},
		{"an interruption", context.Canceled, false, true, false, exitInterrupted, []string{"interrupted"}},
		{"an interruption, then the store", context.Canceled, true, true, false, exitInterrupted, []string{"is down", "interrupted"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ground := newGround(t, "", groundYAML, nil)
			var stdout, stderr bytes.Buffer
			a := &app{stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }, environ: os.Environ}
			if tt.stdout {
				a.stdout = closedPipe{}
			}
			f, err := load(filepath.Join(ground.dir, "gate.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			s, err := a.archive(f)
			if err != nil {
				t.Fatal(err)
			}
			g, err := a.gate(f, s, notary.Notary{})
			if err != nil {
				t.Fatal(err)
			}
			store := &failing{Store: s}
			g.Ledger.Store = store
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			tool := g.Tool
			g.Tool = func(ctx context.Context, t harness.Target, suite harness.Suite, env []string) (harness.Evidence, error) {
				e, err := tool(ctx, t, suite, env)
				store.down = tt.down
				if tt.ends {
					cancel()
				}
				return e, errors.Join(err, tt.err)
			}
			if got := a.ended(ctx, a.runStage(ctx, g, "commit")); got != tt.want {
				t.Errorf("exit code %d, want %d:\n%s", got, tt.want, stderr.String())
			}
			said := reported(stderr.String())
			for _, s := range tt.says {
				if n := strings.Count(said, s); n < 1 || n > 1 && tt.err != nil {
					t.Errorf("%q is said %d times, want once:\n%s", s, n, said)
				}
			}
			if tt.says == nil && said != "" {
				t.Errorf("said:\n%s", said)
			}
		})
	}
}

// reported are the lines that are not about what goes on.
func reported(stderr string) string {
	var lines []string
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "gate: run ") && !strings.HasPrefix(line, "gate: dist: ") && !strings.HasPrefix(line, "gate: artifact ") && !strings.HasPrefix(line, "gate: suite checks: sh ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, os.ErrClosed }
