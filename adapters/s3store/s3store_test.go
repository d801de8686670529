package s3store_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/stagegate/stagegate/adapters/s3store"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/harness/storetest"
	"github.com/stagegate/stagegate/internal/mototest"
)

// Its races are 64 goroutines on one key, and on many.
func TestConformance(t *testing.T) {
	w := newWorld(t)
	storetest.Run(t, func(t *testing.T) harness.Store { return w.store(t) })
}

func TestOptions(t *testing.T) {
	ok := s3store.Options{Bucket: "b", Owner: owner}
	for name, edit := range map[string]func(*s3store.Options){
		"no bucket":            func(o *s3store.Options) { o.Bucket = "" },
		"no owner":             func(o *s3store.Options) { o.Owner = "" },
		"an owner of letters":  func(o *s3store.Options) { o.Owner = "44444444444x" },
		"a prefix with an end": func(o *s3store.Options) { o.Prefix = "orders/" },
		"a prefix upwards":     func(o *s3store.Options) { o.Prefix = "../orders" },
		"a long prefix":        func(o *s3store.Options) { o.Prefix = strings.Repeat("x", 121) },
		"a mode without time":  func(o *s3store.Options) { o.Retain.Mode = "COMPLIANCE" },
		"a time without mode":  func(o *s3store.Options) { o.Retain.For = time.Hour },
		"an unknown mode":      func(o *s3store.Options) { o.Retain = s3store.Retention{Mode: "compliance", For: time.Hour} },
	} {
		o := ok
		edit(&o)
		silent := newWire(func(operation string, _ int) fault {
			t.Errorf("%s: %s was sent", name, operation)
			return dial
		})
		s := s3store.Hasty(s3store.New(offline(silent), o))
		for method, err := range all(t, s) {
			if err == nil || errors.Is(err, harness.ErrNotFound) || errors.Is(err, harness.ErrExists) {
				t.Errorf("%s: %s = %v, want what is wrong with the options", name, method, err)
			}
		}
	}
}

// Every request says whose bucket it must be, every write that it must be the
// first: what S3 enforces and moto does not is at least on the wire.
func TestWhatIsSent(t *testing.T) {
	w := newWorld(t)
	seen := map[string]int{}
	client := newWire(func(op string, _ int) fault {
		return func(r *http.Request, next aws.HTTPClient) (*http.Response, error) {
			seen[op]++
			if got := r.Header.Get("X-Amz-Expected-Bucket-Owner"); got != owner {
				t.Errorf("%s: expected owner %q, want %s", op, got, owner)
			}
			if !slices.Contains([]string{"GET", "HEAD", "PUT"}, r.Method) {
				t.Errorf("%s is a %s", op, r.Method)
			}
			if r.Method == "PUT" && (r.Header.Get("If-None-Match") != "*" || r.Header.Get("X-Amz-Checksum-Sha256") == "" || len(r.Header.Get("X-Amz-Meta-Stagegate-Put")) < 26) {
				t.Errorf("%s: headers %v, want a condition, a checksum and a nonce", op, r.Header)
			}
			return next.Do(r)
		}
	})
	s := s3store.New(w.client(client), options(w.bucket(t, nil)))
	for _, want := range []error{nil, harness.ErrExists} {
		if err := s.Put(t.Context(), "k", []byte("v")); !errors.Is(err, want) {
			t.Errorf("Put = %v, want %v", err, want)
		}
	}
	s.Get(t.Context(), "k")
	s.List(t.Context(), "")
	s.Check(t.Context())
	for _, op := range []string{"PutObject", "HeadObject", "GetObject", "ListObjectsV2", "HeadBucket", "GetBucketVersioning", "GetObjectLockConfiguration", "GetPublicAccessBlock"} {
		if seen[op] == 0 {
			t.Errorf("%s was not sent: seen %v", op, seen)
		}
	}
}

// Two stores in one bucket do not see each other.
func TestPrefix(t *testing.T) {
	w := newWorld(t)
	bucket := w.bucket(t, nil)
	at := func(prefix string) *s3store.Store {
		return s3store.New(w.client(nil), s3store.Options{Bucket: bucket, Prefix: prefix, Owner: owner})
	}
	for _, p := range []string{"a", "ab", "b/c"} {
		if err := at(p).Put(t.Context(), "k/x", []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []string{"a", "ab", "b/c"} {
		got, err := at(p).Get(t.Context(), "k/x")
		keys, listErr := at(p).List(t.Context(), "")
		if string(got) != p || err != nil || listErr != nil || !slices.Equal(keys, []string{"k/x"}) {
			t.Errorf("%s: Get = %q, %v, List = %q, %v", p, got, err, keys, listErr)
		}
	}
	want := []string{"a/k/x", "ab/k/x", "b/c/k/x"}
	if keys, err := at("").List(t.Context(), ""); err != nil || !slices.Equal(keys, want) {
		t.Errorf("List without a prefix = %q, %v, want %q", keys, err, want)
	}
}

// What others put into the bucket is neither listed nor taken for a value.
func TestForeignObjects(t *testing.T) {
	w := newWorld(t)
	bucket := w.bucket(t, nil)
	s := s3store.Hasty(s3store.New(w.client(nil), options(bucket)))
	for _, name := range []string{"orders/v1/", "orders/v1/folder/", "orders/v1/a b", "orders/v1/x/../y", "orders/v1/planted"} {
		if _, err := w.admin.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &name, Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
	}
	if keys, err := s.List(t.Context(), ""); err != nil || !slices.Equal(keys, []string{"planted"}) {
		t.Errorf("List = %q, %v, want only what has the name of a key", keys, err)
	}
	if got, err := s.Get(t.Context(), "planted"); err == nil || errors.Is(err, harness.ErrNotFound) {
		t.Errorf("Get of an object without a SHA-256 = %q, %v, want an error", got, err)
	}
	if err := s.Put(t.Context(), "planted", []byte("x")); !errors.Is(err, harness.ErrExists) {
		t.Errorf("Put = %v, want ErrExists", err)
	}
}

// S3 lists 1,000 names at a time.
func TestManyPages(t *testing.T) {
	const n = 2_501
	w := newWorld(t)
	bucket := w.bucket(t, nil)
	s := s3store.New(newClient(mototest.Session(w.moto, owner), w.moto, nil), options(bucket)) // without the front: nobody competes
	keys := make(chan string)
	var writers sync.WaitGroup
	for range 16 {
		writers.Go(func() {
			for k := range keys {
				if err := s.Put(t.Context(), k, []byte(k)); err != nil {
					t.Errorf("Put(%q): %v", k, err)
				}
			}
		})
	}
	var want []string
	for i := range n {
		k := fmt.Sprintf("runs/%d/%d", i%7, i)
		want = append(want, k)
		keys <- k
	}
	close(keys)
	writers.Wait()
	slices.Sort(want)
	if got, err := s.List(t.Context(), ""); err != nil || !slices.Equal(got, want) {
		t.Errorf("List = %d keys, %v, want all %d, sorted", len(got), err, n)
	}
	want = slices.DeleteFunc(want, func(k string) bool { return !strings.HasPrefix(k, "runs/3/") })
	if got, err := s.List(t.Context(), "runs/3"); err != nil || !slices.Equal(got, want) {
		t.Errorf("List of a prefix = %d keys, %v, want %d", len(got), err, len(want))
	}
	for page := range 3 { // no page can be lost: neither the first nor the last
		broken := newWire(func(op string, i int) fault {
			if op == "ListObjectsV2" && i >= page {
				return answer(http.StatusInternalServerError, "InternalError")
			}
			return nil
		})
		s := s3store.Hasty(s3store.New(newClient(mototest.Session(w.moto, owner), w.moto, broken), options(bucket)))
		if got, err := s.List(t.Context(), ""); err == nil {
			t.Errorf("List without page %d = %d keys, want an error", page, len(got))
		}
	}
}

func TestTooBig(t *testing.T) {
	w := newWorld(t)
	bucket := w.bucket(t, nil)
	liar := newWire(func(op string, _ int) fault {
		return func(r *http.Request, next aws.HTTPClient) (*http.Response, error) {
			a, err := next.Do(r)
			if err == nil && op == "GetObject" {
				a.ContentLength = 256<<20 + 1
				a.Header.Set("Content-Length", fmt.Sprint(a.ContentLength))
			}
			return a, err
		}
	})
	s := s3store.New(w.client(liar), options(bucket))
	if err := s.Put(t.Context(), "k", []byte("v")); err != nil {
		t.Fatal(err)
	}
	if b, err := s.Get(t.Context(), "k"); err == nil || !strings.Contains(err.Error(), "at most 268435456") {
		t.Errorf("Get = %d bytes, %v, want the limit", len(b), err)
	}
	if err := s.Put(t.Context(), "big", make([]byte, 256<<20+1)); err == nil || liar.count["PutObject"] != 1 {
		t.Errorf("Put = %v after %d requests, want an error before the second", err, liar.count["PutObject"])
	}
}
