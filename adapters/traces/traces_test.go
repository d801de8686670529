package traces

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/stagegate/stagegate/features"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

func TestMain(m *testing.M) { Main(m) }

type world struct{ env *features.Env }

func (w *world) ask(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.env.Target.URL, nil)
	if err != nil {
		return err
	}
	resp, err := w.env.HTTP.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// shop is a user's suite: what TestSpans is in a child.
func shop(t *testing.T) {
	t.Helper()
	t.Chdir("testdata/shop")
	features.Run(t, func(_ context.Context, env *features.Env) (*world, error) { return &world{env}, nil }, func(s *features.Steps[*world]) {
		s.When(`^I ask the service$`, (*world).ask)
		s.Then(`^it has answered$`, func() {})
		s.Then(`^it breaks$`, func() error { return errors.New("broken") })
	})
}

// place is a service that is asked, and a collector that is told.
type place struct {
	url string

	mu      sync.Mutex
	spans   []*tracepb.Span
	service string
	asked   []http.Header
}

func newPlace(t *testing.T) *place {
	p := &place{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		defer p.mu.Unlock()
		if r.URL.Path != "/v1/traces" {
			p.asked = append(p.asked, r.Header)
			return
		}
		var sent collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(b, &sent); err != nil {
			t.Error(err)
		}
		for _, rs := range sent.ResourceSpans {
			for _, a := range rs.Resource.Attributes {
				if a.Key == "service.name" {
					p.service = a.Value.GetStringValue()
				}
			}
			for _, ss := range rs.ScopeSpans {
				p.spans = append(p.spans, ss.Spans...)
			}
		}
	}))
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

// child runs the suite against p, and returns its rows and what it printed.
func (p *place) child(t *testing.T, env ...string) (map[string]harness.Row, string) {
	t.Helper()
	out, file := t.TempDir(), filepath.Join(t.TempDir(), "run.json")
	err := protocol.WriteSession(file, protocol.Session{Phase: protocol.Exec, Run: "r", Nonce: "n", Service: "shop", Stage: "acceptance", Suite: "features", Out: out,
		Target: harness.Target{Name: "staging", Mode: harness.Deployed, URL: p.url, Account: "222222222222", Region: "eu-west-1"}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSpans$")
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "OTEL_") }), append(env, "TRACES_CHILD=1", protocol.Variable+"="+file)...)
	text, _ := cmd.CombinedOutput() // one scenario fails
	answers, err := protocol.ReadDir(out)
	if err != nil || len(answers) != 1 {
		t.Fatalf("%v\n%s", err, text)
	}
	rows := map[string]harness.Row{}
	for _, r := range answers[0].Rows {
		rows[r.Name] = r
	}
	return rows, string(text)
}

// A scenario is a trace, its steps are spans below it, the service hears of it,
// and a failure tells where to look.
func TestSpans(t *testing.T) {
	if os.Getenv("TRACES_CHILD") != "" {
		shop(t)
		return
	}
	p := newPlace(t)
	rows, _ := p.child(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+p.url, "OTEL_SERVICE_NAME=shop tests")
	byName := map[string][]*tracepb.Span{}
	roots := map[string]*tracepb.Span{}
	for _, s := range p.spans {
		byName[s.Name] = append(byName[s.Name], s)
		if len(s.ParentSpanId) == 0 {
			roots[s.Name] = s
		}
	}
	if len(p.spans) != 6 || len(roots) != 2 || len(p.asked) != 2 || p.service != "shop tests" {
		t.Fatalf("%d spans, %d roots, %d requests, service %q", len(p.spans), len(roots), len(p.asked), p.service)
	}
	for name, failed := range map[string]bool{"Shop: Asked": false, "Shop: Broken": true} {
		root, row := roots[name], rows[name]
		if id := hex.EncodeToString(root.TraceId); row.Trace != id || (root.Status.GetCode() == tracepb.Status_STATUS_CODE_ERROR) != failed {
			t.Errorf("%s: row %+v, root %v", name, row, root)
		} else if says := strings.Contains(row.Reason, "trace "+id+"\n  X-Ray: https://eu-west-1.console.aws.amazon.com/"); says != failed {
			t.Errorf("%s: reason %q", name, row.Reason)
		}
		below := 0
		for _, s := range p.spans {
			if slices.Equal(s.ParentSpanId, root.SpanId) && slices.Equal(s.TraceId, root.TraceId) {
				below++
			}
		}
		if below != 2 {
			t.Errorf("%s has %d steps below it, want 2", name, below)
		}
	}
	for _, h := range p.asked { // the headers are of the step that asked
		found := false
		for _, s := range byName["I ask the service"] {
			trace, span := hex.EncodeToString(s.TraceId), hex.EncodeToString(s.SpanId)
			found = found || h.Get("Traceparent") == "00-"+trace+"-"+span+"-01" && h.Get("X-Amzn-Trace-Id") == "Root=1-"+trace[:8]+"-"+trace[8:]+";Parent="+span+";Sampled=1"
		}
		if !found {
			t.Errorf("headers %v are of no step", h)
		}
	}
}

// Off, nothing is sent and nothing is said; a collector that is down, or a
// variable that makes no sense, does not change what passed.
func TestOff(t *testing.T) {
	for name, env := range map[string][]string{
		"nothing set": nil,
		"disabled":    {"OTEL_SDK_DISABLED=TRUE", "OTEL_EXPORTER_OTLP_ENDPOINT=$URL"},
		"no exporter": {"OTEL_TRACES_EXPORTER=none", "OTEL_EXPORTER_OTLP_ENDPOINT=$URL"},
	} {
		p := newPlace(t)
		for i := range env {
			env[i] = strings.ReplaceAll(env[i], "$URL", p.url)
		}
		rows, text := p.child(t, env...)
		if len(p.spans) != 0 || len(p.asked) != 2 || p.asked[0].Get("Traceparent") != "" || rows["Shop: Broken"].Trace != "" || strings.Contains(text, "trace") {
			t.Errorf("%s: %d spans, headers %v, row %+v\n%s", name, len(p.spans), p.asked, rows["Shop: Broken"], text)
		}
	}
	p := newPlace(t)
	rows, text := p.child(t, "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_TIMEOUT=500")
	if rows["Shop: Asked"].Outcome != harness.Passed || rows["Shop: Asked"].Trace == "" || !strings.Contains(text, "traces") {
		t.Errorf("collector down: row %+v\n%s", rows["Shop: Asked"], text)
	}
	_, err := Start(t.Context(), func(name string) string {
		return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": p.url, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}[name]
	})
	if err == nil || !strings.Contains(err.Error(), "hint: http/protobuf") {
		t.Errorf("a protocol that is not there: %v", err)
	}
}
