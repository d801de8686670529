package notary

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/trustfile"
)

// roleOf is the role in which somebody signs value, or what is read into it.
func roleOf(value any) (trustfile.Role, error) {
	switch value.(type) {
	case *harness.RunRecord, *harness.Deployment, harness.RunRecord, harness.Deployment:
		return trustfile.Begin, nil
	case *harness.Evidence, harness.Evidence:
		return trustfile.Test, nil
	case *harness.Closing, *harness.Verdict, harness.Closing, harness.Verdict:
		return trustfile.Decide, nil
	case *harness.Approval, harness.Approval:
		return trustfile.Approve, nil
	default:
		return "", fmt.Errorf("nothing reads a %T", value)
	}
}

// Open implements [ledger.Notary].
func (n Notary) Open(o *ledger.Object, b []byte) error {
	b = bytes.TrimSuffix(b, []byte("\n"))
	role, err := roleOf(o.Value)
	if err != nil {
		return err
	}
	if role == trustfile.Approve && n.Trust == nil {
		return fmt.Errorf("%w: there is no trust file", ErrUnproven)
	}
	claim, signer, err := n.claim(o.Place, role, b)
	if err != nil {
		return err
	}
	if claim == nil {
		o.Payload = b
		if err := json.Unmarshal(b, o.Value, json.RejectUnknownMembers(true)); err != nil {
			return fmt.Errorf("cannot be read: %w", err)
		}
		return nil
	}
	o.Payload, o.Signer = claim.Text, signer
	return read(o, *claim)
}

// read reads a claim into o.Value, and checks that it is about the subject of o.
func read(o *ledger.Object, claim attest.Claim) (err error) {
	subject := o.Subject
	switch v := o.Value.(type) {
	case *harness.Evidence:
		*v, o.Record, err = claim.Evidence()
		subject = v.Subject // the ledger compares it with the run's: another one is a lie
	case *harness.RunRecord:
		err = claim.Decode(attest.RunType, v)
		subject = v.Subject
	case *harness.Deployment:
		err = claim.Decode(attest.DeploymentType, v)
	case *harness.Closing:
		err = claim.Decode(attest.ClosingType, v)
	case *harness.Approval:
		*v, err = approval(o, claim)
		return err
	case *harness.Verdict:
		*v, err = verdict(o, claim)
		return err
	}
	if err != nil {
		return err
	}
	return claim.About(subject)
}

// approval reads an approval of the subject of o, or of any where o has none, on
// the place of o.
func approval(o *ledger.Object, claim attest.Claim) (a harness.Approval, err error) {
	if err := claim.Decode(attest.ApprovalType, &a); err != nil {
		return harness.Approval{}, err
	}
	if a.Place != o.Place || o.Subject != (harness.Subject{}) && a.Subject != o.Subject {
		return harness.Approval{}, fmt.Errorf("%w: it approves %s on %s", ErrElsewhere, a.Subject.Key(), a.Place)
	}
	if err := claim.About(a.Subject); err != nil {
		return harness.Approval{}, err
	}
	a.By = o.Signer
	return a, nil
}

// verdict reads a verdict on the place of o. Where o has no subject the verdict
// names its own, and whoever asks has to compare.
func verdict(o *ledger.Object, claim attest.Claim) (harness.Verdict, error) {
	if o.Read == nil {
		return harness.Verdict{}, errors.New("cannot be read: the whole verdict is not at hand")
	}
	v, _, err := claim.Verdict(o.Read)
	if err != nil {
		return v, err
	}
	if place := cmp.Or(v.Target, "commit"); place != o.Place {
		return harness.Verdict{}, fmt.Errorf("%w: it is a verdict on %s", ErrElsewhere, place)
	}
	if o.Subject != (harness.Subject{}) {
		if err := claim.About(o.Subject); err != nil {
			return harness.Verdict{}, err
		}
	}
	return v, nil
}
