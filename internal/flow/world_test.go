package flow_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/flow"
	"github.com/stagegate/stagegate/internal/protocol"
)

// A world is everything outside of a gate, with behaviour: a deploy puts the
// artifact on a target, the target then serves it, suites have results.
type world struct {
	dir string // of the checkout that commands run in

	mu       sync.Mutex
	now      time.Time
	nonces   int
	serves   map[string]string // target -> commit
	bytes    map[string]string // target -> what was deployed
	commands []string          // that ran, with their target
	ran      map[string]int    // suite and id -> how often

	suites   map[string][]harness.Planned
	outcomes map[string]harness.Outcome // id, or suite before the deploy and id; passed where there is none
	took     map[string]time.Duration   // id -> how long it takes
	exits    map[string]int             // command -> exit code
	said     []string
	during   map[string]func() // command or suite -> what else happens
	tells    func(target string) harness.Reading
	account  func(t harness.Target) (string, error)
}

func newWorld(dir string) *world {
	w := &world{dir: dir, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), serves: map[string]string{}, bytes: map[string]string{},
		ran: map[string]int{}, took: map[string]time.Duration{}, outcomes: map[string]harness.Outcome{}, exits: map[string]int{}, during: map[string]func(){}}
	order, refund := planned("f.TestFeatures/order", harness.Scenario, "@smoke"), planned("f.TestFeatures/refund", harness.Scenario)
	w.suites = map[string][]harness.Planned{
		"unit":      {planned("u.TestUnit", harness.Test)},
		"features":  {order, refund, planned("f.TestFeatures/list", harness.Scenario)},
		"smoke":     {order},
		"contracts": {planned("c.TestPayments/card", harness.Interaction)},
	}
	w.account = func(t harness.Target) (string, error) { return t.Account, nil }
	w.tells = func(target string) harness.Reading { return harness.Reading{Commit: w.serves[target]} }
	return w
}

func planned(id string, kind harness.Kind, tags ...string) harness.Planned {
	return harness.Planned{ID: id, Name: id, Kind: kind, Hash: "text of " + id, Tags: tags, Safe: kind == harness.Interaction}
}

func (w *world) ports() flow.Ports {
	return flow.Ports{Plan: w.plan, Run: w.run, Shell: w.shell, Served: w.served,
		Account: func(_ context.Context, t harness.Target) (string, []string, error) {
			a, err := w.account(t)
			return a, []string{"SESSION=" + t.Name}, err
		},
		Now: w.clock, Nonce: w.nonce, Say: w.say}
}

// nonce is another one each time.
func (w *world) nonce() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nonces++
	return fmt.Sprint("nonce", w.nonces)
}

func (w *world) say(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

// heard reports whether people were told this.
func (w *world) heard(what string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Contains(strings.Join(w.said, "\n"), what)
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Millisecond)
	return w.now
}

func (w *world) plan(_ context.Context, s protocol.Session, suite harness.Suite) ([]harness.Planned, []protocol.Unused, error) {
	all, ok := w.suites[suite.Name]
	if !ok || s.Phase != protocol.Plan {
		return nil, nil, fmt.Errorf("suite %s in phase %s cannot be planned", suite.Name, s.Phase)
	}
	return all, nil, nil
}

// run answers for one shard of a suite. Interrupted, it has finished nothing.
func (w *world) run(ctx context.Context, s protocol.Session, p harness.PlannedRun, shard int, _ []string) (harness.Evidence, error) {
	if do := w.during[p.String()]; do != nil {
		do()
	}
	e := harness.Evidence{Source: harness.GoTest, Started: w.clock()}
	inventory, err := p.Inventory.All()
	if err != nil {
		return harness.Evidence{}, err
	}
	var rows []harness.Row
	for _, item := range inventory {
		if item.Shard != shard {
			continue
		}
		w.mu.Lock()
		w.ran[p.Suite+" "+item.ID]++
		w.mu.Unlock()
		row := harness.Row{ID: item.ID, Name: item.Name, Kind: item.Kind, Hash: item.Hash, Tags: item.Tags, Attempt: 1, Mode: s.Mode(item.Kind), Outcome: harness.Passed, Took: harness.Duration(w.took[item.ID])}
		if o, ok := w.outcomes[item.ID]; ok {
			row.Outcome = o
		}
		if o, ok := w.outcomes[p.String()+" "+item.ID]; ok {
			row.Outcome = o
		}
		if ctx.Err() != nil {
			row.Outcome = harness.NotRun
		}
		if row.Mode == harness.Deployed {
			row.Calls = 1
		}
		if row.Outcome != harness.Passed {
			e.Exit, row.Reason = 1, "because"
		}
		rows = append(rows, row)
	}
	e.Rows, e.Finished = harness.RowsOf(rows), w.clock()
	return e, nil
}

// shell runs "make dist" and "deploy" in the checkout.
func (w *world) shell(ctx context.Context, name, command string, env []string) harness.StepTime {
	set := map[string]string{}
	for _, kv := range env {
		k, v, _ := strings.Cut(kv, "=")
		set[k] = v
	}
	target := set["STAGEGATE_TARGET"]
	w.commands = append(w.commands, strings.TrimSpace(command+" "+target))
	if do := w.during[command]; do != nil {
		do()
	}
	step := harness.StepTime{Name: name, Exit: w.exits[command], Started: w.clock()}
	if ctx.Err() != nil {
		step.Exit = 130
	}
	file := filepath.Join(w.dir, "dist", "app")
	var err error
	switch {
	case step.Exit != 0:
	case command == "deploy" && set["SESSION"] != target:
		err = fmt.Errorf("deploy to %s with the session of %q", target, set["SESSION"])
	case command == "deploy":
		var b []byte
		b, err = os.ReadFile(file)
		w.serves[target], w.bytes[target] = set["STAGEGATE_COMMIT"], string(b)
	case command == "make dist":
		var b []byte
		if b, err = os.ReadFile(filepath.Join(w.dir, "app.go")); err == nil {
			err = write(file, "built from "+string(b), 0o755)
		}
	}
	if err != nil {
		step.Exit, step.Error = 1, err.Error()
	}
	return step
}

func (w *world) served(_ context.Context, t harness.Target) harness.Reading {
	w.mu.Lock()
	w.now = w.now.Add(time.Minute) // nobody waits for a target that does not settle
	w.mu.Unlock()
	r := w.tells(t.Name)
	r.At = w.clock()
	return r
}

func write(file, text string, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		return err
	}
	return os.Chmod(file, mode)
}

// deployed is how often the deploy command ran for a target.
func (w *world) deployed(target string) (n int) {
	for _, c := range w.commands {
		if c == "deploy "+target {
			n++
		}
	}
	return n
}

// once reports whether everything of a suite ran exactly once, and forgets it.
func (w *world) once(suite string) error {
	defer clear(w.ran)
	for _, p := range w.suites[suite] {
		if n := w.ran[suite+" "+p.ID]; n != 1 {
			return fmt.Errorf("%s ran %d times: %v", p.ID, n, maps.Clone(w.ran))
		}
	}
	return nil
}
