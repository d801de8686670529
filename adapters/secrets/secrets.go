package secrets

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"
	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/harness"
)

// shortest is the least length of a secret, in bytes: what is shorter cannot be
// told from ordinary text, and would not be concealed.
const shortest = 4

// An Error is a secret that has no value that can be used. It never holds the value.
type Error struct {
	Target string
	Name   string
	Ref    harness.SecretRef
	Err    error
	Hint   string
	Denied bool // the session may not read it
	Absent bool // it is not there, or not what gate.yaml says
}

// Error says which secret it is, and what to do.
func (e *Error) Error() string {
	return fmt.Sprintf("targets.%s.secrets.%s (%s): %v\nhint: %s", e.Target, e.Name, e.Ref, e.Err, e.Hint)
}

// Unwrap is what went wrong.
func (e *Error) Unwrap() error { return e.Err }

// Read returns the values of t's secrets by name, or an [Error] for each that
// has none, joined. session is called once, and only where a secret is in AWS:
// it gives a session of t whose account was proven.
func Read(ctx context.Context, t harness.Target, getenv func(string) string, session func() (aws.Config, error)) (map[string]string, error) {
	r := reader{ctx: ctx, getenv: getenv}
	if slices.ContainsFunc(slices.Collect(maps.Values(t.Secrets)), func(s harness.SecretRef) bool { return s.Env == "" }) {
		cfg, err := session()
		if err != nil {
			return nil, err
		}
		r.ssm, r.manager = ssm.NewFromConfig(cfg), secretsmanager.NewFromConfig(cfg)
	}
	values, wrong := map[string]string{}, []error{}
	for _, name := range slices.Sorted(maps.Keys(t.Secrets)) {
		ref := t.Secrets[name]
		v, err := r.value(ref)
		if err == nil && len(v) < shortest {
			err = told{fmt.Errorf("its value has %d bytes, want %d at least", len(v), shortest), "what is no secret belongs under variables"}
		}
		if err != nil {
			wrong = append(wrong, fail(t, name, ref, err))
		}
		values[name] = v
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return values, nil
}

type reader struct {
	ctx     context.Context
	getenv  func(string) string
	ssm     *ssm.Client
	manager *secretsmanager.Client
}

// told is an error with its hint.
type told struct {
	error
	hint string
}

func (r reader) value(ref harness.SecretRef) (string, error) {
	text, err := "", error(nil)
	switch {
	case ref.Env != "":
		if text = r.getenv(ref.Env); text == "" {
			return "", told{errors.New("it is not set"), "set " + ref.Env + " in the environment of gate, where only the job that tests has it"}
		}
	case ref.SSM != "":
		text, err = r.parameter(ref.SSM)
	default:
		text, err = r.managed(ref.SecretsManager)
	}
	if err != nil || ref.JSON == "" {
		return text, err
	}
	return member(text, ref.JSON)
}

func (r reader) parameter(name string) (string, error) {
	out, err := r.ssm.GetParameter(r.ctx, &ssm.GetParameterInput{Name: &name, WithDecryption: aws.Bool(true)})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Parameter.Value), nil
}

func (r reader) managed(id string) (string, error) {
	out, err := r.manager.GetSecretValue(r.ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
	if err != nil {
		return "", err
	}
	if out.SecretString == nil {
		return "", told{errors.New("it is binary"), "keep it as text"}
	}
	return *out.SecretString, nil
}

// member is the text at a member of a JSON object; "a.b" is a nested one.
func member(text, path string) (string, error) {
	no := told{fmt.Errorf("it has no text at %q", path), "json names a member of a JSON object, a.b for a nested one"}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return "", told{errors.New("it is not JSON"), "leave json out for a plain text"} // the error would quote the value
	}
	for name := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return "", no
		}
		v = m[name]
	}
	s, ok := v.(string)
	if !ok {
		return "", no
	}
	return s, nil
}

func fail(t harness.Target, name string, ref harness.SecretRef, err error) *Error {
	e := &Error{Target: t.Name, Name: name, Ref: ref, Err: err, Hint: "check the network and the target's endpoint"}
	var said told
	var api smithy.APIError
	switch {
	case errors.As(err, &said):
		e.Absent, e.Err, e.Hint = true, said.error, said.hint
	case !errors.As(err, &api):
	case strings.Contains(api.ErrorCode(), "AccessDenied"):
		e.Denied, e.Hint = true, "let the target's role read it, and decrypt with its key"
	case strings.Contains(api.ErrorCode(), "NotFound"):
		e.Absent, e.Hint = true, "it must be in account "+t.Account+", region "+t.Region
	}
	return e
}
