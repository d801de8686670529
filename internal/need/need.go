// Package need says loudly that a test cannot run because a real part of it is
// missing on this machine: a skip for a developer, a failure in CI.
package need

import (
	"os"
	"testing"
)

// Variable names the environment variable that, set to "all", turns a missing
// part into a failure.
const Variable = "STAGEGATE_REQUIRE"

// Missing ends the test: it fails under STAGEGATE_REQUIRE=all, else it is
// skipped. The message names what is missing and the command that installs it.
func Missing(t testing.TB, what, install string) {
	t.Helper()
	message := "NOT TESTED: " + what + " is missing on this machine\nhint: " + install
	if os.Getenv(Variable) == "all" {
		t.Fatal(message)
	}
	t.Skip(Variable + " is not all, so this is only a skip. " + message)
}
