package attest

import (
	"fmt"
	"slices"

	"github.com/stagegate/stagegate/harness"
)

// A testResult is the predicate of in-toto's test-result/v0.1, without the lists
// of names: the rows are in blobs of their own, by digest.
type testResult struct {
	Result        string           `json:"result"` // PASSED, WARNED or FAILED
	Configuration []resource       `json:"configuration"`
	Stagegate     harness.Evidence `json:"stagegate"`
}

// A resource is what in-toto calls a ResourceDescriptor.
type resource struct {
	Name   string            `json:"name,omitempty"`
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest,omitempty"`
}

func sha256Of(d harness.Digest) map[string]string { return map[string]string{"sha256": d.Hex()} }

// EvidenceStatement writes evidence as a test result: its result for tools that
// read no more, the run record as its configuration, and e itself in the member
// "stagegate". The rows of e are not part of it, the digests of their blobs are.
func EvidenceStatement(subjects []harness.SubjectName, e harness.Evidence, record harness.Digest) ([]byte, error) {
	if !record.Valid() || !listed(e.Listed) {
		return nil, fmt.Errorf("write evidence: the digest of the run record (%q) or of the rows (%q) is missing", record, e.Listed.Blobs)
	}
	if err := (Claim{Subjects: subjects}).About(e.Subject); err != nil {
		return nil, fmt.Errorf("write evidence: %w", err)
	}
	return Statement(subjects, EvidenceType, testResult{
		Result:        resultOf(e),
		Configuration: []resource{{Name: e.Run, Digest: sha256Of(record)}},
		Stagegate:     e,
	})
}

// Evidence reads the evidence of a claim, and the digest of the run record that
// it names. Evidence that is at odds with the rest of its statement is refused
// with [ErrContradiction].
func (c Claim) Evidence() (harness.Evidence, harness.Digest, error) {
	var t testResult
	if err := c.Decode(EvidenceType, &t); err != nil {
		return harness.Evidence{}, "", err
	}
	e := t.Stagegate
	if err := c.About(e.Subject); err != nil {
		return harness.Evidence{}, "", err
	}
	if want := resultOf(e); t.Result != want {
		return harness.Evidence{}, "", fmt.Errorf("%w: its result is %.20q, its counts mean %s", ErrContradiction, t.Result, want)
	}
	if len(t.Configuration) != 1 || t.Configuration[0].Name != e.Run {
		return harness.Evidence{}, "", fmt.Errorf("%w: it does not name the record of run %s", ErrContradiction, e.Run)
	}
	record := harness.Digest("sha256:" + t.Configuration[0].Digest["sha256"])
	if !record.Valid() || !listed(e.Listed) {
		return harness.Evidence{}, "", fmt.Errorf("%w: no digest of its run record, or of its rows", ErrMalformed)
	}
	return e, record, nil
}

// listed reports whether l says where its lines are, if it has any.
func listed(l harness.Listing) bool {
	wrong := func(d harness.Digest) bool { return !d.Valid() }
	return l.Count >= 0 && (l.Count == 0) == (len(l.Blobs) == 0) && !slices.ContainsFunc(l.Blobs, wrong)
}

// resultOf is what the evidence means to a tool that knows three words. It is
// not used to decide.
func resultOf(e harness.Evidence) string {
	passed, skipped := e.Counts[harness.Passed], e.Counts[harness.Skipped]
	switch {
	case e.Exit != 0 || len(e.Doubts) > 0 || passed == 0 || passed+skipped != e.Counts.Total():
		return "FAILED"
	case skipped > 0:
		return "WARNED"
	default:
		return "PASSED"
	}
}
