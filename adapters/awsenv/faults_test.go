package awsenv_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/mototest"
)

// A fault is what a service does with request number n, from 1, in place of an
// answer; false leaves it to moto.
type fault func(w http.ResponseWriter, r *http.Request, n int32) bool

// says answers with an error of SQS.
func says(status int, code string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ int32) bool {
		w.Header().Set("X-Amzn-Errortype", code)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		io.WriteString(w, `{"__type":"`+code+`","message":"a fault"}`)
		return true
	}
}

func once(f fault) fault {
	return func(w http.ResponseWriter, r *http.Request, n int32) bool { return n == 1 && f(w, r, n) }
}

func dropped(http.ResponseWriter, *http.Request, int32) bool { panic(http.ErrAbortHandler) }

func cut(w http.ResponseWriter, _ *http.Request, _ int32) bool {
	w.Header().Set("Content-Length", "100")
	io.WriteString(w, `{"QueueUrls":[`)
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func silent(_ http.ResponseWriter, r *http.Request, _ int32) bool {
	io.Copy(io.Discard, r.Body) // so that the server sees that the client has gone
	<-r.Context().Done()
	return true
}

// faulty is a target whose SQS has a fault; what is counted are its requests.
func faulty(t *testing.T, f fault) (harness.Target, *atomic.Int32) {
	t.Helper()
	moto, err := url.Parse(mototest.Shared(t))
	if err != nil {
		t.Fatal(err)
	}
	n, proxy := &atomic.Int32{}, httputil.NewSingleHostReverseProxy(moto)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), "/sqs/") && f(w, r, n.Add(1)) {
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return harness.Target{Name: "prod", Mode: harness.Deployed, Live: true, Emulated: true, Account: prod,
		Region: mototest.Region, Role: mototest.Role(prod), Endpoint: s.URL}, n
}

// A service in trouble is an error that says which, after a few tries, or none
// at all if it gets over it: never a refusal, never another account, no hang.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name     string
		fault    fault
		says     string // "": the call succeeds
		tries    int32
		answered int // attempts that are recorded
	}{
		{"throttled once", once(says(400, "ThrottlingException")), "", 2, 2},
		{"throttled always", says(400, "ThrottlingException"), "ThrottlingException", 3, 3},
		{"5xx once", once(says(503, "ServiceUnavailable")), "", 2, 2},
		{"5xx always", says(500, "InternalError"), "StatusCode: 500", 3, 3},
		{"dropped once", once(dropped), "", 2, 1},
		{"dropped always", dropped, "EOF", 3, 0},
		{"cut in the middle", cut, "EOF", 0, -1},
		{"slow", silent, "deadline exceeded", 1, 0},
		{"the session has expired", says(403, "ExpiredTokenException"), "ExpiredTokenException", 1, 1},
		{"denied", says(403, "AccessDenied"), "AccessDenied", 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			target, tries := faulty(t, c.fault)
			base := mototest.Base(target.Endpoint)
			base.Retryer = func() aws.Retryer {
				return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = 10 * time.Millisecond })
			}
			session, err := awsenv.Session(t.Context(), base, target)
			if err != nil {
				t.Fatal(err)
			}
			seen := &calls{}
			cfg, err := awsenv.Guard(t.Context(), session, target, seen.record)
			if err != nil {
				t.Fatal(err)
			}
			limit := time.Minute // hang protection
			if c.name == "slow" {
				limit = 300 * time.Millisecond // as the limit of a scenario
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			_, err = sqs.NewFromConfig(cfg).ListQueues(ctx, nil)
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			var refused *awsenv.RefusedError
			var wrong *awsenv.AccountError
			if errors.As(err, &refused) || errors.As(err, &wrong) {
				t.Errorf("a fault of the service became %v", err)
			}
			if c.tries != 0 && tries.Load() != c.tries {
				t.Errorf("%d tries, want %d", tries.Load(), c.tries)
			}
			if got := len(seen.take()); c.answered >= 0 && got != c.answered {
				t.Errorf("%d answers were recorded, want %d", got, c.answered)
			}
		})
	}
}

// gone is a provider that has lost its source: a role that was taken away, an
// SSO session that ended.
type gone struct{}

func (gone) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, errors.New("the SSO session has expired")
}

// A session that ends in mid-run is renewed and proven again, or nothing is sent.
func TestSessionEndsInMidRun(t *testing.T) {
	w := newWire(t)
	for name, next := range map[string]aws.CredentialsProvider{"renewed": mototest.Session(w.endpoint, prod).Credentials, "gone": gone{}} {
		cfg := mototest.Base(w.endpoint)
		cfg.Credentials = &turning{mototest.Session(w.endpoint, prod).Credentials, next}
		cfg, err := awsenv.Guard(t.Context(), cfg, w.target(prod, true), nil)
		if err != nil {
			t.Fatal(err)
		}
		w.asked()
		_, err = sqs.NewFromConfig(cfg).ListQueues(t.Context(), nil)
		if name == "gone" {
			refused := wantRefused(t, w, "SQS ListQueues", err, "the SSO session has expired")
			var unproven *awsenv.UnprovenError
			if !errors.As(refused, &unproven) || unproven.Hint == "" {
				t.Errorf("refused for %v, want an UnprovenError", refused.Err)
			}
			continue
		}
		if err != nil || len(w.seen()) != 1 {
			t.Errorf("with a renewed session: %v", err)
		}
		if asked := w.asked(); !slices.Contains(asked, "GetCallerIdentity") {
			t.Errorf("new keys were not proven: %v", asked)
		}
	}
}
