package httpsteps

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Pauses between two looks: they grow, so that a fast service is seen fast and a
// slow one is left alone.
const (
	firstPause = 50 * time.Millisecond
	longPause  = 2 * time.Second
)

// within looks until look finds nothing wrong, for the time that is said. The
// error is what was wrong last.
func within(ctx context.Context, said string, look func() error) error {
	limit, err := duration(said)
	if err != nil {
		return err
	}
	begun, looks := time.Now(), 0
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		wrong := look()
		looks++
		if wrong == nil {
			return nil
		}
		if rest := limit - time.Since(begun); rest <= 0 {
			return fmt.Errorf("not within %s, %d looks; last seen: %w", limit, looks, wrong)
		} else if !wait(ctx, min(pause, rest)) {
			return fmt.Errorf("the scenario ended after %s of %s; last seen: %w", time.Since(begun).Round(time.Millisecond), limit, wrong)
		}
	}
}

// lasts looks for the time that is said, and wants nothing wrong all the time.
func lasts(ctx context.Context, said string, look func() error) error {
	limit, err := duration(said)
	if err != nil {
		return err
	}
	begun := time.Now()
	for {
		if err := look(); err != nil {
			return fmt.Errorf("after %s of %s: %w", time.Since(begun).Round(time.Millisecond), limit, err)
		}
		rest := limit - time.Since(begun)
		if rest <= 0 {
			return nil
		}
		if !wait(ctx, min(max(limit/20, firstPause), longPause, rest)) {
			return fmt.Errorf("the scenario ended after %s of %s", time.Since(begun).Round(time.Millisecond), limit)
		}
	}
}

func duration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err == nil && d <= 0 {
		err = fmt.Errorf("%s is no time", s)
	}
	if err != nil {
		return 0, fmt.Errorf("%w\nhint: 30s, 500ms or 2m", err)
	}
	return d, nil
}

// wait reports whether the scenario still goes on.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func (c *Client) withinStatus(ctx context.Context, limit, path string, want int) error {
	return within(ctx, limit, func() error {
		if err := c.read(ctx, http.MethodGet, path); err != nil {
			return err
		}
		return c.status(want)
	})
}

func (c *Client) withinJSON(ctx context.Context, limit, at, path, want string) error {
	return within(ctx, limit, c.look(ctx, at, path, want))
}

func (c *Client) forJSON(ctx context.Context, limit, at, path, want string) error {
	return lasts(ctx, limit, c.look(ctx, at, path, want))
}

func (c *Client) look(ctx context.Context, at, path, want string) func() error {
	return func() error {
		if err := c.read(ctx, http.MethodGet, path); err != nil {
			return err
		}
		return c.jsonAt(at, want)
	}
}
