// Package report renders a verdict and its rows for people and for CI systems:
// a table for a terminal, Markdown for a job summary of GitHub, JUnit XML.
//
// Nothing is decided here, and nothing that a test wrote is trusted: names and
// reasons lose control characters and terminal sequences, and are escaped for
// the format. Output depends on its input alone.
package report
