//go:build linux && amd64 && !android

package pact

import (
	"fmt"
	"os"
	"strings"

	"github.com/ebitengine/purego"
)

// open loads the library at path, which has been checked.
func open(path string, getenv func(string) string) (e *Engine, err error) {
	if err := prepareEnvironment(getenv); err != nil {
		return nil, err
	}
	lib, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	defer func() { // how purego reports a missing symbol
		if r := recover(); r != nil {
			e, err = nil, fmt.Errorf("bind: %v", r)
		}
	}()
	e = &Engine{}
	for name, fn := range e.symbols() {
		purego.RegisterLibFunc(fn, lib, name)
	}
	// Off: what the engine found is read as JSON, and test output is the user's.
	// It fails where the process has a logger of this library already.
	if e.loggerInit(); e.loggerAttach("stderr", logOff) == 0 {
		e.loggerApply()
	}
	return e, nil
}

// logOff is the engine's LevelFilter_Off.
const logOff = 0

// prepareEnvironment sets what the engine reads from the C environment: it must
// not wait for the telemetry request that its verifier would send, which has no
// timeout, and its loopback requests must not go to a proxy. Nor does it need
// certificates for them: its verifier would read all of the machine's for each
// interaction, which is half of the time that one takes live. setenv of libc is
// called directly, before the library is there, so that nothing changes for Go
// code and child processes.
func prepareEnvironment(getenv func(string) string) error {
	var setenv func(name, value string, overwrite int32) int32
	sym, err := purego.Dlsym(purego.RTLD_DEFAULT, "setenv")
	if err != nil {
		return fmt.Errorf("find setenv: %w", err)
	}
	purego.RegisterFunc(&setenv, sym)
	noProxy := strings.Trim(strings.Join([]string{getenv("NO_PROXY"), getenv("no_proxy"), "127.0.0.1,localhost"}, ","), ",")
	for name, value := range map[string]string{"PACT_DO_NOT_TRACK": "true", "NO_PROXY": noProxy, "no_proxy": noProxy,
		"SSL_CERT_FILE": os.DevNull, "SSL_CERT_DIR": os.DevNull} {
		if setenv(name, value, 1) != 0 {
			return fmt.Errorf("set %s for the engine", name)
		}
	}
	return nil
}
