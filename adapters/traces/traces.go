package traces

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// flush is how long the last spans may take to be sent.
const flush = 10 * time.Second

// Main runs the tests of m with traces, and ends the process.
func Main(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	stop, err := Start(context.Background(), os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "traces:", err)
		return 1
	}
	code := m.Run()
	ctx, cancel := context.WithTimeout(context.Background(), flush)
	defer cancel()
	if err := stop(ctx); err != nil { // a collector that is down fails no test
		fmt.Fprintln(os.Stderr, "traces: not all were sent:", err)
	}
	return code
}

// Start sets up OpenTelemetry for this process as the variables say; stop sends
// what is left. Where they say nothing, or off, it does nothing. An error is a
// variable that makes no sense.
func Start(ctx context.Context, getenv func(string) string) (stop func(context.Context) error, err error) {
	if off(getenv) {
		return func(context.Context) error { return nil }, nil
	}
	exporter, err := exporterFor(ctx, getenv)
	if err != nil {
		return nil, err
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	return func(ctx context.Context) error { return errors.Join(provider.ForceFlush(ctx), provider.Shutdown(ctx)) }, nil
}

func off(getenv func(string) string) bool {
	return strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") || getenv("OTEL_TRACES_EXPORTER") == "none" ||
		getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == ""
}

func exporterFor(ctx context.Context, getenv func(string) string) (*otlptrace.Exporter, error) {
	protocol := getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
	if protocol == "" {
		protocol = getenv("OTEL_EXPORTER_OTLP_PROTOCOL")
	}
	switch protocol {
	case "", "http/protobuf":
		return otlptracehttp.New(ctx)
	case "grpc":
		return otlptracegrpc.New(ctx)
	default:
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q\nhint: http/protobuf (the default) or grpc", protocol)
	}
}
