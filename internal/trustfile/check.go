package trustfile

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/strictyaml"
)

// check finds what makes no sense in a file that could be read.
func (r *reader) check(f *File) {
	names := slices.Sorted(maps.Keys(f.Signers))
	r.keys(f, names)
	r.bucket(f.Store)
	if len(f.Places) == 0 {
		r.Fail(1, "places: is missing: a trust file that trusts nobody allows nothing")
	}
	places := slices.Sorted(maps.Keys(f.Places))
	for place, p := range f.Places {
		path := "places." + place
		for _, n := range p.Needs { // a stage's name is for gate.yaml to choose
			if _, ok := f.Places[n]; !ok {
				r.Fail(r.At(path+".needs"), "%s.needs: there is no place %q%s: what must have passed before is named by its place, and not by a stage", path, n, strictyaml.Meant(n, places))
			}
		}
		if r.named(path, f.Roles[place], names) {
			r.approval(path, f, place, p)
		}
	}
}

var accountForm = regexp.MustCompile(`^[0-9]{12}$`)

// bucket checks that a bucket has its owner, and a folder nothing of a bucket's.
func (r *reader) bucket(s Store) {
	switch {
	case !s.Bucket() && (s.Account != "" || s.Emulated):
		r.Fail(r.At("store"), "store: account and emulated go with an s3:// store, and %q is a folder", s.URL)
	case s.Bucket() && s.Account == "":
		r.Fail(r.At("store"), "store: account is missing, the owner of the bucket: want store: {url: %q, account: \"123456789012\"}", s.URL)
	case s.Bucket() && !accountForm.MatchString(s.Account):
		r.Fail(r.At("store.account"), "store.account: want twelve digits in quotes, got %q", s.Account)
	}
}

// keys checks that each key has one signer, and each signer one person.
func (r *reader) keys(f *File, names []string) {
	ids := map[string]string{}
	for _, name := range names {
		s := f.Signers[name]
		if other, ok := ids[s.ID]; ok {
			r.Fail(r.At("signers."+name), "signers.%s: has the same key as %s", name, other)
		} else {
			ids[s.ID] = name
		}
		if p, ok := f.Signers[s.Person]; ok && p.Person != s.Person {
			r.Fail(r.At("signers."+name+".person"), "signers.%s.person: %s is %s: name that person", name, s.Person, p.Person)
		}
	}
}

// named reports whether there is somebody for each role, and nobody unknown.
func (r *reader) named(path string, roles map[Role][]string, names []string) bool {
	ok := true
	fail := func(at, format string, args ...any) {
		ok = false
		r.Fail(r.At(at), format, args...)
	}
	var signers []string
	for _, role := range signing {
		signers = append(signers, roles[role]...)
	}
	if len(signers) == 0 {
		fail(path, "%s: signers is missing: who signs for it", path)
	}
	for _, role := range signing {
		if len(signers) > 0 && len(roles[role]) == 0 {
			fail(path+".signers", "%s.signers: %s is missing: who may %s here", path, role, role)
		}
	}
	slices.Sort(signers)
	for key, all := range map[string][]string{"signers": slices.Compact(signers), "approvers": roles[Approve]} {
		for _, s := range all {
			if !slices.Contains(names, s) {
				fail(path+"."+key, "%s.%s: there is no signer %q%s", path, key, s, strictyaml.Meant(s, names))
			}
		}
	}
	return ok
}

// approval checks that what a place asks of people can be given by people, and
// not by the jobs that they should approve.
func (r *reader) approval(path string, f *File, place string, p harness.TrustedPlace) {
	signs := map[string]Role{}
	for _, role := range signing {
		for _, s := range f.Roles[place][role] {
			signs[f.Signers[s].Person] = role
		}
	}
	people := map[string]bool{}
	for _, s := range f.Roles[place][Approve] {
		person := f.Signers[s].Person
		people[person] = true
		if role, ok := signs[person]; ok {
			r.Fail(r.At(path+".approvers"), "%s: %s is an approver, and may %s here too: what signs evidence must not approve it", path, s, role)
		}
	}
	if p.Approvals > len(people) {
		who := strings.Join(slices.Sorted(maps.Keys(people)), ", ")
		r.Fail(r.At(path+".approvals"), "%s: approvals is %d, and its approvers are %s", path, p.Approvals, cmp.Or(who, "nobody"))
	}
	switch {
	case p.Guarded && p.NoOverride:
		r.Fail(r.At(path+".loosening"), "%s: loosening is approve, and with overrides: false no approval of it counts", path)
	case p.Guarded && len(people) == 0:
		r.Fail(r.At(path+".loosening"), "%s: loosening is approve, and approvers is missing: who approves it", path)
	}
}
