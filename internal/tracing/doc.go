// Package tracing carries the trace of a scenario along: into the headers of the
// calls that it makes, and into links for people.
//
// It knows OpenTelemetry's API alone. Without an SDK, which adapters/traces sets
// up, there is no trace, and nothing here does anything.
package tracing
