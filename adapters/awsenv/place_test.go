package awsenv_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/mototest"
)

// The three accounts, and the one that moto's own keys belong to.
const (
	dev     = "111111111111"
	staging = "222222222222"
	prod    = "333333333333"
	nobody  = "123456789012"
)

// A wire stands in front of moto and counts what arrives, STS by itself: what
// it has not seen was not sent.
type wire struct {
	endpoint string

	mu      sync.Mutex
	sts     []string   // actions
	all     []string   // everything else
	assumed url.Values // the last AssumeRole
}

func newWire(t *testing.T) *wire {
	t.Helper()
	moto, err := url.Parse(mototest.Shared(t))
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	proxy := httputil.NewSingleHostReverseProxy(moto)
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(b)))
		w.saw(r, string(b))
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(s.Close)
	w.endpoint = s.URL
	return w
}

func (w *wire) saw(r *http.Request, body string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if form, err := url.ParseQuery(body); err == nil && strings.Contains(r.Header.Get("Authorization"), "/sts/") {
		w.sts = append(w.sts, form.Get("Action"))
		if form.Get("Action") == "AssumeRole" {
			w.assumed = form
		}
		return
	}
	w.all = append(w.all, fmt.Sprint(r.Method, " ", r.URL.Path, " ", r.Header.Get("X-Amz-Target")))
}

// seen are the requests but STS's since the last time.
func (w *wire) seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.all
	w.all = nil
	return all
}

// form is what the last AssumeRole sent.
func (w *wire) form() url.Values {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.assumed
}

// asked are STS's actions since the last time.
func (w *wire) asked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.sts
	w.sts = nil
	return all
}

// target is an emulated target in account, reached through w.
func (w *wire) target(account string, live bool) harness.Target {
	return harness.Target{
		Name: map[string]string{dev: "dev", staging: "staging", prod: "prod"}[account], Mode: harness.Deployed,
		Live: live, Emulated: true,
		Account: account, Region: mototest.Region, Role: mototest.Role(account), Endpoint: w.endpoint,
	}
}

type calls struct {
	sync.Mutex
	all []string
}

func (c *calls) record(one harness.Call) {
	c.Lock()
	defer c.Unlock()
	c.all = append(c.all, one.Service+" "+one.Operation)
}

func (c *calls) take() []string {
	c.Lock()
	defer c.Unlock()
	all := c.all
	c.all = nil
	return all
}
