package features

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/cucumber/godog"

	"github.com/stagegate/stagegate/internal/protocol"
)

// godogSteps are the steps of an existing suite.
func godogSteps(c *godog.ScenarioContext) {
	n := 0
	c.Before(func(ctx context.Context, sc *godog.Scenario) (context.Context, error) {
		for _, tag := range sc.Tags {
			switch tag.Name {
			case "@before-fails":
				return ctx, errors.New("no luck before")
			case "@before-panics":
				panic("no luck before")
			case "@before-skips":
				return ctx, fmt.Errorf("no printer: %w", godog.ErrSkip)
			}
		}
		return ctx, nil
	})
	c.After(func(ctx context.Context, sc *godog.Scenario, _ error) (context.Context, error) {
		for _, tag := range sc.Tags {
			switch tag.Name {
			case "@after-fails":
				return ctx, errors.New("no luck after")
			case "@after-panics":
				panic("no luck after")
			case "@after-says":
				godog.T(ctx).Errorf("no luck after")
			}
		}
		return ctx, nil
	})
	c.StepContext().After(func(ctx context.Context, st *godog.Step, _ godog.StepResultStatus, _ error) (context.Context, error) {
		switch st.Text {
		case "its hook fails":
			return ctx, errors.New("no luck after it")
		case "it skips and its hook fails":
			return ctx, errors.New("no luck after it")
		case "its hook says so":
			godog.T(ctx).Errorf("no luck after it")
		}
		return ctx, nil
	})
	c.Step(`^I have (\d+)$`, func(m int) { n = m })
	c.Step(`^I add (\d+)$`, func(m int) { n += m })
	c.Step(`^there are (\d+)$`, func(m int) error {
		if n != m {
			return fmt.Errorf("there are %d", n)
		}
		return nil
	})
	c.Step(`^it is pending$`, func() error { return godog.ErrPending })
	c.Step(`^it skips`, func() error { return fmt.Errorf("no printer: %w", godog.ErrSkip) })
	c.Step(`^it exits$`, func() { runtime.Goexit() })
	c.Step(`^it hangs$`, func() { select {} })
	c.Step(`^it is told to stop$`, func(ctx context.Context) error {
		p, err := os.FindProcess(os.Getpid())
		if err != nil {
			return err
		}
		if err := p.Signal(syscall.SIGTERM); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	})
	c.Step(`^it panics$`, func() { panic("oops") })
	c.Step(`^its hook`, func() {})
	c.Step(`^it is twice$`, func() {})
	c.Step(`^it is (twice)$`, func(string) {})
	c.Step(`^T is (told|fatal)$`, func(ctx context.Context, how string) {
		if how == "told" {
			godog.T(ctx).Errorf("oops told")
			return
		}
		godog.T(ctx).Fatal("oops fatal")
	})
	c.Step(`^it is two steps$`, func() godog.Steps { return godog.Steps{"I have 1", "there are 2"} })
	c.Step(`^a table:$`, func(table *godog.Table) error {
		if len(table.Rows) != 2 {
			return errors.New("no table")
		}
		return nil
	})
}

// edits are what a test changes in the options of the suite.
func edits() map[string]func(*godog.TestSuite) {
	return map[string]func(*godog.TestSuite){
		"plainly":       func(*godog.TestSuite) {},
		"lax":           func(s *godog.TestSuite) { s.Options.Strict = false },
		"events":        func(s *godog.TestSuite) { s.Options.Format = "events" },
		"concurrency":   func(s *godog.TestSuite) { s.Options.Concurrency = 4 },
		"random":        func(s *godog.TestSuite) { s.Options.Randomize = 7 },
		"stop":          func(s *godog.TestSuite) { s.Options.StopOnFailure = true },
		"tags":          func(s *godog.TestSuite) { s.Options.Tags = os.Getenv("GODOG_SAMPLE_TAGS") },
		"paths":         func(s *godog.TestSuite) { s.Options.Paths = strings.Fields(os.Getenv("GODOG_SAMPLE_PATHS")) },
		"help":          func(s *godog.TestSuite) { s.Options.ShowHelp = true },
		"definitions":   func(s *godog.TestSuite) { s.Options.ShowStepDefinitions = true },
		"no formatter":  func(s *godog.TestSuite) { s.Options.Format = "nonsense" },
		"nothing":       func(s *godog.TestSuite) { s.Options, s.ScenarioInitializer = nil, nil },
		"no steps":      func(s *godog.TestSuite) { s.ScenarioInitializer = nil },
		"initial panic": func(s *godog.TestSuite) { s.ScenarioInitializer = func(*godog.ScenarioContext) { panic("no start") } },
		"same name": func(s *godog.TestSuite) {
			text := []byte("Feature: f\n  Scenario: s\n    Given I have 1\n")
			s.Options.FeatureContents = []godog.Feature{{Name: "a", Contents: text}, {Name: "a", Contents: text}}
		},
		"contents": func(s *godog.TestSuite) {
			s.Options.FeatureContents = []godog.Feature{{Name: "a", Contents: []byte("Feature: g\n  Scenario: s\n    Given I have 1\n")}}
		},
		"suite hooks": func(s *godog.TestSuite) {
			s.TestSuiteInitializer = func(c *godog.TestSuiteContext) {
				c.BeforeSuite(func() { fmt.Println("hello suite") })
				c.AfterSuite(func() { fmt.Println("goodbye suite") })
				c.ScenarioContext().Step(`^the whole suite has it$`, func() {})
			}
		},
		"before suite panics": func(s *godog.TestSuite) {
			s.TestSuiteInitializer = func(c *godog.TestSuiteContext) { c.BeforeSuite(func() { panic("no suite") }) }
		},
		"after suite panics": func(s *godog.TestSuite) {
			s.TestSuiteInitializer = func(c *godog.TestSuiteContext) { c.AfterSuite(func() { panic("a mess") }) }
		},
		"after suite exits": func(s *godog.TestSuite) {
			s.TestSuiteInitializer = func(c *godog.TestSuiteContext) { c.AfterSuite(func() { runtime.Goexit() }) }
		},
	}
}

// TestGodogSample is what a user's test would be: of a green suite, or, in a child,
// of the folder that it was started in, in the way that the child asks for.
func TestGodogSample(t *testing.T) {
	how, ok := strings.CutPrefix(os.Getenv(childVariable), "godog:")
	if !ok {
		how = "plainly"
		t.Setenv(protocol.Variable, "") // under gate only the promises answer
		t.Chdir(t.TempDir())
		for name, text := range inFeatures(godogGreen) {
			if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
	}
	suite := godog.TestSuite{Name: "sample", ScenarioInitializer: godogSteps,
		Options: &godog.Options{Format: "progress", NoColors: true, Strict: true, TestingT: t}}
	edits()[how](&suite)
	RunGodog(t, suite)
}

func godogChild(t *testing.T, c child) ending {
	t.Helper()
	if c.how == "" {
		c.how = "plainly"
	}
	if edits()[c.how] == nil {
		t.Fatal(c.how)
	}
	c.how = "godog:" + c.how
	c.args = append([]string{"-test.run=^TestGodogSample$"}, c.args...)
	return c.run(t)
}

// inFeatures is a feature where godog looks for it.
func inFeatures(lines ...string) map[string]string {
	return map[string]string{"features/a.feature": "Feature: f\n" + strings.Join(lines, "\n") + "\n"}
}

const godogGreen = "  Scenario: s\n    Given I have 1\n    When I add 2\n    Then there are 3"
