package s3store

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Bounds of one operation.
const (
	attempts  = 6
	firstWait = 100 * time.Millisecond
	maxWait   = 2 * time.Second
)

// errDamaged is an answer that cannot be S3's, or not all of it.
var errDamaged = errors.New("the answer is damaged or incomplete")

// once turns the SDK's own retries off: it would send a Put again without
// telling, and take the second answer for the first.
func once(o *s3.Options) { o.Retryer = aws.NopRetryer{} }

// again runs do until it succeeds, fails for good or has failed too often.
func (s *Store) again(ctx context.Context, do func(context.Context) error) (err error) {
	for n := range attempts {
		if n > 0 {
			if s.wait(ctx, n) != nil { // the caller has given up
				break
			}
		}
		if err = s.limited(ctx, do); err == nil || !passing(err) {
			break
		}
	}
	if ended := ctx.Err(); err != nil && ended != nil && !errors.Is(err, ended) {
		return errors.Join(ended, err)
	}
	return err
}

func (s *Store) limited(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	return do(ctx)
}

// backoff waits before the attempt, twice as long each time, at random: writers
// that collided do not meet again.
func backoff(ctx context.Context, attempt int) error {
	most := min(firstWait<<(attempt-1), maxWait)
	t := time.NewTimer(most/2 + rand.N(most/2))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// passing reports whether the next attempt may do better.
func passing(err error) bool {
	if errors.Is(err, errDamaged) {
		return true
	}
	switch status(err) {
	case 0:
		return left(err)
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return true
	case http.StatusBadRequest:
		switch code(err) {
		case "RequestTimeout", "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "IncompleteBody":
			return true
		}
		return false
	default:
		return status(err) >= 500 || status(err) < 300
	}
}

// uncertain reports whether the request that ended in err may have been carried
// out nevertheless, or may still be: its answer is lost or says nothing.
func uncertain(err error) bool {
	if s := status(err); s != 0 {
		return s >= 500 || s < 300
	}
	if dial := (*net.OpError)(nil); errors.As(err, &dial) && dial.Op == "dial" {
		return false
	}
	return errors.Is(err, errDamaged) || left(err)
}

// unnamed reports whether err is an answer 404 that does not say what was not
// found, as S3 does in the body: another server's, or cut off.
func unnamed(err error) bool {
	return status(err) == http.StatusNotFound && !strings.HasPrefix(code(err), "NoSuch")
}

// left reports whether a request without an answer was handed to the network.
func left(err error) bool {
	var send *smithyhttp.RequestSendError
	var ended *smithy.CanceledError // what the SDK makes of a RequestSendError after the deadline
	return errors.As(err, &send) || errors.As(err, &ended)
}

// status is the HTTP status of S3's answer; 0 means that there is none.
func status(err error) int {
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	return 0
}

// code is what S3 calls the error.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
