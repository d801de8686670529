package awsenv

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/stagegate/stagegate/harness"
)

// An EndpointError is a session that would go to another place than the target
// is said to be in.
type EndpointError struct {
	Target   string
	Endpoint string
	Why      string
	Hint     string
}

// Error says what is wrong with the endpoint.
func (e *EndpointError) Error() string {
	where := "in process"
	if e.Target != "" {
		where = "target " + e.Target
	}
	if e.Endpoint != "" {
		where += fmt.Sprintf(", endpoint %q", e.Endpoint)
	}
	return fmt.Sprintf("%s: %s\nhint: %s", where, e.Why, e.Hint)
}

// Session returns base with t's region and endpoint and, where t has a role,
// with the role's credentials, after [Prove]: its errors are Prove's, or an
// [EndpointError].
func Session(ctx context.Context, base aws.Config, t harness.Target) (aws.Config, error) {
	cfg, err := place(ctx, base, t)
	if err != nil {
		return aws.Config{}, err
	}
	if t.Role != "" && cfg.Credentials != nil { // without any, Prove says so
		cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(client(cfg), t.Role,
			func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName, o.PolicyARNs = "stagegate", policies(t) }))
	}
	if _, err := Prove(ctx, cfg, t.Account); err != nil {
		return aws.Config{}, err
	}
	return cfg, nil
}

// policies are those that narrow t's session. AWS permits what they and the role's
// own policies both permit (IAM User Guide, "Session policies").
func policies(t harness.Target) (all []types.PolicyDescriptorType) {
	for _, arn := range t.Within {
		all = append(all, types.PolicyDescriptorType{Arn: aws.String(arn)})
	}
	return all
}

// place applies t's region and endpoint to a copy of cfg, or says why cfg and t
// are not the same place.
func place(ctx context.Context, cfg aws.Config, t harness.Target) (aws.Config, error) {
	cfg = cfg.Copy()
	if t.Region != "" {
		cfg.Region = t.Region
	}
	if t.Endpoint != "" {
		cfg.BaseEndpoint = aws.String(t.Endpoint)
	}
	wrong := func(why, hint string) (aws.Config, error) {
		return aws.Config{}, &EndpointError{Target: t.Name, Endpoint: aws.ToString(cfg.BaseEndpoint), Why: why, Hint: hint}
	}
	switch overridden := aws.ToString(cfg.BaseEndpoint) != ""; {
	case t.InProcess():
		return wrong("there is no account", "let open choose a fake of the port where env.Target.InProcess()")
	case !t.Cloud():
		return wrong("the target has no account", "set account of the target in gate.yaml, or do without AWS")
	case t.Emulated && !overridden:
		return wrong("an emulated target without an endpoint would be AWS itself", "set endpoint of the target in gate.yaml")
	case t.Live && !t.Emulated && overridden:
		return wrong("a live target has no endpoint but AWS's", "unset AWS_ENDPOINT_URL and endpoint_url, or mark the target emulated: true")
	case t.Live && !t.Emulated && redirectsSTS(ctx, cfg):
		return wrong("the configuration sends STS elsewhere, which would make the proof worthless", "unset AWS_ENDPOINT_URL_STS and endpoint_url of sts")
	}
	return cfg, nil
}

// redirectsSTS reports whether one of cfg's sources has an endpoint for STS
// alone, as AWS_ENDPOINT_URL_STS is.
func redirectsSTS(ctx context.Context, cfg aws.Config) bool {
	for _, s := range cfg.ConfigSources {
		if p, ok := s.(interface {
			GetServiceBaseEndpoint(ctx context.Context, service string) (string, bool, error)
		}); ok {
			if _, found, err := p.GetServiceBaseEndpoint(ctx, "STS"); found || err != nil {
				return true
			}
		}
	}
	return false
}

// Environ returns the environment variables that give a child process cfg's
// session: the keys, the region, and the endpoint where it is not AWS's. The
// keys do not renew themselves. The caller first takes every other AWS_
// variable out of the child's environment, or they would be obeyed too.
func Environ(ctx context.Context, cfg aws.Config) ([]string, error) {
	if cfg.Credentials == nil {
		return nil, fmt.Errorf("environment of a child: there are no credentials")
	}
	c, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("environment of a child: %w", err)
	}
	env := []string{
		"AWS_ACCESS_KEY_ID=" + c.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey,
		"AWS_REGION=" + cfg.Region,
		"AWS_DEFAULT_REGION=" + cfg.Region,
	}
	if c.SessionToken != "" {
		env = append(env, "AWS_SESSION_TOKEN="+c.SessionToken)
	}
	if e := aws.ToString(cfg.BaseEndpoint); e != "" {
		env = append(env, "AWS_ENDPOINT_URL="+e)
	}
	return env, nil
}
