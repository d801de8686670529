package features

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stagegate/stagegate/harness"
)

// A rerun writes the places of the scenarios that did not pass into a file, as
// Cucumber's rerun formatters do: path.feature:LINE:LINE. The file has one
// writer, and is there when the run is over, empty if all passed. A nil rerun
// writes nothing.
type rerun struct {
	file string
	mu   sync.Mutex
	red  map[string]bool // places
}

// newRerun removes what an earlier run wrote: a run that dies must not leave it
// behind as its own. One that does not begin leaves it.
func newRerun(t *testing.T, file string) *rerun {
	t.Helper()
	if file == "" {
		return nil
	}
	if !filepath.IsAbs(file) {
		t.Fatalf("%s=%s: want an absolute path: each package has a working folder of its own", rerunVariable, file)
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s: %v", rerunVariable, err)
	}
	return &rerun{file: file, red: map[string]bool{}}
}

// note takes the result of an attempt; the last one counts.
func (r *rerun) note(row harness.Row) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if row.Outcome == harness.Passed {
		delete(r.red, row.Where)
	} else {
		r.red[row.Where] = true
	}
}

// write writes the file. A test that failed though each scenario passed has
// none: an empty one would say that all is well.
func (r *rerun) write(t *testing.T, all []*scenario) {
	t.Helper()
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.Failed() && len(r.red) == 0 {
		t.Logf("%s is not written: the test failed, and no scenario did", r.file)
		return
	}
	f, err := os.OpenFile(r.file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err == nil {
		_, err = f.WriteString(rerunLines(all, r.red))
		err = errors.Join(err, f.Close())
	}
	if errors.Is(err, fs.ErrExist) {
		err = fmt.Errorf("%w\nhint: another test wrote it meanwhile: run one package", err)
	}
	if err != nil {
		t.Errorf("%s: %v", rerunVariable, err)
	}
}

// rerunLines are the places of the red ones of all, a line for each file.
func rerunLines(all []*scenario, red map[string]bool) string {
	lines := map[string][]int{}
	var files []string
	for _, sc := range all {
		if red[sc.where] {
			if lines[sc.in.uri] == nil {
				files = append(files, sc.in.uri)
			}
			lines[sc.in.uri] = append(lines[sc.in.uri], sc.line())
		}
	}
	slices.Sort(files)
	var b strings.Builder
	for _, f := range files {
		b.WriteString(f)
		slices.Sort(lines[f])
		for _, n := range lines[f] {
			fmt.Fprintf(&b, ":%d", n)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
