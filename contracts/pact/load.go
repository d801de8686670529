package pact

import (
	"fmt"
	"os"
	"sync"
)

// Load returns the engine of this process, found by [Locate] and opened once
// however often Load is called. The error is an [*InstallError] or a
// [*PlatformError] where a person can do something about it.
func Load() (*Engine, error) { return load() }

// A library can be opened, and its log be silenced, once in a process: this is
// the process's own state and not this package's.
var load = sync.OnceValues(func() (*Engine, error) {
	if err := Supported(); err != nil {
		return nil, err
	}
	path, err := Locate(os.Getenv, os.UserCacheDir)
	if err != nil {
		return nil, err
	}
	if err := Check(path); err != nil {
		return nil, err
	}
	e, err := open(path, os.Getenv)
	if err != nil {
		return nil, &InstallError{path, fmt.Errorf("open: %w", err)}
	}
	if v := e.version(); v != Version {
		return nil, &InstallError{path, fmt.Errorf("it says that it is version %q, want %q", v, Version)}
	}
	return e, nil
})
