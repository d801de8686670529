// Package pactversion says which release of the Pact engine stagegate is
// pinned to and where it is installed. It is apart from contracts/pact because
// gate doctor looks for the engine, and gate carries nothing that loads it.
package pactversion

import "path/filepath"

const (
	Version  = "0.4.28"             // of libpact_ffi
	Library  = "libpact_ffi.so"     // the file
	Variable = "STAGEGATE_PACT_LIB" // the environment variable that holds another path of it
)

// CachePath is where the installer puts the library and where it is looked for.
func CachePath(cacheDir string) string {
	return filepath.Join(cacheDir, "stagegate", "pact", Version, Library)
}
