package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

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
	if t.Live && !t.Emulated {
		for _, kv := range a.environ() {
			if name, v, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "AWS_ENDPOINT_URL") && v != "" {
				return "", nil, &awsenv.UnprovenError{Account: t.Account, Err: fmt.Errorf("%s is set: on a live target calls go to AWS and nowhere else", name), Hint: "unset " + name}
			}
		}
	}
	opts := []func(*config.LoadOptions) error{config.WithRegion(t.Region), config.WithLogger(logging.Nop{})}
	if t.Profile != "" {
		opts = append(opts, config.WithSharedConfigProfile(t.Profile))
	}
	base, err := config.LoadDefaultConfig(ctx, opts...)
	if err != nil {
		return "", nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	session, err := awsenv.Session(ctx, base, t)
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
