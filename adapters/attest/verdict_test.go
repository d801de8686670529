package attest_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
)

const gate = "https://ci.example/orders/gate"

func verdict() harness.Verdict {
	return harness.Verdict{
		Verdict: harness.Allow, Phase: harness.Exit, Service: "orders", Stage: "acceptance", Run: "staging/abc/1",
		Source: subject.Source, Subjects: subjects, Target: "staging", Attested: true,
		Rules:    []harness.Ruling{{Rule: "outcomes", Result: harness.Pass, Reason: "everything that ran passed", Evidence: []harness.Digest{record}}},
		Policy:   harness.DigestOf([]byte("gate.yaml")),
		Evidence: []harness.EvidenceSummary{{Suite: "acceptance", Run: "staging/abc/1", Shard: 1, Mode: harness.Deployed, Digest: record.Hex(), Counts: harness.Counts{harness.Passed: 3}}},
		Runs:     []harness.RunSummary{{Run: "staging/abc/1", Number: 1, Stage: "acceptance", Closed: true}},
		Gate:     "v0.3.0", DecidedAt: noon,
	}
}

// encode is the whole of v, and its digest.
func encode(t testing.TB, v harness.Verdict) ([]byte, harness.Digest) {
	t.Helper()
	b, err := attest.EncodeVerdict(v)
	if err != nil {
		t.Fatal(err)
	}
	return b, harness.DigestOf(b)
}

// give reads b, whatever is asked for.
func give(b []byte) func(harness.Digest) ([]byte, error) { return attest.Bundle{Verdict: b}.Read }

func claim(t testing.TB, v harness.Verdict) (attest.Claim, string) {
	t.Helper()
	_, d := encode(t, v)
	b, err := attest.VerdictStatement(v, d, gate)
	if err != nil {
		t.Fatal(err)
	}
	c, err := attest.ParseStatement(b)
	if err != nil {
		t.Fatal(err)
	}
	return c, string(b)
}

func TestVerdict(t *testing.T) {
	want := verdict()
	c, text := claim(t, want)
	full, digest := encode(t, want)
	asked := harness.Digest("")
	got, id, err := c.Verdict(func(d harness.Digest) ([]byte, error) { asked = d; return full, nil })
	if err != nil || id != gate || !reflect.DeepEqual(got, want) {
		t.Errorf("Verdict = %+v, %q, %v\nwant %+v", got, id, err, want)
	}
	if asked != digest {
		t.Errorf("asked for %s, want %s", asked, digest)
	}
	if _, again := claim(t, got); again != text {
		t.Errorf("written again:\n%s\nwant\n%s", again, text)
	}
}

func TestEncodeVerdict(t *testing.T) {
	v := verdict()
	v.Evidence[0].Counts = harness.Counts{harness.Passed: 3, harness.Skipped: 1, harness.Failed: 2, harness.Undefined: 4}
	want, _ := encode(t, v)
	for range 50 { // maps are ranged over in another order each time
		if got, _ := encode(t, v); string(got) != string(want) {
			t.Fatalf("another time %s\nwant %s", got, want)
		}
	}
	v.Unread = errors.New("the store is away")
	if b, err := attest.EncodeVerdict(v); !errors.Is(err, v.Unread) || b != nil {
		t.Errorf("wrote what could not be decided: %s, %v", b, err)
	}
}

// KMS signs 4096 bytes that it sees itself; what is around the statement in the
// encoding that is signed takes 45 of them.
func TestVerdictIsSmall(t *testing.T) {
	for _, tt := range []struct {
		name     string
		evidence int
		inputs   int // named in the statement
	}{
		{"none", 0, 0}, {"one", 1, 1}, {"the most that are named", 16, 16}, {"one more", 17, -1}, {"200", 200, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := large(40, tt.evidence)
			c, text := claim(t, v)
			t.Logf("%d bytes", len(text))
			if len(text) >= 3500 {
				t.Errorf("%d bytes to sign:\n%s", len(text), text)
			}
			var s struct{ InputAttestations []any }
			if err := json.Unmarshal(c.Predicate, &s); err != nil {
				t.Fatal(err)
			}
			if got := len(s.InputAttestations); got != max(tt.inputs, 0) || (s.InputAttestations == nil) != (tt.inputs < 0) {
				t.Errorf("names %d pieces of evidence (%v), want %d", got, s.InputAttestations, tt.inputs)
			}
			signer := generateECDSA(t)
			opened, _, err := by(signer).OpenStatement([]byte(seal(t, signer, text)))
			if err != nil {
				t.Fatal(err)
			}
			full, _ := encode(t, v)
			if got, _, err := opened.Verdict(give(full)); err != nil || len(got.Evidence) != tt.evidence || len(got.Rules) != 40 {
				t.Errorf("Verdict = %+v, %v", got, err)
			}
		})
	}
}

// large is a verdict with so many rules, of names as long as they get, and so
// many pieces of evidence.
func large(rules, evidence int) harness.Verdict {
	v := verdict()
	v.Stage, v.Target, v.Run = "production-europe", "production-europe", "production-europe/3f9a1c2b4d5e/12"
	v.Account, v.Live, v.Trust, v.Inputs = "333333333333", true, record, record
	v.Rules, v.Evidence = nil, nil
	for i := range rules {
		v.Rules = append(v.Rules, harness.Ruling{Rule: "rule" + strconv.Itoa(i), Result: harness.Pass, Reason: strings.Repeat("because ", 20), Evidence: []harness.Digest{record}})
	}
	for i := range evidence {
		v.Evidence = append(v.Evidence, harness.EvidenceSummary{Suite: "acceptance-checkout", Run: v.Run, Shard: i + 1, Mode: harness.Deployed, Digest: record.Hex(), Counts: harness.Counts{harness.Passed: 3}})
	}
	return v
}

// What a tool sees that knows SLSA and not stagegate. encoding/json is that
// tool: it reads the fields by the names of the specification.
func TestVerdictForOtherTools(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*harness.Verdict)
		result string
		level  string
	}{
		{"allow", func(*harness.Verdict) {}, "PASSED", "STAGEGATE_EXIT_acceptance"},
		{"entry", func(v *harness.Verdict) { v.Phase = harness.Entry }, "PASSED", "STAGEGATE_ENTRY_acceptance"},
		{"emulated", func(v *harness.Verdict) { v.Emulated = true }, "PASSED", "STAGEGATE_EMULATED_EXIT_acceptance"},
		{"unattested", func(v *harness.Verdict) { v.Attested = false }, "PASSED", "STAGEGATE_UNATTESTED_EXIT_acceptance"},
		{"block", func(v *harness.Verdict) { v.Verdict = harness.Block }, "FAILED", "FAILED"},
		{"inconclusive", func(v *harness.Verdict) { v.Verdict = harness.Unclear }, "FAILED", "FAILED"},
		{"a stage called SLSA", func(v *harness.Verdict) { v.Stage = "SLSA_BUILD_LEVEL_3" }, "PASSED", "STAGEGATE_EXIT_SLSA_BUILD_LEVEL_3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := verdict()
			tt.change(&v)
			_, text := claim(t, v)
			var s struct {
				Type, PredicateType string
				Subject             []struct{ Digest map[string]string }
				Predicate           struct {
					Verifier           struct{ ID string }
					TimeVerified       string
					ResourceURI        string
					Policy             struct{ Digest map[string]string }
					InputAttestations  []struct{ Digest map[string]string }
					VerificationResult string
					VerifiedLevels     []string
				}
			}
			if err := json.Unmarshal([]byte(text), &s); err != nil {
				t.Fatal(err)
			}
			p := s.Predicate
			if s.PredicateType != "https://slsa.dev/verification_summary/v1" || s.Subject[0].Digest["sha256"] != artifact.Hex() ||
				p.Verifier.ID != gate || p.TimeVerified != "2026-03-01T12:00:00Z" || !strings.HasPrefix(p.ResourceURI, "stagegate:orders/") ||
				p.Policy.Digest["sha256"] != v.Policy.Hex() || len(p.InputAttestations) != 1 || p.InputAttestations[0].Digest["sha256"] != record.Hex() {
				t.Errorf("summary %+v", s)
			}
			if p.VerificationResult != tt.result || !reflect.DeepEqual(p.VerifiedLevels, []string{tt.level}) {
				t.Errorf("%s %v, want %s [%s]", p.VerificationResult, p.VerifiedLevels, tt.result, tt.level)
			}
		})
	}
}

// What the summary has no member for, and who does not read the whole verdict
// should know.
func TestEssence(t *testing.T) {
	v := verdict()
	v.Verdict, v.Phase, v.Account, v.Emulated, v.Attested = harness.Unclear, harness.Entry, "222222222222", true, false
	_, digest := encode(t, v)
	c, _ := claim(t, v)
	var s struct{ Stagegate map[string]any }
	if err := json.Unmarshal(c.Predicate, &s); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"name": "verdict", "digest": map[string]any{"sha256": digest.Hex()}, "verdict": "inconclusive", "phase": "entry", "stage": "acceptance",
		"target": "staging", "account": "222222222222", "run": "staging/abc/1", "emulated": true, "attested": false}
	if !reflect.DeepEqual(s.Stagegate, want) {
		t.Errorf("got %v, want %v", s.Stagegate, want)
	}
}

func TestVerdictStatementRefuses(t *testing.T) {
	for name, change := range map[string]func(*harness.Verdict){
		"the zero verdict":    func(v *harness.Verdict) { *v = harness.Verdict{} },
		"no answer":           func(v *harness.Verdict) { v.Verdict = "" },
		"an unknown answer":   func(v *harness.Verdict) { v.Verdict = "ALLOW" },
		"no phase":            func(v *harness.Verdict) { v.Phase = "" },
		"no stage":            func(v *harness.Verdict) { v.Stage = "" },
		"no service":          func(v *harness.Verdict) { v.Service = "" },
		"no time":             func(v *harness.Verdict) { v.DecidedAt = time.Time{} },
		"not decided":         func(v *harness.Verdict) { v.Unread = errors.New("the store is away") },
		"no policy":           func(v *harness.Verdict) { v.Policy = "" },
		"no subject":          func(v *harness.Verdict) { v.Subjects = nil },
		"evidence of nothing": func(v *harness.Verdict) { v.Evidence[0].Digest = "" },
	} {
		v := verdict()
		change(&v)
		b, _ := attest.EncodeVerdict(v)
		if b, err := attest.VerdictStatement(v, harness.DigestOf(b), gate); err == nil {
			t.Errorf("%s: wrote %s", name, b)
		}
	}
	full, digest := encode(t, verdict())
	for _, id := range []string{"", "gate", "://"} {
		if b, err := attest.VerdictStatement(verdict(), digest, id); err == nil {
			t.Errorf("verifier %q: wrote %s", id, b)
		}
	}
	for _, d := range []harness.Digest{"", record, harness.DigestOf(full[1:])} {
		if b, err := attest.VerdictStatement(verdict(), d, gate); err == nil {
			t.Errorf("with the digest %q: wrote %s", d, b)
		}
	}
}
