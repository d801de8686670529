package s3store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/stagegate/stagegate/harness"
)

// Get implements [harness.Store]. What is over 256 MiB, has no SHA-256 checksum
// or does not fit it is an error. A value that was deleted from a versioned
// bucket is an [ErrDeleted], not a [harness.ErrNotFound].
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	name, err := s.name(ctx, key)
	var b []byte
	if err == nil {
		err = s.again(ctx, func(ctx context.Context) error {
			b, err = s.fetch(ctx, name)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("reading %q from %s: %w", key, s.where(), s.explain(ctx, err))
	}
	return b, nil
}

func (s *Store) fetch(ctx context.Context, name string) ([]byte, error) {
	out, err := s.s3.GetObject(ctx, &s3.GetObjectInput{
		Bucket: s.bucket(), Key: &name, ExpectedBucketOwner: s.owner(),
		ChecksumMode: types.ChecksumModeEnabled,
	}, once)
	switch {
	case code(err) == "NoSuchKey" && deleted(err):
		return nil, ErrDeleted
	case code(err) == "NoSuchKey" && status(err) == http.StatusNotFound:
		return nil, harness.ErrNotFound
	case unnamed(err):
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	case err != nil:
		return nil, err
	}
	defer out.Body.Close()
	want := aws.ToString(out.ChecksumSHA256)
	switch size := aws.ToInt64(out.ContentLength); {
	case out.ContentLength == nil || size < 0:
		return nil, fmt.Errorf("%w: it does not say how long it is", errDamaged)
	case size > maxValue:
		return nil, fmt.Errorf("%d bytes, at most %d", size, maxValue)
	case want == "" && aws.ToString(out.ETag) == "":
		return nil, fmt.Errorf("%w: an object without an ETag", errDamaged)
	case want == "":
		return nil, errors.New("it has no SHA-256 checksum: it was not written by a store")
	default:
		return read(out.Body, size, want)
	}
}

// read reads a value whole, or fails.
func read(body io.Reader, size int64, want string) ([]byte, error) {
	b := make([]byte, size)
	if _, err := io.ReadFull(body, b); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if n, err := io.Copy(io.Discard, io.LimitReader(body, 1)); n != 0 || err != nil {
		return nil, errors.Join(fmt.Errorf("%w: it does not end after %d bytes", errDamaged, size), err)
	}
	if sum := sha256.Sum256(b); base64.StdEncoding.EncodeToString(sum[:]) != want {
		return nil, fmt.Errorf("%w: %d bytes do not have SHA-256 %s", errDamaged, size, want)
	}
	return b, nil
}

// deleted reports whether S3 says that there was a value.
func deleted(err error) bool {
	var answer *smithyhttp.ResponseError
	return errors.As(err, &answer) && answer.Response != nil && answer.Response.Header.Get("X-Amz-Delete-Marker") == "true"
}
