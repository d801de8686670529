package main

import (
	"context"
	"os"
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
	var all []harness.Row
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return errUsage{err}
		}
		rows, err := results.Read(name, b)
		if err != nil {
			return errUsage{err}
		}
		all = append(all, rows...)
	}
	if err := g.Record(ctx, id, suite, harness.Evidence{Started: now, Finished: now, Rows: harness.RowsOf(all)}); err != nil {
		return err
	}
	g.Say("recorded %d results as %s of run %s", len(all), suite, id)
	if a.json {
		return a.printJSON(map[string]any{"run": id, "suite": suite, "recorded": len(all)})
	}
	return nil
}
