package awsenv

import (
	"context"
	"errors"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// proven gives out credentials of one account alone. Each new access key is
// proven once, by STS: an account id in a profile or in a variable is a claim.
type proven struct {
	cfg     aws.Config // without a guard
	account string

	mu   sync.Mutex
	keys map[string]bool
}

// Retrieve implements [aws.CredentialsProvider]; its errors are [Prove]'s.
func (p *proven) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if p.cfg.Credentials == nil {
		_, err := Prove(ctx, p.cfg, p.account)
		return aws.Credentials{}, err
	}
	c, err := p.cfg.Credentials.Retrieve(ctx)
	switch {
	case err != nil:
		return aws.Credentials{}, &UnprovenError{Account: p.account, Err: err, Hint: hint(err)}
	case !c.HasKeys():
		return aws.Credentials{}, &UnprovenError{Account: p.account, Err: errors.New("there are no keys"), Hint: hint(nil)}
	case c.AccountID != "" && c.AccountID != p.account:
		return aws.Credentials{}, &AccountError{Want: p.account, Got: c.AccountID}
	}
	p.mu.Lock() // held while STS is asked, so that it is asked once
	defer p.mu.Unlock()
	if p.keys[c.AccessKeyID] {
		return c, nil
	}
	cfg := p.cfg.Copy()
	cfg.Credentials = credentials.StaticCredentialsProvider{Value: c}
	if _, err := Prove(ctx, cfg, p.account); err != nil {
		return aws.Credentials{}, err
	}
	p.keys[c.AccessKeyID] = true
	return c, nil
}

// has reports whether the access key was proven.
func (p *proven) has(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keys[key]
}
