package awsenv_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/mototest"
)

func TestProve(t *testing.T) {
	endpoint := mototest.Shared(t)
	for _, is := range []string{dev, staging, prod} {
		for _, want := range []string{dev, staging, prod} {
			who, err := awsenv.Prove(t.Context(), mototest.Session(endpoint, is), want)
			var wrong *awsenv.AccountError
			switch {
			case is == want:
				if err != nil || who.Account != want || !strings.Contains(who.ARN, ":assumed-role/stagegate/") {
					t.Errorf("Prove(%s) = %v, %v", want, who, err)
				}
			case !errors.As(err, &wrong) || wrong.Got != is || wrong.Want != want || !strings.Contains(err.Error(), wrong.ARN) || who != awsenv.Identity{}:
				t.Errorf("Prove(%s) of %s = %v, %v, want an AccountError with both", want, is, who, err)
			}
		}
	}
}

func TestSessionAssumesTheRole(t *testing.T) {
	w := newWire(t)
	cfg, err := awsenv.Session(t.Context(), mototest.Base("http://127.0.0.1:1"), w.target(staging, false))
	if err != nil {
		t.Fatal(err)
	}
	if got := w.asked(); !slices.Equal(got, []string{"AssumeRole", "GetCallerIdentity"}) {
		t.Errorf("STS was asked %v", got)
	}
	who, err := awsenv.Prove(t.Context(), cfg, staging)
	if err != nil || !strings.HasSuffix(who.ARN, ":assumed-role/stagegate/stagegate") {
		t.Errorf("%v, %v, want the session's name to be stagegate", who, err)
	}
}

func TestSessionOfAnotherAccount(t *testing.T) {
	w := newWire(t)
	ofAnother := w.target(prod, false)
	ofAnother.Role = mototest.Role(staging)
	withoutRole := w.target(prod, false)
	withoutRole.Role = ""
	for got, target := range map[string]harness.Target{staging: ofAnother, nobody: withoutRole} {
		_, err := awsenv.Session(t.Context(), mototest.Base(w.endpoint), target)
		var wrong *awsenv.AccountError
		if !errors.As(err, &wrong) || wrong.Got != got || wrong.Want != prod {
			t.Errorf("error %v, want an AccountError from %s", err, got)
		}
	}
	if seen := w.seen(); len(seen) != 0 {
		t.Errorf("other requests were sent: %v", seen)
	}
}

func TestNoProof(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		w.Write([]byte(`<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>`))
	}))
	defer refusing.Close()
	odd := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("<html>log in</html>")) }))
	defer odd.Close()
	dead := httptest.NewServer(nil)
	dead.Close()
	noCredentials, noRegion := mototest.Base(dead.URL), mototest.Base(dead.URL)
	noCredentials.Credentials, noRegion.Region = nil, ""
	for name, tt := range map[string]struct {
		cfg           aws.Config
		account, want string
	}{
		"dead":                     {mototest.Base(dead.URL), prod, "can be reached"},
		"dead, with a role":        {mototest.Session(dead.URL, prod), prod, "can be reached"},
		"refused":                  {mototest.Base(refusing.URL), prod, "InvalidClientTokenId"},
		"no credentials":           {noCredentials, prod, "there are no credentials"},
		"no region":                {noRegion, prod, "there is no region"},
		"no account":               {mototest.Base(dead.URL), "", "twelve digits"},
		"account short of a digit": {mototest.Base(dead.URL), "33333333333", "twelve digits"},
		"account that is a name":   {mototest.Base(dead.URL), "prod-account", "twelve digits"},
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			_, err := awsenv.Prove(t.Context(), tt.cfg, tt.account)
			var unproven *awsenv.UnprovenError
			if !errors.As(err, &unproven) || !strings.Contains(err.Error(), tt.want) || unproven.Hint == "" {
				t.Errorf("error %v, want an UnprovenError with %q", err, tt.want)
			}
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("it took %v to see that", took)
			}
		})
	}
	// The same through Session, which is what a gate calls.
	target := harness.Target{Name: "prod", Emulated: true, Account: prod, Role: mototest.Role(prod), Endpoint: dead.URL}
	var unproven *awsenv.UnprovenError
	begun := time.Now()
	if _, err := awsenv.Session(t.Context(), mototest.Base(""), target); !errors.As(err, &unproven) || time.Since(begun) > 5*time.Second {
		t.Errorf("Session: %v after %v, want an UnprovenError soon", err, time.Since(begun))
	}
	// A page of something else is never proof, whatever the SDK makes of it.
	if who, err := awsenv.Prove(t.Context(), mototest.Base(odd.URL), prod); err == nil {
		t.Errorf("a log-in page proved %v", who)
	}
}

// endpointFor is a configuration source as AWS_ENDPOINT_URL_<service> is one.
type endpointFor string

func (e endpointFor) GetServiceBaseEndpoint(_ context.Context, service string) (string, bool, error) {
	return "http://127.0.0.1:1", service == string(e), nil
}

func TestEndpoints(t *testing.T) {
	w := newWire(t)
	live := harness.Target{Name: "prod", Mode: harness.Deployed, Live: true, Account: prod, Region: "eu-west-1"}
	withEndpoint, emulated, noAccount := live, live, live
	withEndpoint.Endpoint = w.endpoint
	emulated.Emulated = true
	noAccount.Account = ""
	plain := mototest.Base(w.endpoint)
	plain.BaseEndpoint = nil
	redirected := plain.Copy()
	redirected.ConfigSources = []any{config.SharedConfig{}, endpointFor("STS")}

	for name, tt := range map[string]struct {
		cfg    aws.Config
		target harness.Target
		want   string
	}{
		"live, of the configuration": {mototest.Base(w.endpoint), live, "no endpoint but AWS's"},
		"live, of the target":        {plain, withEndpoint, "no endpoint but AWS's"},
		"live, of STS alone":         {redirected, live, "sends STS elsewhere"},
		"emulated without":           {plain, emulated, "would be AWS itself"},
		"no account":                 {plain, noAccount, "no account"},
		"in process":                 {plain, harness.InProcessTarget(), "no account"},
	} {
		t.Run(name, func(t *testing.T) {
			var wrong *awsenv.EndpointError
			if _, err := awsenv.Session(t.Context(), tt.cfg, tt.target); !errors.As(err, &wrong) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Session: %v, want an EndpointError with %q", err, tt.want)
			}
			if _, err := awsenv.Guard(t.Context(), tt.cfg, tt.target, nil); !errors.As(err, &wrong) {
				t.Errorf("Guard: %v, want an EndpointError", err)
			}
		})
	}
	if n := len(w.asked()) + len(w.seen()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestEnviron(t *testing.T) {
	w := newWire(t)
	cfg, err := awsenv.Session(t.Context(), mototest.Base(w.endpoint), w.target(staging, false))
	if err != nil {
		t.Fatal(err)
	}
	env, err := awsenv.Environ(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]string{}
	for _, kv := range env {
		k, v, _ := strings.Cut(kv, "=")
		has[k] = v
	}
	if has["AWS_REGION"] != mototest.Region || has["AWS_DEFAULT_REGION"] != mototest.Region || has["AWS_ENDPOINT_URL"] != w.endpoint || len(has) != 6 {
		t.Errorf("environment %v", env)
	}
	child := mototest.Base(has["AWS_ENDPOINT_URL"])
	child.Credentials = credentials.NewStaticCredentialsProvider(has["AWS_ACCESS_KEY_ID"], has["AWS_SECRET_ACCESS_KEY"], has["AWS_SESSION_TOKEN"])
	if _, err := awsenv.Prove(t.Context(), child, staging); err != nil {
		t.Errorf("the child's session: %v", err)
	}

	onAWS := aws.Config{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}
	if env, err := awsenv.Environ(t.Context(), onAWS); err != nil || len(env) != 4 {
		t.Errorf("long-lived keys on AWS itself: %v, %v, want neither token nor endpoint", env, err)
	}
	if _, err := awsenv.Environ(t.Context(), aws.Config{}); err == nil {
		t.Error("no credentials, and no error")
	}
}
