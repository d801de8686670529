package attest_test

import (
	"encoding/json"
	"errors"
	"reflect"
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

func claim(t *testing.T, v harness.Verdict) (attest.Claim, string) {
	t.Helper()
	b, err := attest.VerdictStatement(v, gate)
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
	got, id, err := c.Verdict()
	if err != nil || id != gate || !reflect.DeepEqual(got, want) {
		t.Errorf("Verdict = %+v, %q, %v\nwant %+v", got, id, err, want)
	}
	if _, again := claim(t, got); again != text {
		t.Errorf("written again:\n%s\nwant\n%s", again, text)
	}
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

func TestVerdictStatementRefuses(t *testing.T) {
	for name, change := range map[string]func(*harness.Verdict){
		"the zero verdict":    func(v *harness.Verdict) { *v = harness.Verdict{} },
		"no answer":           func(v *harness.Verdict) { v.Verdict = "" },
		"an unknown answer":   func(v *harness.Verdict) { v.Verdict = "ALLOW" },
		"no phase":            func(v *harness.Verdict) { v.Phase = "" },
		"no stage":            func(v *harness.Verdict) { v.Stage = "" },
		"no service":          func(v *harness.Verdict) { v.Service = "" },
		"no time":             func(v *harness.Verdict) { v.DecidedAt = time.Time{} },
		"no policy":           func(v *harness.Verdict) { v.Policy = "" },
		"no subject":          func(v *harness.Verdict) { v.Subjects = nil },
		"evidence of nothing": func(v *harness.Verdict) { v.Evidence[0].Digest = "" },
	} {
		v := verdict()
		change(&v)
		if b, err := attest.VerdictStatement(v, gate); err == nil {
			t.Errorf("%s: wrote %s", name, b)
		}
	}
	for _, id := range []string{"", "gate", "://"} {
		if b, err := attest.VerdictStatement(verdict(), id); err == nil {
			t.Errorf("verifier %q: wrote %s", id, b)
		}
	}
}

// A signed statement whose summary and verdict do not say the same is not a
// verdict, whichever of the two is right.
func TestVerdictContradictions(t *testing.T) {
	blocked := verdict()
	blocked.Verdict = harness.Block
	_, no := claim(t, blocked)
	_, yes := claim(t, verdict())
	swap := func(text, old, with string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("%s is not in %s", old, text)
		}
		return strings.Replace(text, old, with, 1)
	}
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"FAILED summary PASSED":          {swap(no, `"verificationResult":"FAILED"`, `"verificationResult":"PASSED"`), attest.ErrContradiction},
		"blocked made allow":             {swap(no, `"verdict":"block"`, `"verdict":"allow"`), attest.ErrContradiction},
		"level of another stage":         {swap(yes, `STAGEGATE_EXIT_acceptance`, `STAGEGATE_EXIT_production`), attest.ErrContradiction},
		"a level added":                  {swap(yes, `"STAGEGATE_EXIT_acceptance"`, `"STAGEGATE_EXIT_acceptance","SLSA_BUILD_LEVEL_3"`), attest.ErrContradiction},
		"stage changed in the verdict":   {swap(yes, `"stage":"acceptance"`, `"stage":"production"`), attest.ErrContradiction},
		"emulator denied":                {swap(yes, `"attested":true`, `"attested":false`), attest.ErrContradiction},
		"another time":                   {swap(yes, `"timeVerified":"2026-03-01T12:00:00Z"`, `"timeVerified":"2026-03-01T12:00:01Z"`), attest.ErrContradiction},
		"another subject":                {swap(yes, `"digest":{"sha256":"`+artifact.Hex(), `"digest":{"sha256":"`+record.Hex()), attest.ErrContradiction},
		"another policy":                 {swap(yes, `"policy":{"digest":{"sha256":"`+verdict().Policy.Hex(), `"policy":{"digest":{"sha256":"`+record.Hex()), attest.ErrContradiction},
		"evidence left out":              {swap(yes, `"inputAttestations":[{"name":"acceptance","digest":{"sha256":"`+record.Hex()+`"}}]`, `"inputAttestations":[]`), attest.ErrContradiction},
		"another service":                {swap(yes, `stagegate:orders/`, `stagegate:payments/`), attest.ErrContradiction},
		"another gate version":           {swap(yes, `"version":{"stagegate":"v0.3.0"}`, `"version":{"stagegate":"v9"}`), attest.ErrContradiction},
		"no verdict within":              {yes[:strings.Index(yes, `,"stagegate":{"verdict"`)] + "}}", attest.ErrMalformed},
		"verdict null":                   {yes[:strings.Index(yes, `"stagegate":{"verdict"`)] + `"stagegate":null}}`, attest.ErrMalformed},
		"verdict empty":                  {yes[:strings.Index(yes, `"stagegate":{"verdict"`)] + `"stagegate":{}}}`, attest.ErrMalformed},
		"an unknown member":              {swap(yes, `"verifiedLevels"`, `"dependencyLevels":{},"verifiedLevels"`), attest.ErrMalformed},
		"an unknown member in a verdict": {swap(yes, `"stagegate":{"verdict"`, `"stagegate":{"override":true,"verdict"`), attest.ErrMalformed},
		"another predicate type":         {swap(yes, attest.VerdictType, attest.EvidenceType), attest.ErrPredicateType},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := attest.ParseStatement([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if v, _, err := c.Verdict(); !errors.Is(err, tt.want) || v.Allowed() || !reflect.DeepEqual(v, harness.Verdict{}) {
				t.Errorf("Verdict = %+v, %v, want %v", v, err, tt.want)
			}
		})
	}
}
