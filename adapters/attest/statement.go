package attest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/stagegate/stagegate/harness"
)

// Predicate types. The first four are stagegate's own: the predicate is the
// harness type of that name.
const (
	RunType        = "https://github.com/stagegate/stagegate/run/v1"        // harness.RunRecord
	DeploymentType = "https://github.com/stagegate/stagegate/deployment/v1" // harness.Deployment
	ClosingType    = "https://github.com/stagegate/stagegate/closing/v1"    // harness.Closing
	ApprovalType   = "https://github.com/stagegate/stagegate/approval/v1"   // harness.Approval
	EvidenceType   = "https://in-toto.io/attestation/test-result/v0.1"      // see EvidenceStatement
	VerdictType    = "https://slsa.dev/verification_summary/v1"             // see VerdictStatement
)

// StatementType is the type of in-toto statements, version 1.
const StatementType = "https://in-toto.io/Statement/v1"

// Why a claim is not taken.
var (
	ErrPredicateType = errors.New("another predicate type") // not the kind of claim that was asked for
	ErrContradiction = errors.New("contradicts itself")     // signed, and one part belies another
)

type statement struct {
	Type          string                `json:"_type"`
	Subject       []harness.SubjectName `json:"subject"`
	PredicateType string                `json:"predicateType"`
	Predicate     jsontext.Value        `json:"predicate"`
}

// Statement writes an in-toto v1 statement: the same arguments give the same
// bytes. Subjects have at least one digest each; the predicate is encoded as
// a JSON object.
func Statement(subjects []harness.SubjectName, predicateType string, predicate any) ([]byte, error) {
	p, err := json.Marshal(predicate, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("write statement: %w", err)
	}
	s := statement{StatementType, subjects, predicateType, p}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("write statement: %w", err)
	}
	return json.Marshal(s, json.Deterministic(true))
}

// A Claim is what a statement says: of which subjects, and what.
type Claim struct {
	Subjects      []harness.SubjectName
	PredicateType string
	Predicate     []byte // a JSON object
	Text          []byte // the whole statement, as it was read
}

// ParseStatement reads an in-toto v1 statement, strictly: see the package's
// documentation. Of a subject it knows name and digest, no other member.
func ParseStatement(b []byte) (Claim, error) {
	var s statement
	if err := decode(b, &s); err != nil {
		return Claim{}, fmt.Errorf("read statement: %w: %w", ErrMalformed, err)
	}
	if err := s.check(); err != nil {
		return Claim{}, fmt.Errorf("read statement: %w", err)
	}
	return Claim{Subjects: s.Subject, PredicateType: s.PredicateType, Predicate: s.Predicate, Text: b}, nil
}

// OpenStatement opens an envelope that holds a statement, and returns it with
// the ids of the given keys that signed it.
func (v Verifier) OpenStatement(envelope []byte) (Claim, []string, error) {
	m, err := v.Open(envelope)
	if err != nil {
		return Claim{}, nil, err
	}
	if m.Type != PayloadType {
		return Claim{}, nil, fmt.Errorf("open envelope: %w: its payload is %.80q, want %q", ErrMalformed, m.Type, PayloadType)
	}
	c, err := ParseStatement(m.Payload)
	if err != nil {
		return Claim{}, nil, err
	}
	return c, m.Signers, nil
}

// Decode reads the predicate into v, strictly. A claim of another type is
// refused with [ErrPredicateType].
func (c Claim) Decode(predicateType string, v any) error {
	if c.PredicateType != predicateType {
		return fmt.Errorf("%w: %.120q, want %q", ErrPredicateType, c.PredicateType, predicateType)
	}
	if err := decode(c.Predicate, v); err != nil {
		return fmt.Errorf("read predicate: %w: %w", ErrMalformed, err)
	}
	return nil
}

// About returns an error unless the claim's subjects are exactly s: its
// artifact, if it has one, and its source.
func (c Claim) About(s harness.Subject) error {
	source := map[string]string{"gitTree": s.Source.Tree}
	if s.Source.Committed() {
		source["gitCommit"] = s.Source.Commit
	}
	want := []map[string]string{source}
	if s.Artifact != "" {
		want = append(want, map[string]string{"sha256": s.Artifact.Hex()})
	}
	got := c.Subjects
	for _, w := range want {
		i := slices.IndexFunc(got, func(n harness.SubjectName) bool { return maps.Equal(n.Digest, w) })
		if i < 0 {
			return fmt.Errorf("%w: its subjects are not %s", ErrContradiction, s.Key())
		}
		got = slices.Delete(slices.Clone(got), i, i+1)
	}
	if len(got) > 0 {
		return fmt.Errorf("%w: it has other subjects than %s", ErrContradiction, s.Key())
	}
	return nil
}

func (s statement) check() error {
	switch {
	case s.Type != StatementType:
		return fmt.Errorf("%w: its type is %.80q, want %q", ErrMalformed, s.Type, StatementType)
	case s.PredicateType == "":
		return fmt.Errorf("%w: no predicate type", ErrMalformed)
	case s.Predicate.Kind() != '{':
		return fmt.Errorf("%w: the predicate is not an object", ErrMalformed)
	case len(s.Subject) == 0:
		return fmt.Errorf("%w: no subject", ErrMalformed)
	}
	for i, n := range s.Subject {
		if len(n.Digest) == 0 {
			return fmt.Errorf("%w: subject %d has no digest", ErrMalformed, i+1)
		}
		for alg, value := range n.Digest {
			if !digest(alg, value) {
				return fmt.Errorf("%w: subject %d: %q is not a digest %q", ErrMalformed, i+1, value, alg)
			}
		}
	}
	return nil
}

// digest reports whether value can be a digest of the algorithm. Algorithms that
// stagegate does not write are not looked into.
func digest(algorithm, value string) bool {
	hex := strings.Trim(value, "0123456789abcdef") == ""
	switch algorithm {
	case "":
		return false
	case "sha256":
		return hex && len(value) == 64
	case "gitCommit", "gitTree":
		return hex && (len(value) == 40 || len(value) == 64)
	default:
		return value != ""
	}
}
