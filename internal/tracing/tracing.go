package tracing

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Inject puts the trace of ctx, if there is one, into the headers of a call: as
// W3C has it (traceparent, tracestate) and as X-Ray does (X-Amzn-Trace-Id).
// Headers that are there already stay.
func Inject(ctx context.Context, h http.Header) {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsValid() || h.Get("Traceparent") != "" || h.Get("X-Amzn-Trace-Id") != "" {
		return
	}
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(h))
	sampled := 0
	if span.IsSampled() {
		sampled = 1
	}
	h.Set("X-Amzn-Trace-Id", fmt.Sprintf("Root=%s;Parent=%s;Sampled=%d", xray(span), span.SpanID(), sampled))
}

// xray is a trace's id as X-Ray writes it: "1-", 8 digits, "-", 24 digits. X-Ray
// takes W3C's ids since 2023, also where they do not begin with a time.
func xray(span trace.SpanContext) string {
	id := span.TraceID().String()
	return "1-" + id[:8] + "-" + id[8:]
}

// Links tell people where the trace of ctx is: its id and, where region is that of
// an account of AWS, the console's page and a query for the logs. Without a trace
// they are empty.
func Links(ctx context.Context, region string) string {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsValid() {
		return ""
	}
	text := "trace " + span.TraceID().String()
	if region == "" {
		return text
	}
	id := xray(span)
	return fmt.Sprintf("%s\n  X-Ray: https://%s.console.aws.amazon.com/cloudwatch/home?region=%s#xray:traces/%s\n  Logs Insights: fields @timestamp, @log, @message | filter @message like /%s|%s/ | sort @timestamp",
		text, region, url.QueryEscape(region), id, span.TraceID(), id)
}
