package features

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	gherkin "github.com/cucumber/gherkin/go/v42"
	messages "github.com/cucumber/messages/go/v34"
)

// discover returns the names of the *.feature files in root and below, sorted.
// Folders whose content is not this package's are left out: hidden ones,
// testdata, vendor, node_modules and other modules.
func discover(root fs.FS) ([]string, error) {
	var names []string
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && foreign(root, name) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".feature" {
			return refuseLinkedFolder(root, name, d)
		}
		names = append(names, name)
		return nil
	})
	slices.Sort(names)
	return names, err
}

func foreign(root fs.FS, name string) bool {
	base := path.Base(name)
	if base[0] == '.' || base[0] == '_' || slices.Contains([]string{"testdata", "vendor", "node_modules"}, base) {
		return true
	}
	_, err := fs.Stat(root, path.Join(name, "go.mod"))
	return err == nil
}

// refuseLinkedFolder reports a link to a folder: it is not followed, and
// features in it would be missed without a word.
func refuseLinkedFolder(root fs.FS, name string, d fs.DirEntry) error {
	if d.Type()&fs.ModeSymlink == 0 {
		return nil
	}
	if info, err := fs.Stat(root, name); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a symbolic link to a folder, which is not followed: move the folder here", name)
	}
	return nil
}

// A feature is one parsed feature file.
type feature struct {
	*home
	doc     *messages.Feature
	pickles []*messages.Pickle
	source  []byte
	whole   *messages.GherkinDocument
	told    bool // its ids are known to who reads the messages
}

// A home is what scenarios and steps know of the feature that they stand in.
type home struct {
	uri, name string
	tags      []string
	visit     visit
}

func parse(root fs.FS, name string, ids func() string) (*feature, error) {
	source, err := fs.ReadFile(root, name)
	if err != nil {
		return nil, err
	}
	b := bytes.TrimPrefix(source, []byte("\uFEFF"))
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("%s: is not UTF-8", name)
	}
	doc, err := gherkin.ParseGherkinDocument(bytes.NewReader(b), ids)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "Parser errors:\n"))
	}
	if doc.Feature == nil {
		return nil, fmt.Errorf("%s: has no Feature", name)
	}
	doc.Uri = name
	h := &home{uri: name, name: doc.Feature.Name}
	for _, t := range doc.Feature.Tags {
		h.tags = append(h.tags, t.Name)
	}
	return &feature{home: h, doc: doc.Feature, pickles: gherkin.Pickles(*doc, name, ids), source: b, whole: doc}, nil
}

func outlineKeyword(language, keyword string) bool {
	d := gherkin.DialectsBuiltin().GetDialect(language)
	return d != nil && slices.Contains(d.ScenarioOutlineKeywords(), keyword)
}
