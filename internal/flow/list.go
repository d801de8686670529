package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// A Listed is a suite with all that it would run, and the step definitions that
// nothing uses.
type Listed struct {
	harness.Placed
	Definition harness.Suite     `json:"definition"`
	Inventory  []harness.Planned `json:"inventory"`
	Unused     []protocol.Unused `json:"unused"`
}

// List says what a stage would run, or else the suite of that name in process;
// without a name every suite, in process. It touches no target.
func (g *Gate) List(ctx context.Context, name string) ([]Listed, error) {
	rec := g.planning(harness.Stage{}, harness.InProcessTarget())
	var places []harness.Placed
	if s, ok := g.File.Stage(name); ok {
		rec, places = g.planning(s, g.File.Target(s)), s.Suites()
	} else if _, ok := g.File.Suites[name]; ok {
		places = []harness.Placed{{Suite: name}}
	} else if name == "" {
		for _, suite := range slices.Sorted(maps.Keys(g.File.Suites)) {
			places = append(places, harness.Placed{Suite: suite})
		}
	} else {
		return nil, marked{fmt.Errorf("%w; suites are %s", g.File.Unknown(name), strings.Join(slices.Sorted(maps.Keys(g.File.Suites)), ", ")), ErrStage}
	}
	var all []Listed
	done := map[string]Listed{} // a suite may run at two moments
	for _, p := range places {
		l, ok := done[p.Suite]
		l.Placed, l.Definition = p, g.File.Suites[p.Suite]
		if !ok && l.Definition.Run != nil {
			var err error
			if l.Inventory, l.Unused, err = g.ask(ctx, rec, l.Definition); err != nil {
				return nil, err
			}
		}
		done[p.Suite] = l
		all = append(all, l)
	}
	return all, nil
}
