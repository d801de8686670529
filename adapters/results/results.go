package results

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/testjson"
)

// MaxSize bounds what is read, in bytes.
const MaxSize = 64 << 20

// ErrNoTests says that results hold no test at all.
var ErrNoTests = errors.New("no test cases")

// Read reads the content b of the file called name, whose format it tells by
// the first character: JUnit XML or go test -json.
func Read(name string, b []byte) ([]harness.Row, error) {
	start := bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\ufeff")), " \t\r\n")
	var rows []harness.Row
	var err error
	switch {
	case len(start) == 0:
		err = fmt.Errorf("the file is empty: %w", ErrNoTests)
	case start[0] == '<':
		rows, err = ReadJUnit(bytes.NewReader(start))
	case start[0] == '{':
		rows, err = ReadGoTest(bytes.NewReader(start))
	default:
		err = errors.New("neither JUnit XML nor go test -json")
	}
	if err != nil {
		return nil, fmt.Errorf("read results %s: %w", name, err)
	}
	return rows, nil
}

// readAll reads r up to MaxSize.
func readAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err == nil && len(b) > MaxSize {
		err = fmt.Errorf("larger than %d MiB", MaxSize>>20)
	}
	return b, err
}

// ReadGoTest reads the output of go test -json: a row for each attempt of each
// top-level test, and a failed one for a package that failed outside of them.
//
// A line that is no event, a package without an end, one that was cached or
// ran no test, and a stream without tests are errors.
func ReadGoTest(r io.Reader) ([]harness.Row, error) {
	b, err := readAll(r)
	if err != nil {
		return nil, err
	}
	s, err := testjson.Read(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if len(s.Odd) > 0 {
		return nil, errors.New(s.Odd[0])
	}
	var rows []harness.Row
	for _, p := range s.Packages {
		more, err := packageRows(s, p)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	for _, b := range s.Builds {
		if b.Failed && !blamed(s, b) {
			rows = append(rows, failedRow(b.ImportPath, "does not build: "+b.Output.Text()))
		}
	}
	if len(rows) == 0 {
		return nil, ErrNoTests
	}
	return rows, nil
}

func packageRows(s *testjson.Stream, p *testjson.Package) ([]harness.Row, error) {
	if len(p.Ends) == 0 || p.Open {
		return nil, fmt.Errorf("package %q never ended: the stream was cut short", p.Name)
	}
	var rows []harness.Row
	for _, end := range p.Ends {
		switch {
		case end.Cached:
			return nil, fmt.Errorf("package %q was cached: nothing ran (use -count=1)", p.Name)
		case end.NoTests:
			return nil, fmt.Errorf("package %q: no tests to run", p.Name)
		case end.Unexplained:
			text := end.Output
			if end.FailedBuild != "" {
				text = s.BuildOutput(end.FailedBuild) + "\n" + text
			}
			var e testjson.Excerpt
			e.Add(text)
			rows = append(rows, failedRow(p.Name, "failed outside of its tests: "+e.Text()))
		case end.Action == "pass" && end.Tests == 0:
			return nil, fmt.Errorf("package %q passed without running a test", p.Name)
		}
	}
	var failed bool
	for _, t := range p.Tests {
		row, err := testRow(p, t)
		if err != nil {
			return nil, err
		}
		failed = failed || row.Outcome == harness.Failed
		if strings.HasPrefix(t.Name, "Benchmark") && row.Outcome == harness.Passed {
			continue // it measures, and tests nothing
		}
		rows = append(rows, row)
	}
	if last := p.Ends[len(p.Ends)-1]; failed && len(p.Ends) == 1 && last.Action != "fail" {
		return nil, fmt.Errorf("package %q ended with %s although a test of it failed", p.Name, last.Action)
	}
	return rows, nil
}

func testRow(p *testjson.Package, t *testjson.Test) (harness.Row, error) {
	for _, s := range append([]*testjson.Sub{&t.Sub}, t.Subs...) {
		if s.Twice {
			return harness.Row{}, fmt.Errorf("%s %s ended twice", t.Name, s.FullName)
		}
	}
	row := harness.Row{ID: t.Name, Name: t.Name, Kind: harness.Test, Attempt: t.Attempt, Started: t.Started, Took: harness.Duration(t.Took)}
	if p.Name != "" {
		row.ID = p.Name + "." + t.Name
	}
	row.Outcome, row.Reason = t.Judge()
	return row, nil
}

// blamed reports whether a package already failed because of b.
func blamed(s *testjson.Stream, b *testjson.Build) bool {
	for _, p := range s.Packages {
		for _, end := range p.Ends {
			if end.FailedBuild == b.ImportPath && end.Unexplained {
				return true
			}
		}
	}
	return false
}

func failedRow(id, reason string) harness.Row {
	if id == "" {
		id = "(package)"
	}
	return harness.Row{ID: id, Name: id, Kind: harness.Test, Outcome: harness.Failed, Reason: reason, Attempt: 1}
}
