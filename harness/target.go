package harness

import "strings"

// A Target is where suites meet the service: one account of a cloud and the
// URL at which the service is deployed there, or this very process.
//
// The zero Target is no place at all: it is neither in process nor deployed.
type Target struct {
	Name     string `json:"name"`
	Mode     Mode   `json:"mode"`               // InProcess or Deployed; never inferred from an empty URL
	Live     bool   `json:"live,omitempty"`     // real users: read-only to tests
	Dev      bool   `json:"dev,omitempty"`      // a person's own place: never evidence for a promotion
	Emulated bool   `json:"emulated,omitempty"` // its cloud is an emulator; every verdict says so

	Account  string `json:"account,omitempty"` // twelve digits
	Region   string `json:"region,omitempty"`
	Role     string `json:"role,omitempty"`     // ARN that the session assumes
	Profile  string `json:"profile,omitempty"`  // of the shared AWS configuration
	Tests    *Role  `json:"tests,omitempty"`    // whose session suites get; nil: the deploy's
	Endpoint string `json:"endpoint,omitempty"` // of an emulator; empty means AWS

	URL          string                `json:"url,omitempty"` // of the deployed service
	Version      *VersionSource        `json:"version,omitempty"`
	Dependencies map[string]Dependency `json:"dependencies,omitempty"`
	Traces       string                `json:"traces,omitempty"` // where suites send theirs, by OTLP
	Variables    map[string]string     `json:"variables,omitempty"`

	Secrets map[string]SecretRef `json:"secrets,omitempty"` // variable of a suite's environment -> where its value is

	// Mutates names the scenarios that may change this live target, each as
	// "Feature: Scenario"; every other one is refused when it is planned.
	Mutates []string `json:"mutates,omitempty"`

	// Within are the ARNs of the policies that narrow the session; see [Target.ForTests].
	Within []string `json:"-"`

	// Writable is set for one such scenario while it runs; see [Target.ReadOnly].
	Writable bool `json:"-"`
}

// A Role is what a session is made of, where it is not the target's own.
type Role struct {
	ARN      string   `json:"role"`
	Policies []string `json:"policies,omitempty"` // ARNs of managed policies: the session may do what both permit
}

// String is the role with its policies.
func (r *Role) String() string {
	switch {
	case r == nil:
		return "those of the deploy"
	case len(r.Policies) == 0:
		return r.ARN
	}
	return r.ARN + " within " + strings.Join(r.Policies, ", ")
}

// ForTests is t as its suites see it: with the role that tests have there, and
// within its policies.
func (t Target) ForTests() Target {
	if t.Tests != nil {
		t.Role, t.Within = t.Tests.ARN, t.Tests.Policies
	}
	return t
}

// InProcess reports whether scenarios are to use in-process adapters.
func (t Target) InProcess() bool { return t.Mode == InProcess }

// ReadOnly reports whether guarded clients refuse to change t.
func (t Target) ReadOnly() bool { return t.Live && !t.Writable }

// Cloud reports whether t's credentials are a cloud's, so that its account has
// to be proven before anything runs there.
func (t Target) Cloud() bool { return t.Account != "" }

// InProcessTarget is the target of a stage that has none, and of a plain go test.
func InProcessTarget() Target { return Target{Mode: InProcess} }

// A VersionSource says where a deployed service tells its commit: the path of
// an HTTP resource under the target's URL, and the member of its JSON answer.
type VersionSource struct {
	Path string `json:"path"`
	JSON string `json:"json"`
}

// A SecretRef says where a secret is; it never holds one. One of Env, SSM and
// SecretsManager is set.
type SecretRef struct {
	Env            string `json:"env,omitempty"`            // variable of gate's own environment
	SSM            string `json:"ssm,omitempty"`            // name or ARN of a parameter
	SecretsManager string `json:"secretsmanager,omitempty"` // name or ARN of a secret
	JSON           string `json:"json,omitempty"`           // member of its JSON object; empty for the whole text
}

// String is "ssm /orders/token".
func (r SecretRef) String() string {
	s := ""
	switch {
	case r.Env != "":
		s = "env " + r.Env
	case r.SSM != "":
		s = "ssm " + r.SSM
	default:
		s = "secretsmanager " + r.SecretsManager
	}
	if r.JSON != "" {
		s += ", " + r.JSON
	}
	return s
}

// A Dependency is a service that the tested one calls, as this target has it.
type Dependency struct {
	URL      string                       `json:"url"`
	Fixtures map[string]map[string]string `json:"fixtures,omitempty"` // provider state -> placeholder -> value
}

// A Call is one request that a scenario made to its target, as a guarded
// client saw it.
type Call struct {
	Service   string `json:"service"`   // "http", or the cloud's service
	Operation string `json:"operation"` // method, or the cloud's operation
	Host      string `json:"host"`
}
