package ready

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stagegate/stagegate/adapters/awsenv"
	"github.com/stagegate/stagegate/adapters/httpenv"
	"github.com/stagegate/stagegate/harness"
)

// What another look cannot mend is looked at once, however long there is time.
func TestWithinEndsAtOnce(t *testing.T) {
	_, missing := Values{}.Fill("{order}", Same)
	_, refused := httpenv.New(harness.Target{Name: "t", Mode: harness.Deployed, URL: "http://127.0.0.1:1"}, nil).Get("http://elsewhere.invalid/")
	for name, final := range map[string]error{"a value that nobody saved": missing, "a host that is not the target's": refused,
		"a refused call": fmt.Errorf("send: %w", &awsenv.RefusedError{Service: "SQS"})} {
		looks := 0
		err := Within(t.Context(), "1h", func() error { looks++; return final })
		if looks != 1 || !errors.Is(err, final) {
			t.Errorf("%s: %d looks, %v", name, looks, err)
		}
	}
	looks := 0
	err := Within(t.Context(), "1h", func() error {
		if looks++; looks < 3 {
			return &http.MaxBytesError{}
		}
		return nil
	})
	if err != nil || looks != 3 {
		t.Errorf("%d looks, %v", looks, err)
	}
}
