package s3store_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// A front stands before moto and does what S3 is documented to do and moto
// 5.2.1 does not:
//
//   - ExpectedBucketOwner is enforced (moto reads the header nowhere);
//   - a conditional write is atomic (moto looks first and writes later, and
//     gives an object its user metadata after it can be read);
//   - a body that does not have its x-amz-checksum-sha256 is refused (moto
//     stores both as they are);
//   - a GET of a deleted object says so in x-amz-delete-marker (moto: HEAD only).
type front struct {
	owner string // of all buckets behind it
	moto  *httputil.ReverseProxy
	mu    sync.RWMutex
}

// serveFront returns the endpoint of a front before moto.
func serveFront(t *testing.T, moto, owner string) string {
	t.Helper()
	to, err := url.Parse(moto)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{owner: owner, moto: &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host },
		Transport:      &http.Transport{MaxIdleConnsPerHost: 100},
		ModifyResponse: deleteMarker,
	}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return server.URL
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if want := r.Header.Get("X-Amz-Expected-Bucket-Owner"); want != "" && want != f.owner {
		refuse(w, http.StatusForbidden, "AccessDenied")
		return
	}
	if r.Method != http.MethodPut {
		f.mu.RLock()
		defer f.mu.RUnlock()
		f.moto.ServeHTTP(w, r)
		return
	}
	b, err := io.ReadAll(r.Body)
	sum := sha256.Sum256(b)
	want := r.Header.Get("X-Amz-Checksum-Sha256")
	switch {
	case err != nil:
		refuse(w, http.StatusBadRequest, "IncompleteBody")
		return
	case want != "" && want != base64.StdEncoding.EncodeToString(sum[:]):
		refuse(w, http.StatusBadRequest, "BadDigest")
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(b))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.moto.ServeHTTP(w, r)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	io.WriteString(w, s3Error(code))
}

func s3Error(code string) string {
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>a test's</Message></Error>`, code)
}

// deleteMarker adds to the answer of a GET what moto answers a HEAD.
func deleteMarker(answer *http.Response) error {
	r := answer.Request
	if r.Method != http.MethodGet || answer.StatusCode != http.StatusNotFound || strings.Count(r.URL.Path, "/") < 2 {
		return nil
	}
	again := r.Clone(r.Context()) // with the credentials
	again.Method = http.MethodHead
	head, err := http.DefaultTransport.RoundTrip(again)
	if err != nil {
		return err
	}
	head.Body.Close()
	if m := head.Header.Get("X-Amz-Delete-Marker"); m != "" {
		answer.Header.Set("X-Amz-Delete-Marker", m)
	}
	return nil
}
