package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gherkin "github.com/cucumber/gherkin/go/v42"
	messages "github.com/cucumber/messages/go/v34"

	"github.com/cucumber/godog"

	"github.com/stagegate/stagegate/features"
)

// mark begins the line on which a child prints how many steps were called.
const mark = "bench:"

// runChild runs the suite in the working folder.
func runChild(how string, stdout io.Writer) error {
	var calls atomic.Int64
	report := func() error { _, err := fmt.Fprintln(stdout, mark, calls.Load()); return err }
	switch how {
	case "godog strings", "godog compiled", "godog json":
		if err := plainGodog(defs(&calls), how); err != nil {
			return err
		}
	case "floor":
		if err := floor(defs(&calls)); err != nil {
			return err
		}
	case "features", "paced":
		withFeatures(defs(&calls), paced(&calls), report)
	default:
		return fmt.Errorf("unknown runner %q", how)
	}
	return report()
}

func plainGodog(all []def, how string) error {
	format := "progress"
	if how == "godog json" {
		format = "cucumber:" + filepath.Join(os.Getenv("BENCH_DIR"), "godog.json")
	}
	suite := godog.TestSuite{Name: "bench",
		ScenarioInitializer: func(sc *godog.ScenarioContext) {
			for _, d := range all {
				if how == "godog strings" {
					sc.Step(d.expr, d.fn)
				} else {
					sc.Step(d.re, d.fn)
				}
			}
		},
		Options: &godog.Options{Format: format, NoColors: true, Strict: true, Output: io.Discard, Paths: []string{"."}, Concurrency: runtime.GOMAXPROCS(0)},
	}
	if code := suite.Run(); code != 0 {
		return fmt.Errorf("godog ended with %d", code)
	}
	return nil
}

// paced is the step of a suite whose scenarios wait.
func paced(calls *atomic.Int64) def {
	return def{expr: `^the operation takes (\d+) ms$`, fn: func(ctx context.Context, ms int) error {
		calls.Add(1)
		select {
		case <-time.After(time.Duration(ms) * time.Millisecond):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
}

// withFeatures runs the suite as go test would, and ends the process.
func withFeatures(all []def, more def, report func() error) {
	test := testing.InternalTest{Name: "TestBench", F: func(t *testing.T) {
		t.Cleanup(func() {
			if err := report(); err != nil {
				t.Error(err)
			}
		})
		features.Run(t,
			func(context.Context, *features.Env) (int, error) { return 0, nil },
			func(s *features.Steps[int]) {
				for _, d := range append(all, more) {
					s.Step(d.expr, d.fn)
				}
				if n, err := strconv.Atoi(os.Getenv("BENCH_WORKERS")); err == nil {
					s.Parallel(n)
				}
			})
	}}
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{test}, nil, nil)
}

// floor does what cannot be left out, on one processor: read the features, find
// the definition of each step, call it.
func floor(all []def) error {
	names, err := filepath.Glob("*.feature")
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := floorFile(os.DirFS("."), name, all); err != nil {
			return err
		}
	}
	return nil
}

func floorFile(root fs.FS, name string, all []def) error {
	b, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	ids := (&messages.Incrementing{}).NewId
	doc, err := gherkin.ParseGherkinDocument(strings.NewReader(string(b)), ids)
	if err != nil {
		return err
	}
	for _, p := range gherkin.Pickles(*doc, name, ids) {
		for _, st := range p.Steps {
			if err := call(all, st.Text); err != nil {
				return err
			}
		}
	}
	return nil
}

func call(all []def, text string) error {
	for _, d := range all {
		found := d.re.FindStringSubmatch(text)
		if found == nil {
			continue
		}
		fn := reflect.ValueOf(d.fn)
		in := []reflect.Value{reflect.ValueOf(context.Background())}
		for i, s := range found[1:] {
			v := reflect.ValueOf(s)
			if fn.Type().In(i+1).Kind() == reflect.Int {
				n, err := strconv.Atoi(s)
				if err != nil {
					return err
				}
				v = reflect.ValueOf(n)
			}
			in = append(in, v)
		}
		fn.Call(in)
		return nil
	}
	return fmt.Errorf("no definition for %q", text)
}
