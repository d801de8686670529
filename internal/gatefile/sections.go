package gatefile

import (
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/strictyaml"
)

// file reads the whole of gate.yaml.
func (r *reader) file(f *File, n *yaml.Node) {
	r.Fields("", n, map[string]strictyaml.Field{
		"service":   r.Text(&f.Service),
		"artifacts": r.Texts(&f.Artifacts),
		"store": func(path string, n *yaml.Node) {
			s := &f.Store
			r.Fields(path, n, map[string]strictyaml.Field{"url": r.Text(&s.URL), "account": r.Text(&s.Account), "region": r.Text(&s.Region),
				"role": r.Text(&s.Role), "profile": r.Text(&s.Profile), "endpoint": r.Text(&s.Endpoint), "emulated": r.Flag(&s.Emulated)})
		},
		"targets": func(path string, n *yaml.Node) {
			r.Each(path, n, func(key string, line int, p string, v *yaml.Node) { f.Targets[key] = r.target(key, p, v) })
		},
		"suites": func(path string, n *yaml.Node) {
			r.Each(path, n, func(key string, line int, p string, v *yaml.Node) { f.Suites[key] = r.suite(key, p, v) })
		},
		"quarantine": func(path string, n *yaml.Node) {
			r.Each(path, n, func(key string, _ int, p string, v *yaml.Node) {
				f.Quarantine = append(f.Quarantine, r.quarantined(key, p, v))
			})
		},
		"deploy": func(path string, n *yaml.Node) {
			r.Fields(path, n, map[string]strictyaml.Field{
				"run": r.Text(&f.Deploy.Run), "inputs": r.Texts(&f.Deploy.Inputs), "config": r.Texts(&f.Deploy.Config),
			})
		},
		"stages": func(path string, n *yaml.Node) {
			r.Each(path, n, func(key string, line int, p string, v *yaml.Node) {
				f.Stages = append(f.Stages, r.stage(key, p, v))
			})
		},
	})
}

func (r *reader) target(name, path string, n *yaml.Node) harness.Target {
	t := harness.Target{Name: name, Mode: harness.Deployed}
	r.Fields(path, n, map[string]strictyaml.Field{
		"live": r.Flag(&t.Live), "dev": r.Flag(&t.Dev), "emulated": r.Flag(&t.Emulated),
		"account": r.Text(&t.Account), "region": r.Text(&t.Region), "role": r.Text(&t.Role),
		"profile": r.Text(&t.Profile), "endpoint": r.Text(&t.Endpoint), "url": r.Text(&t.URL),
		"variables": r.Table(&t.Variables), "mutates": r.Texts(&t.Mutates), "traces": r.Text(&t.Traces),
		"tests": func(path string, n *yaml.Node) {
			t.Tests = &harness.Role{}
			r.Fields(path, n, map[string]strictyaml.Field{"role": r.Text(&t.Tests.ARN), "policies": r.Texts(&t.Tests.Policies)})
		},
		"secrets": func(path string, n *yaml.Node) {
			t.Secrets = map[string]harness.SecretRef{}
			r.Each(path, n, func(key string, _ int, p string, v *yaml.Node) { t.Secrets[key] = r.secret(p, v) })
		},
		"version": func(path string, n *yaml.Node) {
			t.Version = &harness.VersionSource{}
			r.Fields(path, n, map[string]strictyaml.Field{"path": r.Text(&t.Version.Path), "json": r.Text(&t.Version.JSON)})
		},
		"dependencies": func(path string, n *yaml.Node) {
			t.Dependencies = map[string]harness.Dependency{}
			r.Each(path, n, func(key string, _ int, p string, v *yaml.Node) { t.Dependencies[key] = r.dependency(p, v) })
		},
	})
	return t
}

func (r *reader) secret(path string, n *yaml.Node) harness.SecretRef {
	if n.Kind == yaml.ScalarNode { // it may be the secret: it is not repeated
		r.Fail(n.Line, "%s: want a mapping, {env: NAME}, {ssm: NAME} or {secretsmanager: NAME}: where the value is, never the value\nhint: if it was one, change it: it is in the file's history", path)
		return harness.SecretRef{}
	}
	var s harness.SecretRef
	r.Fields(path, n, map[string]strictyaml.Field{"env": r.Text(&s.Env), "ssm": r.Text(&s.SSM),
		"secretsmanager": r.Text(&s.SecretsManager), "json": r.Text(&s.JSON)})
	return s
}

func (r *reader) dependency(path string, n *yaml.Node) harness.Dependency {
	var d harness.Dependency
	r.Fields(path, n, map[string]strictyaml.Field{
		"url": r.Text(&d.URL),
		"fixtures": func(path string, n *yaml.Node) {
			d.Fixtures = map[string]map[string]string{}
			r.Each(path, n, func(state string, _ int, p string, v *yaml.Node) {
				var values map[string]string
				r.Table(&values)(p, v)
				d.Fixtures[state] = values
			})
		},
	})
	return d
}

func (r *reader) suite(name, path string, n *yaml.Node) harness.Suite {
	s := harness.Suite{Name: name}
	r.Fields(path, n, map[string]strictyaml.Field{
		"run": r.Texts(&s.Run), "except": r.Texts(&s.Except), "tags": r.Text(&s.Tags),
		"cmd": r.Text(&s.Cmd), "results": r.Text(&s.Results), "record": r.Flag(&s.Record), "pacts": r.Text(&s.Pacts), "messages": r.Text(&s.Messages),
		"env": r.Texts(&s.Env),
	})
	return s
}

// quarantined reads an entry that has to say who, why and until when.
func (r *reader) quarantined(id, path string, n *yaml.Node) harness.Quarantined {
	q := harness.Quarantined{ID: id}
	var until string
	r.Fields(path, n, map[string]strictyaml.Field{"owner": r.Text(&q.Owner), "issue": r.Text(&q.Issue), "until": r.Text(&until)})
	if q.Owner == "" || q.Issue == "" || until == "" {
		r.Fail(r.At(path), "%s: want {owner: who mends it, issue: where that is tracked, until: 2026-12-01}", path)
		return q
	}
	at, err := time.Parse(time.DateOnly, until)
	if err != nil {
		r.Fail(r.At(path+".until"), "%s.until: %q: want a day such as 2026-12-01, the first on which it blocks (UTC)", path, until)
	}
	q.Until = at
	return q
}

func (r *reader) stage(name, path string, n *yaml.Node) harness.Stage {
	s := harness.Stage{Name: name}
	var suites []string
	r.Fields(path, n, map[string]strictyaml.Field{
		"target": r.Text(&s.Target), "needs": r.Texts(&s.Needs), "deploy": r.Flag(&s.Deploy),
		"before": r.Texts(&s.Before), "after": r.Texts(&s.After), "suites": r.Texts(&suites),
		"approvals": r.Count(&s.Approvals),
		"alarms": func(path string, n *yaml.Node) {
			s.Alarms = &harness.Alarms{}
			r.Fields(path, n, map[string]strictyaml.Field{"tagged": r.Text(&s.Alarms.Tagged), "names": r.Texts(&s.Alarms.Names), "for": r.Duration(&s.Alarms.For)})
		},
		"checks": func(path string, n *yaml.Node) {
			r.Each(path, n, func(key string, _ int, p string, v *yaml.Node) {
				c := harness.Check{Name: key}
				r.Fields(p, v, map[string]strictyaml.Field{"run": r.Text(&c.Run), "within": r.Duration(&c.Within)})
				s.Checks = append(s.Checks, c)
			})
		},
		"budget": func(path string, n *yaml.Node) {
			r.Fields(path, n, map[string]strictyaml.Field{"warn": r.Duration(&s.Budget.Warn), "max": r.Duration(&s.Budget.Max)})
		},
		"limits": func(path string, n *yaml.Node) {
			r.Fields(path, n, map[string]strictyaml.Field{"skips": r.Count(&s.Limits.Skips), "flakes": r.Count(&s.Limits.Flakes),
				"attempts": r.Count(&s.Limits.Attempts), "age": r.Duration(&s.Limits.Age), "quarantine": r.Count(&s.Limits.Quarantine)})
		},
		"steps": func(path string, n *yaml.Node) {
			r.Each(path, n, func(key string, _ int, p string, v *yaml.Node) {
				step := harness.Step{Name: key}
				r.Text(&step.Run)(p, v)
				s.Steps = append(s.Steps, step)
			})
		},
	})
	if suites != nil && s.After != nil {
		r.Fail(r.At(path+".suites"), "%s: give either suites or after, they mean the same", path)
	}
	if suites != nil {
		s.After = suites
	}
	return s
}
