package features

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/cucumber/godog"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/stagegate/stagegate/harness"
)

// A visited scenario is one that godog runs or has run.
type visited struct {
	sc      *scenario // nil: godog has not said yet which one it is
	row     harness.Row
	over    chan struct{} // closed: row is what became of it
	raw     error         // of the step, before the suite's own hooks added to it
	logged  string        // to godog's T, until then
	last    error         // of the step, and of what the suite's own hooks added to it
	closing bool          // its After hooks have begun
	closed  bool          // and have returned
}

// wrapped is the user's suite, watched from both ends of its hooks.
func (g *godogSuite) wrapped(ctx context.Context, files *godogFileSet, output io.Writer) godog.TestSuite {
	o := g.options
	o.Paths, o.FS, o.Tags, o.TestingT = nil, nil, "", nil
	o.FeatureContents = files.contents(g.left)
	o.Strict, o.Concurrency = true, 1
	o.Format = cmp.Or(o.Format, "pretty")
	if o.Output == nil {
		o.Output = output
	}
	o.DefaultContext = ctx
	suite := g.user
	suite.Options = &o
	suite.TestSuiteInitializer = func(c *godog.TestSuiteContext) {
		c.AfterSuite(g.close) // what goes wrong from here on is no scenario's
		if g.user.TestSuiteInitializer != nil {
			g.user.TestSuiteInitializer(c)
		}
	}
	suite.ScenarioInitializer = g.initialize
	return suite
}

// initialize is called by godog before each scenario.
func (g *godogSuite) initialize(c *godog.ScenarioContext) {
	g.close()
	v := &visited{over: make(chan struct{})}
	c.Before(func(ctx context.Context, p *godog.Scenario) (context.Context, error) {
		return ctx, g.enter(ctx, v, p)
	})
	c.StepContext().After(func(ctx context.Context, st *godog.Step, _ godog.StepResultStatus, err error) (context.Context, error) {
		g.locked(func() { v.raw, v.logged = err, strings.Join(godog.LoggedMessages(ctx), "\n") })
		return ctx, nil
	})
	c.After(func(ctx context.Context, _ *godog.Scenario, _ error) (context.Context, error) {
		g.locked(func() { v.closing = true })
		return ctx, nil
	})
	if g.user.ScenarioInitializer != nil {
		g.user.ScenarioInitializer(c)
	}
	c.StepContext().After(func(ctx context.Context, st *godog.Step, status godog.StepResultStatus, err error) (context.Context, error) {
		g.locked(func() {
			if st.Id != "" { // not a step of a step
				v.step(ctx, st, status, err)
			}
		})
		return ctx, nil
	})
	c.After(func(ctx context.Context, p *godog.Scenario, err error) (context.Context, error) {
		wrong := g.enter(ctx, v, p) // a hook of the whole suite may have kept ours from running
		g.locked(func() { v.after(ctx, err) })
		return ctx, wrong
	})
}

func (g *godogSuite) locked(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
}

// errDeaf is for what godog does after nobody listens any more.
var errDeaf = errors.New("the run is over")

// enter finds the scenario that godog runs among those that have not begun, and
// hands it to the test.
func (g *godogSuite) enter(ctx context.Context, v *visited, p *godog.Scenario) error {
	g.mu.Lock()
	if v.sc != nil {
		g.mu.Unlock()
		return nil
	}
	for i, sc := range g.left {
		if same(sc, p) {
			v.sc, g.left = sc, append(g.left[:i:i], g.left[i+1:]...)
			break
		}
	}
	if v.sc == nil {
		g.mu.Unlock()
		return fmt.Errorf("godog runs a scenario that was not planned: %s in %s", p.Name, p.Uri)
	}
	row := g.row(v.sc, 1)
	row.Outcome, row.Reason, row.Steps = v.row.Outcome, v.row.Reason, v.row.Steps
	v.row, g.last = row, v
	g.mu.Unlock()
	select {
	case g.begun <- v:
	case <-g.settled:
		return errDeaf
	}
	if ctx.Err() != nil {
		g.locked(func() { v.fail(harness.NotRun, context.Cause(ctx).Error()) })
		return context.Cause(ctx)
	}
	return nil
}

// same reports whether godog's scenario is the planned one. Two that are alike in
// one file are taken in their order.
func same(sc *scenario, p *godog.Scenario) bool {
	uri, _, _ := cutLast(sc.where, ":")
	if uri != p.Uri || len(sc.steps) != len(p.Steps) || !strings.HasSuffix(sc.title, p.Name) && !strings.Contains(sc.title, p.Name+" (") {
		return false
	}
	for i, st := range p.Steps {
		if sc.steps[i].text != st.Text || !sameArgument(sc.steps[i], st.Argument) {
			return false
		}
	}
	return true
}

func sameArgument(st step, other *messages.PickleStepArgument) bool {
	var mine, theirs []string
	if a := st.argument; a != nil && a.DocString != nil {
		mine = append(mine, a.DocString.Content)
	} else if a != nil && a.DataTable != nil {
		for _, row := range a.DataTable.Rows {
			for _, c := range row.Cells {
				mine = append(mine, c.Value)
			}
		}
	}
	if other != nil && other.DocString != nil {
		theirs = append(theirs, other.DocString.Content)
	} else if other != nil && other.DataTable != nil {
		for _, row := range other.DataTable.Rows {
			for _, c := range row.Cells {
				theirs = append(theirs, c.Value)
			}
		}
	}
	return strings.Join(mine, "\x00") == strings.Join(theirs, "\x00")
}

// step judges a step, or does nothing where an earlier one has decided.
func (v *visited) step(ctx context.Context, st *godog.Step, status godog.StepResultStatus, err error) {
	v.last = err
	switch {
	case v.row.Outcome != "":
	case status == godog.StepPassed && err == nil:
		v.row.Steps++
	case err == nil:
		v.fail(harness.Failed, fmt.Sprintf("%s: godog calls it %v", st.Text, status))
	case status == godog.StepPassed || v.raw != nil && err.Error() != v.raw.Error():
		v.fail(harness.HookFailed, fmt.Sprintf("%s: after step hook: %v", st.Text, err))
	case status == godog.StepSkipped:
		v.row.Outcome, v.row.Reason = harness.Skipped, cmp.Or(said(err, godog.ErrSkip), v.logged)
	case status == godog.StepPending:
		v.fail(harness.Pending, st.Text+": is not written yet")
	case status == godog.StepUndefined:
		v.fail(harness.Undefined, "undefined: "+st.Text)
	case status == godog.StepAmbiguous:
		v.fail(harness.Ambiguous, err.Error())
	case strings.HasPrefix(err.Error(), "before scenario hook failed: ") || strings.HasPrefix(err.Error(), "before step hook failed: "):
		v.fail(harness.HookFailed, err.Error())
	case stopped(ctx):
		v.fail(harness.NotRun, fmt.Sprintf("%s: %s (%v)", st.Text, failWhy(ctx, err), context.Cause(ctx)))
	default:
		v.fail(harness.Failed, fmt.Sprintf("%s: %s", st.Text, failWhy(ctx, err)))
	}
}

// stopped reports whether somebody has stopped the run, so that a failure says
// nothing about what is tested.
func stopped(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return errors.Is(cause, errStopped) && !errors.Is(cause, errDeadline)
}

// failWhy is the text of an error; that of Fatal is in the log of godog's T alone.
func failWhy(ctx context.Context, err error) string {
	if err.Error() == "fail called on TestingT" {
		return strings.Join(append(godog.LoggedMessages(ctx), err.Error()), "\n")
	}
	return err.Error()
}

func (v *visited) fail(o harness.Outcome, reason string) { v.row.Outcome, v.row.Reason = o, reason }

// after judges what the scenario's own hooks did. godog tells its After hooks
// what those before them returned, and looks neither at its T nor, after a skip,
// at the hooks.
func (v *visited) after(ctx context.Context, err error) {
	v.closed = true
	switch {
	case err != nil && (v.last == nil || err.Error() != v.last.Error()):
		v.hook(fmt.Sprintf("after scenario hook: %v", err))
	case (v.row.Outcome == "" || v.row.Outcome == harness.Skipped) && failed(godog.T(ctx)):
		v.hook("after hook: " + strings.Join(godog.LoggedMessages(ctx), "\n"))
	}
	if v.row.Outcome == "" {
		v.row.Outcome = harness.Passed
		if v.sc != nil && v.row.Steps != len(v.sc.steps) {
			v.fail(harness.Failed, fmt.Sprintf("%d of %d steps passed", v.row.Steps, len(v.sc.steps)))
		}
	}
}

// hook keeps a failure, which is the cause more often than not, and turns
// everything else into hook-failed.
func (v *visited) hook(reason string) {
	if v.row.Outcome == harness.Failed || v.row.Outcome == harness.HookFailed {
		v.row.Reason += "\n" + reason
		return
	}
	v.fail(harness.HookFailed, reason)
}

// close ends the scenario that runs, if there is one: its functions have all returned.
func (g *godogSuite) close() { g.end(nil) }

// settle ends the scenario that runs after godog has ended, or hangs.
func (g *godogSuite) settle(ctx context.Context, err error) {
	if err != nil && stopped(ctx) {
		g.locked(func() {
			if g.last != nil && g.last.row.Outcome == "" {
				g.last.fail(harness.NotRun, context.Cause(ctx).Error())
			}
		})
	}
	g.end(err)
	close(g.settled)
}

func (g *godogSuite) end(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := g.last
	if v == nil {
		return
	}
	g.last = nil
	switch {
	case err != nil && v.closing && !v.closed:
		v.hook("after scenario hook: " + err.Error())
	case err != nil && (v.row.Outcome == "" || v.row.Outcome == harness.Passed):
		v.fail(harness.Failed, err.Error())
	case err != nil:
		v.row.Reason += "\n" + err.Error()
	case !v.closed && v.row.Outcome == "":
		v.fail(harness.Failed, "godog ended it early")
	}
	if v.row.Outcome != harness.Passed && v.row.Outcome != harness.Skipped {
		v.row.Reason = v.sc.where + ": " + v.row.Reason
	}
	v.row.Took = harness.Duration(max(0, g.now().Sub(v.row.Started)))
	v.row.Reason = strings.ToValidUTF8(v.row.Reason, "\uFFFD")
	if len(v.row.Reason) > maxReason {
		v.row.Reason = strings.ToValidUTF8(v.row.Reason[:maxReason], "") + " [cut]"
	}
	close(v.over)
}
