package attest

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/harness"
)

// A summary is the predicate of SLSA's verification summary, version 1.
type summary struct {
	Verifier          verifier   `json:"verifier"`
	TimeVerified      time.Time  `json:"timeVerified"`
	ResourceURI       string     `json:"resourceUri"`
	Policy            resource   `json:"policy"`
	InputAttestations []resource `json:"inputAttestations,omitzero"` // nil: see mostInputs
	Result            string     `json:"verificationResult"`
	Levels            []string   `json:"verifiedLevels"`
	Stagegate         *essence   `json:"stagegate"`
}

type verifier struct {
	ID      string            `json:"id"`
	Version map[string]string `json:"version,omitempty"`
}

// An essence names the whole verdict by its digest, and says of it what the
// summary cannot.
type essence struct {
	Name     string            `json:"name"` // "verdict"
	Digest   map[string]string `json:"digest"`
	Verdict  harness.Answer    `json:"verdict"`
	Phase    harness.Phase     `json:"phase"`
	Stage    string            `json:"stage"`
	Target   string            `json:"target,omitempty"`
	Account  string            `json:"account,omitempty"`
	Run      string            `json:"run,omitempty"`
	Emulated bool              `json:"emulated"`
	Attested bool              `json:"attested"`
}

// mostInputs is how many pieces of evidence a summary names. Where there are
// more it names none: they are in the whole verdict, and KMS signs no more than
// 4096 bytes that it sees itself.
const mostInputs = 16

// EncodeVerdict writes the whole of a verdict as JSON: the same verdict gives
// the same bytes. One that could not be decided is an error.
func EncodeVerdict(v harness.Verdict) ([]byte, error) {
	if v.Unread != nil {
		return nil, fmt.Errorf("write verdict: %w", v.Unread)
	}
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("write verdict: %w", err)
	}
	return b, nil
}

// VerdictStatement writes a verdict as a SLSA verification summary: PASSED for
// an allow and nothing else, the level [Level], and in the member "stagegate"
// the essence of v with the digest full of all of it, which has to be that of
// [EncodeVerdict]. verifierID is the URI of the gate that decided.
func VerdictStatement(v harness.Verdict, full harness.Digest, verifierID string) ([]byte, error) {
	if err := complete(v, verifierID); err != nil {
		return nil, fmt.Errorf("write verdict: %w", err)
	}
	b, err := EncodeVerdict(v)
	if err != nil {
		return nil, err
	}
	if harness.DigestOf(b) != full {
		return nil, fmt.Errorf("write verdict: its digest is not %q: nobody could open it", full)
	}
	return Statement(v.Subjects, VerdictType, summarize(v, full, verifierID))
}

// Verdict reads the verdict of a claim, and the URI of the gate that decided.
// read gives what has the digest, or what is said to have it. Other bytes, and a
// verdict at odds with the summary that was signed, are refused with
// [ErrContradiction].
func (c Claim) Verdict(read func(harness.Digest) ([]byte, error)) (v harness.Verdict, verifierID string, err error) {
	v, verifierID, err = c.verdict(read)
	if err != nil {
		return harness.Verdict{}, "", fmt.Errorf("read verdict: %w", err)
	}
	return v, verifierID, nil
}

func (c Claim) verdict(read func(harness.Digest) ([]byte, error)) (v harness.Verdict, verifierID string, err error) {
	var s summary
	if err := c.Decode(VerdictType, &s); err != nil {
		return v, "", err
	}
	if s.Stagegate == nil {
		return v, "", fmt.Errorf("%w: a summary that is not stagegate's", ErrMalformed)
	}
	full := harness.Digest("sha256:" + s.Stagegate.Digest["sha256"])
	if !full.Valid() {
		return v, "", fmt.Errorf("%w: no digest of the whole verdict", ErrMalformed)
	}
	b, err := read(full)
	if err != nil {
		return v, "", err
	}
	if harness.DigestOf(b) != full {
		return v, "", fmt.Errorf("%w: the whole verdict is not what was signed: its digest does not match", ErrContradiction)
	}
	if err := decode(b, &v); err != nil {
		return v, "", fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if err := complete(v, s.Verifier.ID); err != nil {
		return v, "", fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return v, s.Verifier.ID, c.agrees(s, v, full)
}

// agrees says how the summary s of a claim differs from that of v, or nil.
func (c Claim) agrees(s summary, v harness.Verdict, full harness.Digest) error {
	want := summarize(v, full, s.Verifier.ID)
	if !s.TimeVerified.Equal(want.TimeVerified) {
		return fmt.Errorf("%w: decided %s, the summary says %s", ErrContradiction, stamp(want.TimeVerified), stamp(s.TimeVerified))
	}
	s.TimeVerified, want.TimeVerified = time.Time{}, time.Time{} // in the same zone or not
	if !reflect.DeepEqual(s, want) || !reflect.DeepEqual(c.Subjects, v.Subjects) {
		return fmt.Errorf("%w: the summary around it says something else", ErrContradiction)
	}
	return nil
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
func summarize(v harness.Verdict, full harness.Digest, verifierID string) summary {
	s := summary{
		Verifier:     verifier{ID: verifierID},
		TimeVerified: v.DecidedAt,
		ResourceURI:  "stagegate:" + url.PathEscape(v.Service) + "/" + url.PathEscape(v.Stage),
		Policy:       resource{Digest: sha256Of(v.Policy)},
		Result:       "FAILED",
		Levels:       []string{Level(v)},
		Stagegate: &essence{Name: "verdict", Digest: sha256Of(full), Verdict: v.Verdict, Phase: v.Phase, Stage: v.Stage,
			Target: v.Target, Account: v.Account, Run: v.Run, Emulated: v.Emulated, Attested: v.Attested},
	}
	if v.Gate != "" {
		s.Verifier.Version = map[string]string{"stagegate": v.Gate}
	}
	if v.Allowed() {
		s.Result = "PASSED"
	}
	if len(v.Evidence) <= mostInputs {
		s.InputAttestations = []resource{}
		for _, e := range v.Evidence {
			s.InputAttestations = append(s.InputAttestations, resource{Name: e.Suite, Digest: map[string]string{"sha256": e.Digest}})
		}
	}
	return s
}
