package features

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What selects scenarios under plain go test, beside tags. Under gate the session
// says what runs: part of a suite must never look like all of it.
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

// pick returns what the environment selects of all, in their order.
func (s *suite) pick(t *testing.T, all []*scenario) ([]*scenario, error) {
	t.Helper()
	text := os.Getenv(selectVariable)
	switch {
	case s.session != nil && text+os.Getenv(rerunVariable) != "":
		return nil, fmt.Errorf("%s and %s are for plain go test: under gate the session says what runs", selectVariable, rerunVariable)
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

// A selector finds what forms mean among all scenarios of a suite.
type selector struct {
	root fs.FS
	all  []*scenario
}

// pick is what any of forms selects. One that selects nothing is an error.
func (s *selector) pick(forms []form) ([]*scenario, error) {
	keep := map[*scenario]bool{}
	var wrong []error
	for _, f := range forms {
		found, err := s.find(f)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", f.text, err))
		}
		for _, sc := range found {
			keep[sc] = true
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(s.all), func(sc *scenario) bool { return !keep[sc] }), nil
}

func (s *selector) find(f form) (found []*scenario, err error) {
	if f.name != nil {
		for _, sc := range s.all {
			if f.name.MatchString(sc.name) {
				found = append(found, sc)
			}
		}
		if len(found) == 0 {
			return nil, errors.New("no scenario has such a name" + s.likeName(f.name.String()))
		}
		return found, nil
	}
	uri, err := s.uri(f.path)
	if err != nil {
		return nil, err
	}
	for _, sc := range s.all {
		if sc.in.uri == uri {
			found = append(found, sc)
		}
	}
	if len(f.lines) == 0 {
		return found, nil
	}
	return s.lines(uri, f.lines, found)
}

// lines are those of the scenarios of one file that stand at lines.
func (s *selector) lines(uri string, lines []int, all []*scenario) (found []*scenario, err error) {
	spans, err := readSpans(s.root, uri)
	if err != nil {
		return nil, err
	}
	var wrong []error
	for _, n := range lines {
		at := standsFor(spans, n)
		if len(at) == 0 {
			wrong = append(wrong, fmt.Errorf("there is no scenario at line %d%s", n, near(all, n)))
		}
		for _, sc := range all {
			if slices.Contains(at, sc.line()) {
				found = append(found, sc)
			}
		}
	}
	return found, errors.Join(wrong...)
}

// line is where the scenario stands in its file.
func (s *scenario) line() int {
	n, _ := strconv.Atoi(s.where[strings.LastIndexByte(s.where, ':')+1:])
	return n
}

// near names the scenarios before and after a line.
func near(all []*scenario, line int) string {
	var names []string
	for i, sc := range all {
		last := i == len(all)-1 || all[i+1].line() > line
		if sc.line() <= line && last || sc.line() > line && (i == 0 || all[i-1].line() <= line) {
			names = append(names, fmt.Sprintf("%s (%s)", sc.where, sc.name))
		}
	}
	return "; near are " + strings.Join(names, " and ")
}

// uri is the feature file that name means: relative to the package, as messages
// of go test have it; from a folder above, as gate has it; or absolute.
func (s *selector) uri(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	var uris []string
	for _, sc := range s.all {
		if !slices.Contains(uris, sc.in.uri) {
			uris = append(uris, sc.in.uri)
		}
	}
	above := filepath.ToSlash(dir)
	for prefix := ""; ; above, prefix = path.Dir(above), path.Join(path.Base(above), prefix) {
		for _, uri := range uris {
			if path.Join(prefix, uri) == name {
				return uri, nil
			}
		}
		if above == path.Dir(above) {
			break
		}
	}
	for _, uri := range uris {
		if path.Join(filepath.ToSlash(dir), uri) == name {
			return uri, nil
		}
	}
	return "", fmt.Errorf("no scenario is in such a file%s", like(name, uris))
}

func (s *selector) likeName(text string) string {
	var names []string
	for _, sc := range s.all {
		names = append(names, sc.name)
	}
	return like(text, names)
}

// like lists those names that are most like text.
func like(text string, names []string) string {
	if len(names) == 0 {
		return "; there are none at all"
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	slices.SortStableFunc(names, func(a, b string) int { return distance(a, text) - distance(b, text) })
	if len(names) > 5 {
		names = append(names[:5:5], "...")
	}
	return "; there are " + strings.Join(names, ", ")
}
