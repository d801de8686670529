package features

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stagegate/stagegate/adapters/httpenv"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/conceal"
)

// Env is what one scenario is given to open its world with.
type Env struct {
	Target   harness.Target // where to run; in process under plain go test
	HTTP     *http.Client   // reaches the target and its dependencies alone, and records its calls
	ID       string         // of this attempt alone: letters and digits, for names of what it creates
	Scenario string         // "Feature: Scenario", for people
	Tags     []string       // with their "@"

	calls    atomic.Int64
	mu       sync.Mutex
	cleanups []func(context.Context) error
	cleans   bool // Cleanup was called
	created  []string
	secrets  map[string]string
	explains []func(context.Context) string
}

func newEnv(target harness.Target, sc *scenario) *Env {
	target.Writable = sc.mutates != "" && target.Live // else it would have been refused
	env := &Env{Target: target, Scenario: sc.title, Tags: sc.tags, ID: strings.ToLower(rand.Text()[:12]), secrets: secretsOf(target)}
	env.HTTP = httpenv.New(target, env.Record)
	return env
}

// Cleanup registers f to be called when the scenario is over, however it
// ended, the last registered first. An error or a panic of f fails the
// scenario. The context is alive for the scenario's limit again.
//
// After a hang the step may still be running when f is called.
func (e *Env) Cleanup(f func(context.Context) error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cleanups = append(e.cleanups, f)
	e.cleans = true
}

// Explain registers f to be called when the scenario has not passed, before it is
// cleaned up: what f returns is put beside the failure. The logs of what the
// scenario talked to are a good answer.
func (e *Env) Explain(f func(context.Context) string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.explains = append(e.explains, f)
}

// explanation is what everybody has to say of a failure.
func (e *Env) explanation(ctx context.Context, limit time.Duration) string {
	e.mu.Lock()
	all := slices.Clone(e.explains)
	e.mu.Unlock()
	var said []string
	for _, f := range all {
		text := make(chan string, 1) // who hangs may still say something
		if err := half(ctx, &limit, func(ctx context.Context) error { text <- f(ctx); return nil }); err != nil {
			said = append(said, fmt.Sprintf("explain: %v", err))
			continue
		}
		said = append(said, <-text)
	}
	return strings.Join(slices.DeleteFunc(said, func(s string) bool { return s == "" }), "\n")
}

// half calls f with half of the time that is left: one that hangs leaves some for
// the others.
func half(ctx context.Context, left *time.Duration, f func(context.Context) error) error {
	given, began := *left/2, time.Now()
	ctx, cancel := context.WithTimeout(ctx, given)
	defer cancel()
	err := contain(ctx, func() error { return f(ctx) })
	*left -= min(given, time.Since(began))
	return err
}

// Secret is the value of a variable that gate.yaml declares as a secret of the
// target (targets.NAME.secrets). It is taken out of what the scenario's row says.
func (e *Env) Secret(variable string) (string, error) {
	v := os.Getenv(variable)
	if v == "" {
		return "", fmt.Errorf("%s is not set in the environment\nhint: targets.%s.secrets.%s in gate.yaml says where its value is", variable, cmp.Or(e.Target.Name, "NAME"), variable)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.secrets[variable] = v
	return v, nil
}

// secretsOf are the values of a target's secrets in this process, by their
// variables: whoever reads the environment may say one.
func secretsOf(target harness.Target) map[string]string {
	all := map[string]string{}
	for variable := range target.Secrets {
		all[variable] = os.Getenv(variable)
	}
	return all
}

// conceal takes the target's secrets, and those that were asked for, out of a text.
func (e *Env) conceal(text string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return conceal.New(e.secrets).In(text)
}

// Created tells what the scenario made on its target, for the evidence: "the
// order 17 in table orders". Call it before what is made, and Cleanup with it.
func (e *Env) Created(what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.created) < maxCreated {
		e.created = append(e.created, what)
	}
}

// maxCreated bounds how many things a row names.
const maxCreated = 100

// Record tells that the scenario made a call to its target. Calls through HTTP
// are recorded already; clients of other kinds call Record for each of theirs.
func (e *Env) Record(harness.Call) { e.calls.Add(1) }

// made is what was created, and whether there was anything to clean up. A step
// that hangs may still add to it.
func (e *Env) made() (created []string, cleans bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.created), e.cleans
}

// close runs the cleanups and returns what went wrong in any of them. The first may
// take as long as limit, all together twice as long.
func (e *Env) close(ctx context.Context, limit time.Duration) error {
	defer e.HTTP.CloseIdleConnections()
	var wrong error
	limit *= 2
	for {
		f := e.pop()
		if f == nil {
			return wrong
		}
		if err := half(ctx, &limit, f); err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("clean up: %w", err))
		}
	}
}

func (e *Env) pop() func(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := len(e.cleanups) - 1
	if n < 0 {
		return nil
	}
	f := e.cleanups[n]
	e.cleanups = e.cleanups[:n]
	if f == nil {
		return func(context.Context) error { return errors.New("a nil function was registered") }
	}
	return f
}
