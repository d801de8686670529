package awsenv

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/guard"
	"github.com/stagegate/stagegate/internal/tracing"
)

// A RefusedError is a call that was not sent, nor tried again.
type RefusedError struct {
	Service   string // as the SDK names it: "SQS"
	Operation string
	Account   string // the target's
	Why       string
	Allow     string // what would allow it
	Err       error  // an AccountError, an UnprovenError, or nil
}

// Error says what was refused and why, with a hint.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("stagegate refused %s %s on account %s before it was sent: %s\nhint: %s", e.Service, e.Operation, e.Account, e.Why, e.Allow)
}

// Unwrap is the proof that failed, if one did.
func (e *RefusedError) Unwrap() error { return e.Err }

// RetryableError tells the SDK to leave it at that.
func (e *RefusedError) RetryableError() bool { return false }

// Guard proves that cfg's credentials are of t's account, and returns a copy of
// cfg whose clients are held to t; see the package comment. Each answered call
// but STS's is passed to record, from the goroutine that made it, once for each
// attempt; record may be nil. Its errors are those of [Session].
//
// The guard is in the configuration's Interceptors, Credentials and HTTPClient:
// it stays where a call or a client sets other APIOptions.
func Guard(ctx context.Context, cfg aws.Config, t harness.Target, record func(harness.Call)) (aws.Config, error) {
	cfg, err := place(ctx, cfg, t)
	if err != nil {
		return aws.Config{}, err
	}
	if record == nil {
		record = func(harness.Call) {}
	}
	bare := cfg.Copy()
	if _, cached := bare.Credentials.(*aws.CredentialsCache); bare.Credentials != nil && !cached {
		bare.Credentials = aws.NewCredentialsCache(bare.Credentials) // asked before each call
	}
	g := &sentry{
		target: t,
		keys:   &proven{cfg: bare, account: t.Account, keys: map[string]bool{}},
		next:   cfg.HTTPClient,
		record: record,
	}
	if g.next == nil {
		g.next = awshttp.NewBuildableClient()
	}
	if e := aws.ToString(cfg.BaseEndpoint); e != "" {
		if g.endpoint, err = url.Parse(e); err != nil || g.endpoint.Host == "" {
			return aws.Config{}, &EndpointError{Target: t.Name, Endpoint: e, Why: "it is not a URL", Hint: "http or https, and a host"}
		}
	}
	if _, err := g.keys.Retrieve(ctx); err != nil {
		return aws.Config{}, err
	}
	cfg.Credentials, cfg.HTTPClient = g.keys, g
	cfg.Interceptors = cfg.Interceptors.Copy()
	cfg.Interceptors.AddBeforeExecution(g)
	return cfg, nil
}

// sentry judges a call twice: before the SDK does anything, which also covers
// presigning, and again when it is signed and about to be sent.
type sentry struct {
	target   harness.Target
	endpoint *url.URL // nil means AWS's own
	keys     *proven
	next     aws.HTTPClient
	record   func(harness.Call)
}

// BeforeExecution implements smithyhttp.BeforeExecutionInterceptor.
func (g *sentry) BeforeExecution(ctx context.Context, _ *smithyhttp.InterceptorContext) error {
	if err := g.mutates(ctx); err != nil {
		return err
	}
	if _, err := g.keys.Retrieve(ctx); err != nil {
		why, _, _ := strings.Cut(err.Error(), "\n")
		return g.refused(ctx, err, why, "a session of the target's own account")
	}
	return nil
}

// Do implements [aws.HTTPClient].
func (g *sentry) Do(r *http.Request) (*http.Response, error) {
	if err := g.leaves(r); err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	tracing.Inject(r.Context(), r.Header) // not signed: proxies may change such headers, and AWS lets them
	answer, err := g.next.Do(r)
	if service := middleware.GetServiceID(r.Context()); err == nil && service != "STS" { // a session is not a visit
		g.record(harness.Call{Service: service, Operation: middleware.GetOperationName(r.Context()), Host: r.URL.Host})
	}
	return answer, err
}

// mutates refuses what may change something on a live target.
func (g *sentry) mutates(ctx context.Context) error {
	if !g.target.ReadOnly() || guard.ReadOnly(middleware.GetServiceID(ctx), middleware.GetOperationName(ctx)) {
		return nil
	}
	return g.refused(ctx, nil, g.target.Name+" is live, and this may change something there",
		guard.Allow(g.target.Name))
}

// leaves refuses a request that may change something, is signed by others or
// goes elsewhere: options of a single client or call can have made it so.
func (g *sentry) leaves(r *http.Request) error {
	ctx := r.Context()
	if err := g.mutates(ctx); err != nil {
		return err
	}
	if key := signer(r); !g.keys.has(key) {
		return g.refused(ctx, nil, fmt.Sprintf("it is signed with the key %q, which was not proven", key),
			"leave the credentials of clients made from this configuration alone")
	}
	if !g.belongs(r.URL) {
		return g.refused(ctx, nil, r.URL.Host+" is not where "+g.target.Name+" is",
			"unset AWS_ENDPOINT_URL_* and endpoint_url, and leave the endpoint of clients alone")
	}
	return nil
}

func (g *sentry) refused(ctx context.Context, err error, why, allow string) error {
	return &RefusedError{
		Service:   middleware.GetServiceID(ctx),
		Operation: middleware.GetOperationName(ctx),
		Account:   g.target.Account,
		Why:       why, Allow: allow, Err: err,
	}
}

// belongs reports whether u is the target's: at its endpoint, or on a live
// target without one at AWS. Bucket names may stand before the host.
func (g *sentry) belongs(u *url.URL) bool {
	switch {
	case g.endpoint != nil:
		host, own := strings.ToLower(u.Host), strings.ToLower(g.endpoint.Host)
		return u.Scheme == g.endpoint.Scheme && (host == own || strings.HasSuffix(host, "."+own))
	case g.target.Live:
		return u.Scheme == "https" && ofAWS(strings.ToLower(u.Hostname()))
	default:
		return true
	}
}

// ofAWS reports whether host is under a domain of AWS's partitions.
func ofAWS(host string) bool {
	for _, d := range []string{
		"amazonaws.com", "api.aws", "on.aws",
		"amazonaws.com.cn", "api.amazonwebservices.com.cn",
		"amazonaws.eu", "api.amazonwebservices.eu",
		"c2s.ic.gov", "sc2s.sgov.gov", "cloud.adc-e.uk", "csp.hci.ic.gov",
	} {
		if strings.HasSuffix(host, "."+d) {
			return true
		}
	}
	return false
}

// signer is the access key that r is signed with; empty if it is not signed
// with one.
func signer(r *http.Request) string {
	credential := r.URL.Query().Get("X-Amz-Credential")
	if h := r.Header.Get("Authorization"); h != "" {
		_, credential, _ = strings.Cut(h, " Credential=")
	}
	key, _, _ := strings.Cut(credential, "/")
	return key
}
