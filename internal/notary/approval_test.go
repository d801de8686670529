package notary_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/notary"
	"github.com/stagegate/stagegate/internal/trustfile"
)

// An approval is given by whom the signature proves, under either key.
func TestApprovals(t *testing.T) {
	keys, f := team(t, nil)
	dir := t.TempDir()
	for _, who := range []string{"alice", "alice-2"} {
		a, err := at(dir, keys[who], f).Approve(t.Context(), approval())
		if err != nil || a.By != "alice" {
			t.Errorf("%s: by %q, %v", who, a.By, err)
		}
	}
	all, bad, err := at(dir, nil, f).Approvals(t.Context(), "prod", subject)
	if err != nil || len(bad) != 0 || len(all) != 2 {
		t.Fatalf("got %+v, %+v, %v", all, bad, err)
	}
	for _, a := range all {
		want := approval()
		want.Format, want.By, want.Digest = harness.ApprovalFormat, "alice", a.Digest
		if a != want || !a.Digest.Valid() {
			t.Errorf("got %+v, want %+v", a, want)
		}
	}
}

// Nobody else approves, and nothing is written of what they tried.
func TestApprovalsThatDoNotCount(t *testing.T) {
	for _, who := range []string{"deployer", "tester", "judge", "dev", "stranger"} {
		keys, f := team(t, nil)
		dir := t.TempDir()
		if a, err := at(dir, keys[who], f).Approve(t.Context(), approval()); !errors.Is(err, ledger.ErrNotCounted) {
			t.Errorf("%s: got %+v, %v", who, a, err)
		}
		if all, bad, err := at(dir, nil, f).Approvals(t.Context(), "prod", subject); err != nil || len(all)+len(bad) > 0 {
			t.Errorf("%s: wrote %+v, %+v, %v", who, all, bad, err)
		}
	}
}

// Without proof of who gave it an approval is none, whatever it says.
func TestUnprovenApprovals(t *testing.T) {
	keys, f := team(t, nil)
	signed, _ := sign(t, kinds["approval"], begun, keys["alice"])
	plain, err := json.Marshal(approval(), json.Deterministic(true))
	check(t, err)
	for name, tt := range map[string]struct {
		trust *trustfile.File
		b     []byte
		want  error // nil: it counts
	}{
		"signed":                            {f, signed, nil},
		"unsigned":                          {f, plain, notary.ErrUnsigned},
		"signed, and nobody judges":         {nil, signed, notary.ErrUnproven},
		"unsigned, and nobody judges":       {nil, plain, notary.ErrUnproven},
		"it says who gave it, and is alone": {f, []byte(`{"by":"alice",` + string(plain[1:])), notary.ErrUnsigned},
	} {
		o := ledger.Object{Place: "prod", Subject: subject, Value: new(harness.Approval)}
		err := notary.Notary{Trust: tt.trust}.Open(&o, tt.b)
		if by := o.Value.(*harness.Approval).By; !errors.Is(err, tt.want) || (by == "alice") != (tt.want == nil) {
			t.Errorf("%s: by %q, %v, want %v", name, by, err, tt.want)
		}
	}
	o := object(t, approval())
	if b, err := (notary.Notary{Trust: f}).Sign(t.Context(), o); !errors.Is(err, notary.ErrUnsigned) {
		t.Errorf("wrote %s without a key, %v", b, err)
	}
}

// An approval is for one place and one subject: it cannot be carried to others.
func TestApprovalElsewhere(t *testing.T) {
	keys := forge(t, "ci", "alice")
	f := keys.trust(t, "  staging: {signers: [ci], approvers: [alice]}\n  prod: {signers: [ci], approvers: [alice]}\n", nil)
	another := harness.Subject{Source: source, Artifact: harness.DigestOf([]byte("another"))}
	n := notary.Notary{Signer: keys["alice"], Trust: f}
	b, err := n.Sign(t.Context(), object(t, approval()))
	check(t, err)
	for _, tt := range []struct {
		place   string
		subject harness.Subject
		want    error
	}{
		{"prod", subject, nil}, {"prod", harness.Subject{}, nil}, {"staging", subject, notary.ErrElsewhere}, {"prod", another, notary.ErrElsewhere},
		{"prod", harness.Subject{Source: source}, notary.ErrElsewhere},
	} {
		o := ledger.Object{Place: tt.place, Subject: tt.subject, Value: new(harness.Approval)}
		if err := n.Open(&o, b); !errors.Is(err, tt.want) {
			t.Errorf("%s, %s: %v, want %v", tt.place, tt.subject.Key(), err, tt.want)
		}
	}
	// The statement and the approval in it name two subjects.
	o := object(t, approval())
	o.Subject = another
	b, err = n.Sign(t.Context(), o)
	check(t, err)
	for _, s := range []harness.Subject{subject, another, {}} {
		o := ledger.Object{Place: "prod", Subject: s, Value: new(harness.Approval)}
		err := n.Open(&o, b)
		if by := o.Value.(*harness.Approval).By; by != "" || err == nil || !errors.Is(err, attest.ErrContradiction) && !errors.Is(err, notary.ErrElsewhere) {
			t.Errorf("for %s: by %q, %v", s.Key(), by, err)
		}
	}
}

// The name of who gave it is not part of what is signed.
func TestByIsNotSigned(t *testing.T) {
	keys, f := team(t, nil)
	a := approval()
	a.By = "bob"
	n := notary.Notary{Signer: keys["alice"], Trust: f}
	b, err := n.Sign(t.Context(), object(t, a))
	check(t, err)
	o := ledger.Object{Place: "prod", Subject: subject, Value: new(harness.Approval)}
	if err := n.Open(&o, b); err != nil || o.Value.(*harness.Approval).By != "alice" || strings.Contains(string(o.Payload), "bob") {
		t.Errorf("got %+v of %s, %v", o.Value, o.Payload, err)
	}
}
