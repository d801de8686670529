package httpsteps

import (
	"context"
	"net/http"

	"github.com/stagegate/stagegate/features/steps/internal/ready"
)

func (c *Client) withinStatus(ctx context.Context, limit, path string, want int) error {
	return ready.Within(ctx, limit, func() error {
		if err := c.ask(ctx, http.MethodGet, path); err != nil {
			return err
		}
		return c.status(want)
	})
}

func (c *Client) withinJSON(ctx context.Context, limit, at, path, want string) error {
	return ready.Within(ctx, limit, c.look(ctx, at, path, want))
}

func (c *Client) forJSON(ctx context.Context, limit, at, path, want string) error {
	return ready.Lasts(ctx, limit, c.look(ctx, at, path, want))
}

func (c *Client) look(ctx context.Context, at, path, want string) func() error {
	return func() error {
		if err := c.ask(ctx, http.MethodGet, path); err != nil {
			return err
		}
		return c.jsonAt(at, want)
	}
}
