package trustfile

import (
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/stagegate/stagegate/adapters/attest"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/strictyaml"
)

type reader struct {
	strictyaml.Reader
	read func(string) ([]byte, error)
}

func (r *reader) file(f *File, n *yaml.Node) {
	r.Fields("", n, map[string]strictyaml.Field{
		"store": r.store(&f.Store),
		"signers": func(path string, n *yaml.Node) {
			r.Each(path, n, func(key string, line int, p string, v *yaml.Node) { f.Signers[key] = r.signer(key, line, p, v) })
		},
		"places": func(path string, n *yaml.Node) {
			r.Each(path, n, func(key string, _ int, p string, v *yaml.Node) {
				f.Roles[key] = map[Role][]string{}
				f.Places[key] = r.place(p, v, f.Roles[key])
			})
		},
	})
}

// store reads where evidence must be: one text, or a mapping.
func (r *reader) store(s *Store) strictyaml.Field {
	return func(path string, n *yaml.Node) {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		if n.Kind != yaml.MappingNode {
			r.Text(&s.URL)(path, n)
			return
		}
		r.Fields(path, n, map[string]strictyaml.Field{"url": r.Text(&s.URL), "account": r.Text(&s.Account), "emulated": r.Flag(&s.Emulated)})
		if s.URL == "" {
			r.Fail(r.At(path), "%s: url is missing: a folder, or s3://bucket/prefix", path)
		}
	}
}

func (r *reader) place(path string, n *yaml.Node, roles map[Role][]string) (p harness.TrustedPlace) {
	observe, overrides := true, true
	var approvers []string
	r.Fields(path, n, map[string]strictyaml.Field{
		"signers": r.signers(roles), "approvers": r.Texts(&approvers), "account": r.Text(&p.Account), "live": r.Flag(&p.Live),
		"emulated": r.Flag(&p.Emulated), "observe": r.Flag(&observe), "overrides": r.Flag(&overrides),
		"approvals": r.Count(&p.Approvals), "loosening": r.loosening(&p.Guarded), "needs": r.Texts(&p.Needs), "suites": r.Texts(&p.Suites),
		"limits": func(path string, n *yaml.Node) {
			p.Limits = &harness.Limits{}
			r.Fields(path, n, map[string]strictyaml.Field{"skips": r.Count(&p.Limits.Skips), "flakes": r.Count(&p.Limits.Flakes),
				"attempts": r.Count(&p.Limits.Attempts), "quarantine": r.Count(&p.Limits.Quarantine), "age": r.Duration(&p.Limits.Age)})
		},
	})
	p.NoObserve, p.NoOverride = !observe, !overrides
	roles[Approve] = approvers
	return p
}

// signers reads who has the roles of every place: one list for all of them, or
// a list for each.
func (r *reader) signers(roles map[Role][]string) strictyaml.Field {
	return func(path string, n *yaml.Node) {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		if n.Kind != yaml.MappingNode {
			var all []string
			r.Texts(&all)(path, n)
			for _, role := range signing {
				roles[role] = all
			}
			return
		}
		lists, fields := map[Role]*[]string{}, map[string]strictyaml.Field{}
		for _, role := range signing {
			lists[role] = new([]string)
			fields[string(role)] = r.Texts(lists[role])
		}
		r.Fields(path, n, fields)
		for role, names := range lists {
			roles[role] = *names
		}
	}
}

// loosening reads whether what a promotion loosens needs an approval.
func (r *reader) loosening(guarded *bool) strictyaml.Field {
	return func(path string, n *yaml.Node) {
		var s string
		r.Text(&s)(path, n)
		switch s {
		case "approve", "allow":
			*guarded = s == "approve"
		case "": // no text: that is a mistake already
		default:
			r.Fail(r.At(path), "%s: want approve or allow, got %q%s", path, s, strictyaml.Meant(s, []string{"allow", "approve"}))
		}
	}
}

func (r *reader) signer(name string, line int, path string, n *yaml.Node) Signer {
	s := Signer{Name: name, Person: name}
	var file string
	r.Fields(path, n, map[string]strictyaml.Field{"key": r.Text(&file), "person": r.Text(&s.Person),
		"from": r.moment(&s.From), "until": r.moment(&s.Until), "revoked": r.revoked(&s.Revoked)})
	if !s.From.IsZero() && !s.Until.IsZero() && !s.From.Before(s.Until) {
		r.Fail(r.At(path+".until"), "%s: until is not after from: nothing it signs would count", path)
	}
	if file == "" {
		r.Fail(line, "%s: key is missing: the file of the public key, or the key itself in PEM", path)
		return s
	}
	b, err := []byte(file), error(nil)
	if !strings.HasPrefix(file, "-----BEGIN ") { // the key itself: then a trust file is one text, as a CI's variable is
		b, err = r.read(file)
	}
	if err == nil {
		s.Key, err = attest.ParsePublic(b)
	}
	if err == nil {
		s.ID, err = attest.KeyID(s.Key)
	}
	if err != nil {
		r.Fail(r.At(path+".key"), "%s.key: %v", path, err)
	}
	return s
}

// moment reads a point in time.
func (r *reader) moment(dst *time.Time) strictyaml.Field {
	return func(path string, n *yaml.Node) {
		var s string
		r.Text(&s)(path, n)
		if t, err := time.Parse(time.RFC3339, s); err == nil && !t.IsZero() {
			*dst = t
		} else if s != "" {
			r.Fail(r.At(path), "%s: %q: want a time such as 2026-11-01T00:00:00Z", path, s)
		}
	}
}

// revoked reads a flag. A time is a mistake that a person could make for good
// reasons, so it is answered with one.
func (r *reader) revoked(dst *bool) strictyaml.Field {
	return func(path string, n *yaml.Node) {
		if _, err := time.Parse(time.RFC3339, n.Value); err == nil {
			r.Fail(n.Line, "%s: want true: whoever has a lost key can sign under an earlier time; a planned end is until", path)
			return
		}
		r.Flag(dst)(path, n)
	}
}
