package s3store_test

import (
	"crypto/rand"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/stagegate/stagegate/adapters/s3store"
	"github.com/stagegate/stagegate/internal/mototest"
)

const owner = "444444444444"

// A world is moto behind a front, with one account's buckets.
type world struct {
	moto, front string
	admin       *s3.Client // straight to moto: sees what is there, and may do anything
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{moto: mototest.Shared(t)}
	w.front = serveFront(t, w.moto, owner)
	w.admin = newClient(mototest.Session(w.moto, owner), w.moto, nil)
	return w
}

func newClient(cfg aws.Config, endpoint string, through aws.HTTPClient) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = true
		o.BaseEndpoint = &endpoint
		if through != nil {
			o.HTTPClient = through
		}
	})
}

// bucket makes a bucket; edit may change how.
func (w *world) bucket(t *testing.T, edit func(*s3.CreateBucketInput)) string {
	t.Helper()
	name := "store-" + strings.ToLower(rand.Text())
	in := &s3.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: mototest.Region}}
	if edit != nil {
		edit(in)
	}
	if _, err := w.admin.CreateBucket(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	return name
}

// client reaches the front through a transport, which may be nil.
func (w *world) client(through aws.HTTPClient) *s3.Client {
	return newClient(mototest.Session(w.moto, owner), w.front, through)
}

// store is a store in a bucket of its own.
func (w *world) store(t *testing.T) *s3store.Store {
	t.Helper()
	return s3store.New(w.client(nil), options(w.bucket(t, nil)))
}

func options(bucket string) s3store.Options {
	return s3store.Options{Bucket: bucket, Prefix: "orders/v1", Owner: owner}
}

// A wire is a transport that does to requests what faults has for them.
type wire struct {
	next  aws.HTTPClient
	fault func(operation string, n int) fault // of the n-th request of that operation, from 0; nil is none
	count map[string]int
}

// A fault sends r, or not, and answers.
type fault func(r *http.Request, next aws.HTTPClient) (*http.Response, error)

func newWire(f func(operation string, n int) fault) *wire {
	return &wire{next: awshttp.NewBuildableClient(), fault: f, count: map[string]int{}}
}

// Do implements [aws.HTTPClient]. It is for one goroutine.
func (w *wire) Do(r *http.Request) (*http.Response, error) {
	op := middleware.GetOperationName(r.Context())
	n := w.count[op]
	w.count[op]++
	if f := w.fault(op, n); f != nil {
		return f(r, w.next)
	}
	return w.next.Do(r)
}

type httpClient = aws.HTTPClient

// offline is a client that has nothing but its transport.
func offline(through aws.HTTPClient) *s3.Client {
	const nowhere = "http://127.0.0.1:1"
	return newClient(mototest.Base(nowhere), nowhere, through)
}

// replace fails where there is nothing to replace: the test would show nothing.
func replace(s, old, by string) string {
	if !strings.Contains(s, old) {
		panic("nothing to replace: " + old)
	}
	return strings.ReplaceAll(s, old, by)
}
