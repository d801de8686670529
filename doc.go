// Package stagegate says nothing in code: it is the guide to the house. Features
// enter the user's hexagon at a driving port, contracts leave it at a driven
// port, both are ordinary Go tests, and the gate decides on evidence of what
// they did.
//
// Start where you are:
//
//   - to write acceptance tests: package features, and its function Run;
//   - to write a contract for a service that yours calls: package contracts,
//     and its function For;
//   - to let a pipeline decide: the command cmd/gate, and gate init;
//   - to understand a verdict: package harness, whose Decide is the one
//     function that decides.
//
// Arrows point at harness, which imports the standard library alone and does no
// I/O. Packages below adapters each touch one technology and never each other;
// internal/flow takes an artifact through a stage, internal/ledger keeps what
// was seen; cmd/gate wires them and never imports features or contracts. The
// tests of this package hold these rules, and say what a repository gains in
// its go.mod by importing features.
package stagegate
