// Package testenv says what of gate's environment a suite's processes get: what
// is on a list, and what the suite names. Everything else stays outside, so that
// a secret of the CI reaches no test by accident.
package testenv
