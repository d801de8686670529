package trustfile_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stagegate/stagegate/internal/trustfile"
)

// What is accepted says the same each time, names nobody who does not exist,
// and lets nobody approve what they signed.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good), []byte(keys["ci.pub"]))
	for _, m := range mistakes() {
		f.Add([]byte(strings.Replace(good, m.old, m.with, 1)), []byte(keys["old.pub"]))
	}
	f.Add([]byte("signers: {a: {key: fuzzed}}\nplaces: {commit: &c {signers: a, x: *c}}"), []byte(keys["p384.pub"]))
	f.Fuzz(func(t *testing.T, b, key []byte) {
		open := func(name string) ([]byte, error) {
			if _, ok := keys[name]; ok {
				return read(name)
			}
			return key, nil
		}
		got, err := trustfile.Parse("trust.yaml", b, open)
		again, err2 := trustfile.Parse("trust.yaml", b, open)
		if !reflect.DeepEqual(got, again) || fmt.Sprint(err) != fmt.Sprint(err2) {
			t.Fatalf("read %+v, %v, and another time %+v, %v", got, err, again, err2)
		}
		if err != nil {
			if got != nil {
				t.Errorf("%v, and %+v", err, got)
			}
			return
		}
		if len(got.Places) == 0 || len(got.Places) != len(got.Roles) {
			t.Errorf("places %+v, roles %+v", got.Places, got.Roles)
		}
		if s := got.Store; s.Bucket() && len(s.Account) != 12 || !s.Bucket() && (s.Account != "" || s.Emulated) {
			t.Errorf("store %+v", s)
		}
		for place := range got.Places {
			sensible(t, got, place)
		}
	})
}

// sensible checks what is promised of a place that was accepted.
func sensible(t *testing.T, f *trustfile.File, place string) {
	signs, people := map[string]bool{}, map[string]bool{}
	for _, role := range []trustfile.Role{trustfile.Begin, trustfile.Test, trustfile.Decide, trustfile.Approve} {
		names := f.Roles[place][role]
		if len(names) == 0 && role != trustfile.Approve {
			t.Errorf("%s: nobody may %s", place, role)
		}
		for _, name := range names {
			s, ok := f.Signers[name]
			if !ok || s.Name != name || s.Key == nil || s.ID == "" {
				t.Errorf("%s: %q may %s, and is %+v", place, name, role, s)
			}
			if role == trustfile.Approve {
				people[s.Person] = true
			} else {
				signs[s.Person] = true
			}
		}
		for _, s := range f.For(place, role) {
			if s.Revoked || !reflect.DeepEqual(s, f.Signers[s.Name]) {
				t.Errorf("%s: %+v may %s", place, s, role)
			}
		}
	}
	for p := range people {
		if signs[p] {
			t.Errorf("%s: %s signs and approves", place, p)
		}
	}
	if n := f.Places[place].Approvals; n > len(people) {
		t.Errorf("%s: %d of %d people approve", place, n, len(people))
	}
}
