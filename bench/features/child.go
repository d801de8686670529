package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/cucumber/godog"

	"github.com/stagegate/stagegate/features"
)

// runners are what is compared, the one that the others are compared with first.
func runners() []string {
	return []string{"godog, steps as strings", "godog, compiled steps", "features.Run", "features.Run with evidence"}
}

// runChild runs the suite in the working folder, and prints how many steps
// were called and the memory that the process took, in MiB.
func runChild(runner string, stdout io.Writer) error {
	var calls atomic.Int64
	switch runner {
	case "godog, steps as strings", "godog, compiled steps":
		if err := plainGodog(defs(&calls), runner == "godog, compiled steps"); err != nil {
			return err
		}
		return report(stdout, calls.Load())
	case "features.Run", "features.Run with evidence": // STAGEGATE_RUN is set or not
		withFeatures(defs(&calls), func() error { return report(stdout, calls.Load()) })
	}
	return fmt.Errorf("unknown runner %q", runner)
}

// mark begins the line that a child prints for its parent.
const mark = "bench:"

func report(stdout io.Writer, calls int64) error {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	_, err := fmt.Fprintln(stdout, mark, calls, m.Sys>>20)
	return err
}

func plainGodog(all []def, compiled bool) error {
	suite := godog.TestSuite{Name: "bench",
		ScenarioInitializer: func(sc *godog.ScenarioContext) {
			for _, d := range all {
				if compiled {
					sc.Step(d.re, d.fn)
				} else {
					sc.Step(d.expr, d.fn)
				}
			}
		},
		Options: &godog.Options{Format: "progress", NoColors: true, Strict: true, Output: io.Discard, Paths: []string{"."}, Concurrency: runtime.GOMAXPROCS(0)},
	}
	if code := suite.Run(); code != 0 {
		return fmt.Errorf("godog ended with %d", code)
	}
	return nil
}

// withFeatures runs the suite as go test would, and ends the process.
func withFeatures(all []def, report func() error) {
	test := testing.InternalTest{Name: "TestBench", F: func(t *testing.T) {
		t.Cleanup(func() {
			if err := report(); err != nil {
				t.Error(err)
			}
		})
		features.Run(t,
			func(context.Context, *features.Env) (int, error) { return 0, nil },
			func(s *features.Steps[int]) {
				for _, d := range all {
					s.Step(d.expr, d.fn)
				}
			})
	}}
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{test}, nil, nil)
}
