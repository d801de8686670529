package features

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/messagetest"
	"github.com/stagegate/stagegate/internal/npm"
	"github.com/stagegate/stagegate/internal/protocol"
)

// kitWorld is what the steps of the compatibility kit share.
type kitWorld struct {
	count, friends, money, stock int
	chocolate                    bool
	table                        [][]string
}

// Every sample of the compatibility kit, run as a user's suite is, gives the
// messages that the kit wants. docs/conformance.md says what is left out.
func TestKit(t *testing.T) {
	if os.Getenv(childVariable) == "kit" {
		kitSample(t)
		return
	}
	samples := filepath.Join(npm.Dir(t), "@cucumber/compatibility-kit/features")
	all, err := os.ReadDir(samples)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 46 {
		t.Fatalf("%d samples, want those of version 30.0.0: 46", len(all))
	}
	for _, entry := range all {
		name := entry.Name()
		if name == "markdown" { // there is no parser for it in Go; docs/conformance.md
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(filepath.Join(samples, name, name+".ndjson"))
			if err != nil {
				t.Fatal(err)
			}
			got, exit, output := sample(t, filepath.Join(samples, name))
			for _, d := range messagetest.Compare(t, bytes.NewReader(got), bytes.NewReader(want)) {
				t.Error(d)
			}
			for _, wrong := range messagetest.Schema(t, bytes.NewReader(got)) {
				t.Errorf("schema: %s", wrong)
			}
			if green := bytes.Contains(want, []byte(`"success":true`)); exit == 0 && !green {
				t.Errorf("exit 0, the kit's run is no success")
			}
			if t.Failed() {
				t.Logf("%s\n%s", got, output)
			}
		})
	}
}

// sample runs a sample in a process of its own, and returns its messages.
func sample(t *testing.T, dir string) (stream []byte, exit int, output string) {
	t.Helper()
	arguments, err := os.ReadFile(filepath.Join(dir, filepath.Base(dir)+".arguments.txt"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	s := session(protocol.Exec, func(s *protocol.Session) { s.Messages = true })
	if strings.Contains(string(arguments), "--retry 2") {
		s.Attempts = 3
	}
	got := child{dir: dir, how: "kit", session: s, args: []string{"-test.run=^TestKit$", "-test.parallel=1"},
		environ: []string{"KIT_SAMPLE=" + filepath.Base(dir), "KIT_ARGUMENTS=" + strings.TrimSpace(string(arguments))}}.run(t)
	files, err := filepath.Glob(filepath.Join(s.Out, "messages-*.ndjson"))
	if err != nil || len(files) != 1 {
		t.Fatalf("messages in %q, %v:\n%s", files, err, got.output)
	}
	stream, err = os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return stream, got.exit, got.output
}

// kitSample is the child of TestKit: a suite with the steps of one sample.
func kitSample(t *testing.T) {
	t.Helper()
	s := newSteps[*kitWorld]()
	kitSteps(s, os.Getenv("KIT_SAMPLE"))
	session, err := protocol.FromEnviron(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	run := suite{root: os.DirFS("."), session: session, runner: runner{registry: &s.registry, now: time.Now, step: regexp.MustCompile(inside),
		target: harness.InProcessTarget(),
		open:   func(context.Context, *Env) (reflect.Value, error) { return reflect.ValueOf(&kitWorld{}), nil }}}
	switch os.Getenv("KIT_ARGUMENTS") {
	case "--order reverse":
		run.reorder = slices.Reverse[[]*scenario]
	case "--error":
		run.before = errors.New("Whoops!")
	}
	run.run(t, "")
}

// The formatters that Cucumber publishes can read a stream of ours.
func TestFormatters(t *testing.T) {
	samples := filepath.Join(npm.Dir(t), "@cucumber/compatibility-kit/features")
	for _, name := range []string{"all-statuses", "attachments", "hooks", "retry", "global-hooks-afterall-error", "rules", "undefined"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, _ := sample(t, filepath.Join(samples, name))
			if html := messagetest.HTML(t, bytes.NewReader(got)); !strings.Contains(html, "testRunFinished") {
				t.Errorf("the HTML has no messages in it: %d bytes", len(html))
			}
			junit := messagetest.JUnit(t, bytes.NewReader(got))
			if n := strings.Count(junit, "<testcase"); n < bytes.Count(got, []byte(`{"pickle":`)) {
				t.Errorf("%d test cases in JUnit:\n%s", n, junit)
			}
		})
	}
}
