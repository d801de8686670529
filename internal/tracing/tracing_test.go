package tracing_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/stagegate/stagegate/internal/tracing"
)

// traced has the trace of the examples in W3C's Trace Context, 3.2.
func traced(t *testing.T, flags trace.TraceFlags) context.Context {
	t.Helper()
	id, err := trace.TraceIDFromHex("0af7651916cd43dd8448eb211c80319c")
	if err != nil {
		t.Fatal(err)
	}
	span, err := trace.SpanIDFromHex("b7ad6b7169203331")
	if err != nil {
		t.Fatal(err)
	}
	return trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: span, TraceFlags: flags}))
}

func TestInject(t *testing.T) {
	for _, c := range []struct {
		name      string
		ctx       context.Context
		header    http.Header
		w3c, xray string
	}{
		{"a trace", traced(t, trace.FlagsSampled), http.Header{}, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1"},
		{"not sampled", traced(t, 0), http.Header{}, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=0"},
		{"none", t.Context(), http.Header{}, "", ""},
		{"the caller's own", traced(t, trace.FlagsSampled), http.Header{"Traceparent": {"mine"}}, "mine", ""},
		{"the caller's own, of X-Ray", traced(t, trace.FlagsSampled), http.Header{"X-Amzn-Trace-Id": {"mine"}}, "", "mine"},
	} {
		tracing.Inject(c.ctx, c.header)
		if w3c, xray := c.header.Get("traceparent"), c.header.Get("X-Amzn-Trace-Id"); w3c != c.w3c || xray != c.xray {
			t.Errorf("%s: got %q and %q, want %q and %q", c.name, w3c, xray, c.w3c, c.xray)
		}
	}
}

func TestLinks(t *testing.T) {
	if got := tracing.Links(t.Context(), "eu-west-1"); got != "" {
		t.Errorf("without a trace: %q", got)
	}
	if got := tracing.Links(traced(t, trace.FlagsSampled), ""); got != "trace 0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("without a region: %q", got)
	}
	got := tracing.Links(traced(t, trace.FlagsSampled), "eu-west-1")
	for _, want := range []string{"https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#xray:traces/1-0af76519-16cd43dd8448eb211c80319c",
		"filter @message like /0af7651916cd43dd8448eb211c80319c|1-0af76519-16cd43dd8448eb211c80319c/"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
}
