package awsenv_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/mototest"
)

// Who stops a call that changes something, hidden in a smoke suite. docs/aws.md
// has the same table.
const (
	byClient = "the client"  // before anything is sent
	byIAM    = "IAM"         // the role of tests may not
	unshown  = "IAM, cited"  // the same, and moto, which enforces, answers 500 instead
	byNobody = "not stopped" // and the page says so
)

// A hidden call is one that a reviewer may overlook. It returns what the caller
// would see; cfg is the guarded configuration, env the process's environment.
type hidden struct {
	name string
	who  string
	call func(t *testing.T, cfg aws.Config, env []string, made things) error
}

func hiddenCalls() []hidden {
	send := func(ctx context.Context, cfg aws.Config, queue string, fn ...func(*sqs.Options)) error {
		_, err := sqs.NewFromConfig(cfg, fn...).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: text("hidden")})
		return err
	}
	return []hidden{
		{"in a helper", byClient, func(t *testing.T, cfg aws.Config, _ []string, made things) error {
			return send(t.Context(), cfg, made.queue)
		}},
		{"a presigned URL made with the guarded client", byClient, func(t *testing.T, cfg aws.Config, _ []string, made things) error {
			_, err := s3.NewPresignClient(s3.NewFromConfig(cfg)).PresignPutObject(t.Context(), &s3.PutObjectInput{Bucket: &made.bucket, Key: text("k")})
			return err
		}},
		{"with the middleware stripped", byClient, func(t *testing.T, cfg aws.Config, _ []string, made things) error {
			return send(t.Context(), cfg, made.queue, func(o *sqs.Options) { o.APIOptions, o.Interceptors.BeforeExecution = nil, nil })
		}},
		{"with everything stripped", byIAM, func(t *testing.T, cfg aws.Config, _ []string, made things) error {
			return send(t.Context(), cfg, made.queue, func(o *sqs.Options) {
				o.APIOptions, o.Interceptors.BeforeExecution, o.HTTPClient = nil, nil, http.DefaultClient
			})
		}},
		{"with a configuration of its own", byIAM, func(t *testing.T, _ aws.Config, env []string, made things) error {
			return own(t, env, func(cfg aws.Config) error { return send(t.Context(), cfg, made.queue) })
		}},
		{"by another program, as the aws CLI is", byIAM, func(t *testing.T, _ aws.Config, env []string, made things) error {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHiddenCalls$", "-test.v")
			cmd.Env = append(env, "AWSENV_QUEUE="+made.queue)
			out, err := cmd.CombinedOutput()
			if strings.Contains(string(out), "StatusCode: 403") {
				return errStatus{http.StatusForbidden}
			}
			return errors.Join(err, onlyIf(!strings.Contains(string(out), "--- PASS"), string(out)))
		}},
		{"a presigned URL made with another configuration", unshown, func(t *testing.T, _ aws.Config, env []string, made things) error {
			return own(t, env, func(cfg aws.Config) error {
				signed, err := s3.NewPresignClient(s3.NewFromConfig(cfg)).PresignPutObject(t.Context(), &s3.PutObjectInput{Bucket: &made.bucket, Key: text("k")})
				if err != nil {
					return err
				}
				return request(t.Context(), http.DefaultClient, http.MethodPut, signed.URL)
			})
		}},
		{"by http.DefaultClient, to the service itself", byNobody, func(t *testing.T, _ aws.Config, env []string, _ things) error {
			return request(t.Context(), http.DefaultClient, http.MethodPost, value(env, "SERVICE_URL"))
		}},
		{"by the metadata endpoint's role", byClient, func(t *testing.T, _ aws.Config, env []string, made things) error {
			var bare []string // a process that has lost its session, or dropped it
			for _, kv := range env {
				if !strings.HasPrefix(kv, "AWS_ACCESS") && !strings.HasPrefix(kv, "AWS_SECRET") && !strings.HasPrefix(kv, "AWS_SESSION") {
					bare = append(bare, kv)
				}
			}
			return own(t, bare, func(cfg aws.Config) error { return send(t.Context(), cfg, made.queue) })
		}},
		{"with a token of the metadata endpoint that it fetches itself", byNobody, func(t *testing.T, _ aws.Config, env []string, _ things) error {
			return request(t.Context(), http.DefaultClient, http.MethodGet, value(env, "METADATA_URL")+"/latest/meta-data/iam/security-credentials/")
		}},
	}
}

// Each hidden call is stopped by whom the page says: by the client nothing is
// sent, by IAM it is denied. What nobody stops is not forgotten either.
func TestHiddenCalls(t *testing.T) {
	if queue := os.Getenv("AWSENV_QUEUE"); queue != "" {
		program(t, queue)
		return
	}
	var served atomic.Int32
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
	t.Cleanup(service.Close)
	endpoint := mototest.Start(t)
	made := furnish(t, endpoint, prod)
	role, _ := testRole(t, endpoint, prod, "sqs", "s3")
	target := harness.Target{Name: "prod", Mode: harness.Deployed, Live: true, Emulated: true, Account: prod, Region: mototest.Region, Endpoint: endpoint,
		URL: service.URL, Role: mototest.Role(prod), Tests: &harness.Role{ARN: role}}
	session, err := awsenv.Session(t.Context(), mototest.Base(endpoint), target.ForTests())
	if err != nil {
		t.Fatal(err)
	}
	env, err := awsenv.Environ(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	env = append(env, "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT="+service.URL, "SERVICE_URL="+service.URL, "METADATA_URL="+service.URL)
	cfg, err := awsenv.Guard(t.Context(), session, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := request(t.Context(), http.DefaultClient, http.MethodPost, endpoint+"/moto-api/reset-auth"); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/aws.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hiddenCalls() {
		t.Run(h.name, func(t *testing.T) {
			before := served.Load()
			err := h.call(t, cfg, env, made)
			got, status := byNobody, errStatus{}
			switch {
			case denied(err):
				got = byIAM
			case errors.As(err, &status) && status.code == http.StatusInternalServerError:
				got = unshown
			case err != nil && served.Load() == before:
				got = byClient
			}
			if got != h.who {
				t.Errorf("%s (%v), want %s", got, err, h.who)
			}
			if row := fmt.Sprintf("| %s | %s |", h.name, h.who); !strings.Contains(string(page), row) {
				t.Errorf("docs/aws.md has no row %q", row)
			}
		})
	}
}

// program is what this binary does when it is started as another one.
func program(t *testing.T, queue string) {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sqs.NewFromConfig(cfg).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: text("hidden")}); err != nil {
		t.Fatal(err)
	}
}

// own loads a configuration from an environment, as a process that has it does.
func own(t *testing.T, env []string, do func(aws.Config) error) error {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
	}
	for _, kv := range env {
		if name, v, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, v)
		}
	}
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		return err
	}
	return do(cfg)
}

func request(ctx context.Context, client *http.Client, method, url string) error {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader("0"))
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode < 300 {
		return err
	}
	return errStatus{resp.StatusCode}
}

type errStatus struct{ code int }

func (e errStatus) Error() string { return http.StatusText(e.code) }

func onlyIf(is bool, says string) error {
	if !is {
		return nil
	}
	return errors.New(says)
}

func value(env []string, name string) string {
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}
