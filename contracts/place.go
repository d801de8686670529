package contracts

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// dependencyURL is where the target has the provider.
func (p place) dependencyURL(provider string) (*url.URL, error) {
	key := fmt.Sprintf("targets.%s.dependencies.%s.url", p.target.Name, provider)
	text := p.target.Dependencies[provider].URL
	if text == "" {
		return nil, fmt.Errorf("the configuration's fault: target %s has no URL for %s\nhint: add %s to gate.yaml", p.target.Name, provider, key)
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("the configuration's fault: %s in gate.yaml: want http(s)://host[/path] without a user and a query", key)
	}
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/"), strings.TrimSuffix(u.RawPath, "/")
	return u, nil
}

// valuesAt are the values of all placeholders of s at p: examples in mock mode,
// the target's fixtures otherwise.
func (s spec) valuesAt(p place) (map[string]string, error) {
	values := map[string]string{}
	for _, i := range s.all {
		for _, name := range i.Request.Path.placeholders() {
			var v string
			var err error
			if p.mode == harness.Mock {
				v, err = i.Request.Path.example(name)
			} else {
				v, err = p.fixture(s.provider, i, name)
			}
			if err != nil {
				return nil, err
			}
			if other, ok := values[name]; ok && other != v {
				return nil, fmt.Errorf("placeholder %q has two values in one test, %q and %q", name, other, v)
			}
			values[name] = v
		}
	}
	return values, nil
}

// fixture is the target's value for a placeholder of i.
func (p place) fixture(provider string, i Interaction, name string) (string, error) {
	var states []string
	for _, g := range i.Given {
		if v, ok := p.target.Dependencies[provider].Fixtures[g.Name][name]; ok {
			if err := i.Request.Path.accepts(name, v); err != nil {
				return "", fmt.Errorf("the configuration's fault: fixture of target %s for placeholder %q in state %q: %w", p.target.Name, name, g.Name, err)
			}
			return v, nil
		}
		states = append(states, fmt.Sprintf("%q", g.Name))
	}
	return "", fmt.Errorf("the configuration's fault: target %s has no fixture for placeholder %q of %s %s in state %s\nhint: add it to targets.%s.dependencies.%s.fixtures in gate.yaml",
		p.target.Name, name, i.Request.Method, i.Request.Path.Template, strings.Join(states, " or "), p.target.Name, provider)
}
