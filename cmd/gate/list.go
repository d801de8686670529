package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/flow"
)

func (a *app) listCmd() *cobra.Command {
	return &cobra.Command{Use: "list STAGE", Short: "What would run; asks the test binaries, without a session of any target", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.within(c.Context(), func(ctx context.Context, g *flow.Gate) error {
				plan, err := g.List(ctx, args[0])
				if err != nil {
					return err
				}
				return a.printPlan(plan)
			})
		}}
}

// printPlan shows every planned thing; one that cannot run makes the answer a block.
func (a *app) printPlan(plan []harness.PlannedRun) error {
	bad := false
	var all []listed
	for _, s := range plan {
		inventory, err := s.Inventory.All()
		if err != nil {
			return err
		}
		bad = bad || s.Definition.Run != nil && len(inventory) == 0
		bad = bad || slices.ContainsFunc(inventory, func(p harness.Planned) bool { return p.Problem != "" })
		all = append(all, listed{s.Placed, s.Definition, inventory})
	}
	if a.json {
		if err := a.printJSON(all); err != nil {
			return err
		}
	} else if err := a.tabulate(all); err != nil {
		return err
	}
	if bad {
		return errVerdict{harness.Block}
	}
	return nil
}

// listed is a suite with all that it would run.
type listed struct {
	harness.Placed
	Definition harness.Suite     `json:"definition"`
	Inventory  []harness.Planned `json:"inventory"`
}

func (a *app) tabulate(plan []listed) error {
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	for _, s := range plan {
		fmt.Fprintf(w, "%s\t%d planned\t\n", s, len(s.Inventory))
		for _, p := range s.Inventory {
			name := p.Name
			if name == "" {
				name = p.ID
			}
			state := string(p.Kind)
			if p.Problem != "" {
				state = strings.ToUpper(string(p.Problem))
			}
			fmt.Fprintf(w, "  %s\t%s\t%s\n", clean(name), state, clean(strings.TrimSpace(p.Where+" "+strings.Join(p.Tags, " "))))
			for _, l := range strings.Split(p.Detail, "\n") {
				if l != "" {
					fmt.Fprintf(w, "      %s\n", clean(l))
				}
			}
		}
	}
	return w.Flush()
}
