package s3store

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/stagegate/stagegate/harness"
)

// nonceName is the user metadata that says which Put an object is of.
const nonceName = "stagegate-put"

// errContradiction is S3 saying that there is a value, and then that there is none.
var errContradiction = fmt.Errorf("%w: a value is in the way, and there is none", errDamaged)

// Put implements [harness.Store]. An [UnsettledError] says that it could not be
// found out whether b was written, which no other error leaves open.
func (s *Store) Put(ctx context.Context, key string, b []byte) error {
	if err := s.put(ctx, key, b); err != nil {
		return fmt.Errorf("writing %q to %s: %w", key, s.where(), err)
	}
	return nil
}

func (s *Store) put(ctx context.Context, key string, b []byte) error {
	name, err := s.name(ctx, key)
	if err != nil {
		return err
	}
	if len(b) > maxValue {
		return fmt.Errorf("%d bytes, at most %d", len(b), maxValue)
	}
	p := s.newOffer(name, b)
	doubt := false // whether a request of ours may have been carried out
	err = s.again(ctx, func(ctx context.Context) error {
		err := s.send(ctx, p)
		doubt = doubt || uncertain(err)
		if status(err) == http.StatusPreconditionFailed {
			return s.settle(ctx, p)
		}
		return err
	})
	if err == nil || errors.Is(err, harness.ErrExists) {
		return err
	}
	if ctx.Err() == nil && (doubt || status(err) == http.StatusConflict) {
		last := s.again(ctx, func(ctx context.Context) error { return s.settle(ctx, p) })
		if last == nil || errors.Is(last, harness.ErrExists) {
			return last
		}
	}
	err = s.explain(ctx, err)
	if doubt {
		return &UnsettledError{Err: err}
	}
	return err
}

// An offer is what one Put sends, the same at every attempt.
type offer struct {
	name  string
	value []byte
	sum   string // SHA-256 as S3 writes it
	nonce string
	input s3.PutObjectInput
}

func (s *Store) newOffer(name string, b []byte) *offer {
	sum := sha256.Sum256(b)
	p := &offer{name: name, value: b, sum: base64.StdEncoding.EncodeToString(sum[:]), nonce: rand.Text()}
	p.input = s3.PutObjectInput{
		Bucket: s.bucket(), Key: &p.name, ExpectedBucketOwner: s.owner(),
		IfNoneMatch:       aws.String("*"),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256, ChecksumSHA256: &p.sum,
		Metadata: map[string]string{nonceName: p.nonce},
	}
	if r := s.opts.Retain; r != (Retention{}) {
		p.input.ObjectLockMode = types.ObjectLockMode(r.Mode)
		p.input.ObjectLockRetainUntilDate = aws.Time(s.opts.Now().Add(r.For))
	}
	return p
}

// send sends p and returns nil if S3 says that it has these very bytes.
func (s *Store) send(ctx context.Context, p *offer) error {
	input := p.input
	input.Body = bytes.NewReader(p.value)
	out, err := s.s3.PutObject(ctx, &input, once)
	if err != nil {
		return err
	}
	if got := aws.ToString(out.ChecksumSHA256); got != p.sum {
		return fmt.Errorf("%w: sent a value of SHA-256 %s, S3 has %q", errDamaged, p.sum, got)
	}
	return nil
}

// settle finds out whose value is there: nil says p's, [harness.ErrExists]
// another's. Equal bytes do not make it p's: two writers of the same bytes
// would both have won.
func (s *Store) settle(ctx context.Context, p *offer) error {
	out, err := s.s3.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: s.bucket(), Key: &p.name, ExpectedBucketOwner: s.owner(),
		ChecksumMode: types.ChecksumModeEnabled,
	}, once)
	switch {
	case status(err) == http.StatusNotFound:
		return errContradiction
	case err != nil:
		return err
	case out.Metadata[nonceName] == "" && aws.ToString(out.ETag) == "":
		return fmt.Errorf("%w: an object without an ETag", errDamaged)
	case out.Metadata[nonceName] != p.nonce:
		return harness.ErrExists
	case aws.ToString(out.ChecksumSHA256) != p.sum:
		return fmt.Errorf("%w: our object has SHA-256 %q, not %s", errDamaged, aws.ToString(out.ChecksumSHA256), p.sum)
	}
	return nil
}
