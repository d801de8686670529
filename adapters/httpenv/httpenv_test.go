package httpenv_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stagegate/stagegate/adapters/httpenv"
	"github.com/stagegate/stagegate/harness"
)

// server counts what arrives and redirects where ?to= says.
func server(t *testing.T) (url string, arrived *atomic.Int32) {
	arrived = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Add(1)
		if to := r.FormValue("to"); to != "" {
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, arrived
}

type calls struct {
	sync.Mutex
	all []harness.Call
}

func (c *calls) record(one harness.Call) {
	c.Lock()
	defer c.Unlock()
	c.all = append(c.all, one)
}

func deployed(url string) harness.Target {
	return harness.Target{Name: "staging", Mode: harness.Deployed, URL: url}
}

func request(t *testing.T, c *http.Client, method, url string, header ...string) error {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := c.Do(r)
	if err == nil {
		_, err = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
	}
	return err
}

func wantRefused(t *testing.T, err error, words string) {
	t.Helper()
	var refused *httpenv.RefusedError
	if !errors.As(err, &refused) {
		t.Fatalf("error %v, want a RefusedError", err)
	}
	if refused.RetryableError() {
		t.Error("a refusal may be tried again")
	}
	if !strings.Contains(refused.Error(), words) || refused.Allow == "" {
		t.Errorf("error %q, want %q in it and a hint", refused, words)
	}
}

func TestReachesTargetAndDependenciesOnly(t *testing.T) {
	own, ownArrived := server(t)
	payments, paymentsArrived := server(t)
	other, otherArrived := server(t)
	target := deployed(own)
	target.Dependencies = map[string]harness.Dependency{"payments": {URL: payments}}
	var seen calls
	c := httpenv.New(target, seen.record)

	if err := request(t, c, "POST", own+"/orders"); err != nil {
		t.Error(err)
	}
	if err := request(t, c, "GET", payments+"/cards"); err != nil {
		t.Error(err)
	}
	wantRefused(t, request(t, c, "GET", other), "neither staging's own host nor one of its dependencies'")
	if got := [3]int32{ownArrived.Load(), paymentsArrived.Load(), otherArrived.Load()}; got != [3]int32{1, 1, 0} {
		t.Errorf("requests that arrived: %v, want one each and none at the other", got)
	}
	want := harness.Call{Service: "http", Operation: "POST", Host: strings.TrimPrefix(own, "http://")}
	if len(seen.all) != 1 || seen.all[0] != want {
		t.Errorf("recorded %v, want only %v", seen.all, want)
	}
}

func TestRedirectsAreJudgedHopByHop(t *testing.T) {
	own, _ := server(t)
	other, otherArrived := server(t)
	var seen calls
	c := httpenv.New(deployed(own), seen.record)

	wantRefused(t, request(t, c, "GET", own+"/?to="+url.QueryEscape(other)), "neither")
	wantRefused(t, request(t, c, "POST", own+"/?to="+url.QueryEscape(own+"/?to="+url.QueryEscape(other))), "neither")
	if n := otherArrived.Load(); n != 0 {
		t.Errorf("%d requests reached the other host", n)
	}
	if len(seen.all) != 3 {
		t.Errorf("recorded %d calls, want each hop to the target: 3", len(seen.all))
	}
}

func TestLiveTargetIsOnlyRead(t *testing.T) {
	own, arrived := server(t)
	payments, paymentsArrived := server(t)
	target := deployed(own)
	target.Name, target.Live = "prod", true
	target.Dependencies = map[string]harness.Dependency{"payments": {URL: payments}}
	var seen calls
	c := httpenv.New(target, seen.record)

	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "TRACE", "get", "PURGE"} {
		wantRefused(t, request(t, c, method, own), "prod is live")
		wantRefused(t, request(t, c, method, payments), "prod is live")
	}
	wantRefused(t, request(t, c, "GET", own, "X-HTTP-Method-Override", "DELETE"), "makes this a DELETE")
	if n := arrived.Load() + paymentsArrived.Load() + int32(len(seen.all)); n != 0 {
		t.Fatalf("%d requests arrived or were recorded, want none", n)
	}
	for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
		if err := request(t, c, method, own); err != nil {
			t.Errorf("%s: %v", method, err)
		}
	}
	if arrived.Load() != 3 || len(seen.all) != 3 {
		t.Errorf("%d arrived, %d recorded, want 3 and 3", arrived.Load(), len(seen.all))
	}
}

func TestHostHeaderOfAnotherHost(t *testing.T) {
	own, arrived := server(t)
	c := httpenv.New(deployed(own), nil)
	r, _ := http.NewRequestWithContext(t.Context(), "GET", own, nil)
	r.Host = "elsewhere.example"
	_, err := c.Do(r)
	wantRefused(t, err, "Host header names another host")
	if arrived.Load() != 0 {
		t.Error("the request was sent")
	}
}

func TestClosedTargets(t *testing.T) {
	own, arrived := server(t)
	inProcess := harness.InProcessTarget()
	inProcess.URL = own
	for name, tt := range map[string]struct {
		target harness.Target
		words  string
	}{
		"zero":              {harness.Target{}, "there is no target"},
		"no mode":           {harness.Target{URL: own}, "there is no target"},
		"another mode":      {harness.Target{URL: own, Mode: harness.Mock}, "there is no target"},
		"in process":        {inProcess, "in process: use the in-process adapter"},
		"no url":            {deployed(""), "no usable url"},
		"no scheme":         {deployed(strings.TrimPrefix(own, "http://")), "no usable url"},
		"relative":          {deployed("/orders"), "no usable url"},
		"of another scheme": {deployed("ftp://127.0.0.1"), "no usable url"},
	} {
		t.Run(name, func(t *testing.T) {
			wantRefused(t, request(t, httpenv.New(tt.target, nil), "GET", own), tt.words)
		})
	}
	if n := arrived.Load(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// What was not answered is not a call: a scenario cannot pass for having
// spoken to the target by failing to reach it.
func TestUnansweredIsNotRecorded(t *testing.T) {
	s := httptest.NewServer(nil)
	s.Close()
	var seen calls
	if err := request(t, httpenv.New(deployed(s.URL), seen.record), "GET", s.URL); err == nil {
		t.Fatal("a closed server answered")
	}
	if len(seen.all) != 0 {
		t.Errorf("recorded %v", seen.all)
	}
}

func TestSecretsStayOutOfErrors(t *testing.T) {
	own, _ := server(t)
	err := request(t, httpenv.New(deployed(own), nil), "GET", "http://user:s3cret@elsewhere.example/?token=hidden")
	var refused *httpenv.RefusedError
	if !errors.As(err, &refused) || strings.Contains(refused.Error(), "s3cret") || strings.Contains(refused.Error(), "hidden") {
		t.Errorf("error %v, want a RefusedError without the URL's secrets", err)
	}
}

func TestLoopbackNeverUsesAProxy(t *testing.T) {
	own, arrived := server(t)
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	if err := request(t, httpenv.New(deployed(own), nil), "GET", own); err != nil || arrived.Load() != 1 {
		t.Errorf("error %v, %d arrived", err, arrived.Load())
	}
}
