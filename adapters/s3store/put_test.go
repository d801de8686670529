package s3store_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/stagegate/stagegate/adapters/s3store"
	"github.com/stagegate/stagegate/harness"
)

const value = "a value long enough to be cut in the middle"

// What one Put says, in short.
const (
	won     = "won"
	exists  = "exists"
	open    = "unsettled"
	refused = "failed" // and nothing was written
)

func outcome(err error) string {
	var unsettled *s3store.UnsettledError
	switch {
	case err == nil:
		return won
	case errors.Is(err, harness.ErrExists):
		return exists
	case errors.As(err, &unsettled):
		return open
	default:
		return refused
	}
}

// putFaults are the ways in which a PutObject goes wrong, and what a Put says
// when each of its requests does so.
var putFaults = []struct {
	name   string
	fault  fault
	always string
}{
	{"no connection", dial, refused},
	{"before it is sent", unsent, open},
	{"lost answer", lost, won},
	{"500", answer(500, "InternalError"), open},
	{"500 after the work", done(500, "InternalError"), won},
	{"503 slow down", answer(503, "SlowDown"), open},
	{"503 after the work", done(503, "ServiceUnavailable"), won},
	{"409 conflict", answer(409, "ConditionalRequestConflict"), refused},
	{"412 and nothing there", answer(412, "PreconditionFailed"), refused},
	{"400 timeout", answer(400, "RequestTimeout"), refused},
	{"403", answer(403, "AccessDenied"), refused},
	{"cut body", changedBody(half), open},
	{"flipped bit", changedBody(flip), refused},
	{"page of a proxy", page(200), open},
	{"answer without headers", page(204), open},
}

// Each fault, once and always: the value is there as a whole or not at all,
// and the caller is told which.
func TestPutFaults(t *testing.T) {
	w := newWorld(t)
	bucket := w.bucket(t, nil)
	clean := s3store.New(w.client(nil), options(bucket))
	for i, tt := range putFaults {
		for _, times := range []int{1, 2, 100} {
			t.Run(fmt.Sprintf("%s, %d times", tt.name, times), func(t *testing.T) {
				broken := newWire(func(op string, n int) fault {
					if op == "PutObject" && n < times {
						return tt.fault
					}
					return nil
				})
				key := fmt.Sprintf("k/%d/%d", i, times)
				err := s3store.Hasty(s3store.New(w.client(broken), options(bucket))).Put(t.Context(), key, []byte(value))
				want := tt.always
				if times < s3store.Attempts && tt.name != "403" {
					want = won
				}
				if got := outcome(err); got != want {
					t.Errorf("Put %s: %v, want %s", got, err, want)
				}
				b, err := clean.Get(t.Context(), key)
				switch there := want == won; {
				case there && (err != nil || string(b) != value):
					t.Errorf("Get = %q, %v, want the value", b, err)
				case !there && !errors.Is(err, harness.ErrNotFound):
					t.Errorf("Get = %q, %v, want ErrNotFound", b, err)
				}
				if n := broken.count["PutObject"]; n > s3store.Attempts {
					t.Errorf("%d requests, at most %d", n, s3store.Attempts)
				}
			})
		}
	}
}

// Two writers of the same bytes, and pairs of faults in the way of one of them,
// with and without faults in its reading back: never do both win, and who won
// is there.
func TestRivals(t *testing.T) {
	w := newWorld(t)
	bucket := w.bucket(t, nil)
	clean := s3store.New(w.client(nil), options(bucket))
	faults := []fault{nil, lost, unsent, done(500, "InternalError"), answer(409, "ConditionalRequestConflict"), changedBody(flip)}
	heads := map[string]fault{"": nil, "500": answer(500, ""), "404": answer(404, "")}
	seen := map[string]int{}
	i := 0
	for a := range faults {
		for b := range faults[:3] {
			for name, head := range heads {
				for turn := range 3 { // the rival comes before the request of this number
					i++
					key := fmt.Sprintf("rival/%d", i)
					label := fmt.Sprintf("faults %d and %d, HEAD %q, rival at %d", a, b, name, turn)
					rival := ""
					broken := newWire(func(op string, n int) fault {
						switch {
						case op == "HeadObject":
							return head
						case op != "PutObject":
							return nil
						}
						if n == turn {
							rival = outcome(clean.Put(t.Context(), key, []byte(value)))
						}
						return append([]fault{faults[a], faults[b]}, make([]fault, 100)...)[n]
					})
					mine := outcome(s3store.Hasty(s3store.New(w.client(broken), options(bucket))).Put(t.Context(), key, []byte(value)))
					got, err := clean.Get(t.Context(), key)
					switch {
					case mine == won && rival == won:
						t.Errorf("%s: both won", label)
					case mine == exists && rival != won:
						t.Errorf("%s: told that there is a value, the rival %q", label, rival)
					case rival == exists && mine != won && mine != open:
						t.Errorf("%s: the rival was told that there is a value, this one %s", label, mine)
					case err != nil && (mine == won || rival == won), err == nil && string(got) != value:
						t.Errorf("%s: %s and %s, Get = %q, %v", label, mine, rival, got, err)
					}
					seen[mine+" and "+rival]++
				}
			}
		}
	}
	for _, want := range []string{"won and ", "won and exists", "exists and won", "unsettled and exists"} {
		if seen[want] == 0 {
			t.Errorf("no case of %q: %v", want, seen)
		}
	}
}

// Equal bytes of another writer are not one's own, however the answer was lost.
func TestEqualBytesOfAnother(t *testing.T) {
	w := newWorld(t)
	bucket := w.bucket(t, nil)
	clean := s3store.New(w.client(nil), options(bucket))
	broken := newWire(func(op string, n int) fault {
		if op != "PutObject" || n > 0 {
			return nil
		}
		return func(r *http.Request, next aws.HTTPClient) (*http.Response, error) {
			if err := clean.Put(t.Context(), "k", []byte(value)); err != nil {
				t.Error(err)
			}
			return lost(r, next)
		}
	})
	err := s3store.Hasty(s3store.New(w.client(broken), options(bucket))).Put(t.Context(), "k", []byte(value))
	if !errors.Is(err, harness.ErrExists) {
		t.Errorf("Put = %v, want ErrExists", err)
	}
}

// A server that does not answer is given up after the timeout of one request.
func TestHangingAnswer(t *testing.T) {
	w := newWorld(t)
	opts := options(w.bucket(t, nil))
	opts.Timeout = 3 * time.Second // enough for a busy moto
	broken := newWire(func(op string, n int) fault {
		if op == "PutObject" && n == 0 {
			return hangs
		}
		return nil
	})
	if err := s3store.Hasty(s3store.New(w.client(broken), opts)).Put(t.Context(), "k", []byte(value)); err != nil {
		t.Errorf("Put = %v, want it found out that it was written", err)
	}
}

// A caller who gives up is told so at once, and that it is not known.
func TestCancelledInTheMiddle(t *testing.T) {
	w := newWorld(t)
	bucket := w.bucket(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	broken := newWire(func(string, int) fault {
		return func(r *http.Request, next aws.HTTPClient) (*http.Response, error) {
			cancel()
			return nil, r.Context().Err()
		}
	})
	s := s3store.New(w.client(broken), options(bucket))
	err := s.Put(ctx, "k", []byte(value))
	if got := outcome(err); got != open || !errors.Is(err, context.Canceled) {
		t.Errorf("Put %s: %v, want unsettled and cancelled", got, err)
	}
	if len(broken.count) != 1 || broken.count["PutObject"] != 1 {
		t.Errorf("requests %v, want one", broken.count)
	}
	if _, err := s.Get(ctx, "k"); !errors.Is(err, context.Canceled) {
		t.Errorf("Get = %v, want the context's error", err)
	}
	if _, err := s.List(ctx, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("List = %v, want the context's error", err)
	}
}
