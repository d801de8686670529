package gatefile

import (
	"fmt"
	"maps"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/tags"
	"github.com/stagegate/stagegate/internal/strictyaml"
	"github.com/stagegate/stagegate/internal/testenv"
)

// check finds what is well written and makes no sense.
func (r *reader) check(f *File) {
	r.word("service", f.Service)
	r.patterns("artifacts", f.Artifacts)
	r.patterns("deploy.inputs", f.Deploy.Inputs)
	r.patterns("deploy.config", f.Deploy.Config)
	f.Store.check("store", r.note)
	if err := f.Store.Apart(f.Targets); err != nil {
		r.Fail(r.At("store.account"), "%v", err)
	}
	for name, t := range f.Targets {
		r.checkTarget("targets."+name, t)
	}
	r.apart(f.Targets)
	folders := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(f.Suites)) {
		s := f.Suites[name]
		r.checkSuite("suites."+name, s)
		for _, key := range []string{"pacts", "messages"} {
			dir := map[string]string{"pacts": s.Pacts, "messages": s.Messages}[key]
			if dir == "" {
				continue
			}
			if other, ok := folders[filepath.Clean(dir)]; ok {
				r.Fail(r.At("suites."+name+"."+key), "suites.%s.%s: %q is the folder of suites.%s: each empties its own", name, key, dir, other)
			}
			folders[filepath.Clean(dir)] = name
		}
	}
	if len(f.Stages) == 0 {
		r.Fail(1, "stages: a gate.yaml needs at least a commit stage")
	}
	commit := ""
	for _, s := range f.Stages {
		r.checkStage(f, s)
		if s.Target == "" && commit != "" {
			r.Fail(r.At("stages."+s.Name), "stages.%s: has no target, and neither has %s: only one commit stage is possible", s.Name, commit)
		}
		if s.Target == "" {
			commit = s.Name
		}
	}
	r.acyclic(f)
}

var word = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$`)

func (r *reader) word(path, s string) {
	switch {
	case s == "":
		r.Fail(r.At(path), "%s: is missing", path)
	case !word.MatchString(s):
		r.Fail(r.At(path), "%s: %q: a name has letters, digits, - and _, at most 63", path, s)
	}
}

// patterns checks that files stay below the folder of gate.yaml.
func (r *reader) patterns(key string, all []string) {
	for _, p := range all {
		if p != path.Clean(p) || path.IsAbs(p) || p == ".." || strings.HasPrefix(p, "../") || strings.Contains(p, `\`) {
			r.Fail(r.At(key), "%s: %q: want a relative path below the folder of gate.yaml, with /", key, p)
		} else if _, err := path.Match(p, ""); err != nil {
			r.Fail(r.At(key), "%s: %q: %v", key, p, err)
		}
	}
}

func (r *reader) web(path, s string) { checkWeb(path, s, r.note) }

func checkWeb(path, s string, note note) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		note(path, "%s: %q: want http://host or https://host, with a path at most", path, s)
	}
}

func (r *reader) checkSuite(path string, s harness.Suite) {
	r.word(path, s.Name)
	forms := 0
	for _, is := range []bool{len(s.Run) > 0, s.Cmd != "", s.Record} {
		if is {
			forms++
		}
	}
	switch {
	case forms != 1:
		r.Fail(r.At(path), "%s: give one of run (Go packages), cmd (another tool) and record: true (results handed in)", path)
	case s.Cmd != "" && s.Results == "":
		r.Fail(r.At(path), "%s: results is missing: the file that the command writes", path)
	case s.Cmd == "" && s.Results != "":
		r.Fail(r.At(path), "%s: results goes with cmd", path)
	case s.Run == nil && (s.Except != nil || s.Tags != ""):
		r.Fail(r.At(path), "%s: except and tags go with run", path)
	}
	if len(s.Env) > 0 && s.Record {
		r.Fail(r.At(path+".env"), "%s.env: goes with run or cmd", path)
	}
	for _, name := range s.Env {
		if err := testenv.Check(name); err != nil {
			r.Fail(r.At(path+".env"), "%s.env: %v", path, err)
		}
	}
	r.checkFolder(path+".pacts", s.Pacts, s.Run != nil, "pact files")
	r.checkFolder(path+".messages", s.Messages, s.Run != nil, "messages")
	if _, err := tags.Parse(s.Tags); err != nil {
		r.Fail(r.At(path+".tags"), "%s.tags: %v", path, err)
	}
}

// checkFolder checks a folder that each run of a Go suite writes anew.
func (r *reader) checkFolder(path, dir string, isRun bool, what string) {
	switch {
	case dir == "":
	case !isRun:
		r.Fail(r.At(path), "%s: goes with run", path)
	case !filepath.IsLocal(dir) || filepath.Clean(dir) == ".":
		r.Fail(r.At(path), "%s: %q: want a folder within this one, for %s alone: it is emptied", path, dir, what)
	}
}

func (r *reader) checkStage(f *File, s harness.Stage) {
	p := "stages." + s.Name
	r.word(p, s.Name)
	if len(s.Before)+len(s.After) == 0 {
		r.Fail(r.At(p), "%s: has no suites: a stage that checks nothing would allow everything", p)
	}
	for _, key := range []string{"before", "after"} {
		for _, name := range map[string][]string{"before": s.Before, "after": s.After}[key] {
			suite, ok := f.Suites[name]
			if !ok {
				r.Fail(r.At(p+"."+key), "%s: there is no suite %q%s", p, name, strictyaml.Meant(name, slices.Sorted(maps.Keys(f.Suites))))
			}
			if suite.Record && key == "before" {
				r.Fail(r.At(p+".before"), "%s.before: results of %s are handed in when the run is over (record: true), and before the deploy there are none: put it under after", p, name)
			}
		}
	}
	for _, name := range s.Needs {
		if !slices.Contains(f.StageNames(), name) {
			r.Fail(r.At(p+".needs"), "%s.needs: there is no stage %q%s", p, name, strictyaml.Meant(name, f.StageNames()))
		}
	}
	if b := s.Budget; b.Max > 0 && b.Warn > b.Max {
		r.Fail(r.At(p+".budget"), "%s.budget: warn is above max", p)
	}
	if s.Target == "" {
		r.checkCommit(p, s)
		return
	}
	t, ok := f.Targets[s.Target]
	switch {
	case !ok:
		r.Fail(r.At(p+".target"), "%s.target: there is no target %q%s", p, s.Target, strictyaml.Meant(s.Target, slices.Sorted(maps.Keys(f.Targets))))
	case t.Dev:
		r.Fail(r.At(p+".target"), "%s.target: %s is a person's own place: no stage runs there", p, s.Target)
	case t.Version == nil:
		r.Fail(r.At("targets."+s.Target), "targets.%s: version is missing: stage %s reads back which commit is deployed, as in version: {path: /version, json: commit}", s.Target, s.Name)
	}
	r.checkDeployed(f, p, s)
	r.checkMonitors(p, s, t)
}

// checkMonitors wants alarms that can be found, and checks that can be run.
func (r *reader) checkMonitors(p string, s harness.Stage, t harness.Target) {
	if a := s.Alarms; a != nil {
		key, value, ok := strings.Cut(a.Tagged, "=")
		switch {
		case a.Tagged == "" && len(a.Names) == 0:
			r.Fail(r.At(p+".alarms"), "%s.alarms: which ones? give tagged: key=value, or names", p)
		case a.Tagged != "" && (!ok || key == "" || value == ""):
			r.Fail(r.At(p+".alarms.tagged"), "%s.alarms.tagged: %q: want key=value, as in service=orders", p, a.Tagged)
		case !t.Cloud():
			r.Fail(r.At(p+".alarms"), "%s.alarms: are of the cloud, and target %s has no account", p, s.Target)
		}
	}
	for _, c := range s.Checks {
		r.word(p+".checks."+c.Name, c.Name)
		if c.Run == "" {
			r.Fail(r.At(p+".checks."+c.Name), "%s.checks.%s: run is missing: a shell command that ends with 0 where all is well", p, c.Name)
		}
	}
}

func (r *reader) checkCommit(p string, s harness.Stage) {
	if s.Approvals > 0 {
		r.Fail(r.At(p+".approvals"), "%s.approvals: a commit stage promotes nothing: put it on a stage with a target", p)
	}
	if s.Alarms != nil || s.Checks != nil {
		r.Fail(r.At(p), "%s: alarms and checks look at what runs on a target, and the commit stage has none", p)
	}
	if s.Deploy || s.Before != nil || s.Needs != nil {
		r.Fail(r.At(p), "%s: a stage without a target is the commit stage: it has no deploy, before or needs", p)
	}
}

func (r *reader) checkDeployed(f *File, p string, s harness.Stage) {
	if len(s.Needs) == 0 {
		r.Fail(r.At(p), "%s: needs is missing: which stage must have passed before", p)
	}
	if s.Steps != nil {
		r.Fail(r.At(p+".steps"), "%s: steps belong to the commit stage: what is deployed is not built again", p)
	}
	if len(f.Artifacts) == 0 {
		r.Fail(r.At(p), "%s: artifacts is missing at the top of the file: what the commit stage makes and this stage takes", p)
	}
	if s.Deploy && f.Deploy.Run == "" {
		r.Fail(r.At(p+".deploy"), "%s: deploys, and deploy.run is missing", p)
	}
	if !s.Deploy && s.Before != nil {
		r.Fail(r.At(p+".before"), "%s: before goes with deploy: true", p)
	}
}

// acyclic refuses stages that wait for each other.
func (r *reader) acyclic(f *File) {
	state := map[string]int{} // 1 while visiting, 2 when done
	var visit func(name string, trail []string) bool
	visit = func(name string, trail []string) bool {
		if state[name] == 1 {
			r.Fail(r.At("stages."+name+".needs"), "stages.%s.needs: stages wait for each other: %s", name, strings.Join(append(trail, name), " needs "))
			return false
		}
		if state[name] == 2 {
			return true
		}
		state[name] = 1
		s, _ := f.Stage(name)
		for _, n := range s.Needs {
			if !visit(n, append(trail, name)) {
				return false
			}
		}
		state[name] = 2
		return true
	}
	for _, s := range f.Stages {
		if !visit(s.Name, nil) {
			return
		}
	}
}

// ConfigFor are the configuration files of a target, in the file's order.
func (d Deploy) ConfigFor(target string) []string {
	all := make([]string, len(d.Config))
	for i, c := range d.Config {
		all[i] = strings.ReplaceAll(c, "{target}", target)
	}
	return all
}

// Unknown is the error for a stage that is not in f; it names the nearest one.
func (f *File) Unknown(name string) error {
	return fmt.Errorf("there is no stage %q in %s%s\nhint: stages are %s", name, f.Path, strictyaml.Meant(name, f.StageNames()), strings.Join(f.StageNames(), ", "))
}
