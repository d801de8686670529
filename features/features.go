package features

import (
	"context"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/tags"
	"github.com/stagegate/stagegate/internal/protocol"
)

// Run runs the scenarios of the package's *.feature files as subtests of t, several
// at once. define is called once, before anything is opened; open is called for
// each attempt of each scenario, and returns its world.
//
// A second Run below the same test fails: it would be the same scenarios.
func Run[W any](t *testing.T, open func(context.Context, *Env) (W, error), define func(*Steps[W])) {
	t.Helper()
	Suite[W]{FS: os.DirFS("."), Open: open, Define: define}.Run(t)
}

// A suite is one call of Run.
type suite struct {
	runner
	root    fs.FS
	session *protocol.Session // nil under plain go test
	out     *protocol.Writer  // nil under plain go test
	dir     string
	tell    *stream // Cucumber Messages; nil if nobody wants them
	rerun   *rerun  // what is to be run again; nil if nobody wants it
	first   sync.Once
	broken  string       // what went wrong before the run
	begun   atomic.Bool  // what runs before it has run
	left    atomic.Int64 // scenarios that are not over

	before  error             // what the run has to stop for before it begins
	reorder func([]*scenario) // the order in which they begin, if it is not that of the files
}

func (s *suite) run(t *testing.T, expression string) {
	t.Helper()
	if err := s.err(); err != nil {
		t.Fatalf("step definitions:\n%v", err)
	}
	for _, err := range s.missing { // its steps are undefined, and the rest can run
		t.Errorf("step definitions:\n%v", err)
	}
	if err := s.listen(t); err != nil {
		t.Fatal(err)
	}
	all, err := read(s.root, t.Name(), s.tell.newID(), s.tell.reader())
	if err != nil {
		t.Fatalf("read features: %v", err)
	}
	s.plan(all)
	s.refuse(all)
	picked, err := s.pick(t, all)
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := choose(picked, expression)
	if err != nil {
		t.Fatalf("tags: %v", err)
	}
	s.begin(t)
	if s.session != nil && s.session.Phase == protocol.Plan {
		if err := s.answerPlan(chosen); err != nil {
			t.Fatal(err)
		}
	}
	if len(chosen) == 0 {
		t.Fatal(nothing(picked, expression))
	}
	switch {
	case s.session == nil:
		if unused := s.unused(); expression == "" && len(picked) == len(all) && len(unused) > 0 {
			t.Logf("no scenario uses:\n%s", strings.Join(unused, "\n"))
		}
	case s.session.Phase == protocol.Plan:
		return
	}
	mine := s.mine(chosen)
	if s.reorder != nil {
		s.reorder(mine)
	}
	s.rerun = newRerun(t, os.Getenv(rerunVariable))
	s.perform(t, mine)
	s.rerun.write(t, mine)
}

// mine are the scenarios of this shard, in the order in which they begin.
func (s *suite) mine(chosen []*scenario) (mine []*scenario) {
	names, whole := []string(nil), true
	if s.session != nil {
		names, whole = s.session.Names(s.dir)
	}
	if len(names) == 0 && whole {
		return chosen
	}
	byName := map[string]*scenario{}
	for _, sc := range chosen {
		byName[sc.id] = sc
	}
	for _, name := range names {
		if sc := byName[name]; sc != nil {
			mine = append(mine, sc)
			delete(byName, name)
		}
	}
	for _, sc := range chosen {
		if whole && byName[sc.id] != nil {
			mine = append(mine, sc)
		}
	}
	return mine
}

// begin opens the answer, which ends with the last subtest of t.
func (s *suite) begin(t *testing.T) {
	t.Helper()
	if s.session == nil {
		return
	}
	var err error
	if s.dir, err = os.Getwd(); err != nil {
		t.Fatal(err)
	}
	if s.out, err = protocol.Create(s.session, t.Name()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.out.Close(); err != nil {
			t.Error(err)
		}
	})
}

// scenario is the subtest of sc. Its verdict is that of the last attempt.
func (s *suite) scenario(ctx context.Context, t *testing.T, sc *scenario) {
	if t.Name() != sc.id {
		row := s.row(sc, 1)
		row.Outcome, row.Reason = harness.Failed, "another subtest has its name: call features.Run once in a test"
		s.write(t, row)
		t.Fatalf("the subtest should be called %s: call features.Run once in a test", sc.id)
	}
	if broken := s.enter(ctx, sc); broken != "" {
		row := s.row(sc, 1)
		row.Outcome, row.Reason = harness.HookFailed, sc.where+": "+broken
		s.end(ctx, t, sc, attempt{row: row})
		return
	}
	for n := 1; ; n++ {
		a := s.attempt(ctx, sc, n)
		more := n < s.attempts() && again(a.row.Outcome) && ctx.Err() == nil
		if err := s.tell.attempt(sc, a, more); err != nil {
			t.Errorf("messages: %v", err)
		}
		if !more {
			s.end(ctx, t, sc, a)
			return
		}
		s.write(t, a.row)
		t.Logf("attempt %d: %s: %s", n, a.row.Outcome, a.row.Reason)
	}
}

// end is the last that happens in the subtest of sc.
func (s *suite) end(ctx context.Context, t *testing.T, sc *scenario, a attempt) {
	defer func() { sc.steps, sc.pickles = nil, nil }() // nobody needs them any more, and there may be many
	if wrong := s.leave(ctx, sc); wrong != "" {
		judgeCleanup(&a.row, sc.where+": "+wrong)
	}
	s.write(t, a.row)
	if a.row.Outcome != harness.Passed || s.loose() && testing.Verbose() {
		a.print(t.Output(), sc)
	}
	if a.row.Outcome == harness.Passed {
		return
	}
	if stack := a.stack(); stack != nil {
		t.Logf("%s", users(stack))
	}
	s.report(t, a.row)
}

func (s *suite) write(t *testing.T, row harness.Row) {
	t.Helper()
	s.rerun.note(row)
	if s.out == nil {
		return
	}
	if err := s.out.Row(row); err != nil {
		t.Error(err)
	}
}

// report makes the subtest say what the row says. Gate may allow a number of
// skips, so under gate go test is told of a skip as such; under plain go test
// nobody would notice.
func (s *suite) report(t *testing.T, row harness.Row) {
	t.Helper()
	if row.Outcome == harness.Skipped {
		if row.Reason == "" {
			row.Reason = "no reason given"
		}
		if s.session != nil {
			t.Skipf("%s: skipped: %s", row.Where, row.Reason)
		}
	}
	t.Errorf("%s: %s", row.Outcome, row.Reason)
}

// attempts is how often a scenario may be tried: on a live target once.
func (s *suite) attempts() int {
	if s.session == nil || s.target.Live {
		return 1
	}
	return s.session.Attempts
}

// again reports whether another attempt can end in another way.
func again(o harness.Outcome) bool { return o == harness.Failed || o == harness.HookFailed }

// choose returns the scenarios that a tag expression means.
func choose(all []*scenario, expression string) ([]*scenario, error) {
	e, err := tags.Parse(expression)
	if err != nil {
		return nil, err
	}
	if err := checkTags(all, e); err != nil {
		return nil, err
	}
	var chosen []*scenario
	for _, sc := range all {
		if e.Match(sc.tags) {
			chosen = append(chosen, sc)
		}
	}
	return chosen, nil
}
