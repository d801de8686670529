package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

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

// A listed is a line of the answer: three columns, and lines below them.
type listed struct {
	name, state, where string
	below              []string
}

// tabulate writes the plan in columns, which lines between them do not break.
func (a *app) tabulate(plan []flow.Listed) error {
	var all []listed
	for _, s := range plan {
		all = append(all, listed{name: s.String(), state: fmt.Sprintf("%d planned", len(s.Inventory))})
		for _, p := range s.Inventory {
			l := listed{name: "  " + clean(cmp.Or(p.Name, p.ID)), state: string(p.Kind), where: clean(strings.TrimSpace(p.Where + " " + strings.Join(p.Tags, " ")))}
			if p.Problem != "" {
				l.state = strings.ToUpper(string(p.Problem))
			}
			for line := range strings.Lines(p.Detail) {
				if line = strings.TrimRight(line, "\n"); line != "" {
					l.below = append(l.below, clean(line))
				}
			}
			all = append(all, l)
		}
		for _, u := range s.Unused {
			all = append(all, listed{name: "  " + clean(u.Expression), state: "unused", where: clean(u.Where)})
		}
	}
	names, states := 0, 0
	for _, l := range all {
		names, states = max(names, utf8.RuneCountInString(l.name)), max(states, utf8.RuneCountInString(l.state))
	}
	var b strings.Builder
	for _, l := range all {
		b.WriteString(strings.TrimRight(fmt.Sprintf("%-*s  %-*s  %s", names, l.name, states, l.state, l.where), " ") + "\n")
		for _, line := range l.below {
			b.WriteString("      " + line + "\n")
		}
	}
	_, err := io.WriteString(a.stdout, b.String())
	return err
}
