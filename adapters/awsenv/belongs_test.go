package awsenv

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stagegate/stagegate/harness"
)

func TestBelongs(t *testing.T) {
	for _, tt := range []struct {
		endpoint, asked string
		live, want      bool
	}{
		{"", "https://sqs.eu-west-1.amazonaws.com/", true, true},
		{"", "https://bucket.s3.eu-west-1.amazonaws.com/k", true, true},
		{"", "https://sqs.cn-north-1.amazonaws.com.cn", true, true},
		{"", "https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com", true, true},
		{"", "https://S3.EU-West-1.amazonaws.com", true, true},
		{"", "http://sqs.eu-west-1.amazonaws.com/", true, false},
		{"", "https://amazonaws.com.evil.example/", true, false},
		{"", "https://evilamazonaws.com/", true, false},
		{"", "https://amazonaws.com@evil.example/", true, false},
		{"", "https://127.0.0.1:5000/", true, false},
		{"", "https://", true, false},
		{"", "http://127.0.0.1:5000/", false, true},
		{"http://127.0.0.1:5000", "http://127.0.0.1:5000/q", true, true},
		{"http://localhost:4566", "http://bucket.localhost:4566/k", true, true},
		{"http://127.0.0.1:5000", "http://127.0.0.1:5001/", true, false},
		{"http://127.0.0.1:5000", "https://sqs.eu-west-1.amazonaws.com/", true, false},
		{"http://127.0.0.1:5000", "https://sqs.eu-west-1.amazonaws.com/", false, false},
		{"https://localhost:4566", "http://localhost:4566/", false, false},
		{"http://localhost:4566", "http://evillocalhost:4566/", false, false},
	} {
		g := &sentry{target: harness.Target{Live: tt.live}}
		if tt.endpoint != "" {
			g.endpoint, _ = url.Parse(tt.endpoint)
		}
		u, err := url.Parse(tt.asked)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.belongs(u); got != tt.want {
			t.Errorf("endpoint %q, live %v: belongs(%s) = %v, want %v", tt.endpoint, tt.live, tt.asked, got, tt.want)
		}
	}
}

func TestSigner(t *testing.T) {
	for _, tt := range []struct{ query, header, want string }{
		{"", "AWS4-HMAC-SHA256 Credential=AKID/20261122/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=00", "AKID"},
		{"", "AWS4-ECDSA-P256-SHA256 Credential=AKID/20261122/s3/aws4_request, SignedHeaders=host, Signature=00", "AKID"},
		{"X-Amz-Credential=AKID%2F20261122%2Feu-west-1%2Fs3%2Faws4_request", "", "AKID"},
		{"X-Amz-Credential=AKID%2F2026", "Bearer token", ""}, // the header counts
		{"", "Bearer token", ""},
		{"", "", ""},
	} {
		r, err := http.NewRequest("GET", "https://s3.amazonaws.com/?"+tt.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.header != "" {
			r.Header.Set("Authorization", tt.header)
		}
		if got := signer(r); got != tt.want {
			t.Errorf("signer(%q, %q) = %q, want %q", tt.query, tt.header, got, tt.want)
		}
	}
}
