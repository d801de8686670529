package main

import (
	"context"
	"errors"
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
