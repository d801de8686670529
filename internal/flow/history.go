package flow

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/schedule"
	"github.com/stagegate/stagegate/internal/ledger"
)

const (
	historyRuns = 5       // so many runs make a history: their median is not moved by two odd ones
	historyRows = 250_000 // no run more is read than what has so many rows: some seconds
)

// A history is how long the things of each suite took in past runs.
type history map[harness.Placed]schedule.Past

// history reads the last runs of in's stage that were allowed. It orders things,
// and decides nothing: what of it cannot be read is said, and left out.
func (g *Gate) history(ctx context.Context, in inputs) history {
	logs := map[harness.Placed]*schedule.Log{}
	for _, s := range in.Plan {
		if s.Definition.Run != nil {
			logs[s.Placed] = &schedule.Log{}
		}
	}
	runs, rows := 0, 0
	for c, err := range g.Ledger.LastAllowed(ctx, ledger.Place(in.Target), in.Stage.Name, g.Now()) {
		if err != nil {
			g.Say("how long things took before cannot be read: %v", err)
			break
		}
		r := c.Run()
		if c.Lies || r.Record == nil {
			g.Say("how long things took in %s is not known: its record cannot be read, or is not what the store's index says", c)
			continue
		}
		if len(r.Problems) > 0 {
			g.Say("how long things took in run %s is known in part: %s %s", r.ID(), r.Problems[0].Key, r.Problems[0].Reason)
		}
		for _, e := range r.Evidence {
			if log := logs[e.Placed]; log != nil && e.Source == harness.GoTest {
				n, err := add(log, e.Rows)
				if rows += n; err != nil {
					g.Say("how long things took in run %s is known in part: %v", r.ID(), err)
				}
			}
		}
		if runs++; runs == historyRuns || rows >= historyRows {
			break
		}
	}
	past := history{}
	for at, log := range logs {
		past[at] = log.Past()
	}
	return past
}

// add notes rows in log, and says how many there were.
func add(log *schedule.Log, rows harness.Stream[harness.Row]) (n int, err error) {
	if rows == nil {
		return 0, nil
	}
	for r, err := range iter.Seq2[harness.Row, error](rows) {
		if err != nil {
			return n, err
		}
		log.Add(r)
		n++
	}
	return n, nil
}

// divide gives every planned thing of a Go suite its shard, if the suite comes
// after the deploy, and its turn there.
func (g *Gate) divide(plan []harness.PlannedRun, past history, shards int) []harness.PlannedRun {
	plan = slices.Clone(plan)
	for i := range plan {
		n := 1
		if plan[i].When == harness.After && plan[i].Definition.Run != nil {
			n = max(shards, 1)
		}
		inventory, _ := plan[i].Inventory.All() // it was made in this process
		inventory = slices.Clone(inventory)
		known := past[plan[i].Placed]
		of := schedule.Assign(inventory, known, n)
		for k, shard := range of {
			inventory[k].Shard = shard
		}
		turns := make([]int, n)
		for _, k := range g.Order.Of(inventory, known) {
			turns[of[k]-1]++
			inventory[k].Turn = turns[of[k]-1]
		}
		if n > 1 && len(known) > 0 {
			g.Say("suite %s: %s of work", plan[i], together(schedule.Loads(inventory, known, of, n)))
		}
		plan[i].Shards, plan[i].Inventory = n, harness.StreamOf(inventory...)
	}
	return plan
}

// together lists what shards have to do, "1.2s + 1.1s".
func together(loads []time.Duration) string {
	var all []string
	for _, d := range loads {
		all = append(all, d.Round(time.Millisecond).String())
	}
	return strings.Join(all, " + ")
}

// wantsHistory reports whether it matters how long things took before.
func (g *Gate) wantsHistory(shards int) bool {
	return shards > 1 || g.Order == schedule.Order{}
}
