package main

import (
	"context"
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

// front listens where the user wants and hands each request to the engine's
// mock server, until ctx ends.
func front(ctx context.Context, o options, mock *pact.Server, s selection, stdout, stderr io.Writer) error {
	to, err := url.Parse(mock.URL())
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", net.JoinHostPort(o.host, strconv.Itoa(o.port)))
	if err != nil {
		return fmt.Errorf("%w\nhint: choose another -port; without one a free one is taken", err)
	}
	x := &explainer{mock: mock, stderr: stderr}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: &httputil.ReverseProxy{
		Transport: &http.Transport{DisableCompression: true},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host, r.Out.URL.RawQuery = r.In.Host, r.In.URL.RawQuery
		},
		ModifyResponse: x.look,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			fmt.Fprintf(stderr, "pact-mock: %s %s: the engine did not answer: %v\n", r.Method, r.URL.Path, err)
			http.Error(w, "pact-mock: the engine did not answer", http.StatusBadGateway)
		},
	}}
	fmt.Fprintf(stdout, "http://%s is %s as %s expects it; interactions: %d\n", l.Addr(), s.provider, s.consumer, len(s.all))
	for _, i := range s.all {
		fmt.Fprintf(stdout, "  %s\n", i)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return server.Shutdown(last)
}

// An explainer tells why the engine refused a request.
type explainer struct {
	mock   *pact.Server
	stderr io.Writer

	mu   sync.Mutex
	told int // refusals that were explained
}

// look sees every answer before the client does.
func (x *explainer) look(answer *http.Response) error {
	if answer.Header.Get(pact.RefusedHeader) == "" {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	all, err := x.mock.Mismatches()
	if err != nil {
		fmt.Fprintf(x.stderr, "pact-mock: %v\n", err)
		return nil
	}
	n := 0
	for _, m := range all {
		if m.Kind == pact.Missing { // not asked for yet
			continue
		}
		if n++; n > x.told {
			x.told = n
			fmt.Fprint(x.stderr, explain(m))
		}
	}
	return nil
}

func explain(m pact.RequestMismatch) string {
	if m.Kind != pact.Differs {
		return fmt.Sprintf("pact-mock: %s %s: no interaction is like it\n", m.Method, m.Path)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "pact-mock: %s %s: an interaction is like it, but\n", m.Method, m.Path)
	for _, d := range m.Differences {
		fmt.Fprintf(&b, "  %s: %s\n", strings.TrimSpace(d.Part+" "+d.Where), d.Message)
	}
	return b.String()
}
