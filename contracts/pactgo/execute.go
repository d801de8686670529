package pactgo

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"testing"

	"github.com/stagegate/stagegate/contracts"
)

// ExecuteTest runs the interactions that were added since the last one, as a
// subtest of t. The error says that the subtest failed; t has failed then, too.
func (p *HTTPMockProvider) ExecuteTest(t *testing.T, integrationTest func(MockServerConfig) error) error {
	t.Helper()
	all := p.waiting
	p.waiting = nil
	interactions, err := finished(all)
	if err != nil {
		err = fmt.Errorf("pactgo: %w", err)
		t.Error(err) // whoever drops the error has tested nothing
		return err
	}
	c := p.contract(t)
	failed := t.Failed()
	var sub *testing.T
	test := func(st *testing.T, ep contracts.Endpoint) {
		sub = st
		run(t, st, ep, integrationTest)
	}
	name := all[0].name()
	if len(interactions) == 1 {
		c.Test(name, interactions[0], test)
	} else {
		c.TestAll(fmt.Sprintf("%s (and %d more)", name, len(all)-1), interactions, test)
	}
	if (sub == nil && t.Failed() && !failed) || (sub != nil && sub.Failed()) {
		return fmt.Errorf("pactgo: pact validation failed: %s: see the output of this test", name)
	}
	return nil
}

// run calls the user's function. It was written for the outer test t, and what
// it does to that it does to the interaction's own one.
func run(t, sub *testing.T, ep contracts.Endpoint, integrationTest func(MockServerConfig) error) {
	sub.Helper()
	failed := t.Failed()
	config, err := configOf(ep)
	if err == nil {
		err = integrationTest(config)
	}
	if err != nil {
		sub.Error(err)
	}
	if t.Failed() && !failed && !sub.Failed() {
		sub.Errorf("%s has failed meanwhile", t.Name())
	}
}

func configOf(ep contracts.Endpoint) (MockServerConfig, error) {
	u, err := url.Parse(ep.URL)
	if err != nil {
		return MockServerConfig{}, err
	}
	host, port, err := net.SplitHostPort(u.Host)
	if err != nil {
		return MockServerConfig{}, err
	}
	number, err := strconv.Atoi(port)
	return MockServerConfig{Host: host, Port: number, Client: ep.Client, value: ep.Value, secret: ep.Secret}, err
}

// contract is the one that p has within t.
func (p *HTTPMockProvider) contract(t *testing.T) *contracts.Contract {
	t.Helper()
	c, ok := p.begun[t]
	if !ok {
		c = contracts.For(t, p.config.Consumer, p.config.Provider)
		p.begun[t] = c
		t.Cleanup(func() { delete(p.begun, t) })
	}
	return c
}

// finished are the interactions of drafts, or all that is wrong with them.
func finished(all []*draft) ([]contracts.Interaction, error) {
	if len(all) == 0 {
		return nil, errors.New("no interactions have been added")
	}
	var interactions []contracts.Interaction
	var wrong []error
	for _, d := range all {
		if err := d.finish(); err != nil {
			wrong = append(wrong, fmt.Errorf("interaction %q: %w", d.Description, err))
		}
		interactions = append(interactions, d.Interaction)
	}
	return interactions, errors.Join(wrong...)
}
