package awsenv_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/internal/mototest"
)

func TestGuardProvesFirst(t *testing.T) {
	w := newWire(t)
	lying := mototest.Session(w.endpoint, staging)
	keys, err := lying.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys.AccountID = prod // as aws_account_id of a profile claims
	lying.Credentials = credentials.StaticCredentialsProvider{Value: keys}
	keys.AccountID = ""
	silent := lying.Copy()
	silent.Credentials = credentials.StaticCredentialsProvider{Value: keys}
	for name, cfg := range map[string]aws.Config{
		"a session":     mototest.Session(w.endpoint, staging),
		"keys that lie": lying,
		"keys alone":    silent,
		"of no account": mototest.Base(w.endpoint),
	} {
		_, err := awsenv.Guard(t.Context(), cfg, w.target(prod, false), nil)
		var wrong *awsenv.AccountError
		if !errors.As(err, &wrong) || wrong.Want != prod {
			t.Errorf("%s: %v, want an AccountError", name, err)
		}
	}
	anonymous := mototest.Base(w.endpoint)
	anonymous.Credentials = aws.AnonymousCredentials{}
	none := mototest.Base(w.endpoint)
	none.Credentials = nil
	for _, cfg := range []aws.Config{anonymous, none, mototest.Base("http://127.0.0.1:1")} {
		target := w.target(prod, false)
		target.Endpoint = aws.ToString(cfg.BaseEndpoint)
		_, err := awsenv.Guard(t.Context(), cfg, target, nil)
		var unproven *awsenv.UnprovenError
		if !errors.As(err, &unproven) {
			t.Errorf("%v, want an UnprovenError", err)
		}
	}
	if seen := w.seen(); len(seen) != 0 {
		t.Errorf("sent %v", seen)
	}
}

func TestKeysAreProvenOnce(t *testing.T) {
	w := newWire(t)
	cfg := mototest.Session(w.endpoint, prod)
	keys, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys.AccountID = ""
	cfg.Credentials = credentials.StaticCredentialsProvider{Value: keys}
	w.asked()
	cfg, err = awsenv.Guard(t.Context(), cfg, w.target(prod, true), nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := sqs.NewFromConfig(cfg).ListQueues(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.asked(); !slices.Equal(got, []string{"GetCallerIdentity"}) {
		t.Errorf("STS was asked %v, want once", got)
	}
}

// turning gives out the first credentials once, then the second.
type turning struct{ first, second aws.CredentialsProvider }

func (c *turning) Retrieve(ctx context.Context) (aws.Credentials, error) {
	now := c.first
	c.first = c.second
	keys, err := now.Retrieve(ctx)
	keys.CanExpire, keys.Expires = true, time.Now() // so that they are asked for again
	return keys, err
}

func TestKeysThatTurnIntoAnotherAccounts(t *testing.T) {
	w := newWire(t)
	cfg := mototest.Base(w.endpoint)
	cfg.Credentials = &turning{mototest.Session(w.endpoint, prod).Credentials, mototest.Session(w.endpoint, staging).Credentials}
	cfg, err := awsenv.Guard(t.Context(), cfg, w.target(prod, true), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = sqs.NewFromConfig(cfg).ListQueues(t.Context(), nil)
	refused := wantRefused(t, w, "SQS ListQueues", err, "wrong account")
	var wrong *awsenv.AccountError
	if !errors.As(refused, &wrong) || wrong.Got != staging {
		t.Errorf("refused for %v, want an AccountError from staging", refused.Err)
	}
}

// To ask who one is does not make a scenario one that called its target.
func TestSTSIsNotRecorded(t *testing.T) {
	w := newWire(t)
	cfg, seen := guarded(t, w.target(prod, true))
	if _, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := seen.take(); len(got) != 0 {
		t.Errorf("recorded %v", got)
	}
}
