package kms_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"

	"github.com/stagegate/stagegate/adapters/kms"
	"github.com/stagegate/stagegate/internal/mototest"
)

// Each failure of the service is an Error that says what can be done, and never
// a signature.
func TestHints(t *testing.T) {
	for code, want := range map[string]string{
		"AccessDeniedException":       "kms:Sign",
		"DisabledException":           "disabled",
		"KMSInvalidStateException":    "disabled",
		"NotFoundException":           "no such key",
		"InvalidKeyUsageException":    "create-key",
		"UnrecognizedClientException": "sign in again",
		"ThrottlingException":         "",
	} {
		t.Run(code, func(t *testing.T) {
			refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Amzn-Errortype", code)
				w.WriteHeader(http.StatusBadRequest)
				io.WriteString(w, `{"__type":"`+code+`","message":"no"}`)
			}))
			defer refusing.Close()
			d := newDocumented(t)
			signer, err := kms.New(t.Context(), split{d, client(refusing.URL)}, "k")
			if err != nil {
				t.Fatal(err)
			}
			sig, err := signer.Sign(t.Context(), []byte("x"))
			var typed *kms.Error
			var answer smithy.APIError
			if sig != nil || !errors.As(err, &typed) || !errors.As(err, &answer) || answer.ErrorCode() != code {
				t.Fatalf("Sign = %x, %v, want an Error of %s", sig, err, code)
			}
			if !strings.Contains(typed.Hint, want) || (want == "") != !strings.Contains(err.Error(), "\nhint: ") {
				t.Errorf("error %q, want hint %q", err, want)
			}
		})
	}
}

// split has the key of one service and signs with another.
type split struct {
	*documented
	signs *awskms.Client
}

func (s split) Sign(ctx context.Context, in *awskms.SignInput, o ...func(*awskms.Options)) (*awskms.SignOutput, error) {
	return s.signs.Sign(ctx, in, o...)
}

func client(endpoint string) *awskms.Client {
	cfg := mototest.Base(endpoint)
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return awskms.NewFromConfig(cfg)
}

func TestNoAnswer(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	_, err := kms.New(t.Context(), client(gone.URL), "k")
	var typed *kms.Error
	if !errors.As(err, &typed) || !strings.Contains(typed.Hint, "endpoint") {
		t.Errorf("New = %v, want an Error with a hint", err)
	}
	odd := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>log in</html>") }))
	defer odd.Close()
	if _, err := kms.New(t.Context(), client(odd.URL), "k"); !errors.As(err, &typed) {
		t.Errorf("New = %v, want an Error", err)
	}
}
