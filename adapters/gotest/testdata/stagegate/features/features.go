// Package features stands in for stagegate's: it speaks the protocol by hand,
// with the standard library alone, and lies where a test tells it to.
package features

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type session struct {
	Phase, Run, Nonce, Suite, Tags, Out string
	Only                                map[string][]string
}

// A Scenario is what a fake host plans and runs.
type Scenario struct {
	Name    string
	Outcome string // what is answered; empty means passed
	Tag     string
	Attempt int
	Do      func(*testing.T)
}

// A Host answers for scenarios. Lie names what it does wrong.
type Host struct {
	Kind string
	Lie  string
}

// Run answers truly.
func Run(t *testing.T, all ...Scenario) { Host{}.Run(t, all...) }

// Run is the fake of features.Run.
func (h Host) Run(t *testing.T, all ...Scenario) {
	var s session
	b, err := os.ReadFile(os.Getenv("STAGEGATE_RUN"))
	if err != nil {
		t.Fatal("no session: ", err)
	}
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	if h.Kind == "" {
		h.Kind = "scenario"
	}
	dir, _ := os.Getwd()
	var mine []Scenario
	for _, sc := range all {
		if s.Tags != "" && sc.Tag != s.Tags || s.Only != nil && !slices.Contains(s.Only[dir], t.Name()+"/"+sc.Name) {
			continue
		}
		mine = append(mine, sc)
	}
	if len(mine) == 0 && s.Only == nil {
		t.Fatalf("no scenario matches %s", s.Tags)
	}
	if h.Lie == "silent" || h.Lie == "silent when run" && s.Phase == "test" {
		return
	}
	header := map[string]any{"version": 1, "run": s.Run, "nonce": s.Nonce, "suite": s.Suite, "phase": s.Phase, "dir": dir, "test": t.Name()}
	if s.Phase == "test" {
		switch h.Lie {
		case "run", "nonce", "suite", "dir", "test":
			header[h.Lie] = "another"
		}
	}
	f, err := os.Create(filepath.Join(s.Out, "answer-"+strings.ReplaceAll(t.Name(), "/", "-")+".ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	out := json.NewEncoder(f)
	out.Encode(map[string]any{"begin": header})
	counts := map[string]int{}
	n := 0
	for _, sc := range mine {
		id := t.Name() + "/" + sc.Name
		n++
		if s.Phase == "plan" {
			var tags []string
			if sc.Tag != "" {
				tags = []string{sc.Tag}
			}
			out.Encode(map[string]any{"planned": map[string]any{"id": id, "kind": h.Kind, "hash": "h", "where": "a.feature:3", "tags": tags, "shard": 0}})
			continue
		}
		t.Run(sc.Name, func(t *testing.T) {
			if sc.Do != nil {
				sc.Do(t)
			}
		})
		if sc.Outcome == "" {
			sc.Outcome = "passed"
		}
		if h.Lie == "edited" {
			sc.Outcome = "passed"
		}
		counts[sc.Outcome]++
		row := map[string]any{"id": id, "kind": h.Kind, "mode": "in-process", "outcome": sc.Outcome, "attempt": max(1, sc.Attempt), "where": "a.feature:3", "took": "1ms"}
		if h.Lie == "lost row" && n == 1 {
			counts[sc.Outcome]--
			n--
			h.Lie = ""
			continue
		}
		out.Encode(map[string]any{"row": row})
		if h.Lie == "flaky" {
			row["outcome"], row["attempt"] = "passed", 2
			counts["passed"]++
			n++
			out.Encode(map[string]any{"row": row})
		}
		if h.Lie == "twice" {
			counts[sc.Outcome]++
			n++
			out.Encode(map[string]any{"row": row})
		}
	}
	if h.Lie == "truncated plan" && s.Phase == "plan" || h.Lie == "truncated" && s.Phase == "test" {
		return
	}
	out.Encode(map[string]any{"end": map[string]any{"rows": n, "counts": counts}})
}
