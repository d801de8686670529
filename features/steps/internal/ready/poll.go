package ready

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Pauses between two looks: they grow, so that a fast service is seen fast and a
// slow one is left alone.
const (
	firstPause = 50 * time.Millisecond
	longPause  = 2 * time.Second
)

// Within looks until look finds nothing wrong, for the time that is said. The
// error is what was wrong last. What another look cannot mend ends it at once: an
// error with a method RetryableError that says so, as a guard's refusal has one.
func Within(ctx context.Context, said string, look func() error) error {
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
		if final(wrong) {
			return wrong
		}
		if rest := limit - time.Since(begun); rest <= 0 {
			return fmt.Errorf("not within %s, %d looks; last seen: %w", limit, looks, wrong)
		} else if !wait(ctx, min(pause, rest)) {
			return fmt.Errorf("the scenario ended after %s of %s; last seen: %w", time.Since(begun).Round(time.Millisecond), limit, wrong)
		}
	}
}

func final(err error) bool {
	var said interface{ RetryableError() bool }
	return errors.As(err, &said) && !said.RetryableError()
}

// Lasts looks for the time that is said, and wants nothing wrong all the time.
func Lasts(ctx context.Context, said string, look func() error) error {
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
