// Package bundle packs suites, built by [gotest.Runner.Build], with all that
// their tests read into one file, and unpacks it where there is neither Go nor
// a checkout. The same files give the same bytes: a tar archive without times,
// owners or any other order than that of names, with the manifest first.
package bundle
