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
	return &cobra.Command{Use: "list [STAGE or SUITE]", Short: "What would run, which steps are undefined or ambiguous, which definitions unused; asks the test binaries, without a session of any target", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.within(c.Context(), func(ctx context.Context, g *flow.Gate) error {
				plan, err := g.List(ctx, strings.Join(args, ""))
				if err != nil {
					return err
				}
				return a.printPlan(plan)
			})
		}}
}

// printPlan shows every planned thing; one that cannot run makes the answer a
// block. A definition that nothing uses is no reason for one.
func (a *app) printPlan(plan []flow.Listed) error {
	bad := false
	for _, s := range plan {
		bad = bad || s.Definition.Run != nil && len(s.Inventory) == 0
		bad = bad || slices.ContainsFunc(s.Inventory, func(p harness.Planned) bool { return p.Problem != "" })
	}
	if a.json {
		if err := a.printJSON(plan); err != nil {
			return err
		}
	} else if err := a.tabulate(plan); err != nil {
		return err
	}
	if bad {
		return errVerdict{harness.Block}
	}
	return nil
}

func (a *app) tabulate(plan []flow.Listed) error {
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
		for _, u := range s.Unused {
			fmt.Fprintf(w, "  %s\tunused\t%s\n", clean(u.Expression), clean(u.Where))
		}
	}
	return w.Flush()
}
