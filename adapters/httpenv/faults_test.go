package httpenv_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/adapters/httpenv"
	"github.com/stagegate/stagegate/harness"
)

// What a target in trouble answers is handed over and recorded; where it does
// not answer there is an error, nothing recorded, and no hang.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name    string
		serve   http.HandlerFunc
		status  int // 0: an error
		says    string
		visited bool
	}{
		{"throttled", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, 429, "", true},
		{"5xx", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, 502, "", true},
		{"dropped", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, "EOF", false},
		{"slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 0, "deadline exceeded", false},
		{"cut in the middle", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, 0, "unexpected EOF", true}, // it answered: what it said is not whole
	} {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewServer(c.serve)
			defer s.Close()
			visits := 0
			client := httpenv.New(harness.Target{Name: "prod", Mode: harness.Deployed, Live: true, URL: s.URL}, func(harness.Call) { visits++ })
			defer client.CloseIdleConnections()
			limit := time.Minute // hang protection
			if c.name == "slow" {
				limit = 300 * time.Millisecond // as the limit of a scenario
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			status := 0
			resp, err := client.Do(r)
			if err == nil {
				status = resp.StatusCode
				_, err = io.ReadAll(resp.Body)
				resp.Body.Close()
			}
			if c.status != 0 && (err != nil || status != c.status) || c.status == 0 && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("got %d, %v, want %d %s", status, err, c.status, c.says)
			}
			if errors.As(err, new(*httpenv.RefusedError)) {
				t.Errorf("a fault became a refusal: %v", err)
			}
			if (visits == 1) != c.visited {
				t.Errorf("%d visits were recorded, want one: %v", visits, c.visited)
			}
		})
	}
}
