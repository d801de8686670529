package awsenv

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Bounds of a proof: a dead STS is told from a slow one within seconds.
const (
	proofTime     = 15 * time.Second
	proofAttempts = 3
	proofBackoff  = 300 * time.Millisecond
)

// An Identity is who some credentials belong to, as STS says.
type Identity struct {
	Account string
	ARN     string
}

// An AccountError is the wrong account: nothing may be done with the credentials.
type AccountError struct {
	Want string // the target's account
	Got  string // the credentials' account
	ARN  string // whose they are; empty where the credentials alone say it
}

// Error names both accounts.
func (e *AccountError) Error() string {
	who := ""
	if e.ARN != "" {
		who = " (" + e.ARN + ")"
	}
	return fmt.Sprintf("wrong account: the credentials are of %s%s, the target is in %s\nhint: use the target's own profile or role", e.Got, who, e.Want)
}

// An UnprovenError is an account that could not be proven, whatever it is.
type UnprovenError struct {
	Account string // the target's
	Err     error
	Hint    string
}

// Error says why there is no proof.
func (e *UnprovenError) Error() string {
	return fmt.Sprintf("account %s could not be proven: %v\nhint: %s", e.Account, e.Err, e.Hint)
}

// Unwrap is what went wrong.
func (e *UnprovenError) Unwrap() error { return e.Err }

// Prove asks STS for the identity of cfg's credentials and returns it if its
// account is the given one: else an [AccountError], or an [UnprovenError] where
// there is no answer.
func Prove(ctx context.Context, cfg aws.Config, account string) (Identity, error) {
	unproven := func(err error, hint string) (Identity, error) {
		return Identity{}, &UnprovenError{Account: account, Err: err, Hint: hint}
	}
	switch {
	case len(account) != 12 || strings.Trim(account, "0123456789") != "":
		return unproven(fmt.Errorf("%q is not an account", account), "an account is twelve digits; quote it in gate.yaml")
	case cfg.Region == "":
		return unproven(errors.New("there is no region"), "set region of the target in gate.yaml")
	case cfg.Credentials == nil:
		return unproven(errors.New("there are no credentials"), "log in, or set role or profile of the target in gate.yaml")
	}
	who, err := Identify(ctx, cfg)
	if err != nil {
		return unproven(err, hint(err))
	}
	if who.Account != account {
		return Identity{}, &AccountError{Want: account, Got: who.Account, ARN: who.ARN}
	}
	return who, nil
}

// Identify asks STS for the identity of cfg's credentials, whatever it is.
func Identify(ctx context.Context, cfg aws.Config) (Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, proofTime)
	defer cancel()
	keys, err := cfg.Credentials.Retrieve(ctx) // before STS's own retries, which would multiply its
	if err != nil {
		return Identity{}, err
	}
	cfg = cfg.Copy()
	cfg.Credentials = credentials.StaticCredentialsProvider{Value: keys}
	answer, err := client(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return Identity{}, err
	}
	return Identity{Account: aws.ToString(answer.Account), ARN: aws.ToString(answer.Arn)}, nil
}

// client is an STS client that gives up soon, and that no variable for STS
// alone sends elsewhere than the other clients.
func client(cfg aws.Config) *sts.Client {
	return sts.NewFromConfig(cfg, func(o *sts.Options) {
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.MaxBackoff = proofAttempts, proofBackoff
		})
		if cfg.BaseEndpoint != nil {
			o.BaseEndpoint = cfg.BaseEndpoint
		}
	})
}

func hint(err error) string {
	var refused interface{ ErrorCode() string }
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "STS did not answer in time: check the network and the target's endpoint"
	case errors.As(err, &refused):
		return "STS refused the credentials (" + refused.ErrorCode() + "): log in again, or let the role's trust policy name you"
	default:
		return "check that there are credentials, and that STS or the target's endpoint can be reached"
	}
}
