package notary

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/ledger"
	"github.com/stagegate/stagegate/internal/trustfile"
)

// ErrUnsigned says that an object carries no signature, and the trust file
// asks for one.
var ErrUnsigned = errors.New("is not signed")

// A Notary is a [ledger.Notary] with file or KMS keys and a trust file.
type Notary struct {
	Signer attest.Signer   // signs what is written; nil: nothing is signed
	Trust  *trustfile.File // says who may sign; nil: nobody is asked
	ID     string          // URI of this gate, in signed verdicts
}

// Sign implements [ledger.Notary].
func (n Notary) Sign(ctx context.Context, o ledger.Object) ([]byte, error) {
	if n.Signer == nil {
		return json.Marshal(o.Value, json.Deterministic(true))
	}
	statement, err := n.statement(o)
	if err != nil {
		return nil, err
	}
	return attest.Seal(ctx, n.Signer, attest.PayloadType, statement)
}

func (n Notary) statement(o ledger.Object) ([]byte, error) {
	subjects := o.Subject.Names(o.Service)
	switch v := o.Value.(type) {
	case harness.Evidence:
		return attest.EvidenceStatement(subjects, v, o.Record)
	case harness.Verdict:
		return attest.VerdictStatement(v, n.ID)
	case harness.RunRecord:
		return attest.Statement(subjects, attest.RunType, v)
	case harness.Deployment:
		return attest.Statement(subjects, attest.DeploymentType, v)
	case harness.Closing:
		return attest.Statement(subjects, attest.ClosingType, v)
	default:
		return nil, fmt.Errorf("nothing signs a %T", v)
	}
}

// Open implements [ledger.Notary].
func (n Notary) Open(o *ledger.Object, b []byte) error {
	b = bytes.TrimSuffix(b, []byte("\n"))
	claim, err := n.claim(o.Place, b)
	if err != nil {
		return err
	}
	if claim == nil {
		if err := json.Unmarshal(b, o.Value, json.RejectUnknownMembers(true)); err != nil {
			return fmt.Errorf("cannot be read: %w", err)
		}
		return nil
	}
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
	default:
		return fmt.Errorf("nothing reads a %T", v)
	}
	if err != nil {
		return err
	}
	return claim.About(subject)
}

// claim reads the statement in b: checked against the trust file if there is
// one. It is nil for an object that was written without a signer.
func (n Notary) claim(place string, b []byte) (*attest.Claim, error) {
	if !bytes.Contains(b[:min(len(b), 4096)], []byte(`"payloadType"`)) {
		if n.Trust != nil {
			return nil, fmt.Errorf("%w: the trust file wants %s for %s", ErrUnsigned, n.wanted(place), place)
		}
		return nil, nil
	}
	if n.Trust == nil {
		return unverified(b)
	}
	v := attest.Verifier{MadeAt: madeAt}
	for _, s := range n.Trust.For(place) {
		v.Keys = append(v.Keys, attest.Key{Public: s.Key, NotAfter: s.Until})
	}
	if len(v.Keys) == 0 {
		return nil, fmt.Errorf("nobody is trusted to sign for %s", place)
	}
	c, _, err := v.OpenStatement(b)
	if err != nil {
		return nil, fmt.Errorf("is not signed by %s: %w", n.wanted(place), err)
	}
	return &c, nil
}

// wanted names the signers of a place.
func (n Notary) wanted(place string) string {
	var all []string
	for _, s := range n.Trust.For(place) {
		all = append(all, s.Name)
	}
	if len(all) == 0 {
		return "a signer that it names"
	}
	return strings.Join(all, " or ")
}

// unverified reads an envelope whose signers nobody can judge.
func unverified(b []byte) (*attest.Claim, error) {
	var envelope struct {
		PayloadType string           `json:"payloadType"`
		Payload     string           `json:"payload"`
		Signatures  []map[string]any `json:"signatures"`
	}
	if err := json.Unmarshal(b, &envelope, json.RejectUnknownMembers(true)); err != nil {
		return nil, err
	}
	payload, err := base64.StdEncoding.Strict().DecodeString(envelope.Payload)
	if err != nil || envelope.PayloadType != attest.PayloadType {
		return nil, fmt.Errorf("is an envelope of %q that cannot be read: %w", envelope.PayloadType, err)
	}
	c, err := attest.ParseStatement(payload)
	return &c, err
}

// madeAt is when the signer says that the object was made: the end of a key's
// time is compared with it. Whoever holds an old key can claim an old time, so
// a key that was lost is revoked, not ended.
func madeAt(m attest.Message) (time.Time, error) {
	c, err := attest.ParseStatement(m.Payload)
	if err != nil {
		return time.Time{}, err
	}
	var p struct {
		Begun     time.Time `json:"begun"`
		At        time.Time `json:"at"`
		Stagegate struct {
			Finished time.Time `json:"finished"`
		} `json:"stagegate"`
	}
	if err := json.Unmarshal(c.Predicate, &p); err != nil {
		return time.Time{}, err
	}
	for _, t := range []time.Time{p.Begun, p.At, p.Stagegate.Finished} {
		if !t.IsZero() {
			return t, nil
		}
	}
	return time.Time{}, errors.New("says no time")
}
