package gatefile

import (
	"go.yaml.in/yaml/v4"

	"github.com/stagegate/stagegate/harness"
)

// file reads the whole of gate.yaml.
func (r *reader) file(f *File, n *yaml.Node) {
	r.fields("", n, map[string]field{
		"service":   r.text(&f.Service),
		"artifacts": r.texts(&f.Artifacts),
		"store": func(path string, n *yaml.Node) {
			r.fields(path, n, map[string]field{"url": r.text(&f.Store)})
		},
		"targets": func(path string, n *yaml.Node) {
			r.each(path, n, func(key string, line int, p string, v *yaml.Node) { f.Targets[key] = r.target(key, p, v) })
		},
		"suites": func(path string, n *yaml.Node) {
			r.each(path, n, func(key string, line int, p string, v *yaml.Node) { f.Suites[key] = r.suite(key, p, v) })
		},
		"deploy": func(path string, n *yaml.Node) {
			r.fields(path, n, map[string]field{
				"run": r.text(&f.Deploy.Run), "inputs": r.texts(&f.Deploy.Inputs), "config": r.texts(&f.Deploy.Config),
			})
		},
		"stages": func(path string, n *yaml.Node) {
			r.each(path, n, func(key string, line int, p string, v *yaml.Node) {
				f.Stages = append(f.Stages, r.stage(key, p, v))
			})
		},
	})
}

func (r *reader) target(name, path string, n *yaml.Node) harness.Target {
	t := harness.Target{Name: name, Mode: harness.Deployed}
	r.fields(path, n, map[string]field{
		"live": r.flag(&t.Live), "dev": r.flag(&t.Dev), "emulated": r.flag(&t.Emulated),
		"account": r.text(&t.Account), "region": r.text(&t.Region), "role": r.text(&t.Role),
		"profile": r.text(&t.Profile), "endpoint": r.text(&t.Endpoint), "url": r.text(&t.URL),
		"variables": r.table(&t.Variables),
		"version": func(path string, n *yaml.Node) {
			t.Version = &harness.VersionSource{}
			r.fields(path, n, map[string]field{"path": r.text(&t.Version.Path), "json": r.text(&t.Version.JSON)})
		},
		"dependencies": func(path string, n *yaml.Node) {
			t.Dependencies = map[string]harness.Dependency{}
			r.each(path, n, func(key string, _ int, p string, v *yaml.Node) { t.Dependencies[key] = r.dependency(p, v) })
		},
	})
	return t
}

func (r *reader) dependency(path string, n *yaml.Node) harness.Dependency {
	var d harness.Dependency
	r.fields(path, n, map[string]field{
		"url": r.text(&d.URL),
		"fixtures": func(path string, n *yaml.Node) {
			d.Fixtures = map[string]map[string]string{}
			r.each(path, n, func(state string, _ int, p string, v *yaml.Node) {
				var values map[string]string
				r.table(&values)(p, v)
				d.Fixtures[state] = values
			})
		},
	})
	return d
}

func (r *reader) suite(name, path string, n *yaml.Node) harness.Suite {
	s := harness.Suite{Name: name}
	r.fields(path, n, map[string]field{
		"run": r.texts(&s.Run), "except": r.texts(&s.Except), "tags": r.text(&s.Tags),
		"cmd": r.text(&s.Cmd), "results": r.text(&s.Results), "record": r.flag(&s.Record),
	})
	return s
}

func (r *reader) stage(name, path string, n *yaml.Node) harness.Stage {
	s := harness.Stage{Name: name}
	var suites []string
	r.fields(path, n, map[string]field{
		"target": r.text(&s.Target), "needs": r.texts(&s.Needs), "deploy": r.flag(&s.Deploy),
		"before": r.texts(&s.Before), "after": r.texts(&s.After), "suites": r.texts(&suites),
		"budget": func(path string, n *yaml.Node) {
			r.fields(path, n, map[string]field{"warn": r.duration(&s.Budget.Warn), "max": r.duration(&s.Budget.Max)})
		},
		"limits": func(path string, n *yaml.Node) {
			r.fields(path, n, map[string]field{"skips": r.count(&s.Limits.Skips), "flakes": r.count(&s.Limits.Flakes),
				"attempts": r.count(&s.Limits.Attempts), "age": r.duration(&s.Limits.Age)})
		},
		"steps": func(path string, n *yaml.Node) {
			r.each(path, n, func(key string, _ int, p string, v *yaml.Node) {
				step := harness.Step{Name: key}
				r.text(&step.Run)(p, v)
				s.Steps = append(s.Steps, step)
			})
		},
	})
	if suites != nil && s.After != nil {
		r.fail(r.at(path+".suites"), "%s: give either suites or after, they mean the same", path)
	}
	if suites != nil {
		s.After = suites
	}
	return s
}
