package pactgo

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/stagegate/stagegate/contracts"
)

// MockHTTPProviderConfig is pact-go's. Of its fields, package pactgo's
// documentation says which have a meaning here.
type MockHTTPProviderConfig struct {
	Consumer, Provider     string
	LogDir                 string
	PactDir                string
	Host                   string
	AllowedMockServerPorts string
	Port                   int
	ClientTimeout          time.Duration
	TLS                    bool
}

// validate refuses what would be ignored otherwise.
func (c MockHTTPProviderConfig) validate() error {
	var wrong []error
	add := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	add(c.Consumer == "" || c.Provider == "", "Consumer and Provider need names")
	if stale, err := c.stale(); stale != "" || err != nil {
		add(err != nil, "PactDir: %v", err)
		add(stale != "", "PactDir: %s is what pact-go wrote before: here a test writes no file, and somebody would publish that one\nhint: remove it; pacts of the suite in gate.yaml names the folder that gate writes for the whole run", stale)
	}
	add(c.Port != 0 || c.AllowedMockServerPorts != "", "Port, AllowedMockServerPorts: each test has a free port of its own\nhint: leave them out and use the Port that the function is given")
	add(c.TLS, "TLS: the endpoint is plain HTTP on loopback\nhint: leave it out; a real dependency's TLS is checked on its targets")
	add(c.Host != "" && c.Host != loopback && c.Host != "localhost", "Host: %q: the endpoint is on %s\nhint: leave it out", c.Host, loopback)
	if err := errors.Join(wrong...); err != nil {
		return fmt.Errorf("pactgo: %w", err)
	}
	return nil
}

// stale is the file in PactDir that pact-go itself wrote for this pair, if there is one.
func (c MockHTTPProviderConfig) stale() (string, error) {
	if c.PactDir == "" {
		return "", nil
	}
	name := filepath.Join(c.PactDir, c.Consumer+"-"+c.Provider+".json")
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	var file struct {
		Metadata map[string]jsontext.Value `json:"metadata"`
	}
	if err == nil {
		err = json.Unmarshal(b, &file)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	if _, ok := file.Metadata["pact-go"]; ok {
		return name, nil
	}
	return "", nil
}

const loopback = "127.0.0.1"

// MockServerConfig says where the adapter finds the dependency, or its mock.
type MockServerConfig struct {
	Port      int
	Host      string
	TLSConfig *tls.Config // nil: the endpoint is plain HTTP

	// Client talks to the endpoint and to nothing else. pact-go has no such field.
	Client *http.Client

	value  func(string) string
	secret func(variable, example string) string
}

// Value is the value of a placeholder of [UnconfiguredInteraction.WithRequestTemplate]:
// an example in mock mode, the target's fixture otherwise. pact-go has no such method.
func (c MockServerConfig) Value(placeholder string) string { return c.value(placeholder) }

// Secret is a value from the environment, which is kept out of every message:
// see [contracts.Endpoint.Secret]. pact-go has no such method.
func (c MockServerConfig) Secret(variable, example string) string { return c.secret(variable, example) }

// An HTTPMockProvider collects interactions until they are run. As pact-go's it
// is not for concurrent use.
type HTTPMockProvider struct {
	config  MockHTTPProviderConfig
	waiting []*draft
	begun   map[*testing.T]*contracts.Contract
}

// The names of pact-go's two versions: the pact file is of version 4 in any case.
type (
	V2HTTPMockProvider = HTTPMockProvider
	V4HTTPMockProvider = HTTPMockProvider
)

// NewV2Pact begins a contract.
func NewV2Pact(config MockHTTPProviderConfig) (*V2HTTPMockProvider, error) {
	return newProvider(config)
}

// NewV4Pact begins a contract.
func NewV4Pact(config MockHTTPProviderConfig) (*V4HTTPMockProvider, error) {
	return newProvider(config)
}

func newProvider(config MockHTTPProviderConfig) (*HTTPMockProvider, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	return &HTTPMockProvider{config: config, begun: map[*testing.T]*contracts.Contract{}}, nil
}

// AddInteraction begins an interaction of the next ExecuteTest.
func (p *HTTPMockProvider) AddInteraction() *UnconfiguredInteraction {
	d := &draft{}
	p.waiting = append(p.waiting, d)
	return &UnconfiguredInteraction{d, p}
}
