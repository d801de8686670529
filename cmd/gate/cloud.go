package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"
	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/adapters/httpenv"
	"github.com/stagegate/stagegate/harness"
)

// account proves the account of t's credentials and returns the variables that
// hand its session to child processes.
func (a *app) account(ctx context.Context, t harness.Target) (string, []string, error) {
	session, err := a.session(ctx, t)
	if err != nil {
		return "", nil, err
	}
	id, err := awsenv.Prove(ctx, session, t.Account)
	if err != nil {
		return "", nil, err
	}
	env, err := awsenv.Environ(ctx, session)
	return id.Account, env, err
}

// session is a session of t, proven to be of its account.
func (a *app) session(ctx context.Context, t harness.Target) (aws.Config, error) {
	base, err := a.configuration(ctx, t)
	if err != nil {
		return aws.Config{}, err
	}
	return awsenv.Session(ctx, base, t)
}

// configuration is the caller's AWS configuration, as t wants it. Where only AWS
// itself will do, on a live target or in the store, a variable that sends calls
// elsewhere is an error.
func (a *app) configuration(ctx context.Context, t harness.Target) (aws.Config, error) {
	if t.Live && !t.Emulated {
		for _, kv := range a.environ() {
			if name, v, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "AWS_ENDPOINT_URL") && v != "" {
				return aws.Config{}, &awsenv.UnprovenError{Account: t.Account, Err: fmt.Errorf("%s is set: calls for %s go to AWS and nowhere else", name, t.Name), Hint: "unset " + name}
			}
		}
	}
	opts := []func(*config.LoadOptions) error{config.WithRegion(t.Region)}
	if t.Profile != "" {
		opts = append(opts, config.WithSharedConfigProfile(t.Profile))
	}
	return loadAWS(ctx, opts...)
}

func loadAWS(ctx context.Context, opts ...func(*config.LoadOptions) error) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, append(opts, config.WithLogger(logging.Nop{}))...)
	if err != nil {
		return cfg, fmt.Errorf("load the AWS configuration: %w", err)
	}
	return cfg, nil
}

// served asks t's version resource which commit it serves. A connection that
// fails is tried three times: a moment's trouble is not another commit.
func served(ctx context.Context, t harness.Target) (r harness.Reading) {
	client := httpenv.New(t, nil)
	for try := range 3 {
		if try > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(300 * time.Millisecond):
			}
		}
		commit, err := readVersion(ctx, client, t)
		r = harness.Reading{Commit: commit, At: time.Now().UTC()}
		if err == nil {
			return r
		}
		r.Error = err.Error()
	}
	return r
}

// maxVersion bounds the answer of a version resource, in bytes.
const maxVersion = 1 << 20

func readVersion(ctx context.Context, client *http.Client, t harness.Target) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(t.URL, "/")+t.Version.Path, nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answers %s", req.URL, resp.Status)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxVersion))
	if err != nil {
		return "", err
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return "", fmt.Errorf("%s: %w", req.URL, err)
	}
	for _, name := range strings.Split(t.Version.JSON, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return "", fmt.Errorf("%s: the answer has no member %q", req.URL, t.Version.JSON)
		}
		v = m[name]
	}
	commit, ok := v.(string)
	if !ok || commit == "" {
		return "", fmt.Errorf("%s: the answer has no text at %q", req.URL, t.Version.JSON)
	}
	if len(commit) != 40 || strings.Trim(commit, "0123456789abcdef") != "" {
		return commit, errors.New(commit + " is not a full commit (40 hexadecimal digits)")
	}
	return commit, nil
}
