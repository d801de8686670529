package containers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
)

// An Image says what to start. One of Name and Build is set.
type Image struct {
	Name  string            // "postgres:16"; pulled if the engine has not got it
	Build string            // a folder with a Dockerfile
	Port  string            // that is talked to: "5432/tcp"
	Env   map[string]string // of the container
	Cmd   []string          // in the place of the image's own

	// Ready is when it can be used: the path of an HTTP resource that answers 200
	// ("/healthz"), or a text in its log ("ready to accept"). That something
	// listens on Port says nothing: it may be the engine's proxy.
	Ready string
	// Within is how long that may take; a minute if it is 0.
	Within time.Duration
	// Reuse is a name under which it stays when the test is over: with a digest of
	// everything above, so that what has changed is started anew. Where testcontainers'
	// reaper runs it may remove it all the same.
	Reuse string
}

// A Container is one that is started when somebody needs it.
type Container struct {
	image Image
	t     testing.TB

	once    sync.Once
	running Running
	err     error
}

// An EngineError is a container that could not be started.
type EngineError struct {
	Image string
	Err   error
	Hint  string
}

// Error says why, with a hint.
func (e *EngineError) Error() string {
	return fmt.Sprintf("container of %s: %v\nhint: %s", e.Image, e.Err, e.Hint)
}

// Unwrap is what went wrong.
func (e *EngineError) Unwrap() error { return e.Err }

// New prepares a container for t and starts nothing. It is removed when t ends.
func New(t testing.TB, i Image) *Container {
	t.Helper()
	if (i.Name == "") == (i.Build == "") || i.Port == "" || i.Ready == "" {
		t.Fatalf("containers.New: give one of Name and Build, a Port, and when it is Ready: got Name %q, Build %q, Port %q, Ready %q", i.Name, i.Build, i.Port, i.Ready)
	}
	return &Container{image: i, t: t}
}

// Start starts the container, the first time that it is called, and waits until
// it is ready. Every call returns the same; its errors are [EngineError].
func (c *Container) Start(ctx context.Context) (*Running, error) {
	c.once.Do(func() {
		c.err = c.start(context.WithoutCancel(ctx)) // it outlives the scenario that was first
	})
	if c.err != nil {
		return nil, c.err
	}
	return &c.running, nil
}

func (c *Container) start(ctx context.Context) error {
	i := c.image
	within := i.Within
	if within == 0 {
		within = time.Minute
	}
	options := []testcontainers.ContainerCustomizer{
		testcontainers.WithExposedPorts(i.Port), testcontainers.WithEnv(i.Env),
		testcontainers.WithWaitStrategyAndDeadline(within, i.ready()),
	}
	if i.Build != "" {
		options = append(options, testcontainers.WithDockerfile(testcontainers.FromDockerfile{Context: i.Build, KeepImage: i.Reuse != ""}))
	}
	if len(i.Cmd) > 0 {
		options = append(options, testcontainers.WithCmd(i.Cmd...))
	}
	if i.Reuse != "" {
		name, err := i.reused()
		if err != nil {
			return c.explain(err)
		}
		options = append(options, testcontainers.WithReuseByName(name))
	}
	made, err := testcontainers.Run(ctx, i.Name, options...)
	if made != nil {
		c.running.made = made
	}
	if made != nil && (i.Reuse == "" || err != nil) { // one that never became ready does not stay
		testcontainers.CleanupContainer(c.t, made)
	}
	if err != nil {
		return c.explain(err)
	}
	address, err := made.PortEndpoint(ctx, i.Port, "")
	if err != nil {
		return c.explain(err)
	}
	c.running.Address = address
	return nil
}

func (i Image) ready() wait.Strategy {
	if strings.HasPrefix(i.Ready, "/") {
		return wait.ForHTTP(i.Ready).WithPort(i.Port)
	}
	return wait.ForLog(i.Ready)
}

// explain gives an error the hint that it deserves.
func (c *Container) explain(err error) error {
	e := &EngineError{Image: c.image.Name + c.image.Build, Err: err, Hint: "nothing was logged: look at what the engine says"}
	if c.running.made != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if _, said, err := c.running.read(ctx, 0); err == nil && said != "" {
			e.Hint = "its log may say why:\n" + said
		}
	}
	var dial *net.OpError
	has := func(any ...string) bool {
		return slices.ContainsFunc(any, func(s string) bool { return strings.Contains(err.Error(), s) })
	}
	switch {
	case has("ryuk", "reaper"):
		e.Hint = "testcontainers' reaper could not be started: let its image be pulled, or set TESTCONTAINERS_RYUK_DISABLED=true"
	case has("No such image", "/v2/", "pull access denied", "manifest unknown"):
		e.Hint = "the engine has no such image and could not pull it: check the name and the network, or Build it"
	case has("rootless Docker not found", "Cannot connect to the Docker daemon", "failed to connect to the docker"), errors.As(err, &dial) && dial.Op == "dial":
		e.Hint = "start a container engine, or name one in DOCKER_HOST (now " + quoted(os.Getenv("DOCKER_HOST")) + "): this suite needs it, and is not skipped"
	}
	return e
}

func quoted(s string) string {
	if s == "" {
		return "not set"
	}
	return fmt.Sprintf("%q", s)
}
