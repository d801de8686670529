// Package traces sends each scenario as an OpenTelemetry trace, each of its steps
// as a span, to where the standard variables say. One line in the test's package
// is all:
//
//	func TestMain(m *testing.M) { traces.Main(m) }
//
// It is on where OTEL_EXPORTER_OTLP_ENDPOINT (or _TRACES_ENDPOINT) is set, and
// off with OTEL_SDK_DISABLED=true or OTEL_TRACES_EXPORTER=none. Protocol,
// headers, timeouts, sampling, service name and the rest are OpenTelemetry's own
// variables (opentelemetry.io, "Environment variable specification").
//
// Off costs nothing: package features then has OpenTelemetry's API alone, whose
// spans do nothing. The package is a module of its own, because the SDK and its
// exporters are heavy.
package traces
