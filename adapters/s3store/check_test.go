package s3store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/stagegate/stagegate/adapters/s3store"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/mototest"
)

// locked makes a bucket with Object Lock; a mode gives it a default retention.
func (w *world) locked(t *testing.T, mode types.ObjectLockRetentionMode) string {
	t.Helper()
	bucket := w.bucket(t, func(in *s3.CreateBucketInput) { in.ObjectLockEnabledForBucket = aws.Bool(true) })
	if mode == "" {
		return bucket
	}
	_, err := w.admin.PutObjectLockConfiguration(t.Context(), &s3.PutObjectLockConfigurationInput{
		Bucket: &bucket,
		ObjectLockConfiguration: &types.ObjectLockConfiguration{
			ObjectLockEnabled: types.ObjectLockEnabledEnabled,
			Rule:              &types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: mode, Days: aws.Int32(90)}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return bucket
}

func (w *world) private(t *testing.T, bucket string, all bool) {
	t.Helper()
	_, err := w.admin.PutPublicAccessBlock(t.Context(), &s3.PutPublicAccessBlockInput{
		Bucket: &bucket,
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), RestrictPublicBuckets: aws.Bool(all),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// all calls every method of a store, and returns their errors by name.
func all(t *testing.T, s *s3store.Store) map[string]error {
	_, getErr := s.Get(t.Context(), "k")
	_, listErr := s.List(t.Context(), "")
	_, checkErr := s.Check(t.Context())
	return map[string]error{"Put": s.Put(t.Context(), "k", []byte("v")), "Get": getErr, "List": listErr, "Check": checkErr}
}

// S3 refuses a bucket of another account than the expected one; moto does not,
// so that here the front does. That the header is sent is in TestWhatIsSent.
func TestWrongOwner(t *testing.T) {
	w := newWorld(t)
	o := options(w.bucket(t, nil))
	o.Owner = "555555555555"
	for method, err := range all(t, s3store.New(w.client(nil), o)) {
		var wrong *s3store.OwnerError
		if !errors.As(err, &wrong) || wrong.Want != o.Owner || !strings.Contains(err.Error(), "hint:") {
			t.Errorf("%s = %v, want an OwnerError with a hint", method, err)
		}
	}
}

// Credentials of another account, which moto itself refuses.
func TestNoAccess(t *testing.T) {
	w := newWorld(t)
	o := options(w.bucket(t, nil))
	stranger := newClient(mototest.Session(w.moto, "666666666666"), w.front, nil)
	for method, err := range all(t, s3store.New(stranger, o)) {
		var denied *s3store.AccessError
		if !errors.As(err, &denied) || denied.Code == "" || !strings.Contains(err.Error(), "hint:") || errors.Is(err, harness.ErrNotFound) {
			t.Errorf("%s = %v, want an AccessError with a hint", method, err)
		}
	}
	for code, status := range map[string]int{"ExpiredToken": 400, "InvalidAccessKeyId": 403, "SignatureDoesNotMatch": 403} {
		out := newWire(func(string, int) fault { return answer(status, code) })
		_, err := s3store.New(w.client(out), o).Get(t.Context(), "k")
		var denied *s3store.AccessError
		if !errors.As(err, &denied) || denied.Code != code || !strings.Contains(denied.Hint, "log in") {
			t.Errorf("%s: Get = %v, want an AccessError that says to log in", code, err)
		}
	}
}

func TestNoBucket(t *testing.T) {
	w := newWorld(t)
	for method, err := range all(t, s3store.New(w.client(nil), options("store-that-nobody-made"))) {
		var none *s3store.BucketError
		if !errors.As(err, &none) || !strings.Contains(err.Error(), "hint:") || errors.Is(err, harness.ErrNotFound) {
			t.Errorf("%s = %v, want a BucketError with a hint", method, err)
		}
	}
	moved := newWire(func(string, int) fault { return answer(301, "PermanentRedirect") })
	_, err := s3store.New(w.client(moved), options("b")).Get(t.Context(), "k")
	var none *s3store.BucketError
	if !errors.As(err, &none) || !strings.Contains(none.Hint, "region") {
		t.Errorf("a bucket in another region: Get = %v, want a BucketError that names the region", err)
	}
}

func TestCheck(t *testing.T) {
	w := newWorld(t)
	plain, good, empty := w.bucket(t, nil), w.locked(t, types.ObjectLockRetentionModeCompliance), w.locked(t, "")
	w.private(t, good, true)
	w.private(t, empty, false)
	days := 90 * 24 * time.Hour
	for name, tt := range map[string]struct {
		bucket string
		retain s3store.Retention
		want   s3store.Report
		weak   []string
	}{
		"plain":                  {plain, s3store.Retention{}, s3store.Report{}, []string{"versioning", "Object Lock is off", "public"}},
		"plain, to be retained":  {plain, s3store.Retention{Mode: "COMPLIANCE", For: days}, s3store.Report{}, []string{"versioning", "Object Lock is off", "public", "to be retained"}},
		"locked by default":      {good, s3store.Retention{}, s3store.Report{Version: true, Lock: true, Default: s3store.Retention{Mode: "COMPLIANCE", For: days}, Private: true}, nil},
		"locked, nothing at all": {empty, s3store.Retention{}, s3store.Report{Version: true, Lock: true}, []string{"nothing is retained", "public"}},
		"locked, by each put":    {empty, s3store.Retention{Mode: "GOVERNANCE", For: days}, s3store.Report{Version: true, Lock: true}, []string{"public"}},
	} {
		o := options(tt.bucket)
		o.Retain = tt.retain
		got, err := s3store.New(w.client(nil), o).Check(t.Context())
		if err != nil || got.Bucket != tt.bucket || got.Owner != owner || got.Region != mototest.Region || len(got.Unknown) > 0 ||
			got.Version != tt.want.Version || got.Lock != tt.want.Lock || got.Default != tt.want.Default || got.Private != tt.want.Private {
			t.Errorf("%s: Check = %+v, %v, want %+v", name, got, err, tt.want)
		}
		if !slices.EqualFunc(got.Weak, tt.weak, func(g, w string) bool { return strings.Contains(g, w) && strings.Contains(g, "\nhint: ") }) {
			t.Errorf("%s: weak in %q, want %q, each with a hint", name, got.Weak, tt.weak)
		}
	}
}

// What cannot be asked is not taken for the better answer.
func TestCheckFaults(t *testing.T) {
	w := newWorld(t)
	good := w.locked(t, types.ObjectLockRetentionModeCompliance)
	w.private(t, good, true)
	for _, op := range []string{"HeadBucket", "GetBucketVersioning", "GetObjectLockConfiguration", "GetPublicAccessBlock"} {
		check := func(f fault) (s3store.Report, error) {
			broken := newWire(func(got string, _ int) fault {
				if got == op {
					return f
				}
				return nil
			})
			return s3store.Hasty(s3store.New(w.client(broken), options(good))).Check(t.Context())
		}
		for name, f := range map[string]fault{"500": answer(500, "InternalError"), "lost": lost, "404": answer(404, "NoSuchBucket")} {
			if r, err := check(f); err == nil || r.Version || r.Lock || r.Private {
				t.Errorf("%s with %s: Check = %+v, %v, want an error and nothing else", op, name, r, err)
			}
		}
		r, err := check(answer(403, "AccessDenied"))
		var denied *s3store.AccessError
		switch {
		case op == "HeadBucket" && !errors.As(err, &denied):
			t.Errorf("HeadBucket refused: Check = %+v, %v, want an AccessError", r, err)
		case op != "HeadBucket" && (err != nil || len(r.Unknown) != 1 || r.Version && r.Lock && r.Private):
			t.Errorf("%s refused: Check = %+v, %v, want one thing unknown and not granted", op, r, err)
		}
		for _, f := range []fault{page(200), answer(200, "")} {
			if r, err := check(f); op != "HeadBucket" && err == nil && r.Version && r.Lock && r.Private {
				t.Errorf("%s answered by a proxy: Check = %+v", op, r)
			}
		}
	}
}

// A bucket as it should be keeps what an administrator deletes, and says so.
func TestLockedBucket(t *testing.T) {
	w := newWorld(t)
	bucket := w.locked(t, types.ObjectLockRetentionModeCompliance)
	s := s3store.New(w.client(nil), options(bucket))
	for _, want := range []error{nil, harness.ErrExists} {
		if err := s.Put(t.Context(), "k", []byte("v")); !errors.Is(err, want) {
			t.Fatalf("Put = %v, want %v", err, want)
		}
	}
	name := "orders/v1/k"
	versions, err := w.admin.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: &bucket})
	if err != nil || len(versions.Versions) != 1 {
		t.Fatalf("versions %v, %v, want one", versions, err)
	}
	_, err = w.admin.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &bucket, Key: &name, VersionId: versions.Versions[0].VersionId})
	if err == nil {
		t.Error("a version under COMPLIANCE was deleted")
	}
	if b, err := s.Get(t.Context(), "k"); err != nil || string(b) != "v" {
		t.Errorf("Get = %q, %v, want the value", b, err)
	}
	if _, err := w.admin.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &bucket, Key: &name}); err != nil {
		t.Fatal(err)
	}
	if b, err := s.Get(t.Context(), "k"); !errors.Is(err, s3store.ErrDeleted) || errors.Is(err, harness.ErrNotFound) {
		t.Errorf("Get under a delete marker = %q, %v, want ErrDeleted alone", b, err)
	}
	if b, err := s.Get(t.Context(), "other"); !errors.Is(err, harness.ErrNotFound) || errors.Is(err, s3store.ErrDeleted) {
		t.Errorf("Get of what never was = %q, %v, want ErrNotFound alone", b, err)
	}
}

func TestRetain(t *testing.T) {
	w := newWorld(t)
	bucket := w.locked(t, "")
	now := time.Now().UTC().Truncate(time.Second)
	o := options(bucket)
	o.Retain = s3store.Retention{Mode: "GOVERNANCE", For: 48 * time.Hour}
	o.Now = func() time.Time { return now }
	if err := s3store.New(w.client(nil), o).Put(t.Context(), "k", []byte("v")); err != nil {
		t.Fatal(err)
	}
	got, err := w.admin.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("orders/v1/k")})
	if err != nil || got.ObjectLockMode != types.ObjectLockModeGovernance || !aws.ToTime(got.ObjectLockRetainUntilDate).Equal(now.Add(48*time.Hour)) {
		t.Errorf("retention %v until %v, %v, want GOVERNANCE until %v", got.ObjectLockMode, got.ObjectLockRetainUntilDate, err, now.Add(48*time.Hour))
	}
	o.Bucket = w.bucket(t, nil) // without Object Lock
	s := s3store.New(w.client(nil), o)
	if err := s.Put(t.Context(), "k", []byte("v")); outcome(err) != refused {
		t.Errorf("Put with retention into a bucket without Object Lock = %v, want an error", err)
	}
	if _, err := s.Get(t.Context(), "k"); !errors.Is(err, harness.ErrNotFound) {
		t.Errorf("Get = %v, want ErrNotFound", err)
	}
}
