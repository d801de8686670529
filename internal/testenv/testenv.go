package testenv

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Of is the part of environ that a suite's processes get: see docs/gate-yaml.md.
// more are the names that the suite asks for. On a live target nothing that
// loads other code, changes how Go builds, or sends traces elsewhere gets in,
// asked for or not.
func Of(environ []string, live bool, more []string) (env []string) {
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if (listed(name) || slices.Contains(more, name)) && Check(name) == nil && !(live && steers(name)) {
			env = append(env, kv)
		}
	}
	return append(env, Nowhere()...)
}

// Nowhere keeps AWS clients from credentials that are not in variables: in
// files, or in a machine's metadata.
func Nowhere() []string {
	return []string{"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_EC2_METADATA_DISABLED=true"}
}

// Check says why a suite cannot ask for a variable.
func Check(name string) error {
	switch {
	case !variable.MatchString(name):
		return fmt.Errorf("%q is not the name of a variable: letters, digits and _", name)
	case strings.HasPrefix(name, "AWS_"):
		return fmt.Errorf("%s: a suite has the AWS session of its target, and no other", name)
	case strings.HasPrefix(name, "STAGEGATE_") && !own(name):
		return fmt.Errorf("%s: STAGEGATE_ variables are gate's own", name)
	}
	return nil
}

// CheckSecret says why a secret cannot be in a variable: those that processes have
// anyway, and those that steer them, are no place for one.
func CheckSecret(name string) error {
	if err := Check(name); err != nil || name == "OTEL_EXPORTER_OTLP_HEADERS" {
		return err
	}
	if listed(name) || steers(name) {
		return fmt.Errorf("%s: the variable has a meaning of its own: call the secret by another name", name)
	}
	return nil
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_()]*$`) // ProgramFiles(x86)

// own are the variables of stagegate that tests may know.
func own(name string) bool {
	return name == "STAGEGATE_REQUIRE" || strings.HasPrefix(name, "STAGEGATE_PACT_")
}

// steers reports what can make tests something else than those of the commit,
// or send what they say elsewhere.
func steers(name string) bool {
	switch {
	case strings.HasPrefix(name, "LD_"), strings.HasPrefix(name, "DYLD_"), strings.HasPrefix(name, "OTEL_"), strings.HasPrefix(name, "CGO_"):
		return true
	}
	switch name {
	case "GOFLAGS", "GODEBUG", "GOEXPERIMENT", "CC", "CXX", "AR", "BASH_ENV", "ENV", "NODE_OPTIONS", "PYTHONPATH", "PYTHONSTARTUP", "PERL5OPT", "RUBYOPT", "JAVA_TOOL_OPTIONS":
		return true
	}
	return false
}

// listed reports what processes need to be at home on a machine: paths, locale,
// terminal, proxies, and how to find Go, its caches and Docker.
func listed(name string) bool {
	for _, p := range []string{"LC_", "XDG_", "CGO_", "OTEL_", "TESTCONTAINERS_"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	switch strings.ToUpper(name) {
	case "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", // in either case
		"SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "PROGRAMDATA", "PROGRAMFILES": // Windows
		return true
	}
	switch name {
	case "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TMP", "TEMP", "TZ", "LANG", "LANGUAGE", "HOSTNAME",
		"TERM", "COLORTERM", "NO_COLOR", "COLUMNS", "CI", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"CC", "CXX", "AR", "PKG_CONFIG", "PKG_CONFIG_PATH",
		"GO111MODULE", "GOAMD64", "GOARCH", "GOARM", "GOARM64", "GOAUTH", "GOBIN", "GOCACHE", "GOCACHEPROG", "GOCOVERDIR", "GODEBUG",
		"GOENV", "GOEXPERIMENT", "GOFIPS140", "GOFLAGS", "GOGC", "GOINSECURE", "GOMAXPROCS", "GOMEMLIMIT", "GOMODCACHE",
		"GONOPROXY", "GONOSUMDB", "GOOS", "GOPATH", "GOPRIVATE", "GOPROXY", "GORACE", "GOROOT", "GOSUMDB", "GOTELEMETRY",
		"GOTMPDIR", "GOTOOLCHAIN", "GOTRACEBACK", "GOVCS", "GOWORK",
		"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "DOCKER_API_VERSION":
		return true
	}
	return own(name)
}
