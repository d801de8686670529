package s3store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/stagegate/stagegate/harness"
)

// List implements [harness.Store]. Objects whose names are not keys, as the
// console's folders, are passed over.
func (s *Store) List(ctx context.Context, prefix string) ([]string, error) {
	keys, err := s.list(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("listing %q in %s: %w", prefix, s.where(), s.explain(ctx, err))
	}
	return keys, nil
}

func (s *Store) list(ctx context.Context, prefix string) ([]string, error) {
	if prefix != "" {
		if _, err := s.name(ctx, prefix); err != nil {
			return nil, err
		}
		prefix += "/"
	} else if _, err := s.name(ctx, "any"); err != nil {
		return nil, err
	}
	below, from := s.opts.below()+prefix, ""
	keys := []string{}
	for {
		var page *s3.ListObjectsV2Output
		err := s.again(ctx, func(ctx context.Context) (err error) {
			page, err = s.page(ctx, below, from)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, o := range page.Contents {
			if key := strings.TrimPrefix(*o.Key, s.opts.below()); harness.CheckKey(key) == nil {
				keys = append(keys, key)
			}
		}
		if !*page.IsTruncated {
			break
		}
		from = *page.NextContinuationToken
	}
	slices.Sort(keys) // a directory bucket does not
	return slices.Compact(keys), nil
}

// page is one page of names, after the one that gave the token from. S3 sends
// no checksum with it; what does not hang together is an error.
func (s *Store) page(ctx context.Context, below, from string) (*s3.ListObjectsV2Output, error) {
	input := &s3.ListObjectsV2Input{Bucket: s.bucket(), ExpectedBucketOwner: s.owner(), Prefix: &below}
	if from != "" {
		input.ContinuationToken = &from
	}
	out, err := s.s3.ListObjectsV2(ctx, input, once)
	if unnamed(err) {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if err != nil {
		return nil, err
	}
	next := aws.ToString(out.NextContinuationToken)
	switch {
	case aws.ToString(out.Name) != s.opts.Bucket, aws.ToString(out.Prefix) != below:
		return nil, fmt.Errorf("%w: a list of %q below %q", errDamaged, aws.ToString(out.Name), aws.ToString(out.Prefix))
	case out.IsTruncated == nil, out.KeyCount == nil, int(*out.KeyCount) != len(out.Contents):
		return nil, fmt.Errorf("%w: a list of %d names that says it has %d", errDamaged, len(out.Contents), aws.ToInt32(out.KeyCount))
	case *out.IsTruncated && (next == "" || next == from):
		return nil, fmt.Errorf("%w: there is more, and nothing says where", errDamaged)
	}
	for _, o := range out.Contents {
		if !strings.HasPrefix(aws.ToString(o.Key), below) {
			return nil, fmt.Errorf("%w: %q is not below %q", errDamaged, aws.ToString(o.Key), below)
		}
	}
	return out, nil
}
