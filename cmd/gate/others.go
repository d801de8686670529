package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/stagegate/stagegate/adapters/results"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/flow"
)

func (a *app) recordCmd() *cobra.Command {
	var id string
	c := &cobra.Command{Use: "record --run RUN SUITE FILE...", Short: "Add results that another tool wrote (JUnit XML, go test -json) to a run", Args: cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return a.within(c.Context(), func(ctx context.Context, g *flow.Gate) error { return a.record(ctx, g, id, args[0], args[1:]) })
		}}
	c.Flags().StringVar(&id, "run", "", "`id` that gate begin printed")
	must(c.MarkFlagRequired("run"))
	return c
}

func (a *app) record(ctx context.Context, g *flow.Gate, id, suite string, files []string) error {
	now := time.Now().UTC()
	e := harness.Evidence{Started: now, Finished: now}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return errUsage{err}
		}
		rows, err := results.Read(name, b)
		if err != nil {
			return errUsage{err}
		}
		e.Rows = append(e.Rows, rows...)
	}
	if err := g.Record(ctx, id, suite, e); err != nil {
		return err
	}
	g.Say("recorded %d results as %s of run %s", len(e.Rows), suite, id)
	if a.json {
		return a.printJSON(map[string]any{"run": id, "suite": suite, "recorded": len(e.Rows)})
	}
	return nil
}

func (a *app) listCmd() *cobra.Command {
	return &cobra.Command{Use: "list STAGE", Short: "What would run; touches no target", Args: cobra.ExactArgs(1),
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

func (a *app) tabulate(plan []harness.PlannedRun) error {
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

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version of this gate", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if a.json {
				return a.printJSON(map[string]string{"version": version()})
			}
			_, err := fmt.Fprintln(a.stdout, "gate", version())
			return err
		}}
}
