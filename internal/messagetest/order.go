package messagetest

import (
	"fmt"
	"io"
	"slices"
	"testing"
)

// Order says how a stream breaks what holds for each order of messages, however
// much of a run goes on at once: what starts, finishes, once and afterwards; a
// step within its attempt, in the test case's order, an attachment within its
// step or hook, all of it within the run; and a message comes after those to
// which it refers.
func Order(t testing.TB, stream io.Reader) []string {
	t.Helper()
	all, err := read(stream)
	if err != nil {
		return []string{err.Error()}
	}
	return order(all)
}

// references are the keys that hold identifiers of other messages.
var references = []string{
	"astNodeId", "astNodeIds", "hookId", "pickleId", "pickleStepId", "stepDefinitionIds",
	"testRunStartedId", "testRunHookStartedId", "testCaseId", "testCaseStartedId", "testStepId",
}

// A watcher goes through a stream once.
type watcher struct {
	at    envelope
	wrong []string

	defined       map[string]bool
	run, ended    bool
	open          map[string][]string // what has started and not finished: attempts, steps, hooks of the run
	steps         map[string][]string // of a test case, in order
	todo          map[string][]string // of an attempt
	attempts      map[string]int      // of a test case
	willBeRetried map[string]bool     // of a test case
	testCase      map[string]string   // of an attempt
}

func (w *watcher) add(format string, args ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf("%v: %s", w.at, fmt.Sprintf(format, args...)))
}

func order(all []envelope) []string {
	w := &watcher{
		defined: map[string]bool{}, open: map[string][]string{}, steps: map[string][]string{}, todo: map[string][]string{},
		attempts: map[string]int{}, willBeRetried: map[string]bool{}, testCase: map[string]string{},
	}
	for _, w.at = range all {
		w.identifiers(w.at.body)
		w.message()
	}
	if !w.ended {
		w.wrong = append(w.wrong, "the run does not finish")
	}
	for kind, ids := range w.open {
		if len(ids) > 0 {
			w.wrong = append(w.wrong, fmt.Sprintf("%s without an end: %q", kind, ids))
		}
	}
	for id, again := range w.willBeRetried {
		if again {
			w.wrong = append(w.wrong, fmt.Sprintf("test case %q is to be retried, and is not", id))
		}
	}
	return w.wrong
}

// identifiers notes those that v defines, after a look at those to which it
// refers: within a message they may come in any order.
func (w *watcher) identifiers(body map[string]any) {
	walk(body, func(key, id string) {
		if key != "id" {
			return
		}
		if w.defined[id] {
			w.add("the identifier %q is there twice", id)
		}
		w.defined[id] = true
	})
	walk(body, func(key, id string) {
		if slices.Contains(references, key) && !w.defined[id] {
			w.add("%s refers to %q, which did not come before", key, id)
		}
	})
}

func (w *watcher) message() {
	e := w.at
	switch e.kind {
	case "testRunStarted":
		if w.run || w.ended {
			w.add("the run starts twice")
		}
		w.run = true
		return
	case "testCaseStarted", "testCaseFinished", "testStepStarted", "testStepFinished", "testRunHookStarted", "testRunHookFinished", "testRunFinished":
		if !w.run {
			w.add("outside of the run")
		}
	}
	switch e.kind {
	case "testRunFinished":
		w.run, w.ended = false, true
	case "testRunHookStarted":
		w.start("hooks of the run", e.text("id"))
	case "testRunHookFinished":
		w.finish("hooks of the run", e.text("testRunHookStartedId"))
	case "testCase":
		w.steps[e.text("id")] = listed(e.body["testSteps"])
	case "testCaseStarted":
		w.startAttempt(e.text("testCaseId"), e.text("id"))
	case "testCaseFinished":
		w.finishAttempt(e.text("testCaseStartedId"))
	case "testStepStarted":
		w.startStep(e.text("testCaseStartedId"), e.text("testStepId"))
	case "testStepFinished":
		w.finish("steps", e.text("testCaseStartedId")+" "+e.text("testStepId"))
	case "attachment", "externalAttachment":
		w.attach()
	}
}

func (w *watcher) start(kind, id string) { w.open[kind] = append(w.open[kind], id) }

func (w *watcher) finish(kind, id string) {
	i := slices.Index(w.open[kind], id)
	if i < 0 {
		w.add("%q has not started", id)
		return
	}
	w.open[kind] = slices.Delete(w.open[kind], i, i+1)
}

func (w *watcher) startAttempt(testCase, id string) {
	n, _ := w.at.body["attempt"].(float64)
	if int(n) != w.attempts[testCase] || n > 0 && !w.willBeRetried[testCase] {
		w.add("attempt %v, after %d attempts; announced: %v", n, w.attempts[testCase], w.willBeRetried[testCase])
	}
	w.attempts[testCase]++
	w.willBeRetried[testCase] = false
	w.testCase[id], w.todo[id] = testCase, w.steps[testCase]
	w.start("attempts", id)
}

func (w *watcher) finishAttempt(id string) {
	w.finish("attempts", id)
	if len(w.todo[id]) > 0 {
		w.add("%d steps of the attempt did not start", len(w.todo[id]))
	}
	again, _ := w.at.body["willBeRetried"].(bool)
	w.willBeRetried[w.testCase[id]] = again
}

func (w *watcher) startStep(attempt, step string) {
	if !slices.Contains(w.open["attempts"], attempt) {
		w.add("outside of its attempt")
	}
	for _, other := range w.open["steps"] {
		if len(other) > len(attempt) && other[:len(attempt)+1] == attempt+" " {
			w.add("while a step of the same attempt goes on")
		}
	}
	if todo := w.todo[attempt]; len(todo) == 0 || todo[0] != step {
		w.add("step %q is not the next one of its test case", step)
	} else {
		w.todo[attempt] = todo[1:]
	}
	w.start("steps", attempt+" "+step)
}

func (w *watcher) attach() {
	step, hook := w.at.text("testCaseStartedId")+" "+w.at.text("testStepId"), w.at.text("testRunHookStartedId")
	if !slices.Contains(w.open["steps"], step) && !slices.Contains(w.open["hooks of the run"], hook) {
		w.add("outside of its step or hook")
	}
}

// listed are the identifiers of the things in a list.
func listed(v any) (ids []string) {
	list, _ := v.([]any)
	for _, v := range list {
		m, _ := v.(map[string]any)
		id, _ := m["id"].(string)
		ids = append(ids, id)
	}
	return ids
}
