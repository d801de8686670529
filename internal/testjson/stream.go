package testjson

import (
	"strings"
	"time"
)

// A Stream is what go test -json said. The zero Stream is ready for its first
// line.
type Stream struct {
	Packages []*Package // in the order they were first heard of
	Builds   []*Build
	Odd      []string // what does not belong in such a stream, a sentence each

	byName map[string]*Package
	builds map[string]*Build
}

// A Build is what the compiler said of one package.
type Build struct {
	ImportPath string
	Failed     bool
	Output     Excerpt
}

// A Package is what go test said of one package.
type Package struct {
	Name  string
	Tests []*Test // top-level tests in the order they began, each attempt for itself
	Ends  []End   // more than one where several runs were joined
	Open  bool    // there are events after the last end

	latest map[string]*Test
	from   int // the first test since the last end
	output Excerpt
	notes  End
}

// An End is how one run of a package ended.
type End struct {
	Action      string // "pass", "fail" or "skip"
	Tests       int    // top-level tests of this run
	Cached      bool   // nothing ran: go test repeated an old result
	NoTests     bool   // "[no tests to run]"
	NoFiles     bool   // "[no test files]"
	Unexplained bool   // it failed, and no test of it did
	FailedBuild string // import path of the build that failed
	Output      string // what was printed outside of tests
}

// Package returns what was said of the package called name, or nil.
func (s *Stream) Package(name string) *Package { return s.byName[name] }

// BuildOutput is what the compiler said of the build called importPath.
func (s *Stream) BuildOutput(importPath string) string {
	if b := s.builds[importPath]; b != nil {
		return b.Output.String()
	}
	return ""
}

// Latest returns the last attempt of the top-level test called name, or nil.
func (p *Package) Latest(name string) *Test { return p.latest[name] }

func (s *Stream) take(e Event) {
	if strings.HasPrefix(e.Action, "build-") {
		s.takeBuild(e)
		return
	}
	p := s.pkg(e.Package)
	if e.Test == "" {
		s.takePackage(p, e)
		return
	}
	p.Open = true
	top, _, isSub := strings.Cut(e.Test, "/")
	t := p.latest[top]
	if t == nil || e.Action == "run" && !isSub && (t.Ended() || t.closed) {
		t = p.begin(top)
	}
	t.take(s, e, isSub)
}

func (s *Stream) pkg(name string) *Package {
	if p := s.byName[name]; p != nil {
		return p
	}
	if s.byName == nil {
		s.byName = map[string]*Package{}
	}
	p := &Package{Name: name, latest: map[string]*Test{}}
	s.byName[name] = p
	s.Packages = append(s.Packages, p)
	return p
}

func (p *Package) begin(name string) *Test {
	t := &Test{Name: name, Package: p.Name, Attempt: 1, subs: map[string]*Sub{}}
	if before := p.latest[name]; before != nil {
		t.Attempt = before.Attempt + 1
	}
	p.latest[name] = t
	p.Tests = append(p.Tests, t)
	return t
}

func (s *Stream) takeBuild(e Event) {
	b := s.builds[e.ImportPath]
	if b == nil {
		if s.builds == nil {
			s.builds = map[string]*Build{}
		}
		b = &Build{ImportPath: e.ImportPath}
		s.builds[e.ImportPath] = b
		s.Builds = append(s.Builds, b)
	}
	b.Output.Add(e.Output)
	b.Failed = b.Failed || e.Action == "build-fail"
}

func (s *Stream) takePackage(p *Package, e Event) {
	switch e.Action {
	case "pass", "fail", "skip":
		p.end(e)
	case "output":
		p.Open = true
		p.output.Add(e.Output)
		p.note(e.Output)
	default:
		p.Open = true
	}
}

// note reads the remarks of go test's own line about a package. A test may
// print such a line too: that can only make the package look worse.
func (p *Package) note(line string) {
	if strings.HasPrefix(line, "?   \t") {
		p.notes.NoFiles = p.notes.NoFiles || strings.Contains(line, "[no test files]")
	}
	if strings.HasPrefix(line, "ok  \t") {
		p.notes.Cached = p.notes.Cached || strings.Contains(line, "(cached)")
		p.notes.NoTests = p.notes.NoTests || strings.Contains(line, "[no tests to run]")
	}
}

func (p *Package) end(e Event) {
	end := p.notes
	end.Action, end.FailedBuild = e.Action, e.FailedBuild
	end.Output = p.output.String()
	end.Tests = len(p.Tests) - p.from
	end.Unexplained = e.Action == "fail"
	for _, t := range p.Tests[p.from:] {
		if t.close(); t.failed() {
			end.Unexplained = false
		}
	}
	p.Ends = append(p.Ends, end)
	p.from, p.notes, p.output, p.Open = len(p.Tests), End{}, Excerpt{}, false
}

// Close says that no more lines come: a test that has no end now has failed.
func (s *Stream) Close() {
	for _, p := range s.Packages {
		for _, t := range p.Tests {
			t.close()
		}
	}
}

func seconds(f float64) time.Duration {
	if f <= 0 || f > 1e7 {
		return 0
	}
	return time.Duration(f * float64(time.Second))
}
