package flow

import (
	"context"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// Bounds of the tries of one check.
const (
	firstPause = time.Second
	longPause  = 30 * time.Second
	onceWithin = 10 * time.Minute // a check that is tried once, and hangs
)

// monitor looks at the stage's alarms and asks its checks, side by side, and
// puts what it saw into c. The run keeps its target meanwhile.
func (g *Gate) monitor(ctx context.Context, r harness.Run, c *harness.Closing) error {
	s := r.Record.Stage
	if s.Alarms == nil && len(s.Checks) == 0 || !r.Ready() {
		return nil // nothing was asked for, or nothing was deployed
	}
	_, env, err := g.account(ctx, r.Record.Target.ForTests())
	if err != nil {
		return err
	}
	letGo, err := g.hold(ctx, *r.Record)
	if err != nil {
		return err
	}
	defer letGo()
	watched := make(chan error, 1)
	go func() {
		if s.Alarms == nil {
			watched <- nil
			return
		}
		g.Say("alarms: watching for %s", s.Alarms.For)
		w, err := g.Alarms(ctx, r.Record.Target.ForTests(), *s.Alarms)
		c.Watch = &w
		watched <- err
	}()
	for _, check := range s.Checks {
		c.Checks = append(c.Checks, g.check(ctx, *r.Record, check, env))
	}
	if err := <-watched; err != nil {
		return err
	}
	return ctx.Err() // stopped: nothing is closed, and it can be decided later
}

// check runs a command until it ends with 0, or its time is over. The last try
// that came to an end counts.
func (g *Gate) check(ctx context.Context, rec harness.RunRecord, c harness.Check, env []string) harness.Checked {
	within := time.Duration(c.Within)
	if within == 0 {
		within = onceWithin
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	last := harness.Checked{Name: c.Name, Broken: "did not end within " + within.String()}
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		g.Say("check %s: %s", c.Name, c.Run)
		t := g.Shell(ctx, c.Name, c.Run, append(g.environ(rec), env...))
		last.Tries++
		if !t.Interrupted {
			last.Exit, last.Said, last.Broken = t.Exit, t.Error, ""
		}
		last.At = g.Now().UTC()
		if t.Exit == 0 || c.Within == 0 || ctx.Err() != nil {
			return last
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return last
		case <-timer.C:
		}
	}
}
