package notary

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/internal/trustfile"
)

// claim reads the statement in b, and who signed it: checked against the trust
// file if there is one. It is nil for an object that was written without a
// signer.
func (n Notary) claim(place string, role trustfile.Role, b []byte) (*attest.Claim, string, error) {
	signed, err := sealed(b)
	switch {
	case err != nil:
		return nil, "", fmt.Errorf("cannot be read: %w", err)
	case !signed && n.Trust != nil:
		return nil, "", fmt.Errorf("%w: the trust file wants %s for %s", ErrUnsigned, n.wanted(place, role), place)
	case !signed:
		return nil, "", nil
	case n.Trust == nil:
		c, err := unverified(b)
		return c, "", err
	}
	v := attest.Verifier{MadeAt: madeAt}
	persons := map[string]string{}
	for _, s := range n.Trust.For(place, role) {
		v.Keys = append(v.Keys, attest.Key{Public: s.Key, NotBefore: s.From, NotAfter: s.Until})
		persons[s.ID] = s.Person
	}
	c, ids, err := v.OpenStatement(b)
	if err != nil {
		return nil, "", n.refused(place, role, b, err)
	}
	return &c, persons[ids[0]], nil
}

// sealed reports whether b is an envelope.
func sealed(b []byte) (bool, error) {
	var e struct {
		PayloadType *string `json:"payloadType"`
	}
	err := json.Unmarshal(b, &e)
	return e.PayloadType != nil, err
}

// refused says why an envelope does not count. Whose it is instead is the first
// thing that a person asks.
func (n Notary) refused(place string, role trustfile.Role, b []byte, err error) error {
	wanted := n.wanted(place, role)
	if !errors.Is(err, attest.ErrUnknownKey) && !errors.Is(err, attest.ErrBadSig) {
		return fmt.Errorf("%w %s: %w", ErrSigner, wanted, err)
	}
	switch s, ok := n.signer(b); {
	case !ok:
		return fmt.Errorf("%w %s, nor by anybody else that the trust file names: %w", ErrSigner, wanted, err)
	case s.Revoked:
		return fmt.Errorf("%w %s: it is signed by %s, whose key is revoked", ErrSigner, wanted, s.Name)
	default:
		return fmt.Errorf("%w %s: it is signed by %s, who may not %s on %s", ErrSigner, wanted, s.Name, role, place)
	}
}

// signer is who of all that the trust file knows signed b, whether it counts or not.
func (n Notary) signer(b []byte) (trustfile.Signer, bool) {
	var v attest.Verifier
	names := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(n.Trust.Signers)) {
		s := n.Trust.Signers[name]
		v.Keys = append(v.Keys, attest.Key{Public: s.Key})
		names[s.ID] = name
	}
	m, err := v.Open(b)
	if err != nil {
		return trustfile.Signer{}, false
	}
	return n.Trust.Signers[names[m.Signers[0]]], true
}

// wanted names who has a role on a place.
func (n Notary) wanted(place string, role trustfile.Role) string {
	var all []string
	for _, s := range n.Trust.For(place, role) {
		all = append(all, s.Name)
	}
	if len(all) == 0 {
		return "somebody who may " + string(role)
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
	if envelope.PayloadType != attest.PayloadType {
		return nil, fmt.Errorf("is an envelope of %q", envelope.PayloadType)
	}
	payload, err := base64.StdEncoding.Strict().DecodeString(envelope.Payload)
	if err != nil {
		return nil, fmt.Errorf("is an envelope that cannot be read: %w", err)
	}
	c, err := attest.ParseStatement(payload)
	return &c, err
}

// madeAt is when the signer says that the object was made: the times of a key
// are compared with it. Whoever holds a key can claim any time, so a key that
// was lost is revoked, not ended.
func madeAt(m attest.Message) (time.Time, error) {
	c, err := attest.ParseStatement(m.Payload)
	if err != nil {
		return time.Time{}, err
	}
	var p struct {
		Begun     time.Time `json:"begun"`
		At        time.Time `json:"at"`
		Verified  time.Time `json:"timeVerified"`
		Stagegate struct {
			Finished time.Time `json:"finished"`
		} `json:"stagegate"`
	}
	if err := json.Unmarshal(c.Predicate, &p); err != nil {
		return time.Time{}, err
	}
	at := map[string]time.Time{attest.RunType: p.Begun, attest.EvidenceType: p.Stagegate.Finished, attest.VerdictType: p.Verified,
		attest.DeploymentType: p.At, attest.ClosingType: p.At, attest.ApprovalType: p.At}[c.PredicateType]
	if at.IsZero() {
		return time.Time{}, errors.New("says no time")
	}
	return at, nil
}
