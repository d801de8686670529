package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/stagegate/stagegate/adapters/report"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/flow"
)

// answer renders a verdict in every form that was asked for and returns it as
// the error that makes the exit code. The decision is made: no form changes it.
func (a *app) answer(ctx context.Context, g *flow.Gate, v harness.Verdict) error {
	var rows []harness.Row
	if a.junit != "" || a.getenv(summaryFile) != "" {
		var err error
		if rows, err = g.Rows(context.WithoutCancel(ctx), v.Run); err != nil {
			return err
		}
	}
	if err := errors.Join(a.print(v), a.writeJUnit(v, rows), a.writeSummary(v, rows), a.writeVerdict(ctx, g, v)); err != nil {
		return err
	}
	if !v.Allowed() {
		if a.observe && g.Trust != nil && g.Trust.Places[harness.PlaceOf(g.TargetOf(v.Stage))].NoObserve {
			fmt.Fprintln(a.stderr, "gate: the trust file forbids --observe here: the exit code stays")
		} else if a.observe {
			fmt.Fprintf(a.stderr, "gate: the verdict is %s; --observe makes the exit code 0\n", v.Verdict)
			return nil
		}
		return errVerdict{v.Verdict}
	}
	return nil
}

func (a *app) print(v harness.Verdict) error {
	if a.json {
		return a.printJSON(v)
	}
	return report.WriteText(a.stdout, v, a.colour())
}

// colour reports whether standard output is a terminal that shows colours.
func (a *app) colour() bool {
	f, ok := a.stdout.(*os.File)
	return ok && newView(f, a.getenv).colour
}

// printJSON writes one JSON document, indented, members in a fixed order.
func (a *app) printJSON(v any) error {
	b, err := json.Marshal(v, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(append(b, '\n'))
	return err
}

func (a *app) writeJUnit(v harness.Verdict, rows []harness.Row) error {
	if a.junit == "" {
		return nil
	}
	var b bytes.Buffer
	if err := report.WriteJUnit(&b, v.Service+" "+v.Stage, rows); err != nil {
		return err
	}
	if err := os.WriteFile(a.junit, b.Bytes(), 0o666); err != nil {
		return fmt.Errorf("--junit: %w", err)
	}
	return nil
}

// summaryFile names the variable with the file of a CI's job summary.
const summaryFile = "GITHUB_STEP_SUMMARY"

// writeSummary adds to the job summary where a CI that has one runs gate.
func (a *app) writeSummary(v harness.Verdict, rows []harness.Row) error {
	file := a.getenv(summaryFile)
	if file == "" {
		return nil
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return fmt.Errorf("GITHUB_STEP_SUMMARY: %w", err)
	}
	return errors.Join(report.WriteSummary(f, v, rows), f.Close())
}
