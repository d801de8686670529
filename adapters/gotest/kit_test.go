package gotest

import (
	"strings"
	"testing"

	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/protocol"
)

// A kit that lacks what a suite wants never runs less of it.
func TestKitRefusesWhatItLacks(t *testing.T) {
	kit := &Kit{Test2json: "test2json", Packages: []KitPackage{{ImportPath: "x/a", Dir: "a", Binary: "a.test", Tests: map[string]string{"TestA": "a/a_test.go:3"}}},
		Suites: map[string][]string{"whole": {"x/a"}, "torn": {"x/a", "x/b"}, "empty": {}}}
	for _, tt := range []struct{ suite, want string }{
		{"torn", "has no package x/b"},
		{"empty", "is not in the bundle"},
		{"other", "is not in the bundle"},
		{"whole", "no such file"}, // its test binary is gone
	} {
		r := Runner{Dir: t.TempDir(), Kit: kit}
		suite := harness.Suite{Name: tt.suite, Run: []string{"./..."}}
		planned := []harness.Planned{{ID: "x/a.TestA", Name: "TestA", Kind: harness.Test}}
		if _, err := r.Run(t.Context(), protocol.Session{}, suite, planned); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("suite %s: got %v, want an error with %q", tt.suite, err, tt.want)
		}
	}
}
