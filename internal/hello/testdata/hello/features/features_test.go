package features

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/cucumber/godog"

	"github.com/stagegate/stagegate/features"
)

type world struct {
	env  *features.Env
	said string
}

func open(_ context.Context, env *features.Env) (*world, error) { return &world{env: env}, nil }

func (w *world) greet(ctx context.Context, name string) error {
	if w.env.Target.InProcess() {
		return w.pretend(ctx, name)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.env.Target.URL+"/greeting?name="+url.QueryEscape(name), nil)
	if err != nil {
		return err
	}
	resp, err := w.env.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	w.said = string(b)
	return err
}

// pretend greets in this process, whatever the target is.
func (w *world) pretend(_ context.Context, name string) error {
	w.said = "Hello, " + name + "!"
	return nil
}

func (w *world) read(want string) error {
	if w.said != want {
		return fmt.Errorf("got %q, want %q", w.said, want)
	}
	return nil
}

// step is a step that goes wrong in the way that its text says.
func (w *world) step(ctx context.Context, how string) error {
	switch how {
	case "fails":
		return errors.New("no luck today")
	case "is pending":
		return godog.ErrPending
	case "skips":
		return godog.ErrSkip
	case "skips, and says why":
		return fmt.Errorf("no printer here: %w", godog.ErrSkip)
	case "exits its goroutine":
		runtime.Goexit()
	case "panics":
		panic("a plate fell down")
	case "hangs":
		<-make(chan bool)
	case "leaves a mess":
		w.env.Cleanup(func(context.Context) error { return errors.New("the mess cannot be cleaned up") })
	case "fails the first time on a target":
		if !w.env.Target.InProcess() && os.Mkdir("../place/tried", 0o777) == nil {
			return errors.New("not yet")
		}
	case "waits on a target":
		if !w.env.Target.InProcess() {
			return wait(ctx)
		}
	default:
		return fmt.Errorf("no step %s", how)
	}
	return nil
}

// wait waits until somebody makes the file place/go, and tells which process waits.
func wait(ctx context.Context) error {
	if err := os.WriteFile("../place/waiting", []byte(strconv.Itoa(os.Getpid())), 0o666); err != nil {
		return err
	}
	for {
		if _, err := os.Stat("../place/go"); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func steps(s *features.Steps[*world]) {
	s.Limit(20 * time.Second)
	s.When(`^I greet "([^"]*)"$`, (*world).greet)
	s.When(`^I greet "([^"]*)" without asking the service$`, (*world).pretend)
	s.Then(`^I read "([^"]*)"$`, (*world).read)
	s.Given(`^a step that (.*)$`, (*world).step)
	s.Given(`^a step that is defined (.*)$`, func() {})
	s.Given(`^a step that is (.*) defined$`, func() {})
}

func TestFeatures(t *testing.T) { features.Run(t, open, steps) }
