package attest

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// A summary is the predicate of SLSA's verification summary, version 1.
type summary struct {
	Verifier          verifier         `json:"verifier"`
	TimeVerified      time.Time        `json:"timeVerified"`
	ResourceURI       string           `json:"resourceUri"`
	Policy            resource         `json:"policy"`
	InputAttestations []resource       `json:"inputAttestations"`
	Result            string           `json:"verificationResult"`
	Levels            []string         `json:"verifiedLevels"`
	Stagegate         *harness.Verdict `json:"stagegate"`
}

type verifier struct {
	ID      string            `json:"id"`
	Version map[string]string `json:"version,omitempty"`
}

// VerdictStatement writes a verdict as a SLSA verification summary: PASSED for
// an allow and nothing else, the level [Level], and v itself in the member
// "stagegate". verifierID is the URI of the gate that decided.
func VerdictStatement(v harness.Verdict, verifierID string) ([]byte, error) {
	if err := complete(v, verifierID); err != nil {
		return nil, fmt.Errorf("write verdict: %w", err)
	}
	return Statement(v.Subjects, VerdictType, summarize(v, verifierID))
}

// Verdict reads the verdict of a claim, and the URI of the gate that decided.
// A verdict at odds with the summary around it is refused with
// [ErrContradiction].
func (c Claim) Verdict() (v harness.Verdict, verifierID string, err error) {
	var s summary
	if err := c.Decode(VerdictType, &s); err != nil {
		return harness.Verdict{}, "", err
	}
	if s.Stagegate == nil {
		return harness.Verdict{}, "", fmt.Errorf("read verdict: %w: a summary that is not stagegate's", ErrMalformed)
	}
	v = *s.Stagegate
	if err := complete(v, s.Verifier.ID); err != nil {
		return harness.Verdict{}, "", fmt.Errorf("read verdict: %w: %w", ErrMalformed, err)
	}
	want := summarize(v, s.Verifier.ID)
	if !s.TimeVerified.Equal(want.TimeVerified) {
		return harness.Verdict{}, "", fmt.Errorf("read verdict: %w: decided %s, the summary says %s", ErrContradiction, stamp(want.TimeVerified), stamp(s.TimeVerified))
	}
	s.Stagegate, want.Stagegate, s.TimeVerified, want.TimeVerified = nil, nil, time.Time{}, time.Time{}
	if !reflect.DeepEqual(s, want) || !reflect.DeepEqual(c.Subjects, v.Subjects) {
		return harness.Verdict{}, "", fmt.Errorf("read verdict: %w: the summary around it says something else", ErrContradiction)
	}
	return v, s.Verifier.ID, nil
}

// Level names what an allowed verdict shows, as in STAGEGATE_EXIT_acceptance.
// What was shown on an emulator, or on unsigned evidence, is a level of its
// own: nobody takes it for the other. A verdict that does not allow has the
// level FAILED. None begins with SLSA_.
func Level(v harness.Verdict) string {
	if !v.Allowed() {
		return "FAILED"
	}
	level := "STAGEGATE_"
	if v.Emulated {
		level += "EMULATED_"
	}
	if !v.Attested {
		level += "UNATTESTED_"
	}
	return level + strings.ToUpper(string(v.Phase)) + "_" + v.Stage
}

func complete(v harness.Verdict, verifierID string) error {
	switch {
	case v.Verdict != harness.Allow && v.Verdict != harness.Block && v.Verdict != harness.Unclear:
		return fmt.Errorf("%q is not a verdict", v.Verdict)
	case v.Phase != harness.Entry && v.Phase != harness.Exit:
		return fmt.Errorf("%q is not a phase", v.Phase)
	case v.Stage == "" || v.Service == "" || v.DecidedAt.IsZero():
		return errors.New("no service, no stage or no time")
	case !v.Policy.Valid():
		return fmt.Errorf("%q is not the digest of a policy", v.Policy)
	}
	if u, err := url.Parse(verifierID); err != nil || u.Scheme == "" {
		return fmt.Errorf("the verifier %q is not a URI", verifierID)
	}
	for _, e := range v.Evidence {
		if !harness.Digest("sha256:" + e.Digest).Valid() {
			return fmt.Errorf("evidence %s has no digest", e.Suite)
		}
	}
	return nil
}

// summarize is the summary of v for tools that know SLSA and not stagegate.
func summarize(v harness.Verdict, verifierID string) summary {
	s := summary{
		Verifier:          verifier{ID: verifierID},
		TimeVerified:      v.DecidedAt,
		ResourceURI:       "stagegate:" + url.PathEscape(v.Service) + "/" + url.PathEscape(v.Stage),
		Policy:            resource{Digest: sha256Of(v.Policy)},
		InputAttestations: []resource{},
		Result:            "FAILED",
		Levels:            []string{Level(v)},
		Stagegate:         &v,
	}
	if v.Gate != "" {
		s.Verifier.Version = map[string]string{"stagegate": v.Gate}
	}
	if v.Allowed() {
		s.Result = "PASSED"
	}
	for _, e := range v.Evidence {
		s.InputAttestations = append(s.InputAttestations, resource{Name: e.Suite, Digest: map[string]string{"sha256": e.Digest}})
	}
	return s
}
