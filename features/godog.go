package features

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cucumber/godog"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/tags"
	"github.com/stagegate/stagegate/internal/protocol"
)

// RunGodog runs an existing godog suite as it is, its suite hooks once, and says
// how each of its scenarios went: as a subtest of t, named as [Run] names it, and
// as a row under gate. It takes the place of
//
//	if suite.Run() != 0 { t.Fatal("non-zero status returned, failed to run feature tests") }
//
// Red is what godog leaves green: a suite, a path, a line or a tag that selects
// nothing; an undefined, pending or ambiguous step, whatever Strict says; a
// skipped scenario; a step that leaves its goroutine; a failure that only an
// After hook saw, also of godog's T and after a skip; two FeatureContents of one
// name; Format "events"; a scenario without steps and an outline without rows.
// Options.Tags may be in godog's syntax or a tag expression.
//
// What it cannot do, and [Run] does: steps are matched when they run, so that a
// plan does not know what is undefined; go test's -run leaves out subtests, but
// their scenarios run; scenarios run one after another, whatever
// Options.Concurrency says, because godog's own concurrency lets a scenario run
// another one's steps; after a hang, a step that left its goroutine or a panic in
// an After hook the rest is reported as not run; there is one attempt, no world
// and no [Env], so that a deployed target is refused.
func RunGodog(t *testing.T, suite godog.TestSuite) {
	t.Helper()
	session, err := protocol.FromEnviron(os.Getenv)
	if err == nil {
		err = noSelection("features.RunGodog")
	}
	if err != nil {
		t.Fatal(err)
	}
	g := &godogSuite{user: suite, begun: make(chan *visited), settled: make(chan struct{})}
	g.session, g.now, g.target = session, time.Now, harness.InProcessTarget()
	expression := os.Getenv("STAGEGATE_TAGS")
	if session != nil {
		expression, g.target = session.Tags, session.Target
	}
	if suite.Options != nil {
		g.options = *suite.Options
	}
	g.run(t, expression)
}

// A godogSuite is one call of RunGodog.
type godogSuite struct {
	suite
	user    godog.TestSuite
	options godog.Options
	red     bool

	begun   chan *visited // from godog's goroutine to the test's
	mu      sync.Mutex    // godog's goroutine may be left behind
	left    []*scenario   // that have not begun
	last    *visited      // the scenario that runs
	settled chan struct{} // closed: nobody listens to godog any more
}

func (g *godogSuite) run(t *testing.T, expression string) {
	t.Helper()
	if g.options.ShowHelp || g.options.ShowStepDefinitions {
		t.Fatal("features.RunGodog: Options.ShowHelp and Options.ShowStepDefinitions run nothing")
	}
	if !g.target.InProcess() {
		t.Fatalf("features.RunGodog: nobody sees whether a godog suite reached the target %s\nhint: features.Run has a client that records its calls", g.target.Name)
	}
	files, err := godogFiles(g.options)
	if err != nil {
		t.Fatalf("read features: %v", err)
	}
	all := files.scenarios(t.Name())
	chosen, err := g.choose(files, all, expression)
	if err != nil {
		t.Fatal(err)
	}
	g.begin(t)
	if g.session != nil && g.session.Phase == protocol.Plan {
		for _, sc := range chosen {
			if err := g.out.Planned(sc.planned()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(chosen) == 0 {
		t.Fatalf("%s (Options.Tags are %q)", nothing(all, expression), g.options.Tags)
	}
	if g.session != nil && g.session.Phase == protocol.Plan {
		return
	}
	chosen = slices.DeleteFunc(chosen, func(sc *scenario) bool { return g.session != nil && !g.session.Mine(g.dir, sc.id) })
	g.perform(t, files, chosen)
}

// choose returns what the suite's own tags, its paths and an expression select
// together. Each path has to select something.
func (g *godogSuite) choose(files *godogFileSet, all []*scenario, expression string) ([]*scenario, error) {
	own, err := godogTags(g.options.Tags)
	if err != nil {
		return nil, fmt.Errorf("Options.Tags: %w", err)
	}
	asked, err := tags.Parse(expression)
	if err != nil {
		return nil, fmt.Errorf("tags: %w", err)
	}
	for _, e := range []tags.Expr{own, asked} {
		if err := checkTags(all, e); err != nil {
			return nil, fmt.Errorf("tags: %w", err)
		}
	}
	var chosen []*scenario
	for i := range all {
		if sc := all[i]; files.names(sc) && own.Match(sc.tags) && asked.Match(sc.tags) {
			chosen = append(chosen, sc)
		}
	}
	return chosen, files.unused()
}

// perform runs what was chosen, and writes a row for each.
func (g *godogSuite) perform(t *testing.T, files *godogFileSet, chosen []*scenario) {
	t.Helper()
	for _, sc := range chosen {
		if sc.problem != "" {
			row := g.row(sc, 1)
			row.Outcome, row.Reason = sc.problem, sc.detail
			g.tell(t, sc, func() harness.Row { return row })
			continue
		}
		g.left = append(g.left, sc)
	}
	if len(g.left) == 0 {
		return
	}
	ctx, stop := g.context(t)
	defer stop()
	output := &closer{w: t.Output()}
	defer output.close()
	ended := make(chan error, 1)
	var code int
	watched := g.wrapped(ctx, files, output)
	go func() {
		err := contain(ctx, func() error { code = watched.Run(); return nil })
		g.settle(ctx, err)
		ended <- err
	}()
	for {
		select {
		case v := <-g.begun:
			g.tell(t, v.sc, func() harness.Row { <-v.over; return v.row })
			continue
		case err := <-ended:
			g.finish(t, err, code)
		}
		return
	}
}

// tell makes a subtest and a row of what became of sc.
func (g *godogSuite) tell(t *testing.T, sc *scenario, wait func() harness.Row) {
	t.Helper()
	ran := false
	t.Run(sc.sub, func(t *testing.T) {
		ran = true
		row := wait()
		if t.Name() != sc.id {
			row.Outcome, row.Reason = harness.Failed, "another subtest has its name: call features.RunGodog once in a test"
		}
		g.write(t, row)
		if row.Outcome != harness.Passed {
			g.red = true
			g.report(t, row)
		}
	})
	if ran {
		return
	}
	row := wait() // go test's -run or -failfast leaves the subtest out; the scenario ran all the same
	g.write(t, row)
	if row.Outcome != harness.Passed {
		g.red = true
		t.Errorf("%s: %s: %s", sc.id, row.Outcome, row.Reason)
	}
}

// finish tells what no scenario told.
func (g *godogSuite) finish(t *testing.T, err error, code int) {
	t.Helper()
	why := "godog did not run it"
	if g.options.StopOnFailure && g.red {
		why = "Options.StopOnFailure"
	}
	if err != nil {
		why = err.Error()
		t.Errorf("godog did not end as it should: %v", err)
		var panicked *panicError
		var hung *hangError
		if errors.As(err, &panicked) {
			t.Logf("%s", panicked.stack)
		} else if errors.As(err, &hung) {
			t.Logf("%s", hung.stack)
		}
	}
	for _, sc := range g.left {
		row := g.row(sc, 1)
		row.Outcome, row.Reason = harness.NotRun, sc.where+": not run: "+why
		g.write(t, row)
	}
	if n := len(g.left); n > 0 {
		t.Errorf("%d scenarios did not run (%s), the first is %s", n, why, g.left[0].where)
	}
	if err == nil && code != 0 && !g.red {
		t.Errorf("godog ended with %d, and no scenario says why: see its output", code)
	}
}

// A closer writes until it is closed: a scenario that hangs may write long after
// its test is over.
type closer struct {
	mu sync.Mutex
	w  io.Writer
}

func (c *closer) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.w == nil {
		return len(b), nil
	}
	return c.w.Write(b)
}

func (c *closer) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.w = nil
}
