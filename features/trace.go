package features

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/tracing"
)

// tracer gives spans to whoever has set up OpenTelemetry in this process, as
// adapters/traces does; else spans that cost next to nothing.
func tracer() trace.Tracer { return otel.Tracer("github.com/stagegate/stagegate/features") }

// begin starts the trace of one attempt: a root span, named as the scenario is.
func (r *runner) begin(ctx context.Context, sc *scenario, attempt int) (context.Context, trace.Span) {
	return tracer().Start(ctx, sc.title, trace.WithNewRoot(), trace.WithAttributes(
		attribute.String("test.case.name", sc.title),
		attribute.StringSlice("test.case.tags", sc.tags),
		attribute.String("code.file.path", sc.where),
		attribute.Int("stagegate.attempt", attempt),
		attribute.String("stagegate.target", r.target.Name),
	))
}

// finish ends the trace of an attempt, and puts it beside a failure.
func (r *runner) finish(ctx context.Context, span trace.Span, row *harness.Row) {
	defer span.End()
	if !span.SpanContext().IsValid() {
		return
	}
	row.Trace = span.SpanContext().TraceID().String()
	result := "pass"
	if row.Outcome != harness.Passed {
		result = "fail"
		span.SetStatus(codes.Error, string(row.Outcome))
	}
	if explained(row.Outcome) {
		region := ""
		if r.target.Cloud() && !r.target.Emulated {
			region = r.target.Region
		}
		row.Reason += "\n" + tracing.Links(ctx, region)
	}
	span.SetAttributes(attribute.String("test.case.result.status", result), attribute.String("stagegate.outcome", string(row.Outcome)))
}

// stepSpan starts the span of a step below the scenario's.
func (w *watch) stepSpan(ctx context.Context, text string) context.Context {
	ctx, w.span = tracer().Start(trace.ContextWithSpan(ctx, w.root), text)
	return ctx
}

// endSpan ends the span of the current step. What follows is the scenario's again.
func (w *watch) endSpan(ctx context.Context, err error) context.Context {
	if w.span == nil {
		return ctx
	}
	if err != nil {
		w.span.SetStatus(codes.Error, "")
	}
	w.span.End()
	w.span = nil
	return trace.ContextWithSpan(ctx, w.root)
}
