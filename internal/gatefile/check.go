package gatefile

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/tags"
)

// check finds what is well written and makes no sense.
func (r *reader) check(f *File) {
	r.word("service", f.Service)
	r.patterns("artifacts", f.Artifacts)
	r.patterns("deploy.inputs", f.Deploy.Inputs)
	r.patterns("deploy.config", f.Deploy.Config)
	if strings.Contains(f.Store, "://") {
		r.fail(r.at("store.url"), "store.url: %q: this version keeps evidence in a folder: give its path", f.Store)
	}
	for name, t := range f.Targets {
		r.checkTarget("targets."+name, t)
	}
	for name, s := range f.Suites {
		r.checkSuite("suites."+name, s)
	}
	if len(f.Stages) == 0 {
		r.fail(1, "stages: a gate.yaml needs at least a commit stage")
	}
	commit := ""
	for _, s := range f.Stages {
		r.checkStage(f, s)
		if s.Target == "" && commit != "" {
			r.fail(r.at("stages."+s.Name), "stages.%s: has no target, and neither has %s: only one commit stage is possible", s.Name, commit)
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
		r.fail(r.at(path), "%s: is missing", path)
	case !word.MatchString(s):
		r.fail(r.at(path), "%s: %q: a name has letters, digits, - and _, at most 63", path, s)
	}
}

// patterns checks that files stay below the folder of gate.yaml.
func (r *reader) patterns(key string, all []string) {
	for _, p := range all {
		if p != path.Clean(p) || path.IsAbs(p) || p == ".." || strings.HasPrefix(p, "../") || strings.Contains(p, `\`) {
			r.fail(r.at(key), "%s: %q: want a relative path below the folder of gate.yaml, with /", key, p)
		} else if _, err := path.Match(p, ""); err != nil {
			r.fail(r.at(key), "%s: %q: %v", key, p, err)
		}
	}
}

func (r *reader) web(path, s string) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		r.fail(r.at(path), "%s: %q: want http://host or https://host, with a path at most", path, s)
	}
}

var (
	account = regexp.MustCompile(`^[0-9]{12}$`)
	roleARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}):role/.+$`)
)

func (r *reader) checkTarget(path string, t harness.Target) {
	r.word(path, t.Name)
	if t.Name == "commit" {
		r.fail(r.at(path), "%s: the name is taken: runs of the commit stage are kept under it", path)
	}
	if t.URL == "" {
		r.fail(r.at(path), "%s: url is missing: where the service is deployed", path)
	} else {
		r.web(path+".url", t.URL)
	}
	if t.Live && t.Dev {
		r.fail(r.at(path), "%s: a target is live or dev, not both", path)
	}
	if t.Endpoint != "" {
		r.web(path+".endpoint", t.Endpoint)
		if !t.Emulated {
			r.fail(r.at(path+".endpoint"), "%s: has the endpoint of an emulator: say emulated: true, and every verdict will too", path)
		}
	}
	r.checkAccount(path, t)
	if v := t.Version; v != nil && (!strings.HasPrefix(v.Path, "/") || v.JSON == "") {
		r.fail(r.at(path+".version"), "%s.version: want {path: /version, json: commit}: where the service tells its commit", path)
	}
	for name, d := range t.Dependencies {
		r.word(path+".dependencies."+name, name)
		r.web(path+".dependencies."+name+".url", d.URL)
	}
}

func (r *reader) checkAccount(path string, t harness.Target) {
	if t.Account == "" {
		if t.Role != "" || t.Profile != "" || t.Region != "" || t.Endpoint != "" {
			r.fail(r.at(path), "%s: account is missing: it is proven before anything runs there", path)
		}
		return
	}
	if !account.MatchString(t.Account) {
		r.fail(r.at(path+".account"), "%s.account: %q: want twelve digits in quotes", path, t.Account)
	}
	if t.Region == "" {
		r.fail(r.at(path), "%s: region is missing", path)
	}
	if m := roleARN.FindStringSubmatch(t.Role); t.Role != "" && (m == nil || m[1] != t.Account) {
		r.fail(r.at(path+".role"), "%s.role: %q: want the ARN of a role in account %s", path, t.Role, t.Account)
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
		r.fail(r.at(path), "%s: give one of run (Go packages), cmd (another tool) and record: true (results handed in)", path)
	case s.Cmd != "" && s.Results == "":
		r.fail(r.at(path), "%s: results is missing: the file that the command writes", path)
	case s.Cmd == "" && s.Results != "":
		r.fail(r.at(path), "%s: results goes with cmd", path)
	case s.Run == nil && (s.Except != nil || s.Tags != ""):
		r.fail(r.at(path), "%s: except and tags go with run", path)
	}
	if _, err := tags.Parse(s.Tags); err != nil {
		r.fail(r.at(path+".tags"), "%s.tags: %v", path, err)
	}
}

func (r *reader) checkStage(f *File, s harness.Stage) {
	p := "stages." + s.Name
	r.word(p, s.Name)
	if len(s.Before)+len(s.After) == 0 {
		r.fail(r.at(p), "%s: has no suites: a stage that checks nothing would allow everything", p)
	}
	for _, key := range []string{"before", "after"} {
		for _, name := range map[string][]string{"before": s.Before, "after": s.After}[key] {
			if _, ok := f.Suites[name]; !ok {
				r.fail(r.at(p+"."+key), "%s: there is no suite %q%s", p, name, meant(name, keys(f.Suites)))
			}
		}
	}
	for _, name := range s.Needs {
		if !slices.Contains(f.StageNames(), name) {
			r.fail(r.at(p+".needs"), "%s.needs: there is no stage %q%s", p, name, meant(name, f.StageNames()))
		}
	}
	if b := s.Budget; b.Max > 0 && b.Warn > b.Max {
		r.fail(r.at(p+".budget"), "%s.budget: warn is above max", p)
	}
	if s.Target == "" {
		r.checkCommit(p, s)
		return
	}
	t, ok := f.Targets[s.Target]
	switch {
	case !ok:
		r.fail(r.at(p+".target"), "%s.target: there is no target %q%s", p, s.Target, meant(s.Target, keys(f.Targets)))
	case t.Dev:
		r.fail(r.at(p+".target"), "%s.target: %s is a person's own place: no stage runs there", p, s.Target)
	case t.Version == nil:
		r.fail(r.at("targets."+s.Target), "targets.%s: version is missing: stage %s reads back which commit is deployed, as in version: {path: /version, json: commit}", s.Target, s.Name)
	}
	r.checkDeployed(f, p, s)
}

func (r *reader) checkCommit(p string, s harness.Stage) {
	if s.Deploy || s.Before != nil || s.Needs != nil {
		r.fail(r.at(p), "%s: a stage without a target is the commit stage: it has no deploy, before or needs", p)
	}
}

func (r *reader) checkDeployed(f *File, p string, s harness.Stage) {
	if len(s.Needs) == 0 {
		r.fail(r.at(p), "%s: needs is missing: which stage must have passed before", p)
	}
	if s.Steps != nil {
		r.fail(r.at(p+".steps"), "%s: steps belong to the commit stage: what is deployed is not built again", p)
	}
	if len(f.Artifacts) == 0 {
		r.fail(r.at(p), "%s: artifacts is missing at the top of the file: what the commit stage makes and this stage takes", p)
	}
	if s.Deploy && f.Deploy.Run == "" {
		r.fail(r.at(p+".deploy"), "%s: deploys, and deploy.run is missing", p)
	}
	if !s.Deploy && s.Before != nil {
		r.fail(r.at(p+".before"), "%s: before goes with deploy: true", p)
	}
}

// acyclic refuses stages that wait for each other.
func (r *reader) acyclic(f *File) {
	state := map[string]int{} // 1 while visiting, 2 when done
	var visit func(name string, trail []string) bool
	visit = func(name string, trail []string) bool {
		if state[name] == 1 {
			r.fail(r.at("stages."+name+".needs"), "stages.%s.needs: stages wait for each other: %s", name, strings.Join(append(trail, name), " needs "))
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

func keys[V any](m map[string]V) []string {
	all := make([]string, 0, len(m))
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
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
	return fmt.Errorf("there is no stage %q in %s%s\nhint: stages are %s", name, f.Path, meant(name, f.StageNames()), strings.Join(f.StageNames(), ", "))
}
