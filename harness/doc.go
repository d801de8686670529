// Package harness is the core of stagegate: the vocabulary of a delivery
// pipeline and the one function that decides.
//
// Read it in this order:
//
//   - [Suite], [Stage] and [Target] say what should run where;
//   - [RunRecord] is what was promised when a run began: its number, subject,
//     target and the inventory of everything that is going to run;
//   - [Row] and [Evidence] are what was seen;
//   - [Decide] compares the two and answers with a [Verdict].
//
// The package does no I/O: it imports only the standard library and neither os,
// net, os/exec nor a clock. Time comes in as a value, stored things come in
// through [Store]. Everything is closed by default: the zero [Outcome], the
// zero [Result] and the zero [Verdict] allow nothing.
package harness
