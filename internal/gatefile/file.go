package gatefile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/strictyaml"
)

// A File is the content of one gate.yaml.
type File struct {
	Path      string         // as given
	Dir       string         // absolute folder of the file; every path in it is relative to this
	Digest    harness.Digest // of its bytes
	Text      []byte         // its bytes
	Service   string
	Artifacts []string // glob patterns; "**" matches folders
	Store     Store    // of the evidence; the folder .gate if the file names none
	Targets   map[string]harness.Target
	Suites    map[string]harness.Suite
	Deploy    Deploy
	// Quarantine holds what need not pass for some time; every stage has it.
	Quarantine []harness.Quarantined
	Stages     []harness.Stage // in the file's order
}

// Deploy says how any target is deployed to.
type Deploy struct {
	Run    string   // shell command
	Inputs []string // glob patterns of the files that must be the same for every target
	Config []string // file names that may differ; "{target}" stands for the target's name
}

// Stage returns the stage called name.
func (f *File) Stage(name string) (harness.Stage, bool) {
	for _, s := range f.Stages {
		if s.Name == name {
			return s, true
		}
	}
	return harness.Stage{}, false
}

// StageNames are the names of all stages, in the file's order.
func (f *File) StageNames() (all []string) {
	for _, s := range f.Stages {
		all = append(all, s.Name)
	}
	return all
}

// Target is where stage s runs.
func (f *File) Target(s harness.Stage) harness.Target {
	if s.Target == "" {
		return harness.InProcessTarget()
	}
	return f.Targets[s.Target]
}

// Commit returns the commit stage: the one without a target.
func (f *File) Commit() (harness.Stage, bool) {
	for _, s := range f.Stages {
		if s.Target == "" {
			return s, true
		}
	}
	return harness.Stage{}, false
}

// Load reads and checks the file at path.
func Load(path string) (*File, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such file\nhint: gate init writes one; -f names another", path)
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > strictyaml.MaxSize {
		return nil, fmt.Errorf("%s: is larger than 1 MiB", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	f, err := Parse(path, b)
	if err != nil {
		return nil, err
	}
	f.Dir = dir
	return f, nil
}

// Parse reads and checks the bytes of a gate.yaml; name stands in errors.
func Parse(name string, b []byte) (*File, error) {
	r := &reader{strictyaml.Reader{Name: name}}
	doc, err := r.Document(b)
	if err != nil {
		return nil, err
	}
	f := &File{Path: name, Digest: harness.DigestOf(b), Text: b, Store: Store{URL: ".gate"},
		Targets: map[string]harness.Target{}, Suites: map[string]harness.Suite{}}
	r.file(f, doc)
	for i := range f.Stages {
		f.Stages[i].Quarantine = f.Quarantine
	}
	if r.Sound() {
		r.check(f)
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return f, nil
}

// A reader reads a gate.yaml.
type reader struct{ strictyaml.Reader }
