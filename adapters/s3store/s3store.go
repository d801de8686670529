package s3store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/stagegate/stagegate/harness"
)

// Bounds of values and keys.
const (
	maxValue  = 256 << 20 // what is read into memory, and so what may be written
	maxPrefix = 120       // S3 takes 1,024 bytes, of which keys take up to 900
)

// Options say where a store is. Bucket and Owner are required: without them
// every method fails.
type Options struct {
	Bucket string
	Prefix string // elements as in a key, before every key; may be empty
	Owner  string // the account that must own the bucket: twelve digits

	// Retain is put on every object, in a bucket with Object Lock. A bucket
	// with a default retention needs none.
	Retain Retention

	Timeout time.Duration    // of one request with its body; zero is one minute
	Now     func() time.Time // the clock that Retain counts from; nil is time.Now
}

// A Retention says how long nobody may delete an object. The zero value is none.
type Retention struct {
	Mode string // "GOVERNANCE", which a permission lifts, or "COMPLIANCE", which nothing does
	For  time.Duration
}

// A Store is a [harness.Store] in a bucket.
type Store struct {
	s3   bucket
	opts Options
	wait func(ctx context.Context, attempt int) error
}

var _ harness.Store = (*Store)(nil)

// bucket is all that a Store can do to S3: it has nothing that deletes,
// copies or overwrites.
type bucket interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error)
	GetBucketVersioning(context.Context, *s3.GetBucketVersioningInput, ...func(*s3.Options)) (*s3.GetBucketVersioningOutput, error)
	GetObjectLockConfiguration(context.Context, *s3.GetObjectLockConfigurationInput, ...func(*s3.Options)) (*s3.GetObjectLockConfigurationOutput, error)
	GetPublicAccessBlock(context.Context, *s3.GetPublicAccessBlockInput, ...func(*s3.Options)) (*s3.GetPublicAccessBlockOutput, error)
}

// New returns a store in the bucket that opts name, reached by client. It sends
// nothing; wrong options are an error of every method.
func New(client *s3.Client, opts Options) *Store {
	if opts.Timeout <= 0 {
		opts.Timeout = time.Minute
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Store{s3: client, opts: opts, wait: backoff}
}

// check says what is wrong with the options, or nil.
func (o Options) check() error {
	switch r := o.Retain; {
	case o.Bucket == "":
		return errors.New("the store has no bucket")
	case len(o.Owner) != 12 || strings.Trim(o.Owner, "0123456789") != "":
		return fmt.Errorf("the bucket's owner %q is not an account\nhint: twelve digits; quote them in gate.yaml", o.Owner)
	case len(o.Prefix) > maxPrefix:
		return fmt.Errorf("the store's prefix has %d bytes, at most %d", len(o.Prefix), maxPrefix)
	case r != Retention{} && (r.For <= 0 || r.Mode != "GOVERNANCE" && r.Mode != "COMPLIANCE"):
		return fmt.Errorf("retention %q for %v\nhint: GOVERNANCE or COMPLIANCE, and a time", r.Mode, r.For)
	}
	if o.Prefix == "" {
		return nil
	}
	return harness.CheckKey(o.Prefix)
}

// name is the name in the bucket of a key, which it checks along with ctx and
// the options.
func (s *Store) name(ctx context.Context, key string) (string, error) {
	if err := errors.Join(ctx.Err(), s.opts.check(), harness.CheckKey(key)); err != nil {
		return "", err
	}
	return s.opts.below() + key, nil
}

// below is what the names of all keys begin with.
func (o Options) below() string {
	if o.Prefix == "" {
		return ""
	}
	return o.Prefix + "/"
}

// where names the store for people.
func (s *Store) where() string { return "s3://" + s.opts.Bucket + "/" + s.opts.below() }

func (s *Store) bucket() *string { return aws.String(s.opts.Bucket) }
func (s *Store) owner() *string  { return aws.String(s.opts.Owner) }
