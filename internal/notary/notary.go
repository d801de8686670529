package notary

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/trustfile"
)

// Why an object is not signed or does not count.
var (
	ErrUnsigned  = errors.New("is not signed")    // what has to be
	ErrSigner    = errors.New("is not signed by") // somebody who may sign it there
	ErrUnproven  = errors.New("nobody can prove who gave it")
	ErrElsewhere = errors.New("is signed for another place or subject")
)

// A Notary is a [ledger.Notary] with file or KMS keys and a trust file.
type Notary struct {
	Signer attest.Signer   // signs what is written; nil: nothing is signed
	Tester attest.Signer   // signs evidence in Signer's place; nil: Signer signs it, too
	Trust  *trustfile.File // says who may sign what; nil: nobody is asked
	ID     string          // URI of this gate, in signed verdicts
}

// Sign implements [ledger.Notary]. What the trust file would not count is
// [ledger.ErrNotCounted]: nothing is written in vain.
func (n Notary) Sign(ctx context.Context, o ledger.Object) ([]byte, error) {
	key := n.signs(o.Value)
	if key == nil {
		if _, ok := o.Value.(harness.Approval); ok {
			return nil, fmt.Errorf("an approval that %w: %w", ErrUnsigned, ErrUnproven)
		}
		return json.Marshal(o.Value, json.Deterministic(true))
	}
	statement, err := n.statement(o)
	if err != nil {
		return nil, err
	}
	b, err := attest.Seal(ctx, key, attest.PayloadType, statement)
	if err != nil || n.Trust == nil {
		return b, err
	}
	role, err := roleOf(o.Value)
	if err != nil {
		return nil, err
	}
	if _, _, err := n.claim(o.Place, role, bytes.TrimSuffix(b, []byte("\n"))); err != nil {
		return nil, fmt.Errorf("%w: what this key signs %w", ledger.ErrNotCounted, err)
	}
	return b, nil
}

// signs is who signs value, nil for nobody.
func (n Notary) signs(value any) attest.Signer {
	if _, evidence := value.(harness.Evidence); evidence && n.Tester != nil {
		return n.Tester
	}
	return n.Signer
}

// Payload implements [ledger.Notary]. With a trust file it is what has to be
// signed, whether this notary can sign it or not.
func (n Notary) Payload(o ledger.Object) ([]byte, error) {
	if n.signs(o.Value) == nil && n.Trust == nil {
		return json.Marshal(o.Value, json.Deterministic(true))
	}
	return n.statement(o)
}

func (n Notary) statement(o ledger.Object) ([]byte, error) {
	subjects := o.Subject.Names(o.Service)
	switch v := o.Value.(type) {
	case harness.Evidence:
		return attest.EvidenceStatement(subjects, v, o.Record)
	case harness.Verdict:
		return attest.VerdictStatement(v, o.Full, n.ID)
	case harness.RunRecord:
		return attest.Statement(subjects, attest.RunType, v)
	case harness.Deployment:
		return attest.Statement(subjects, attest.DeploymentType, v)
	case harness.Closing:
		return attest.Statement(subjects, attest.ClosingType, v)
	case harness.Approval:
		return attest.Statement(subjects, attest.ApprovalType, v)
	default:
		return nil, fmt.Errorf("nothing signs a %T", v)
	}
}
