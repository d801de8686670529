package features

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// What selects scenarios under plain go test and gate exec, beside tags. Elsewhere
// under gate the session says what runs: part of a suite must never look like all of it.
const (
	selectVariable = "STAGEGATE_SELECT"
	rerunVariable  = "STAGEGATE_RERUN"
)

// A form is one part of a selection: places in a file, or names.
type form struct {
	text  string
	path  string         // of a feature file, and
	lines []int          // of it, none for the whole file; or
	name  *regexp.Regexp // which matches names of scenarios
}

// selection reads the forms of a selection, which commas or new lines divide:
// path.feature:LINE:LINE, /regexp/ or @file, a file with one form a line (what
// Cucumber's rerun formatters write). A comma in /…/ divides nothing.
func selection(text string, readFile func(string) ([]byte, error)) (all []form, err error) {
	for line := range strings.Lines(text) {
		for _, piece := range pieces(line) {
			if file, ok := strings.CutPrefix(piece, "@"); ok {
				more, err := selectionFile(file, readFile)
				if err != nil {
					return nil, err
				}
				all = append(all, more...)
				continue
			}
			f, err := parseForm(piece)
			if err != nil {
				return nil, err
			}
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%q selects nothing: %s", text, wantForm)
	}
	return all, nil
}

func selectionFile(file string, readFile func(string) ([]byte, error)) (all []form, err error) {
	if !filepath.IsAbs(file) {
		return nil, fmt.Errorf("@%s: want the absolute path of a file: each package has a working folder of its own\nhint: tags go into STAGEGATE_TAGS", file)
	}
	b, err := readFile(file)
	if err != nil {
		hint := ""
		if errors.Is(err, fs.ErrNotExist) {
			hint = "\nhint: " + rerunVariable + "=" + file + " has a run write it"
		}
		return nil, fmt.Errorf("@%s: %w%s", file, err, hint)
	}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		f, err := parseForm(line)
		if err != nil {
			return nil, fmt.Errorf("@%s: %w", file, err)
		}
		all = append(all, f)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("@%s is empty: there is nothing to run again", file)
	}
	return all, nil
}

// pieces divides line at commas, those in a /…/ excepted.
func pieces(line string) (all []string) {
	open := false
	for _, p := range strings.Split(line, ",") {
		if open {
			all[len(all)-1] += "," + p
		} else if p = strings.TrimSpace(p); p != "" {
			all = append(all, p)
		} else {
			continue
		}
		last := strings.TrimSpace(all[len(all)-1])
		open = strings.HasPrefix(last, "/") && !placed.MatchString(last) && !pattern(last)
		all[len(all)-1] = last
	}
	return all
}

// pattern reports whether text is a regular expression in slashes.
func pattern(text string) bool {
	return len(text) > 2 && strings.HasPrefix(text, "/") && strings.HasSuffix(text, "/")
}

var placed = regexp.MustCompile(`^(.+\.feature)((?::[0-9]+)*)$`)

const wantForm = "want path.feature, path.feature:LINE, /regular expression for a name/ or @file with such lines"

func parseForm(text string) (form, error) {
	f := form{text: text}
	if pattern(text) {
		var err error
		if f.name, err = regexp.Compile(text[1 : len(text)-1]); err != nil {
			return f, fmt.Errorf("%s: %w", text, err)
		}
		return f, nil
	}
	m := placed.FindStringSubmatch(text)
	if m == nil {
		return f, fmt.Errorf("%q: %s", text, wantForm)
	}
	f.path = path.Clean(filepath.ToSlash(m[1]))
	for _, number := range strings.Split(m[2], ":")[1:] {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 {
			return f, fmt.Errorf("%s: there is no line %s: lines are counted from 1", text, number)
		}
		f.lines = append(f.lines, n)
	}
	return f, nil
}

// loose reports whether nobody decides on this run: plain go test, and gate exec.
func (s *suite) loose() bool { return s.session == nil || s.session.Loose }

// pick returns what the environment selects of all, in their order.
func (s *suite) pick(t *testing.T, all []*scenario) ([]*scenario, error) {
	t.Helper()
	text := os.Getenv(selectVariable)
	switch {
	case !s.loose() && text+os.Getenv(rerunVariable) != "":
		return nil, fmt.Errorf("%s and %s are for plain go test and gate exec: elsewhere under gate the session says what runs", selectVariable, rerunVariable)
	case text == "":
		return all, nil
	}
	forms, err := selection(text, os.ReadFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", selectVariable, err)
	}
	picked, err := (&selector{root: s.root, all: all}).pick(forms)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", selectVariable, err)
	}
	t.Logf("%s: %d of %d scenarios", selectVariable, len(picked), len(all))
	return picked, nil
}

// noSelection refuses what only Run can do, so that nobody takes a whole run for a
// part, or what an earlier run wrote for what this one would have.
func noSelection(who string) error {
	for _, name := range []string{selectVariable, rerunVariable} {
		if os.Getenv(name) != "" {
			return fmt.Errorf("%s does not know %s: features.Run does\nhint: Options.Paths takes path.feature:LINE, STAGEGATE_TAGS a tag expression", who, name)
		}
	}
	return nil
}
