package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
)

const (
	perFile     = 50
	perScenario = 8 // steps
	definitions = 60
)

// generate writes a suite of n scenarios below dir. It is always the same.
func generate(dir string, n int) error {
	rng := rand.New(rand.NewPCG(1, 1))
	for file := 0; file*perFile < n; file++ {
		var b strings.Builder
		fmt.Fprintf(&b, "Feature: generated feature %04d\n\n", file)
		for s := range min(perFile, n-file*perFile) {
			fmt.Fprintf(&b, "  @f%d\n  Scenario: f%04d scenario %03d\n", file%7, file, s)
			for k := range perScenario {
				fmt.Fprintf(&b, "    %s %s\n", []string{"Given", "When", "Then"}[min(k/3, 2)], sentence(rng))
			}
			b.WriteString("\n")
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%04d.feature", file)), []byte(b.String()), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func sentence(rng *rand.Rand) string {
	words := strings.Fields("alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima")
	word := func() string { return words[rng.IntN(len(words))] }
	switch i := rng.IntN(definitions); i % 4 {
	case 0:
		return fmt.Sprintf("account %q holds %d units in ledger L%02d", word(), rng.IntN(10000), i)
	case 1:
		return fmt.Sprintf("user %q moves %d units to %q over channel C%02d", word(), 1+rng.IntN(99), word(), i)
	case 2:
		return fmt.Sprintf("response %d arrives from endpoint E%02d", 100+rng.IntN(500), i)
	default:
		return fmt.Sprintf("service S%02d is running", i)
	}
}

// jsSteps and pySteps are the same definitions for cucumber-js and behave. They
// count their calls and print them in the end.
func jsSteps() string {
	var b strings.Builder
	b.WriteString("const { defineStep, AfterAll } = require('@cucumber/cucumber');\nlet calls = 0;\n")
	for i := range definitions {
		fmt.Fprintf(&b, "defineStep(/%s/, (%s) => { calls++ });\n", expression(i), strings.Join([]string{"a", "b", "c"}[:captured(i)], ", "))
	}
	fmt.Fprintf(&b, "AfterAll(() => { process.stderr.write('%s ' + calls + '\\n') });\n", mark)
	return b.String()
}

func pySteps() (steps, environment string) {
	var b strings.Builder
	b.WriteString("from behave import step, use_step_matcher\nimport counter\nuse_step_matcher('re')\n")
	for i := range definitions {
		params := strings.Join(append([]string{"ctx"}, []string{"a", "b", "c"}[:captured(i)]...), ", ")
		fmt.Fprintf(&b, "@step(r'%s')\ndef s%d(%s): counter.calls += 1\n", strings.Trim(expression(i), "^$"), i, params)
	}
	return b.String(), fmt.Sprintf("import sys, counter\ndef after_all(ctx): print('%s', counter.calls, file=sys.stderr)\n", mark)
}

// A def is a step definition that counts its calls.
type def struct {
	expr string
	re   *regexp.Regexp
	fn   any
}

// expression is that of definition i, which captures as many values.
func expression(i int) string {
	switch i % 4 {
	case 0:
		return fmt.Sprintf(`^account "([^"]*)" holds (\d+) units in ledger L%02d$`, i)
	case 1:
		return fmt.Sprintf(`^user "([^"]*)" moves (\d+) units to "([^"]*)" over channel C%02d$`, i)
	case 2:
		return fmt.Sprintf(`^response (\d+) arrives from endpoint E%02d$`, i)
	}
	return fmt.Sprintf(`^service S%02d is running$`, i)
}

func captured(i int) int { return []int{2, 3, 1, 0}[i%4] }

func defs(calls *atomic.Int64) (all []def) {
	for i := range definitions {
		fn := []any{
			func(context.Context, string, int) error { calls.Add(1); return nil },
			func(context.Context, string, int, string) error { calls.Add(1); return nil },
			func(context.Context, int) error { calls.Add(1); return nil },
			func(context.Context) error { calls.Add(1); return nil },
		}[i%4]
		all = append(all, def{expression(i), regexp.MustCompile(expression(i)), fn})
	}
	return all
}
