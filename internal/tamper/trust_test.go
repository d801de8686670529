package tamper

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/trustfile"
)

// Places and roles of every world.
var (
	places = []string{"commit", "staging", "prod"}
	roles  = []trustfile.Role{trustfile.Begin, trustfile.Test, trustfile.Decide}
)

// A trustSpec is a trust file before it is written.
type trustSpec struct {
	signers map[string]signerSpec
	places  map[string]placeSpec
}

type signerSpec struct {
	key         string // whose it is in the ring
	person      string
	from, until time.Time
	revoked     bool
}

type placeSpec struct {
	roles     map[trustfile.Role][]string
	approvers []string
	harness.TrustedPlace
}

// newTrust trusts everybody for what is theirs, and asks for nothing.
func newTrust() trustSpec {
	t := trustSpec{signers: map[string]signerSpec{}, places: map[string]placeSpec{}}
	for _, name := range []string{"alice", "alice-2", "bob", "carol", spare} {
		t.signers[name] = signerSpec{key: name}
	}
	for _, name := range []string{gone, former} {
		t.signers[name] = signerSpec{key: name, revoked: true}
	}
	for _, name := range []string{ended, past} {
		t.signers[name] = signerSpec{key: name, until: now.Add(-1000 * time.Hour)}
	}
	t.signers["alice-2"] = signerSpec{key: "alice-2", person: "alice"}
	for _, p := range places {
		place := placeSpec{roles: map[trustfile.Role][]string{}, approvers: []string{"alice", "alice-2", "bob", "carol", former, past}}
		for _, r := range roles {
			name := p + "-" + string(r)
			t.signers[name] = signerSpec{key: name}
			place.roles[r] = []string{name, gone, ended}
		}
		t.places[p] = place
	}
	return t
}

func (t trustSpec) clone() trustSpec {
	t.signers, t.places = maps.Clone(t.signers), maps.Clone(t.places)
	for name, p := range t.places {
		p.roles = maps.Clone(p.roles)
		t.places[name] = p
	}
	return t
}

// signer edits one signer of a copy of t.
func (t trustSpec) signer(name string, edit func(*signerSpec)) trustSpec {
	t = t.clone()
	s := t.signers[name]
	edit(&s)
	t.signers[name] = s
	return t
}

// place edits one place of a copy of t.
func (t trustSpec) place(name string, edit func(*placeSpec)) trustSpec {
	t = t.clone()
	p := t.places[name]
	edit(&p)
	t.places[name] = p
	return t
}

// text is the trust file.
func (t trustSpec) text() string {
	var b strings.Builder
	b.WriteString("signers:\n")
	for _, name := range slices.Sorted(maps.Keys(t.signers)) {
		s := t.signers[name]
		fmt.Fprintf(&b, "  %s: {key: %s", name, s.key)
		if s.person != "" {
			fmt.Fprintf(&b, ", person: %s", s.person)
		}
		if !s.from.IsZero() {
			fmt.Fprintf(&b, ", from: %s", s.from.Format(time.RFC3339))
		}
		if !s.until.IsZero() {
			fmt.Fprintf(&b, ", until: %s", s.until.Format(time.RFC3339))
		}
		if s.revoked {
			b.WriteString(", revoked: true")
		}
		b.WriteString("}\n")
	}
	b.WriteString("places:\n")
	for _, name := range slices.Sorted(maps.Keys(t.places)) {
		t.places[name].write(&b, name)
	}
	return b.String()
}

func (p placeSpec) write(b *strings.Builder, name string) {
	list := func(all []string) string { return "[" + strings.Join(all, ", ") + "]" }
	fmt.Fprintf(b, "  %s:\n    signers: {begin: %s, test: %s, decide: %s}\n    approvers: %s\n", name,
		list(p.roles[trustfile.Begin]), list(p.roles[trustfile.Test]), list(p.roles[trustfile.Decide]), list(p.approvers))
	fmt.Fprintf(b, "    approvals: %d\n    live: %t\n    overrides: %t\n    needs: %s\n    suites: %s\n", p.Approvals, p.Live, !p.NoOverride, list(p.Needs), list(p.Suites))
	if p.Account != "" {
		fmt.Fprintf(b, "    account: %q\n", p.Account)
	}
	if p.Guarded {
		b.WriteString("    loosening: approve\n")
	}
	if l := p.Limits; l != nil {
		fmt.Fprintf(b, "    limits: {skips: %d, flakes: %d, attempts: %d, quarantine: %d", l.Skips, l.Flakes, l.Attempts, l.Quarantine)
		if l.Age > 0 {
			fmt.Fprintf(b, ", age: %s", l.Age)
		}
		b.WriteString("}\n")
	}
}

// read is the trust file as gate reads it.
func (t trustSpec) read(r ring) (*trustfile.File, error) {
	return trustfile.Parse("trust.yaml", []byte(t.text()), func(name string) ([]byte, error) {
		return attest.EncodePublic(r[name].Public())
	})
}
