package s3store_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/stagegate/stagegate/adapters/s3store"
	"github.com/stagegate/stagegate/harness"
)

// readFaults are the ways in which an answer that carries something goes wrong.
var readFaults = map[string]fault{
	"no connection":                dial,
	"before it is sent":            unsent,
	"lost answer":                  lost,
	"500":                          answer(500, "InternalError"),
	"503 slow down":                answer(503, "SlowDown"),
	"403":                          answer(403, "AccessDenied"),
	"404 of a proxy":               page(404),
	"404 without a body":           answer(404, ""),
	"200 of a proxy":               page(200),
	"204":                          page(204),
	"304":                          page(304),
	"connection cut in the middle": changedAnswer(false, half),
	"connection cut at the start":  changedAnswer(false, none),
	"cut, and length to match":     changedAnswer(true, half),
	"empty, and length to match":   changedAnswer(true, none),
}

// passes are the faults that another attempt is made after.
func passes(name string) bool {
	return !slices.Contains([]string{"403", "304"}, name)
}

// A broken answer is never a value, nor the absence of one.
func TestGetFaults(t *testing.T) {
	w := newWorld(t)
	bucket := w.bucket(t, nil)
	if err := s3store.New(w.client(nil), options(bucket)).Put(t.Context(), "there", []byte(value)); err != nil {
		t.Fatal(err)
	}
	faults := map[string]fault{"flipped bit": changedAnswer(true, flip), "longer": changedAnswer(true, func(b []byte) []byte { return append(b, 'x') })}
	for name, f := range readFaults {
		faults[name] = f
	}
	for name, f := range faults {
		for _, times := range []int{1, 100} {
			broken := func() *s3store.Store {
				return s3store.Hasty(s3store.New(w.client(newWire(func(op string, n int) fault {
					if op == "GetObject" && n < times {
						return f
					}
					return nil
				})), options(bucket)))
			}
			b, err := broken().Get(t.Context(), "there")
			switch good := times == 1 && passes(name); {
			case good && (err != nil || string(b) != value):
				t.Errorf("%s, once: Get = %q, %v, want the value", name, b, err)
			case !good && (err == nil || b != nil || errors.Is(err, harness.ErrNotFound)):
				t.Errorf("%s: Get = %q, %v, want an error that is not ErrNotFound", name, b, err)
			}
			// What changes an answer has nothing to change in S3's own words for "there is none".
			b, err = broken().Get(t.Context(), "absent")
			if err == nil || b != nil {
				t.Errorf("%s, %d times: Get of nothing = %q, %v", name, times, b, err)
			}
			if times == 1 && passes(name) && !errors.Is(err, harness.ErrNotFound) {
				t.Errorf("%s, once: Get of nothing: %v, want ErrNotFound", name, err)
			}
		}
	}
}

// A broken answer is never a list, least of all a short one.
func TestListFaults(t *testing.T) {
	w := newWorld(t)
	bucket := w.bucket(t, nil)
	want := []string{"a/1", "a/2", "a/3"}
	for _, k := range want {
		if err := s3store.New(w.client(nil), options(bucket)).Put(t.Context(), k, nil); err != nil {
			t.Fatal(err)
		}
	}
	for name, f := range readFaults {
		for _, times := range []int{1, 100} {
			s := s3store.Hasty(s3store.New(w.client(newWire(func(op string, n int) fault {
				if op == "ListObjectsV2" && n < times {
					return f
				}
				return nil
			})), options(bucket)))
			keys, err := s.List(t.Context(), "a")
			if good := times == 1 && passes(name); good && (err != nil || !slices.Equal(keys, want)) || !good && (err == nil || keys != nil) {
				t.Errorf("%s, %d times: List = %q, %v", name, times, keys, err)
			}
		}
	}
}

// list is S3's answer for a bucket with three keys, the last page of them.
const list = `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>b</Name><Prefix>p/</Prefix><KeyCount>3</KeyCount>` +
	`<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Contents><Key>p/1</Key></Contents><Contents><Key>p/2</Key></Contents>` +
	`<Contents><Key>p/3</Key></Contents></ListBucketResult>`

// A list that ends early, wherever it does, is no list.
func TestListCutAnywhere(t *testing.T) {
	lists := func(body string) ([]string, error) {
		canned := newWire(func(string, int) fault {
			return func(r *http.Request, _ httpClient) (*http.Response, error) { return response(r, 200, body), nil }
		})
		s := s3store.New(offline(canned), s3store.Options{Bucket: "b", Prefix: "p", Owner: owner})
		return s3store.Hasty(s).List(t.Context(), "")
	}
	if keys, err := lists(list); err != nil || !slices.Equal(keys, []string{"1", "2", "3"}) {
		t.Fatalf("List of the whole = %q, %v: this test shows nothing", keys, err)
	}
	for n := range len(list) {
		if keys, err := lists(list[:n]); err == nil && len(keys) != 3 {
			t.Errorf("List of the first %d bytes, up to %q = %q", n, list[max(0, n-20):n], keys)
		}
	}
	for name, body := range map[string]string{
		"of another bucket":        replace(list, "<Name>b<", "<Name>c<"),
		"of another prefix":        replace(list, "<Prefix>p/<", "<Prefix>q/<"),
		"key outside":              replace(list, "<Key>p/2<", "<Key>q/2<"),
		"fewer than it says":       replace(list, "<Contents><Key>p/2</Key></Contents>", ""),
		"without a count":          replace(list, "<KeyCount>3</KeyCount>", ""),
		"without an end":           replace(list, "<IsTruncated>false</IsTruncated>", ""),
		"more, and no token":       replace(list, ">false<", ">true<"),
		"more, and the same token": replace(list, "<IsTruncated>false<", "<NextContinuationToken>t</NextContinuationToken><IsTruncated>true<"),
	} {
		if keys, err := lists(body); err == nil {
			t.Errorf("a list %s: %q", name, keys)
		}
	}
}
