package features

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/conceal"
)

// perform runs the scenarios, and what was defined to run before and after all
// of them.
func (s *suite) perform(t *testing.T, all []*scenario) {
	t.Helper()
	ctx, stop := s.context(t)
	defer stop()
	if s.session == nil {
		shuffle(t, all)
	}
	for _, sc := range all {
		sc.in.visit.left++
	}
	s.left.Store(int64(len(all)))
	if err := s.tell.begin(&s.runner); err != nil {
		t.Errorf("messages: %v", err)
	}
	q := newQueue(all)
	if ctx.Err() != nil {
		q.halt()
	}
	unwatch := context.AfterFunc(ctx, q.halt)
	q.work(t, s.workers(), func(t *testing.T, sc *scenario, chosen bool) {
		if chosen {
			s.scenario(ctx, t, sc)
		} else if wrong := s.leave(ctx, sc); wrong != "" { // go test's -run leaves it out
			t.Error(wrong)
		}
	})
	unwatch()
	s.drop(t, q, cmp.Or(context.Cause(ctx), errFailFast))
	if s.left.Load() > 0 {
		if wrong := s.early(ctx, all); wrong != "" {
			t.Error(wrong)
		}
	}
	if err := s.tell.end(s.left.Load() == 0, context.Cause(ctx)); err != nil {
		t.Errorf("messages: %v", err)
	}
}

// context is over when the process is told to stop, or shortly before go test
// would end it: so that what ran is told, and what did not is not forgotten.
func (s *suite) context(t *testing.T) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(t.Context())
	if s.before != nil {
		cancel(fmt.Errorf("%w: %w", errStopped, s.before))
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	over := make(chan struct{})
	go func() {
		select {
		case sig := <-signals:
			signal.Stop(signals) // a second one ends the process at once, as everywhere
			cancel(fmt.Errorf("%w: %v", errStopped, sig))
		case <-over:
		}
	}()
	var timer *time.Timer
	if end, ok := t.Deadline(); ok {
		left := time.Until(end)
		timer = time.AfterFunc(left-min(left/10, 10*time.Second), func() { cancel(errDeadline) })
	}
	return ctx, func() {
		signal.Stop(signals)
		close(over)
		if timer != nil {
			timer.Stop()
		}
		cancel(nil)
	}
}

// drop ends the run early: what has not begun is written down as not run.
func (s *suite) drop(t *testing.T, q *queue, why error) {
	left := q.stop()
	for _, sc := range left {
		row := s.row(sc, 1)
		row.Outcome, row.Reason = harness.NotRun, why.Error()
		s.write(t, row)
	}
	if len(left) > 0 {
		t.Errorf("%v: %d scenarios did not run, the first is %s", why, len(left), left[0].where)
	}
}

// A visit is what is known of a feature while its scenarios run.
type visit struct {
	mu     sync.Mutex
	begun  bool
	broken string // what went wrong before it
	left   int    // scenarios that are not over
}

// enter says what went wrong before sc: before the run or its feature, whose hooks
// run now if it is the first of it.
func (s *suite) enter(ctx context.Context, sc *scenario) string {
	s.first.Do(func() {
		s.broken = s.hooked(ctx, beforeRun, nil)
		s.begun.Store(true)
	})
	if s.broken != "" {
		return s.broken
	}
	v := &sc.in.visit
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.begun {
		v.begun = true
		v.broken = s.hooked(ctx, beforeFeature, sc.in)
	}
	return v.broken
}

// leave says what went wrong after sc: after its feature, if it is the last of
// it, and after the run, if it is the last of all.
func (s *suite) leave(ctx context.Context, sc *scenario) string {
	var wrong []string
	v := &sc.in.visit
	v.mu.Lock()
	v.left--
	if v.left == 0 && v.begun {
		wrong = append(wrong, s.hooked(ctx, afterFeature, sc.in))
	}
	v.mu.Unlock()
	if s.left.Add(-1) == 0 && s.begun.Load() {
		wrong = append(wrong, s.hooked(ctx, afterRun, nil))
	}
	return strings.TrimSpace(strings.Join(wrong, "\n"))
}

// early says what went wrong after features and a run that were not finished.
func (s *suite) early(ctx context.Context, all []*scenario) string {
	var wrong []string
	for _, sc := range all {
		if v := &sc.in.visit; v.begun && v.left > 0 {
			v.left = 0
			wrong = append(wrong, s.hooked(ctx, afterFeature, sc.in))
		}
	}
	if s.begun.Load() {
		wrong = append(wrong, s.hooked(ctx, afterRun, nil))
	}
	return strings.TrimSpace(strings.Join(wrong, "\n"))
}

// hooked runs the hooks of a run or of a feature, all of them, and says what
// went wrong.
func (s *suite) hooked(ctx context.Context, kind hookKind, of *home) string {
	var wrong []string
	for i := range s.hooks {
		h := &s.hooks[i]
		if kind.after() {
			h = &s.hooks[len(s.hooks)-1-i]
		}
		if h.kind != kind || of != nil && !h.tags.Match(of.tags) {
			continue
		}
		p := s.hook(ctx, h, of)
		if err := s.tell.runHook(p); err != nil {
			p.outcome, p.reason = harness.Failed, fmt.Sprintf("messages: %v", err)
		}
		if p.outcome != harness.Passed {
			wrong = append(wrong, fmt.Sprintf("%s: %s", h, p.reason))
		}
	}
	return strings.Join(wrong, "\n")
}

// runHookLimit is what a hook of a run or of a feature may take at least: a scenario
// may have to be quicker than what is started for all of them.
const runHookLimit = time.Minute

// hook runs one hook of a run or of a feature. It runs also where the run was
// stopped: what was set up is to be taken down.
func (s *suite) hook(ctx context.Context, h *hook, of *home) part {
	said := &record{}
	p := part{hook: h, step: -1, result: result{outcome: harness.Passed, began: s.now()}}
	limit := max(s.limit, runHookLimit)
	limited, cancel := context.WithTimeout(context.WithValue(context.WithoutCancel(ctx), recordKey{}, said), limit)
	defer cancel()
	var info reflect.Value
	if of != nil {
		info = reflect.ValueOf(FeatureInfo{Name: of.name, Path: of.uri, Tags: of.tags})
	}
	err := contain(limited, func() error {
		_, err := h.call(limited, info)
		return err
	})
	if err != nil {
		p.outcome, p.reason = harness.Failed, err.Error()
		if limited.Err() != nil {
			p.reason += fmt.Sprintf(" (the limit of such a hook is %v)", limit)
		}
	}
	p.ended, p.said = s.now(), said.take()
	p.conceal(conceal.New(secretsOf(s.target)).In)
	return p
}
