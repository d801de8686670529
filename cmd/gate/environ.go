package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/stagegate/stagegate/adapters/secrets"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/testenv"
)

// commandEnv is the environment of steps and deploys: the caller's, without
// anybody's cloud credentials, be they in variables, in files or in a machine's
// metadata, and without what steers stagegate itself. The target's session,
// whose account was proven, is added where there is one.
func (a *app) commandEnv() (env []string) {
	for _, kv := range a.environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "STAGEGATE_") && testenv.Check(name) != nil {
			continue
		}
		env = append(env, kv)
	}
	return append(env, testenv.Nowhere()...)
}

// selections are the variables by which a person says what go test runs, and what it
// writes.
func selections() []string {
	return []string{"STAGEGATE_SELECT", "STAGEGATE_RERUN", "STAGEGATE_MESSAGES"}
}

// unselected refuses a command that plans or runs suites where a person has selected
// some scenarios: they would run whole, without a word.
func (a *app) unselected(command string) error {
	if !slices.Contains([]string{"run", "begin", "test", "check", "list"}, command) {
		return nil
	}
	for _, name := range selections() {
		if a.getenv(name) != "" {
			return errUsage{fmt.Errorf("%s is set, and is for go test: gate runs whole suites\nhint: unset %s, or gate exec TARGET -- go test ./...", name, name)}
		}
	}
	return nil
}

// testEnv is the environment of a suite's processes on t, to which its session
// and its secrets are added.
func (a *app) testEnv(t harness.Target, s harness.Suite) []string {
	env := testenv.Of(a.environ(), t.Live, s.Env)
	if t.Traces != "" {
		env = append(env, "OTEL_EXPORTER_OTLP_ENDPOINT="+t.Traces)
	}
	return env
}

// secrets reads the values of t's secrets, those in AWS with its tests' session.
func (a *app) secrets(ctx context.Context, t harness.Target) (map[string]string, error) {
	t = t.ForTests()
	values, err := secrets.Read(ctx, t, a.getenv, func() (aws.Config, error) { return a.session(ctx, t) })
	var wrong *secrets.Error
	switch {
	case errors.As(err, &wrong) && wrong.Denied:
		return nil, errAccess{err}
	case errors.As(err, &wrong) && wrong.Absent:
		return nil, errConfig{err}
	}
	return values, err
}

// lines are variables as a process gets them.
func lines(variables map[string]string) (all []string) {
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		all = append(all, name+"="+variables[name])
	}
	return all
}
