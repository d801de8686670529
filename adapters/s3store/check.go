package s3store

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// A Report is what a bucket enforces by itself.
type Report struct {
	Bucket  string
	Owner   string // proven: S3 refuses the question for any other
	Region  string
	Version bool      // deleted and overwritten objects are kept as versions
	Lock    bool      // Object Lock is on
	Default Retention // what Object Lock gives new objects; zero is none
	Private bool      // the bucket blocks public access in all four ways

	Weak    []string // what the bucket does not enforce, each with a hint
	Unknown []string // what the credentials may not ask, each with a hint
}

// Check asks S3 what the bucket enforces. An error says that it is not the
// bucket of the store, or that S3 could not be asked; the rest is in the Report.
func (s *Store) Check(ctx context.Context) (Report, error) {
	r := Report{Bucket: s.opts.Bucket, Owner: s.opts.Owner}
	err := errors.Join(ctx.Err(), s.opts.check())
	for _, ask := range []func(context.Context, *Report) error{s.place, s.versioning, s.lock, s.public} {
		if err == nil {
			err = s.again(ctx, func(ctx context.Context) error { return ask(ctx, &r) })
		}
	}
	if err != nil {
		return Report{}, fmt.Errorf("checking %s: %w", s.where(), s.explain(ctx, err))
	}
	if s.opts.Retain != (Retention{}) && !r.Lock {
		r.weak("objects are to be retained, and the bucket has no Object Lock", "turn Object Lock on: it refuses every Put")
	}
	return r, nil
}

func (r *Report) weak(what, hint string) { r.Weak = append(r.Weak, what+"\nhint: "+hint) }

// unknown notes a question that was refused; any other error is returned.
func (r *Report) unknown(err error, permission string) error {
	if status(err) != http.StatusForbidden {
		return err
	}
	r.Unknown = append(r.Unknown, fmt.Sprintf("%s is missing: %v\nhint: allow it to the role that checks", permission, err))
	return nil
}

func (s *Store) place(ctx context.Context, r *Report) error {
	out, err := s.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: s.bucket(), ExpectedBucketOwner: s.owner()}, once)
	switch {
	case status(err) == http.StatusNotFound: // without a body, and so without a code
		return &BucketError{Bucket: s.opts.Bucket, Err: err, Hint: "make it in account " + s.opts.Owner + ", or correct url of the store in gate.yaml"}
	case err != nil:
		return err
	}
	r.Region = aws.ToString(out.BucketRegion)
	return nil
}

func (s *Store) versioning(ctx context.Context, r *Report) error {
	out, err := s.s3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: s.bucket(), ExpectedBucketOwner: s.owner()}, once)
	if err != nil {
		return r.unknown(err, "s3:GetBucketVersioning")
	}
	if r.Version = out.Status == types.BucketVersioningStatusEnabled; !r.Version {
		r.weak("versioning is off: what is deleted is gone", "enable versioning, or Object Lock, which needs it")
	}
	return nil
}

func (s *Store) lock(ctx context.Context, r *Report) error {
	out, err := s.s3.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: s.bucket(), ExpectedBucketOwner: s.owner()}, once)
	switch {
	case code(err) == "ObjectLockConfigurationNotFoundError":
	case err != nil:
		return r.unknown(err, "s3:GetBucketObjectLockConfiguration")
	case out.ObjectLockConfiguration != nil:
		c := out.ObjectLockConfiguration
		r.Lock = c.ObjectLockEnabled == types.ObjectLockEnabledEnabled
		if c.Rule != nil && c.Rule.DefaultRetention != nil {
			d := c.Rule.DefaultRetention
			days := aws.ToInt32(d.Days) + 365*aws.ToInt32(d.Years)
			r.Default = Retention{Mode: string(d.Mode), For: time.Duration(days) * 24 * time.Hour}
		}
	}
	switch {
	case !r.Lock:
		r.weak("Object Lock is off: who may delete versions can delete evidence", "turn Object Lock on with a default retention")
	case r.Default == Retention{} && s.opts.Retain == Retention{}:
		r.weak("Object Lock is on, and nothing is retained", "set a default retention of the bucket")
	}
	return nil
}

func (s *Store) public(ctx context.Context, r *Report) error {
	out, err := s.s3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: s.bucket(), ExpectedBucketOwner: s.owner()}, once)
	switch {
	case code(err) == "NoSuchPublicAccessBlockConfiguration":
	case err != nil:
		return r.unknown(err, "s3:GetBucketPublicAccessBlock")
	case out.PublicAccessBlockConfiguration != nil:
		c := out.PublicAccessBlockConfiguration
		r.Private = aws.ToBool(c.BlockPublicAcls) && aws.ToBool(c.IgnorePublicAcls) &&
			aws.ToBool(c.BlockPublicPolicy) && aws.ToBool(c.RestrictPublicBuckets)
	}
	if !r.Private {
		r.weak("public access is not blocked by the bucket", "block public access in all four ways; the account may do so as well")
	}
	return nil
}
