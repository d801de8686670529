package features_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/cucumber/godog"

	"github.com/stagegate/stagegate/features"
)

// Stock is the port: what the steps know of the service.
type Stock interface {
	Put(ctx context.Context, sku string, n int) error
	Count(ctx context.Context, sku string) (int, error)
}

// memory is the adapter in process.
type memory map[string]int

func (m memory) Put(_ context.Context, sku string, n int) error   { m[sku] += n; return nil }
func (m memory) Count(_ context.Context, sku string) (int, error) { return m[sku], nil }

// remote is the adapter to the deployed service.
type remote struct {
	url    string
	client *http.Client
}

func (r remote) Put(context.Context, string, int) error           { return godog.ErrPending }
func (r remote) Count(context.Context, string) (n int, err error) { return 0, godog.ErrPending }

// shelf is the world: what the steps of one scenario share.
type shelf struct{ stock Stock }

func openShelf(_ context.Context, env *features.Env) (*shelf, error) {
	if env.Target.InProcess() {
		return &shelf{stock: memory{}}, nil
	}
	return &shelf{stock: remote{env.Target.URL, env.HTTP}}, nil
}

func (s *shelf) put(ctx context.Context, n int, sku string) error { return s.stock.Put(ctx, sku, n) }

func (s *shelf) holds(ctx context.Context, want int, sku string) error {
	got, err := s.stock.Count(ctx, sku)
	if err == nil && got != want {
		err = fmt.Errorf("there are %d", got)
	}
	return err
}

func shelfSteps(s *features.Steps[*shelf]) {
	s.When(`^I put (\d+) "([^"]*)" on the shelf$`, (*shelf).put)
	s.Then(`^there are (\d+) "([^"]*)"$`, (*shelf).holds)
}

// This is all that a folder with *.feature files needs; testdata/example has one.
func ExampleRun() {
	_ = func(t *testing.T) { // TestFeatures
		features.Run(t, openShelf, shelfSteps)
	}
}
