package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/adapters/kms"
	"github.com/stagegate/stagegate/adapters/s3store"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/flow"
)

// answered is an error of KMS with the code of its answer.
func answered(code string) error {
	return &kms.Error{Doing: "sign", Key: "k", Err: &smithy.OperationError{ServiceID: "KMS", Err: &smithy.GenericAPIError{Code: code}}}
}

func TestExitCode(t *testing.T) {
	x := errors.New("x")
	for _, tt := range []struct {
		name string
		err  error
		want int
	}{
		{"nothing", nil, 0},
		{"a block", errVerdict{harness.Block}, 10},
		{"no answer at all", errVerdict{}, 10},
		{"inconclusive", errVerdict{harness.Unclear}, 11},
		{"usage", errUsage{x}, 64},
		{"no such stage", flow.ErrStage, 64},
		{"a run in another state", flow.ErrState, 64},
		{"gate.yaml", errConfig{x}, 65},
		{"no plan", flow.ErrPolicy, 65},
		{"an endpoint", &awsenv.EndpointError{}, 65},
		{"another account", &awsenv.AccountError{}, 77},
		{"an account not proven", &awsenv.UnprovenError{Err: errConfig{x}}, 77},
		{"no credentials", errAccess{x}, 77},
		{"another's bucket", &s3store.OwnerError{Err: x}, 77},
		{"no access to the bucket", &s3store.AccessError{Err: x}, 77},
		{"no bucket", &s3store.BucketError{Err: x}, 65},
		{"a write that may have been done", &s3store.UnsettledError{Err: x}, 70},
		{"a value that was deleted", s3store.ErrDeleted, 70},
		{"anything else", x, 70},

		{"KMS: no permission", answered("AccessDeniedException"), 77},
		{"KMS: expired", answered("ExpiredTokenException"), 77},
		{"KMS: unknown credentials", answered("UnrecognizedClientException"), 77},
		{"KMS: no such key", answered("NotFoundException"), 65},
		{"KMS: disabled", answered("DisabledException"), 65},
		{"KMS: deleted", answered("KMSInvalidStateException"), 65},
		{"KMS: for encryption", answered("InvalidKeyUsageException"), 65},
		{"KMS: of another kind", &kms.Error{Err: fmt.Errorf("%w: RSA", kms.ErrKey)}, 65},
		{"KMS: too busy", answered("ThrottlingException"), 70},
		{"KMS: its own fault", answered("KMSInternalException"), 70},
		{"KMS: no answer", &kms.Error{Err: x}, 70},
		{"KMS: a signature of something else", &kms.Error{Err: kms.ErrSignature}, 70},
	} {
		for form, err := range map[string]error{"bare": tt.err, "wrapped": fmt.Errorf("doing: %w", tt.err), "joined": errors.Join(tt.err, x)} {
			if tt.err == nil {
				err = nil
			}
			if got := exitCode(context.Background(), err); got != tt.want {
				t.Errorf("%s, %s: got %d, want %d", tt.name, form, got, tt.want)
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got := exitCode(ctx, errUsage{x}); got != exitInterrupted {
		t.Errorf("interrupted: got %d", got)
	}
}
