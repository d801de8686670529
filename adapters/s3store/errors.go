package s3store

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// ErrDeleted is returned by [Store.Get] for a key whose value was deleted from
// a versioned bucket. It is still there: the bucket's owner can remove the
// delete marker.
var ErrDeleted = errors.New("it was deleted\nhint: list its versions and remove the delete marker; " +
	"find out who may delete, and let nobody")

// An OwnerError is a bucket of another account than the store's.
type OwnerError struct {
	Bucket string
	Want   string // the account that must own it
	Err    error  // S3's refusal
}

// Error names the bucket and the account.
func (e *OwnerError) Error() string {
	return fmt.Sprintf("wrong account: bucket %s is not owned by %s\nhint: check url and account of the store in gate.yaml", e.Bucket, e.Want)
}

// Unwrap is S3's refusal.
func (e *OwnerError) Unwrap() error { return e.Err }

// An AccessError is what the credentials may not do, or credentials that S3
// does not take.
type AccessError struct {
	Bucket string
	Code   string // as S3 says it: "AccessDenied", "ExpiredToken"
	Hint   string
	Err    error
}

// Error says what was refused.
func (e *AccessError) Error() string {
	return fmt.Sprintf("no access to bucket %s (%s): %v\nhint: %s", e.Bucket, e.Code, e.Err, e.Hint)
}

// Unwrap is S3's refusal.
func (e *AccessError) Unwrap() error { return e.Err }

// A BucketError is a bucket that does not exist, or not where it is looked for.
type BucketError struct {
	Bucket string
	Hint   string
	Err    error
}

// Error names the bucket.
func (e *BucketError) Error() string {
	return fmt.Sprintf("there is no bucket %s here: %v\nhint: %s", e.Bucket, e.Err, e.Hint)
}

// Unwrap is S3's answer.
func (e *BucketError) Unwrap() error { return e.Err }

// An UnsettledError is a Put whose request may have been carried out, or may
// still be: no answer came, and reading back did not tell. Whoever writes the
// key again and is told [harness.ErrExists] may have met this very Put.
type UnsettledError struct{ Err error }

// Error says what is not known.
func (e *UnsettledError) Error() string {
	return fmt.Sprintf("it is not known whether it was written: %v\nhint: read the key before anything relies on it", e.Err)
}

// Unwrap is what happened to the last request.
func (e *UnsettledError) Unwrap() error { return e.Err }

// explain turns S3's refusals into errors that say what to do.
func (s *Store) explain(ctx context.Context, err error) error {
	switch c := code(err); {
	case c == "NoSuchBucket":
		return &BucketError{Bucket: s.opts.Bucket, Err: err, Hint: "make it in account " + s.opts.Owner + ", or correct url of the store in gate.yaml"}
	case status(err)/100 == 3, c == "AuthorizationHeaderMalformed", c == "IllegalLocationConstraintException":
		return &BucketError{Bucket: s.opts.Bucket, Err: err, Hint: "the bucket is in another region: correct region of the store in gate.yaml"}
	case c == "ExpiredToken", c == "InvalidToken", c == "InvalidAccessKeyId", c == "SignatureDoesNotMatch", c == "RequestTimeTooSkewed":
		return &AccessError{Bucket: s.opts.Bucket, Code: c, Err: err, Hint: "log in again, and check this machine's clock"}
	case status(err) == http.StatusForbidden:
		return s.denied(ctx, err)
	default:
		return err
	}
}

// denied tells the two refusals apart that S3 gives one name: the bucket of
// another account, and a permission that is missing.
func (s *Store) denied(ctx context.Context, err error) error {
	head := func(owner *string) error {
		return s.limited(ctx, func(ctx context.Context) error {
			_, err := s.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: s.bucket(), ExpectedBucketOwner: owner}, once)
			return err
		})
	}
	if head(nil) == nil && status(head(s.owner())) == http.StatusForbidden {
		return &OwnerError{Bucket: s.opts.Bucket, Want: s.opts.Owner, Err: err}
	}
	return &AccessError{Bucket: s.opts.Bucket, Code: code(err), Err: err,
		Hint: "give the role the policy in the documentation of s3store (s3:ListBucket too, without conditions: else what is missing is " +
			"forbidden), and check that account " + s.opts.Owner + " owns the bucket"}
}
