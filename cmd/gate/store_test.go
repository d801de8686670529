package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/stagegate/stagegate/adapters/s3store"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/gatefile"
)

const inBucket = "s3://acme-evidence/orders?account=444444444444&region=eu-west-1"

func TestWhereTheStoreIs(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	staging := map[string]harness.Target{"staging": {Account: "444444444444"}}
	for _, tt := range []struct {
		name, file, flag string
		targets          map[string]harness.Target
		url, folder      string // "" and "": a usage error
	}{
		{"gate.yaml's folder is beside it", ".gate", "", nil, "/repo/.gate", "/repo/.gate"},
		{"a whole path", "/var/evidence", "", nil, "/var/evidence", "/var/evidence"},
		{"the flag's folder is below here", ".gate", "evidence", nil, here + "/evidence", here + "/evidence"},
		{"gate.yaml's bucket", "s3://acme/x", "", nil, "s3://acme/x", ""},
		{"the flag's bucket", ".gate", inBucket, nil, "s3://acme-evidence/orders", ""},
		{"a folder in the place of a bucket", "s3://acme/x", "/tmp/x", staging, "/tmp/x", "/tmp/x"},
		{"a bucket in the account of a target", ".gate", inBucket, staging, "", ""},
		{"a bucket of nobody", ".gate", "s3://acme-evidence", nil, "", ""},
		{"another scheme", ".gate", "gs://acme-evidence", nil, "", ""},
	} {
		a := &app{store: tt.flag}
		f := &gatefile.File{Dir: "/repo", Store: gatefile.Store{URL: tt.file}, Targets: tt.targets}
		s, err := a.archive(f)
		if tt.url == "" {
			if exitCode(t.Context(), err) != exitUsage {
				t.Errorf("%s: got %v, want a usage error", tt.name, err)
			}
			continue
		}
		if err != nil || s.URL != tt.url || s.folder() != tt.folder {
			t.Errorf("%s: got %+v, %v, want %s", tt.name, s, err, tt.url)
			continue
		}
		if got := s.tree(f).Ignore; tt.folder == "" && got != nil || tt.folder != "" && (len(got) != 1 || got[0] != tt.folder) {
			t.Errorf("%s: the checkout ignores %q", tt.name, got)
		}
	}
}

// A bucket is opened by its first use, once it could be opened.
func TestBucketIsOpenedWhenUsed(t *testing.T) {
	opened, down := 0, errors.New("down")
	s := &archive{Store: gatefile.Store{URL: "s3://acme"}, open: func(context.Context) (*s3store.Store, error) {
		if opened++; opened < 4 {
			return nil, down
		}
		return s3store.New(nil, s3store.Options{}), nil // every method fails
	}}
	_, getErr := s.Get(t.Context(), "k")
	_, listErr := s.List(t.Context(), "")
	for what, err := range map[string]error{"Get": getErr, "List": listErr, "Put": s.Put(t.Context(), "k", nil)} {
		if !errors.Is(err, down) {
			t.Errorf("%s: got %v, want the error of opening", what, err)
		}
	}
	for range 2 {
		if _, err := s.Get(t.Context(), "k"); err == nil || errors.Is(err, down) {
			t.Errorf("Get once it is open: %v, want the store's own error", err)
		}
	}
	if opened != 4 {
		t.Errorf("opened %d times, want 4", opened)
	}
}

// What gate.yaml may name is what the store takes.
func TestPrefixesThatBothTake(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for n, ok := range map[int]bool{1: true, 120: true, 121: false} {
		s, parseErr := gatefile.ParseStore("s3://acme/" + strings.Repeat("x", n) + "?account=444444444444&region=eu-west-1")
		bucket, prefix, _ := s.Bucket()
		store := s3store.New(s3.NewFromConfig(aws.Config{Region: "eu-west-1"}), s3store.Options{Bucket: bucket, Prefix: prefix, Owner: s.Account})
		_, err := store.List(cancelled, "")
		if (parseErr == nil) != ok || strings.Contains(err.Error(), "prefix") == ok {
			t.Errorf("%d bytes: gate.yaml says %v, the store %v", n, parseErr, err)
		}
	}
}
