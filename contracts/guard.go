package contracts

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stagegate/stagegate/contracts/pact"
)

// engineTimeout is how long the engine, on this machine, may take to judge a request.
const engineTimeout = 30 * time.Second

// errRefused is what the adapter gets for a request that is not in the contract.
var errRefused = errors.New("stagegate: the request is not in the contract and was not sent to the dependency")

// A guard stands between an adapter and the real dependency. It forwards a
// request only after the engine's mock server has accepted it, and records the
// answer.
type guard struct {
	mock, real *url.URL
	engine     http.RoundTripper // to the mock server
	outside    http.RoundTripper // to the dependency
	timeout    time.Duration
	running    sync.WaitGroup

	mu        sync.Mutex
	finished  bool
	exchanges []exchange
	refused   []string // requests that did not even reach the mock server
}

// An exchange is a request that was forwarded, and its answer or error.
type exchange struct {
	interaction  int
	method, path string
	status       int
	header       http.Header
	body         []byte // without content encoding
	err          error
	took         time.Duration
}

func newGuard(mock, real *url.URL, timeout time.Duration) *guard {
	outside := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, DisableKeepAlives: true}
	return &guard{mock: mock, real: real, timeout: timeout, outside: outside,
		engine: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
}

// listen serves g as a reverse proxy on 127.0.0.1.
func (g *guard) listen() (address string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", func() {}, err
	}
	proxy := &httputil.ReverseProxy{
		Transport: g,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(g.real)
			r.Out.URL.RawQuery = r.In.URL.RawQuery // as the adapter wrote it
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
	at := "http://" + l.Addr().String()
	proxy.ModifyResponse = func(r *http.Response) error { g.stay(r.Header, at); return nil }
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: g.timeout}
	go server.Serve(l)
	return at, func() { server.Close() }, nil
}

// stay makes a redirect to the dependency one to the guard at an address: a
// client of the adapter's own would follow it past the contract.
func (g *guard) stay(h http.Header, at string) {
	to, err := url.Parse(h.Get("Location"))
	if err != nil || to.Host == "" {
		return
	}
	if to.Scheme == "" { // "//host/path"
		to.Scheme = g.real.Scheme
	}
	if path, ok := g.inside(to); ok {
		query := ""
		if to.RawQuery != "" {
			query = "?" + to.RawQuery
		}
		h.Set("Location", at+path+query)
	}
}

// refuse notes a request that is none of the contract's, without the engine.
func (g *guard) refuse(what string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refused = append(g.refused, what)
}

func (g *guard) record(x exchange) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.exchanges = append(g.exchanges, x)
}

// finish waits for the requests that are on their way, lets no other one
// through, and returns what was seen.
func (g *guard) finish() ([]exchange, []string) {
	g.mu.Lock()
	g.finished = true
	g.mu.Unlock()
	g.running.Wait()
	return g.exchanges, g.refused
}

// RoundTrip implements [http.RoundTripper] for requests to the dependency.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	if g.finished {
		g.mu.Unlock()
		return nil, errors.New("stagegate: the test of this contract is over")
	}
	g.running.Add(1)
	g.mu.Unlock()
	defer g.running.Done()

	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	path, ok := g.inside(r.URL)
	if r.Host != "" && !strings.EqualFold(r.Host, g.real.Host) {
		g.refuse(fmt.Sprintf("%s with Host: %s is for another host than %s", r.Method, r.Host, g.real.Host))
		return nil, errRefused
	}
	if !ok {
		g.refuse(fmt.Sprintf("%s %s is outside of %s", r.Method, placeOf(r.URL), g.real))
		return nil, errRefused
	}
	n, err := g.ask(r, path, body)
	if err != nil {
		return nil, err
	}
	return g.forward(r, path, n, body)
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	defer r.Body.Close()
	return io.ReadAll(r.Body)
}

// withPort is the host of u with the port that it has or means.
func withPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// inside is the path of u below the dependency's URL, as it is written.
func (g *guard) inside(u *url.URL) (string, bool) {
	if u.Scheme != g.real.Scheme || !strings.EqualFold(withPort(u), withPort(g.real)) {
		return "", false
	}
	path, ok := strings.CutPrefix(u.EscapedPath(), strings.TrimSuffix(g.real.EscapedPath(), "/"))
	if path == "" {
		path = "/"
	}
	return path, ok && path[0] == '/'
}

// ask lets the engine's mock server judge a request, and returns the number of
// the interaction that it is.
func (g *guard) ask(r *http.Request, path string, body []byte) (int, error) {
	ctx, cancel := context.WithTimeout(r.Context(), engineTimeout)
	defer cancel()
	u, err := url.Parse(g.mock.String() + path)
	if err != nil {
		return 0, err
	}
	u.RawQuery = r.URL.RawQuery
	question := copyOf(ctx, r, body)
	question.URL = u
	answer, err := g.engine.RoundTrip(question)
	if gone := r.Context().Err(); gone != nil {
		g.record(exchange{method: r.Method, path: path, err: gone})
		return 0, gone
	}
	if err != nil {
		g.refuse(fmt.Sprintf("%s %s could not be compared with the contract: %v", r.Method, path, err))
		return 0, fmt.Errorf("stagegate: ask the engine: %w", err)
	}
	defer answer.Body.Close()
	if answer.Header.Get(pact.RefusedHeader) != "" {
		return 0, errRefused // the mock server has noted what is wrong
	}
	n, err := strconv.Atoi(answer.Header.Get(pact.MarkHeader))
	if err != nil {
		g.refuse(fmt.Sprintf("%s %s: the engine's answer (%s) does not name an interaction", r.Method, path, answer.Status))
		return 0, errRefused
	}
	return n, nil
}

// forward sends a request to the dependency and records the answer, which the
// adapter gets byte for byte.
func (g *guard) forward(r *http.Request, path string, n int, body []byte) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), g.timeout)
	defer cancel()
	started := time.Now()
	x := exchange{interaction: n, method: r.Method, path: path}
	answer, err := g.outside.RoundTrip(copyOf(ctx, r, body))
	if err == nil {
		var b []byte
		b, err = readBounded(answer.Body)
		answer.Body.Close()
		answer.Body = io.NopCloser(bytes.NewReader(b))
		x.status, x.header, x.body = answer.StatusCode, answer.Header.Clone(), decoded(answer.Header, b)
	}
	x.err, x.took = err, time.Since(started)
	g.record(x)
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// maxAnswer bounds an answer and what it unpacks to, in bytes.
const maxAnswer = 64 << 20

func readBounded(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
	if err == nil && len(b) > maxAnswer {
		err = fmt.Errorf("the answer is longer than %d MiB", maxAnswer>>20)
	}
	return b, err
}

// copyOf is r with its own body, ready to be sent.
func copyOf(ctx context.Context, r *http.Request, body []byte) *http.Request {
	c := r.Clone(ctx)
	c.RequestURI = ""
	c.Body, c.ContentLength, c.TransferEncoding = http.NoBody, int64(len(body)), nil
	if len(body) > 0 {
		c.Body = io.NopCloser(bytes.NewReader(body))
	}
	return c
}

// decoded is a body as the engine compares it. One that cannot be decoded is
// left for the engine to find fault with.
func decoded(h http.Header, b []byte) []byte {
	if !strings.EqualFold(h.Get("Content-Encoding"), "gzip") {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return b
	}
	plain, err := readBounded(z)
	if err != nil {
		return b
	}
	return plain
}
