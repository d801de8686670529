package main

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// How a request to the cloud goes wrong.
type trouble string

const (
	answers500 trouble = "500"       // nothing was done
	reset      trouble = "reset"     // nothing was done, and the connection ends
	lostAnswer trouble = "lost"      // it was done, and the connection ends
	truncated  trouble = "truncated" // it was done, and half of the answer arrives
)

// A line is the way to the cloud, on which the request number at goes wrong, or
// all from there on; 0: none does.
type line struct {
	to  *url.URL
	how trouble
	at  int
	on  bool

	mu    sync.Mutex
	kinds []string // of the requests so far
}

// requests are the kinds of those so far.
func (l *line) requests() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.kinds)
}

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	l.kinds = append(l.kinds, kindOf(r))
	n := len(l.kinds)
	l.mu.Unlock()
	wrong := n == l.at || l.on && l.at > 0 && n > l.at
	if wrong && l.how == answers500 {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	if wrong && l.how == reset {
		panic(http.ErrAbortHandler)
	}
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host, out.RequestURI = l.to.Scheme, l.to.Host, ""
	answer, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || wrong && (l.how == lostAnswer || len(body) == 0) {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), answer.Header)
	w.WriteHeader(answer.StatusCode)
	if wrong {
		w.Write(body[:len(body)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	w.Write(body)
}

// kindOf names the service and the operation of a request.
func kindOf(r *http.Request) string {
	service := "?"
	if m := signedFor.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		service = m[1]
	}
	switch {
	case service == "kms":
		return "kms " + r.Header.Get("X-Amz-Target")
	case service == "sts":
		b, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(b)))
		form, _ := url.ParseQuery(string(b))
		return "sts " + form.Get("Action")
	case r.URL.Query().Has("list-type"):
		return service + " list"
	default:
		return service + " " + r.Method
	}
}
