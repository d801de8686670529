package contracts

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// A pinned transport talks to one host, and to nothing else: a redirect
// elsewhere would leave the guard.
type pinned struct {
	host string
	next *http.Transport

	mu      sync.Mutex
	refused []string
	lost    error // why the host, on this machine, could not be reached
}

func pin(base string) *pinned {
	return &pinned{host: strings.TrimPrefix(base, "http://"), next: &http.Transport{}}
}

// RoundTrip implements [http.RoundTripper].
func (p *pinned) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "http" || r.URL.Host != p.host {
		what := fmt.Sprintf("%s %s is another host than the endpoint's", r.Method, placeOf(r.URL))
		p.mu.Lock()
		defer p.mu.Unlock()
		p.refused = append(p.refused, what)
		return nil, fmt.Errorf("%w: %s", errRefused, what)
	}
	answer, err := p.next.RoundTrip(r)
	if err != nil && r.Context().Err() == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.lost = err
	}
	return answer, err
}

// placeOf is u without what an answer may have put into it for one person: a
// redirect's query may be signed. Its path is cut, because it may hold an id.
func placeOf(u *url.URL) string {
	path, more, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if more != "" {
		path += "/..."
	}
	return u.Scheme + "://" + u.Host + "/" + path
}

// seen are the requests that were refused, and why the host could not be
// reached, if it once could not.
func (p *pinned) seen() (refused []string, lost error) {
	if p == nil {
		return nil, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.refused), p.lost
}

// CloseIdleConnections is called by [http.Client.CloseIdleConnections].
func (p *pinned) CloseIdleConnections() { p.next.CloseIdleConnections() }
