package contracts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/pact-foundation/pact-go/v2/matchers"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/mototest"
)

// signed is the request's signature as AWS computes it, from what arrived.
func signed(t *testing.T, r *http.Request, body []byte, service string) string {
	t.Helper()
	_, list, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	list, _, _ = strings.Cut(list, ",")
	again, err := http.NewRequest(r.Method, "http://"+r.Host+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return ""
	}
	for name := range strings.SplitSeq(list, ";") {
		if name != "host" && name != "content-length" {
			again.Header[http.CanonicalHeaderKey(name)] = r.Header.Values(name)
		}
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		t.Error(err)
		return ""
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if given := r.Header.Get("X-Amz-Content-Sha256"); given != "" {
		hash = given
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	if err := signer.SignHTTP(t.Context(), aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "testing"}, again, hash, service, mototest.Region, at); err != nil {
		t.Error(err)
	}
	return again.Header.Get("Authorization")
}

func parsed(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// awsDoor is moto behind a door that checks signatures, as moto does not.
func awsDoor(t *testing.T, service string) string {
	t.Helper()
	moto := httputil.NewSingleHostReverseProxy(parsed(t, mototest.Shared(t)))
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if got, want := r.Header.Get("Authorization"), signed(t, r, body, service); got == "" || got != want {
			answer(403, `{"message":"SignatureDoesNotMatch"}`)(w, r)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		moto.ServeHTTP(w, r)
	}).URL
}

func awsConfig(ep Endpoint) aws.Config {
	return aws.Config{Region: mototest.Region, BaseEndpoint: aws.String(ep.URL), HTTPClient: ep.Client,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "testing", ""), Retryer: func() aws.Retryer { return aws.NopRetryer{} }}
}

// authorized is the Authorization header. The engine takes its value apart at
// commas and compares each part with the rule.
func authorized(service string) matchers.Matcher {
	return matchers.Regex("AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0",
		`^(AWS4-HMAC-SHA256 Credential=\w+/\d{8}/[a-z0-9-]+/`+service+`/aws4_request|SignedHeaders=[a-z0-9;-]+|Signature=[0-9a-f]+)$`)
}

// Adapters of AWS services sign the host: they need the real URL. Against the
// guard's own address the signature is of another host, and the contract is red.
func TestSignedRequests(t *testing.T) {
	whoami := Interaction{Safe: true, SafeBecause: "it reads", RealURL: true,
		Request: Request{Method: "POST", Path: Literal("/"), Headers: matchers.Map{"Authorization": authorized("sts")},
			Body: Form(matchers.Map{"Action": matchers.S("GetCallerIdentity"), "Version": matchers.S("2011-06-15")})},
		Response: Response{Status: 200, Headers: matchers.Map{"Content-Type": matchers.Regex("text/xml", "^text/xml.*$")}}}
	ask := func(ep Endpoint) error {
		_, err := sts.NewFromConfig(awsConfig(ep)).GetCallerIdentity(t.Context(), nil)
		return err
	}
	expect(t, try(t, live(awsDoor(t, "sts")), []Interaction{whoami}, ask), harness.Passed)
	guarded := whoami
	guarded.RealURL = false
	door := awsDoor(t, "sts")
	expect(t, try(t, live(door), []Interaction{guarded}, ask), harness.ResponseMismatch, "expected 200, got 403")

	read := Interaction{Given: []State{{Name: "card is valid"}}, Safe: true, RealURL: true,
		Request: Request{Method: "GET", Path: Path{Template: "/cards/{card}", Match: map[string]string{"card": `tok .+`}, Example: map[string]string{"card": "tok a+b"}},
			Query: matchers.Map{"x-id": matchers.S("GetObject")}, Headers: matchers.Map{"Authorization": authorized("s3")}},
		Response: Response{Status: 200, Body: Text(matchers.Regex("paid", "^(paid|open)$"))}}
	get := func(ep Endpoint) error {
		c := s3.NewFromConfig(awsConfig(ep), func(o *s3.Options) { o.UsePathStyle = true })
		o, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("cards"), Key: aws.String(ep.Value("card"))})
		if err == nil {
			o.Body.Close()
		}
		return err
	}
	put(t, "tok a+b", "open")
	p := live(awsDoor(t, "s3"))
	p.target.Dependencies["payments"].Fixtures["card is valid"]["card"] = "tok a+b"
	expect(t, try(t, p, []Interaction{read}, get), harness.Passed)
	put(t, "tok a+b", "lost")
	expect(t, try(t, p, []Interaction{read}, get), harness.ResponseMismatch, "got lost")
}

// put writes an object of the bucket cards.
func put(t *testing.T, key, content string) {
	t.Helper()
	c := s3.NewFromConfig(mototest.Base(mototest.Shared(t)), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("cards"),
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: mototest.Region}})
	if err != nil && !strings.Contains(err.Error(), "BucketAlreadyOwnedByYou") {
		t.Fatal(err)
	}
	_, err = c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("cards"), Key: aws.String(key), Body: strings.NewReader(content), ContentType: aws.String("text/plain")})
	if err != nil {
		t.Fatal(err)
	}
}
