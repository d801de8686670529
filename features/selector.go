package features

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

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
