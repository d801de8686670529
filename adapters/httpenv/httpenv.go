package httpenv

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/guard"
	"github.com/stagegate/stagegate/internal/tracing"
)

// Bounds that keep a test from hanging on a target that does not answer. A
// caller with slower requests raises Client.Timeout, or has a context of its own.
const (
	total     = time.Minute
	connect   = 10 * time.Second
	firstByte = 30 * time.Second
	idle      = 30 * time.Second
)

// New returns a client that only reaches t and its dependencies; see the
// package comment. Each answer of t itself is passed to record (service
// "http"), from the goroutine that made the request; record may be nil.
//
// The client has connections and no cookies of its own: call
// CloseIdleConnections when it is done with. A client for a target that is in
// process, or for the zero Target, refuses everything.
func New(t harness.Target, record func(harness.Call)) *http.Client {
	if record == nil {
		record = func(harness.Call) {}
	}
	return &http.Client{
		Timeout: total,
		Transport: &transport{
			places:   placesOf(t),
			readOnly: t.ReadOnly(),
			record:   record,
			next: &http.Transport{
				Proxy:                 http.ProxyFromEnvironment, // never for loopback
				DialContext:           (&net.Dialer{Timeout: connect}).DialContext,
				TLSHandshakeTimeout:   connect,
				ResponseHeaderTimeout: firstByte,
				IdleConnTimeout:       idle,
				ForceAttemptHTTP2:     true,
			},
		},
	}
}

// A RefusedError is a request that was not sent.
type RefusedError struct {
	Method string
	Host   string // with the scheme, without user information
	Why    string
	Allow  string // what would allow it
}

// Error says what was refused and why, with a hint.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("stagegate refused %s %s before it was sent: %s\nhint: %s", e.Method, e.Host, e.Why, e.Allow)
}

// RetryableError says, as awsenv's error does, that another try is refused too.
func (e *RefusedError) RetryableError() bool { return false }

// transport asks before each request, the hops of redirects included: an
// http.Client comes here for every one of them.
type transport struct {
	places   places
	readOnly bool
	record   func(harness.Call)
	next     *http.Transport
}

// RoundTrip sends r, or returns a [RefusedError].
func (g *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.check(r); err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	answer, err := g.next.RoundTrip(traced(r))
	if err == nil && g.places.own(r.URL) {
		g.record(harness.Call{Service: "http", Operation: method(r), Host: r.URL.Host})
	}
	return answer, err
}

// traced is r with the headers of its trace; r itself if it has none.
func traced(r *http.Request) *http.Request {
	h := r.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	tracing.Inject(r.Context(), h)
	if len(h) == len(r.Header) {
		return r
	}
	with := r.WithContext(r.Context()) // a shallow copy: a RoundTripper leaves the caller's request alone
	with.Header = h
	return with
}

// CloseIdleConnections is what http.Client.CloseIdleConnections calls.
func (g *transport) CloseIdleConnections() { g.next.CloseIdleConnections() }

func (g *transport) check(r *http.Request) error {
	refuse := func(why, allow string) error {
		return &RefusedError{Method: method(r), Host: r.URL.Scheme + "://" + r.URL.Host, Why: why, Allow: allow}
	}
	if g.places.closed != "" {
		return refuse(g.places.closed, g.places.hint)
	}
	if !g.places.reach(r.URL) {
		return refuse("it is neither "+g.places.name+"'s own host nor one of its dependencies'",
			"declare it in gate.yaml as the url of "+g.places.name+" or under its dependencies")
	}
	if r.Host != "" && r.Host != r.URL.Host && !g.places.reachHost(r.URL, r.Host) {
		return refuse("its Host header names another host, "+r.Host, "leave the Host header alone")
	}
	if !g.readOnly {
		return nil
	}
	if !guard.ReadMethod(r.Method) {
		return refuse(g.places.name+" is live, and "+method(r)+" may change something there",
			guard.Allow(g.places.name))
	}
	for _, h := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		if m := r.Header.Get(h); !guard.ReadMethod(m) {
			return refuse(g.places.name+" is live, and the header "+h+" makes this a "+m, "remove the header")
		}
	}
	return nil
}

func method(r *http.Request) string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}
