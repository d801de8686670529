package features

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	gherkin "github.com/cucumber/gherkin/go/v42"
	messages "github.com/cucumber/messages/go/v34"

	"github.com/cucumber/godog"

	"github.com/stagegate/stagegate/harness"
)

// A godogFileSet is the features that the options of a godog suite name.
type godogFileSet struct {
	files   []*godogFile
	paths   []*godogPath
	dialect string
}

// A godogFile is a feature, and where its scenarios stand.
type godogFile struct {
	*feature
	uri    string
	source []byte
	parts  []stretch
}

// A godogPath is one of Options.Paths, or a feature that was given as text.
type godogPath struct {
	name string
	line int // 0: all of it
	uris []string
	used bool // it selects a scenario
}

// A stretch is the lines [from, to) of a scenario or an outline, counted from 1.
type stretch struct {
	from, to int
	line     int   // at which it is found
	rows     []int // lines of an outline's rows
}

// osFS opens files as godog does: also outside of the folder.
type osFS struct{}

func (osFS) Open(name string) (fs.File, error) { return os.Open(name) }

// godogFiles reads what the options name, in godog's order.
func godogFiles(o godog.Options) (*godogFileSet, error) {
	set := &godogFileSet{dialect: o.Dialect}
	if set.dialect == "" {
		set.dialect = gherkin.DefaultDialect
	}
	for _, f := range o.FeatureContents {
		if set.file(f.Name) != nil {
			return nil, fmt.Errorf("two of Options.FeatureContents are called %q\nhint: godog would run the first alone", f.Name)
		}
		if err := set.add(f.Name, f.Contents); err != nil {
			return nil, err
		}
		set.paths = append(set.paths, &godogPath{name: f.Name, uris: []string{f.Name}})
	}
	root, paths := o.FS, o.Paths
	if root == nil {
		root = osFS{}
	}
	if len(paths) == 0 && len(o.FeatureContents) == 0 {
		paths = []string{"features"}
	}
	for _, name := range paths {
		if err := set.read(root, name); err != nil {
			return nil, err
		}
	}
	return set, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// read reads a folder, a file, or a file with a line after a colon.
func (set *godogFileSet) read(root fs.FS, name string) error {
	p := &godogPath{name: name}
	if before, after, found := cutLast(name, ":"); found {
		if n, err := strconv.Atoi(after); err == nil {
			name, p.line = before, n
		}
	}
	err := fs.WalkDir(root, name, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || file != name && !strings.HasSuffix(file, ".feature") {
			return err
		}
		p.uris = append(p.uris, file)
		if set.file(file) != nil {
			return nil
		}
		b, err := fs.ReadFile(root, file)
		if err != nil {
			return err
		}
		return set.add(file, b)
	})
	set.paths = append(set.paths, p)
	return err
}

func (set *godogFileSet) file(uri string) *godogFile {
	if i := slices.IndexFunc(set.files, func(f *godogFile) bool { return f.uri == uri }); i >= 0 {
		return set.files[i]
	}
	return nil
}

func (set *godogFileSet) add(uri string, b []byte) error {
	b = bytes.TrimPrefix(b, []byte("\uFEFF"))
	if !utf8.Valid(b) {
		return fmt.Errorf("%s: is not UTF-8", uri)
	}
	ids := (&messages.Incrementing{}).NewId
	doc, err := gherkin.ParseGherkinDocumentForLanguage(bytes.NewReader(b), set.dialect, ids)
	if err != nil {
		return fmt.Errorf("%s: %s", uri, strings.TrimPrefix(err.Error(), "Parser errors:\n"))
	}
	if doc.Feature == nil {
		return fmt.Errorf("%s: has no Feature", uri)
	}
	f := &godogFile{uri: uri, source: b,
		feature: &feature{home: &home{uri: uri, name: doc.Feature.Name}, doc: doc.Feature, pickles: gherkin.Pickles(*doc, uri, ids)}}
	f.parts = stretches(doc.Feature, bytes.Count(b, []byte("\n"))+2)
	set.files = append(set.files, f)
	return nil
}

// scenarios lists the scenarios of all files, as subtests of test.
func (set *godogFileSet) scenarios(test string) []*scenario {
	var all []*scenario
	texts := phrases{}
	for _, f := range set.files {
		all = append(all, f.scenarios(texts)...)
	}
	called(all, test)
	for i := range all {
		if sc := all[i]; len(sc.steps) == 0 && sc.problem == "" {
			sc.problem, sc.detail = harness.Empty, sc.where+": a scenario without steps"
		}
	}
	return all
}

// names reports whether a path selects sc.
func (set *godogFileSet) names(sc *scenario) bool {
	uri, at, _ := cutLast(sc.where, ":")
	line, _ := strconv.Atoi(at)
	own := line
	if i := slices.IndexFunc(set.file(uri).parts, func(s stretch) bool { return slices.Contains(s.rows, line) }); i >= 0 {
		own = set.file(uri).parts[i].line
	}
	named := false
	for _, p := range set.paths {
		if slices.Contains(p.uris, uri) && (p.line == 0 || p.line == line || p.line == own) {
			p.used, named = true, true
		}
	}
	return named
}

// unused reports a path that selects nothing.
func (set *godogFileSet) unused() error {
	for _, p := range set.paths {
		if !p.used {
			return fmt.Errorf("features: %s selects no scenario\nhint: a line is that of a scenario, an outline or a row of examples", p.name)
		}
	}
	return nil
}

// contents are the files with nothing but these scenarios in them, each on its line.
func (set *godogFileSet) contents(only []*scenario) (all []godog.Feature) {
	keep := map[string]map[int]bool{}
	for _, sc := range only {
		uri, at, _ := cutLast(sc.where, ":")
		line, _ := strconv.Atoi(at)
		if keep[uri] == nil {
			keep[uri] = map[int]bool{}
		}
		keep[uri][line] = true
	}
	for _, f := range set.files {
		if len(keep[f.uri]) > 0 {
			all = append(all, godog.Feature{Name: f.uri, Contents: f.only(keep[f.uri])})
		}
	}
	return all
}

// only is the source with the lines of all other scenarios and rows empty.
func (f *godogFile) only(keep map[int]bool) []byte {
	lines := bytes.SplitAfter(f.source, []byte("\n"))
	blank := func(from, to int) {
		for i := from; i < min(to, len(lines)+1); i++ {
			lines[i-1] = []byte("\n")
		}
	}
	for _, s := range f.parts {
		switch {
		case !keep[s.line] && !slices.ContainsFunc(s.rows, func(n int) bool { return keep[n] }):
			blank(s.from, s.to)
		default:
			for _, n := range s.rows {
				if !keep[n] {
					blank(n, n+1)
				}
			}
		}
	}
	return bytes.Join(lines, nil)
}

// stretches says where the scenarios of a feature stand; end is the line after
// its last one.
func stretches(doc *messages.Feature, end int) (all []stretch) {
	starts := func(b *messages.Background, s *messages.Scenario, r *messages.Rule) int {
		switch {
		case b != nil:
			return int(b.Location.Line)
		case s != nil:
			return topLine(s.Location, s.Tags)
		default:
			return topLine(r.Location, r.Tags)
		}
	}
	for i, c := range doc.Children {
		to := end
		if i+1 < len(doc.Children) {
			n := doc.Children[i+1]
			to = starts(n.Background, n.Scenario, n.Rule)
		}
		if c.Scenario != nil {
			all = append(all, stretchOf(c.Scenario, to))
		}
		if c.Rule == nil {
			continue
		}
		for k, r := range c.Rule.Children {
			until := to
			if k+1 < len(c.Rule.Children) {
				n := c.Rule.Children[k+1]
				until = starts(n.Background, n.Scenario, nil)
			}
			if r.Scenario != nil {
				all = append(all, stretchOf(r.Scenario, until))
			}
		}
	}
	return all
}

func stretchOf(s *messages.Scenario, to int) stretch {
	p := stretch{from: topLine(s.Location, s.Tags), to: to, line: int(s.Location.Line)}
	for _, ex := range s.Examples {
		for _, row := range ex.TableBody {
			p.rows = append(p.rows, int(row.Location.Line))
		}
	}
	return p
}

// topLine is the line of a thing or of the tags above it.
func topLine(at *messages.Location, tags []*messages.Tag) int {
	line := at.Line
	for _, t := range tags {
		line = min(line, t.Location.Line)
	}
	return int(line)
}
